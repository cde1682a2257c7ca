// Command gwemu is a deployment of the Microsoft Mail Gateway to SMTP 3.0
// without the hardware: DOS gateway PCs, EXTERNAL PCs, postoffices on a shared
// drive and a UNIX smart host.
//
// # Goals
//
// Flags and wiring: read a site, build its World, let it run in virtual time
// (run) or beside the wall clock with real sockets (serve), print what came of
// it. The control interface of a served deployment, and the commands that
// speak to it or look into a saved drive.
//
// # Non-goals
//
// Nothing here knows how a gateway works and nothing judges an installation;
// that is for package emulator and for gwcheck.
//
// # Where to begin
//
//	main.go, status.go     the command tree, errors and exit statuses
//	run.go, serve.go       the two ways to run a site
//	world.go               what is needed from a World, so that tests can fake it
//	api.go, guard.go       HTTP: who may ask, and what
//	page.go, page.*        the page for people
//	mail.go, control.go    commands for a served deployment or a saved drive
//	man.go                 the manual page, made from the command tree
//
// # Why
//
// The control interface is plain JSON over HTTP instead of a socket of its
// own, so that a pipeline can use curl. It has no passwords: it listens on
// loopback unless told otherwise and refuses every Host and Origin that is not
// its own, because a browser on the same machine can be made to ask anything.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"gwkit/emulator"
	"gwkit/emulator/heap"
	"gwkit/emulator/site"
)

// app is what the program takes from its surroundings.
type app struct {
	in     io.Reader
	out    io.Writer
	errOut io.Writer
	env    func(string) string
	clock  func() time.Time // wall clock

	build     func(*site.Site, emulator.Options) (world, error)
	openDrive func(dir string) (drive, error)

	// signals starts to collect the signals that end the program. The
	// function returned gives them back to their default.
	signals func() (<-chan os.Signal, func())

	// force ends the process at once, for the second signal.
	force func(status int)

	// alone tells the runtime that from now on one thing happens at a time.
	alone func()
}

// echo is how long after a signal another one is the same again: a wrapper such
// as timeout sends it to the program and to its group.
const echo = time.Second

func main() {
	heap.Let(heap.Room)
	a := &app{
		in: os.Stdin, out: os.Stdout, errOut: os.Stderr,
		env: os.Getenv, clock: time.Now,
		build: buildWorld, openDrive: openDrive,
		signals: func() (<-chan os.Signal, func()) {
			c := make(chan os.Signal, 2)
			signal.Notify(c, os.Interrupt, syscall.SIGTERM)
			return c, func() { signal.Stop(c) }
		},
		force: os.Exit,
		alone: oneProcessor,
	}
	os.Exit(a.main(os.Args[1:]))
}

// oneProcessor keeps the program on one processor unless GOMAXPROCS says
// otherwise. In virtual time the smart host's library runs only while its caller
// waits; to wake a second processor for each of its replies costs more than the
// garbage collector gains from it.
func oneProcessor() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(1)
	}
}

// main runs one command line and returns its exit status.
func (a *app) main(args []string) int {
	root := a.command()
	root.SetArgs(args)
	err := root.Execute()
	if err == nil {
		return statusOK
	}
	var f *failure
	if !errors.As(err, &f) {
		// Whatever cobra refuses by itself is a mistake on the command line.
		f = usage("%w", err)
	}
	if f.err != nil {
		fmt.Fprintf(a.errOut, "gwemu: %v\n", err) // all of them, where several things failed
	}
	return f.status
}

// command builds the command tree. Commands are listed in the order a person
// meets them, not by name.
func (a *app) command() *cobra.Command {
	cobra.EnableCommandSorting = false
	root := &cobra.Command{
		Use:   "gwemu",
		Short: "a Microsoft Mail Gateway to SMTP deployment without the hardware",
		Long: "gwemu is a Microsoft Mail Gateway to SMTP 3.0 deployment without the hardware: DOS gateway PCs,\n" +
			"EXTERNAL PCs, postoffices on a shared network drive, a UNIX smart host.",
		Example:       "  gwemu run single --in 100 --out 100 --until-idle\n  gwemu serve single",
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       versionText(),
		Args:          cobra.ArbitraryArgs,
		RunE:          group,
	}
	root.SetIn(a.in) // before completion is added, which remembers them
	root.SetOut(a.out)
	root.SetErr(a.errOut)
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetFlagErrorFunc(flagMistake)
	root.CompletionOptions.HiddenDefaultCmd = false
	root.AddCommand(
		a.shapesCommand(),
		a.runCommand(),
		a.serveCommand(),
		a.submitCommand(),
		a.mailCommand(),
		a.screenCommand(),
		a.keyCommand(),
		a.rebootCommand(),
		a.faultCommand(),
		a.snapshotCommand(),
		a.faultsCommand(),
		a.versionCommand(),
		a.manCommand(),
	)
	root.InitDefaultCompletionCmd("completion")
	return root
}

// group is the action of a command that only holds others.
func group(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cmd.Help()
	}
	var names []string
	for _, c := range cmd.Commands() {
		names = append(names, c.Name())
	}
	hint := ""
	if near := nearest(args[0], names); near != "" {
		hint = fmt.Sprintf("; did you mean %q?", near)
	}
	return usage("cannot find command %q%s See '%s --help'", args[0], sentence(hint), cmd.CommandPath())
}
