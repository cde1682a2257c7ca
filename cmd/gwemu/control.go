package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"gwkit/emulator"
	"gwkit/emulator/fault"
)

func (a *app) screenCommand() *cobra.Command {
	r, format := &reach{}, formatFlag()
	cmd := &cobra.Command{
		Use:     "screen [PC]",
		Short:   "show the screens of a served deployment",
		Long:    "Screen prints the 25 lines of a PC's screen, or of all PCs under their names.",
		Example: "  gwemu screen GW1\n  watch gwemu screen",
		Args:    between(0, "PC"),
		RunE: func(_ *cobra.Command, args []string) error {
			c, err := a.client(r)
			if err != nil {
				return err
			}
			names := args
			if len(args) == 0 {
				var states []emulator.PCState
				if err := c.call("GET", "/api/v1/pcs", nil, &states); err != nil {
					return err
				}
				for _, s := range states {
					names = append(names, s.Name)
				}
			}
			screens := []screenView{}
			for _, name := range names {
				var s screenView
				if err := c.call("GET", pcPath(name, "screen"), nil, &s); err != nil {
					return err
				}
				screens = append(screens, s)
			}
			if format.value == "json" {
				return printJSON(a.out, struct {
					Version int          `json:"version"`
					Screens []screenView `json:"screens"`
				}{1, screens})
			}
			for i, s := range screens {
				if len(args) == 0 {
					if i > 0 {
						fmt.Fprintln(a.out)
					}
					fmt.Fprintf(a.out, "%s\n", printable(s.PC))
				}
				for _, line := range s.Lines {
					fmt.Fprintln(a.out, printable(strings.TrimRight(line, " ")))
				}
			}
			return nil
		},
	}
	r.controlFlag(cmd)
	cmd.Flags().Var(format, "format", "form of the output")
	return cmd
}

func (a *app) keyCommand() *cobra.Command {
	r := &reach{}
	cmd := &cobra.Command{
		Use:   "key PC KEYS",
		Short: "press keys on a PC of a served deployment",
		Long: "Key presses keys on a PC: R, A or F answer the prompt of a critical error, \"Abort, Retry, Fail?\".\n" +
			"Enter and Esc press those keys.",
		Example: "  gwemu key GW1 R",
		Args:    exactly("PC", "KEYS"),
		RunE: func(_ *cobra.Command, args []string) error {
			c, err := a.client(r)
			if err != nil {
				return err
			}
			keys := args[1]
			switch strings.ToLower(keys) {
			case "enter":
				keys = "\r"
			case "esc", "escape":
				keys = "\x1b"
			}
			return c.call("POST", pcPath(args[0], "key"), map[string]string{"keys": keys}, nil)
		},
	}
	r.controlFlag(cmd)
	return cmd
}

func (a *app) rebootCommand() *cobra.Command {
	r, off := &reach{}, false
	cmd := &cobra.Command{
		Use:   "reboot PC",
		Short: "switch a PC of a served deployment off and on",
		Long: "Reboot switches a PC off and on: files it had open stay as they are, and it starts its command line anew a\n" +
			"minute later. With --off it stays off; another reboot switches it on. The server closes the files of a PC\n" +
			"that is off when the PC is back, or after 90 seconds.",
		Example: "  gwemu reboot GW1\n  gwemu reboot --off GW1",
		Args:    exactly("PC"),
		RunE: func(_ *cobra.Command, args []string) error {
			c, err := a.client(r)
			if err != nil {
				return err
			}
			if off {
				return c.call("POST", pcPath(args[0], "power"), map[string]bool{"on": false}, nil)
			}
			return c.call("POST", pcPath(args[0], "reboot"), struct{}{}, nil)
		},
	}
	r.controlFlag(cmd)
	cmd.Flags().BoolVar(&off, "off", false, "leave it off")
	return cmd
}

func (a *app) faultCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "fault",
		Short:   "set and remove faults of a served deployment",
		Long:    "Fault sets and removes faults of a served deployment. 'gwemu faults' lists the kinds.",
		Example: "  gwemu fault add disk-full at=M: until=20m\n  gwemu fault list\n  gwemu fault clear",
		Args:    cobra.ArbitraryArgs,
		RunE:    group,
	}
	ask := func(use, short string, args cobra.PositionalArgs, run func(c *client, args []string) error) {
		r := &reach{}
		sub := &cobra.Command{Use: use, Short: short, Args: args, RunE: func(_ *cobra.Command, args []string) error {
			c, err := a.client(r)
			if err != nil {
				return err
			}
			return run(c, args)
		}}
		r.controlFlag(sub)
		cmd.AddCommand(sub)
	}
	some := func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usage("cannot run '%s': want the text of a fault, such as %s", cmd.CommandPath(), fault.Kinds[0].Example)
		}
		return nil
	}
	ask("list", "print the faults that are set", exactly(), func(c *client, _ []string) error {
		var faults []string
		if err := c.call("GET", "/api/v1/faults", nil, &faults); err != nil {
			return err
		}
		for _, text := range faults {
			fmt.Fprintln(a.out, printable(text))
		}
		return nil
	})
	ask("add TEXT...", "set a fault", some, func(c *client, args []string) error {
		text, err := faultText(args)
		if err != nil {
			return err
		}
		return c.call("POST", "/api/v1/faults", map[string]string{"fault": text}, nil)
	})
	ask("remove TEXT...", "remove a fault", some, func(c *client, args []string) error {
		text, err := faultText(args)
		if err != nil {
			return err
		}
		return c.call("DELETE", "/api/v1/faults"+query("fault", text), nil, nil)
	})
	ask("clear", "remove all faults", exactly(), func(c *client, _ []string) error {
		return c.call("DELETE", "/api/v1/faults"+query("all", "true"), nil, nil)
	})
	return cmd
}

