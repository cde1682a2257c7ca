package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// The exit statuses, the same ones gwcheck has. The manual page prints this
// table.
const (
	statusOK          = 0
	statusFailed      = 1
	statusUsage       = 2
	statusBudget      = 3
	statusInterrupted = 130 // what a shell reports for a program ended by SIGINT
)

var statuses = []struct {
	status int
	text   string
}{
	{statusOK, "All went well. For run: every message is accounted for, none was lost, duplicated or altered, and no PC waits at a prompt."},
	{statusFailed, "The deployment failed: run ended with messages lost, duplicated or altered, with a PC that waits for a key at a critical error, or with an internal error; or a served deployment refused what a command asked for."},
	{statusUsage, "Usage, unreadable input or unwritable output: an unknown flag, a mistake in a site file, a schedule that does not fit, a deployment that cannot be reached."},
	{statusBudget, "A budget ran out before run was done, and nothing had failed by then: steps (--max-steps), virtual time (--for and --drain with --until-idle) or wall-clock time (--max-wall)."},
	{statusInterrupted, "run was interrupted; the summary shows how far it came. For serve: a second signal ended it before the drives were written."},
}

// failure is an error with the exit status it stands for. A nil err is a
// failure that has been reported already.
type failure struct {
	status int
	err    error
}

func (f *failure) Error() string {
	if f.err == nil {
		return fmt.Sprintf("exit status %d", f.status)
	}
	return f.err.Error()
}

func (f *failure) Unwrap() error { return f.err }

func usage(format string, args ...any) *failure {
	return &failure{statusUsage, fmt.Errorf(format, args...)}
}

func failed(format string, args ...any) *failure {
	return &failure{statusFailed, fmt.Errorf(format, args...)}
}

// sentence puts a full stop behind a hint that is not a question, so that
// another sentence can follow.
func sentence(hint string) string {
	if strings.HasSuffix(hint, "?") {
		return hint
	}
	return hint + "."
}

// flagMistake words what is wrong with a flag, and what may have been meant.
func flagMistake(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var value *pflag.InvalidValueError
	var missing *pflag.ValueRequiredError
	see := fmt.Sprintf("See '%s --help'", cmd.CommandPath())
	switch {
	case errors.As(err, &unknown):
		name := unknown.GetSpecifiedName()
		if short := unknown.GetSpecifiedShortnames(); short != "" {
			return usage("cannot read the command line: unknown flag -%s in -%s. %s", name, short, see)
		}
		hint := ""
		if near := nearest(name, flagNames(cmd)); near != "" {
			hint = fmt.Sprintf("; did you mean --%s?", near)
		}
		return usage("cannot read the command line: unknown flag --%s%s %s", name, sentence(hint), see)
	case errors.As(err, &value):
		why := errors.Unwrap(value)
		if number := (*strconv.NumError)(nil); errors.As(why, &number) {
			why = errors.New("want a whole number") // strconv names its functions
			if value.GetFlag().Value.Type() == "uint64" {
				why = errors.New("want a whole number, 0 or more")
			}
		}
		return usage("cannot read --%s %q: %w", value.GetFlag().Name, value.GetValue(), why)
	case errors.As(err, &missing):
		return usage("cannot read the command line: --%s needs a value. %s", missing.GetFlag().Name, see)
	}
	return usage("cannot read the command line: %w. %s", err, see)
}

func flagNames(cmd *cobra.Command) (names []string) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	return names
}

// nearest returns the name that was probably meant, or "".
func nearest(typed string, names []string) string {
	best, distance := "", len(typed)/3+2
	for _, name := range names {
		if len(typed) > 1 && strings.HasPrefix(name, typed) {
			return name
		}
		if d := editDistance(typed, name); d < distance {
			best, distance = name, d
		}
	}
	return best
}

// editDistance counts the letters to change, add or leave out.
func editDistance(a, b string) int {
	const longest = 64 // nobody types more of a name, and the cost is the product
	if len(a) > longest || len(b) > longest {
		return longest
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 0; i < len(a); i++ {
		diagonal := row[0]
		row[0] = i + 1
		for j := 0; j < len(b); j++ {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// exactly checks the number of arguments and names them when it is wrong.
func exactly(names ...string) cobra.PositionalArgs { return between(len(names), names...) }

// between allows from least to all of the named arguments.
func between(least int, names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return usage("cannot run '%s': want %s. See '%s --help'", cmd.CommandPath(), names[len(args)], cmd.CommandPath())
		case len(args) > len(names):
			return usage("cannot run '%s': %q is one argument too many. See '%s --help'", cmd.CommandPath(), args[len(names)], cmd.CommandPath())
		}
		return nil
	}
}
