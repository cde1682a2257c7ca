package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gwkit/conformance"
)

// commands are the subcommands, in the order of the help.
var commands = []func() *cobra.Command{
	newRun,
	newExplore,
	newInit,
	newLint,
	newCapacity,
	newGolive,
	newDiff,
	newList,
	newExplain,
	newDoc,
	newVersion,
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "gwcheck",
		Short: "decide whether a mail gateway deployment behaves as documented",
		Long: `gwcheck decides whether a deployment of the Microsoft Mail Gateway to SMTP 3.0,
emulated or real, behaves as documented.

Begin with: gwcheck run

` + exitHelp,
		// Messages are written in one place, and a mistake is not answered by
		// a screenful of usage.
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return fmt.Errorf("unknown command %q%s", args[0], suggestCommand(cmd, args[0]))
		},
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		var value *pflag.InvalidValueError
		if errors.As(err, &value) {
			why := errors.Unwrap(value)
			if number := (*strconv.NumError)(nil); errors.As(why, &number) {
				why = errors.New("want a whole number") // strconv names its functions
				if value.GetFlag().Value.Type() == "uint64" {
					why = errors.New("want a whole number, 0 or more")
				}
			}
			err = fmt.Errorf("cannot read --%s %q: %w", value.GetFlag().Name, value.GetValue(), why)
		}
		return fmt.Errorf("%w%s\nsee: %s --help", err, suggestFlag(cmd, err.Error()), cmd.CommandPath())
	})
	for _, c := range commands {
		root.AddCommand(c())
	}
	return root
}

func suggestCommand(cmd *cobra.Command, name string) string {
	cmd.SuggestionsMinimumDistance = 2
	if s := cmd.SuggestionsFor(name); len(s) > 0 {
		return fmt.Sprintf(" (did you mean %q?)", s[0])
	}
	return "\nsee: gwcheck --help"
}

// suggestFlag finds the flag that an unknown one resembles.
func suggestFlag(cmd *cobra.Command, message string) string {
	wrong, ok := strings.CutPrefix(message, "unknown flag: --")
	if !ok {
		return ""
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	wrong, _, _ = strings.Cut(wrong, "=")
	best := conformance.Nearest(wrong, names)
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean --%s?)", best)
}