// faultText puts the words of a command line together again. A shell has taken
// the quotes away, so a value with blanks gets them back.
func faultText(words []string) (string, error) {
	text := words[0]
	if len(words) > 1 {
		quoted := make([]string, len(words))
		for i, word := range words {
			quoted[i] = word
			if key, value, ok := strings.Cut(word, "="); ok && strings.ContainsAny(value, " \t") && !strings.HasPrefix(value, `"`) {
				quoted[i] = key + `="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
			}
		}
		text = strings.Join(quoted, " ")
	}
	f, err := fault.Parse(text)
	if err != nil {
		hint := ""
		kind, _, _ := strings.Cut(text, " ")
		var names []string
		for _, k := range fault.Kinds {
			if k.Name == kind {
				return "", usage("%w; an example: %s", err, k.Example)
			}
			names = append(names, k.Name)
		}
		if near := nearest(kind, names); near != "" {
			hint = fmt.Sprintf("; did you mean %s?", near)
		}
		return "", usage("%w%s See 'gwemu faults'", err, sentence(hint))
	}
	return f.String(), nil
}

func (a *app) snapshotCommand() *cobra.Command {
	r := &reach{}
	cmd := &cobra.Command{
		Use:   "snapshot DIR|FILE.zip",
		Short: "write every drive and log of a deployment out",
		Long: "Snapshot writes every drive and log of a served deployment into a folder that does not exist yet, or into\n" +
			"an archive. With --drive it does so with saved drives. 'gwemu mail --drive' reads either.",
		Example: "  gwemu snapshot monday.zip",
		Args:    exactly("DIR|FILE.zip"),
		RunE:    func(_ *cobra.Command, args []string) error { return a.snapshot(r, args[0]) },
	}
	r.controlFlag(cmd)
	r.driveFlag(cmd, "a folder (`DIR`)")
	return cmd
}

func (a *app) snapshot(r *reach, name string) error {
	archive := strings.HasSuffix(strings.ToLower(name), ".zip")
	if !archive && exists(name) {
		return usage("cannot write snapshot %s: it exists already", name)
	}
	if r.drive != "" && inside(name, r.drive) {
		return usage("cannot write snapshot %s: it is inside %s", name, r.drive)
	}
	zipName := name
	if !archive {
		dir, err := os.MkdirTemp("", "gwemu-snapshot-")
		if err != nil {
			return usage("cannot write snapshot: %w", err)
		}
		defer os.RemoveAll(dir)
		zipName = filepath.Join(dir, "snapshot.zip")
	}
	if err := a.writeSnapshot(r, zipName); err != nil {
		return err
	}
	if archive {
		return nil
	}
	temporary, err := os.MkdirTemp(filepath.Dir(filepath.Clean(name)), ".gwemu-")
	if err != nil {
		return usage("cannot write snapshot %s: %w", name, err)
	}
	defer os.RemoveAll(temporary) // nothing is left once it was renamed
	if err = unpack(zipName, temporary); err == nil {
		if err = os.Chmod(temporary, 0o755); err == nil {
			err = os.Rename(temporary, name)
		}
	}
	if err != nil {
		return usage("cannot write snapshot %s: %w", name, err)
	}
	return nil
}

// writeSnapshot makes the archive.
func (a *app) writeSnapshot(r *reach, name string) error {
	if r.drive != "" {
		s, err := a.openSaved(r.drive)
		if err != nil {
			return err
		}
		defer s.close()
		if s.archive {
			return usage("cannot take a snapshot of %s: it is an archive already", r.drive)
		}
		return a.writeOutput(name, func(w io.Writer) error { return pack(w, r.drive) })
	}
	c, err := a.client(r)
	if err != nil {
		return err
	}
	answer, err := c.send(http.MethodPost, "/api/v1/snapshot", struct{}{})
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	return a.writeOutput(name, func(w io.Writer) error {
		_, err := io.Copy(w, answer.Body)
		return err
	})
}

// inside reports whether a path lies below a folder.
func inside(path, dir string) bool {
	p, err1 := filepath.Abs(path)
	d, err2 := filepath.Abs(dir)
	if err1 != nil || err2 != nil {
		return false
	}
	rel, err := filepath.Rel(d, p)
	return err == nil && filepath.IsLocal(rel)
}
