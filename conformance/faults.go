package conformance

import (
	"strings"

	"gwkit/conformance/target"
	"gwkit/emulator/fault"
)

// Faults returns the kinds of faults that a script can set, sorted by name.
func Faults() []fault.Kind { return fault.Kinds }

// faultText joins the words of a fault and refuses what is none, so that a
// misspelled fault is a mistake of the script on every target.
func faultText(args []string) (string, error) {
	text := strings.Join(args, " ")
	if _, err := fault.Parse(text); err != nil {
		return "", usagef("%v", err)
	}
	return text, nil
}

func runFault(p *play, args []string) error {
	text, err := faultText(args)
	if err != nil {
		return err
	}
	f, err := power[target.Faults](p)
	if err != nil {
		return err
	}
	return f.AddFault(text)
}

func runHeal(p *play, args []string) error {
	f, err := power[target.Faults](p)
	if err != nil {
		return err
	}
	if len(args) == 0 {
		f.ClearFaults()
		return nil
	}
	text, err := faultText(args)
	if err != nil {
		return err
	}
	return f.RemoveFault(text)
}
