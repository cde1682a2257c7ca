// Command gwcheck decides whether a gateway deployment behaves as documented.
//
// Goals: flags and wiring only. What a script may say, how it is judged and how
// a result is written is in package conformance and its parts.
//
// Non-goals: judging, and speaking to a deployment.
//
// Each subcommand is one file with a function that returns it; commands in
// root.go is the list of all. A subcommand returns an error and never exits:
// exit turns the error into the status, in one place.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"

	"gwkit/emulator/heap"
)

func main() {
	heap.Let(heap.Room)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the program without the process around it.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return exit(root.ExecuteContext(ctx), stderr)
}

// The exit statuses. exitHelp says what they mean.
const (
	exitPass    = 0
	exitFail    = 1
	exitUsage   = 2
	exitUnknown = 3
)

// exitHelp is the one description of the exit statuses; the manual page and
// the long help print it.
const exitHelp = `Exit status:
  0  all passed (skips are listed)
  1  a check failed, or there is an error-level finding
  2  usage error or unreadable input
  3  a verdict is unknown or error, and none failed`

// status is an error that only carries an exit status; everything there is to
// say has been written.
type status int

func (s status) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// exit turns the error of a command into an exit status and says what it was.
func exit(err error, stderr io.Writer) int {
	var s status
	var u unfinished
	switch {
	case err == nil:
		return exitPass
	case errors.As(err, &s):
		return int(s)
	case errors.As(err, &u):
		fmt.Fprintf(stderr, "gwcheck: %v\n", err)
		return exitUnknown
	}
	fmt.Fprintf(stderr, "gwcheck: %v\n", err)
	return exitUsage
}
