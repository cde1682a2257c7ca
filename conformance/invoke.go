package conformance

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/rogpeppe/go-internal/txtar"

	"gwkit/conformance/report"
	"gwkit/conformance/target"
)

// usageError is a mistake of the script; it is one with "!" as well.
type usageError struct{ text string }

func (e usageError) Error() string { return e.text }

func usagef(format string, args ...any) error { return usageError{fmt.Sprintf(format, args...)} }

// budgetError says which budget ran out: the verdict is unknown.
type budgetError struct{ text string }

func (e budgetError) Error() string { return e.text }

// internalError is a mistake of ours.
type internalError struct{ text string }

func (e internalError) Error() string { return "internal error: " + e.text }

// isInternal also knows the target's own internal errors, which are texts.
func isInternal(err error) bool {
	var e internalError
	return errors.As(err, &e) || strings.Contains(err.Error(), "internal error: ")
}

// verdictOf says what an error of a command makes of the script.
func verdictOf(err error) report.Verdict {
	var (
		usage  usageError
		budget budgetError
		ours   target.Ours
	)
	switch {
	case errors.As(err, &usage):
		return report.Error
	case target.Beyond(err) != "":
		return report.Skip
	case isInternal(err), errors.As(err, &ours):
		return report.Error
	case errors.As(err, &budget):
		return report.Unknown
	}
	return report.Fail
}

// exitGoroutine ends the goroutine of a script, which is how testscript wants
// its runner to leave.
func exitGoroutine() { runtime.Goexit() }

// commands returns the command table as testscript takes it.
func (p *play) commands() map[string]func(*testscript.TestScript, bool, []string) {
	m := map[string]func(*testscript.TestScript, bool, []string){}
	for _, c := range Commands() {
		m[c.Name] = func(ts *testscript.TestScript, neg bool, args []string) {
			p.ts = ts
			p.out.Reset()
			p.printed, p.refusal = false, ""
			err := p.invoke(&c, neg, args)
			if p.printed {
				ts.Stdout().Write([]byte(p.out.String()))
			}
			if p.refusal != "" {
				ts.Stderr().Write([]byte(p.refusal + "\n"))
			}
			if err != nil {
				if p.verdict = verdictOf(err); p.verdict == report.Skip {
					p.beyond = target.Beyond(err)
				}
				ts.Fatalf("%s: %s", c.Name, indent(err.Error()))
			}
		}
	}
	return m
}

// indent keeps the later lines of a message apart from the log around it.
func indent(text string) string {
	return strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n    ")
}

// invoke runs one command and applies "!". A panic becomes an internal error
// here, where its stack still exists.
func (p *play) invoke(c *Command, neg bool, args []string) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = internalError{fmt.Sprintf("%v\n%s", r, debug.Stack())}
		}
	}()
	if err := c.checkArity(args); err != nil {
		return err
	}
	if err := p.checkBudget(); err != nil {
		return err
	}
	if c.check != nil {
		ok, seen, err := c.check(p, args)
		switch {
		case err != nil:
			return err
		case ok && neg:
			return fmt.Errorf("it is so, and should not be: %s", seen)
		case !ok && !neg:
			return errors.New(seen)
		}
		return nil
	}
	err = c.run(p, args)
	if !neg {
		return err
	}
	if err == nil {
		return errors.New("it went well, and should have been refused")
	}
	if verdictOf(err) != report.Fail {
		return err
	}
	p.refusal = err.Error()
	return nil
}

// print adds to the standard output of the command.
func (p *play) print(format string, args ...any) {
	p.printed = true
	fmt.Fprintf(&p.out, format, args...)
}

// logf adds a line to the log, which is shown when the phase fails.
func (p *play) logf(format string, args ...any) {
	if p.ts != nil {
		p.ts.Logf(format, args...)
	}
}

// file reads a file of the script: attached, or made by a command before.
func (p *play) file(name string) (string, error) {
	if name == "stdout" || name == "stderr" {
		return p.ts.ReadFile(name), nil
	}
	if isDrivePath(name) {
		return "", usagef("%s is on a drive, and a file of the script is wanted here", name)
	}
	data, err := os.ReadFile(p.ts.MkAbs(name))
	if errors.Is(err, os.ErrNotExist) {
		return "", usagef("the script has no file %s", name)
	}
	if err != nil {
		return "", usagef("cannot read file %s of the script", name)
	}
	return string(data), nil
}

// hasFile reports whether the script has a file.
func (p *play) hasFile(name string) bool {
	if name == "" || isDrivePath(name) || strings.ContainsAny(name, "\n*?|") {
		return false
	}
	info, err := os.Stat(p.ts.MkAbs(name))
	return err == nil && info.Mode().IsRegular()
}

// expect compares what is there with a file of the script, and with Update
// takes what is there for the new text. mask, if any, is laid over the file;
// what is there has it already.
func (p *play) expect(what, have, file string, mask func(string) string) (bool, string, error) {
	want, err := p.file(file)
	if err != nil {
		return false, "", err
	}
	if mask != nil {
		want = mask(want)
	}
	if have == want {
		return true, what + " equals " + file, nil
	}
	if p.options.Update {
		p.updates[file] = have
		return true, what + " becomes " + file, nil
	}
	return false, fmt.Sprintf("%s differs from %s:\n%s", what, file, diffLines(want, have)), nil
}

// save writes the script with its new expected files.
func (p *play) save() error {
	if p.options.Save == nil {
		return usagef("cannot update %s: its folder is not known", p.script.File)
	}
	a := *p.script.archive
	a.Files = slices.Clone(a.Files)
	for name, text := range p.updates {
		i := slices.IndexFunc(a.Files, func(f txtar.File) bool { return f.Name == name })
		if i < 0 || txtar.NeedsQuote([]byte(text)) {
			return usagef("cannot update %s: file %s is not attached or does not fit into a txtar file", p.script.File, name)
		}
		a.Files[i].Data = []byte(text)
	}
	return p.options.Save(p.script, txtar.Format(&a))
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
