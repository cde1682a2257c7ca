package emulator

import (
	"fmt"
	"strings"

	"gwkit/emulator/site"
)

// PCState is what a PC is doing.
type PCState struct {
	Name       string `json:"name"`
	Program    string `json:"program"`          // innermost program running
	Phase      string `json:"state"`            // off, booting, running, prompt, ended
	Prompt     string `json:"prompt,omitempty"` // critical error it shows
	Code       int    `json:"code"`             // return code once ended
	Cycles     int    `json:"cycles"`
	Spawns     int    `json:"spawns"`
	Prompts    int    `json:"prompts"`
	HandlesMax int    `json:"handlesMax"`
}

// PCs lists the names of the site's PCs in its order.
func (w *World) PCs() []string {
	var out []string
	for _, m := range w.pcs {
		out = append(out, m.conf.Name)
	}
	return out
}

// onPC runs fn for a PC of the site.
func (w *World) onPC(name string, fn func(m *machine) error) (err error) {
	w.do(func() {
		var m *machine
		if m, err = w.machine(name); err == nil {
			err = fn(m)
		}
	})
	return err
}

// Screen returns the 25 lines of a PC's screen.
func (w *World) Screen(pc string) (lines []string, err error) {
	err = w.onPC(pc, func(m *machine) error { lines = m.pc.Screen().Text(); return nil })
	return lines, err
}

// Key presses keys on a PC.
func (w *World) Key(pc, keys string) error {
	return w.onPC(pc, func(m *machine) error {
		for i := 0; i < len(keys); i++ {
			m.pc.Key(keys[i])
		}
		return nil
	})
}

// Reboot switches a PC off and on again; it starts its command line anew.
func (w *World) Reboot(pc string) error {
	return w.onPC(pc, func(m *machine) error {
		if m.line == "" {
			return fmt.Errorf("PC %s has nothing to run", pc)
		}
		m.gen++
		m.pc.Reboot()
		return nil
	})
}

// PowerOff cuts the power of a PC: nothing is tidied up.
func (w *World) PowerOff(pc string) error {
	return w.onPC(pc, func(m *machine) error { m.gen++; m.pc.PowerOff(); return nil })
}

// PowerOn starts a PC with its command line.
func (w *World) PowerOn(pc string) error {
	return w.onPC(pc, func(m *machine) error {
		if m.line == "" {
			return fmt.Errorf("PC %s has nothing to run", pc)
		}
		m.gen++
		w.start(m)
		return nil
	})
}

// StartProgram gives a PC another command line and starts it now.
func (w *World) StartProgram(pc, line string) error {
	name, args, err := site.SplitCommand(line)
	if err != nil {
		return fmt.Errorf("cannot run %q: %w", line, err)
	}
	switch {
	case name == "":
		return fmt.Errorf("cannot run %q: no program", line)
	case name == "SMTPGATE":
		_, err = site.ParseGateway(args, w.site.GatewayVersion)
	case name == "EXTERNAL":
		_, err = site.ParseExternal(args)
	}
	if err != nil {
		return fmt.Errorf("cannot run %q: %w", line, err)
	}
	return w.onPC(pc, func(m *machine) error {
		m.line = line
		m.gen++
		w.start(m)
		return nil
	})
}

// State returns what a PC is doing.
func (w *World) State(pc string) (s PCState, err error) {
	err = w.onPC(pc, func(m *machine) error { s = m.state(); return nil })
	return s, err
}

// CallWaits returns how often the gateway of a PC has begun to wait for calls.
func (w *World) CallWaits(pc string) (n int, err error) {
	err = w.onPC(pc, func(m *machine) error { n = m.pc.Cycles["wait"]; return nil })
	return n, err
}

func (m *machine) state() PCState {
	s := m.pc.State()
	return PCState{Name: m.conf.Name, Program: strings.TrimSuffix(s.Program, ".EXE"), Phase: s.Phase.String(), Prompt: s.Prompt, Code: s.Code,
		Cycles: m.pc.Cycles["cycle"], Spawns: m.pc.Spawns, Prompts: m.pc.Prompts, HandlesMax: m.pc.HandlesMax()}
}
