package capacity

import (
	"strings"

	"gwkit/emulator"
	"gwkit/emulator/site"
	"gwkit/emulator/trace"
)

// PCUse is what one PC did in a run. Parts are of the time of the run, 0 to 1.
type PCUse struct {
	PC       string  `json:"pc"`
	Program  string  `json:"program"`
	Busy     float64 `json:"busy"`
	In       float64 `json:"in"`  // of a gateway: busy with a call
	Out      float64 `json:"out"` // of a gateway: busy with outbound mail
	Halted   string  `json:"halted,omitempty"`
	Turns    int     `json:"turns"` // cycles of the program
	Sent     int     `json:"sent"`  // by a gateway, to the smart host
	Received int     `json:"received"`

	PerTurn float64 `json:"perTurn"` // messages sent in one cycle of a gateway
}

// meter follows the events of a run: which way a gateway works, and what it
// finished.
type meter struct {
	at   map[string]int // upper-case PC to its number
	use  []PCUse
	mode []byte // 'i' or 'o'
	lost int    // calls of the smart host that failed
	busy [][3]int
	n    int
}

func newMeter(s *site.Site) *meter {
	m := &meter{at: map[string]int{}}
	for i := range s.PCs {
		m.at[strings.ToUpper(s.PCs[i].Name)] = i
		m.use = append(m.use, PCUse{PC: s.PCs[i].Name, Program: s.PCs[i].Program()})
	}
	m.mode = make([]byte, len(m.use))
	m.busy = make([][3]int, len(m.use))
	return m
}

// Event implements trace.Sink. Nearly all events end at the first switch.
func (m *meter) Event(e *trace.Event) {
	switch e.Op {
	case "spawn":
		switch {
		case strings.HasSuffix(e.Object, `\SMTPGET.EXE`):
			m.turn(e.Who, 'o')
		case strings.HasSuffix(e.Object, `\SMTPPUT.EXE`):
			if i := m.turn(e.Who, 'i'); i >= 0 && e.Result == "" {
				m.use[i].Received++
			}
		}
	case "create":
		if strings.HasSuffix(e.Object, `\SMTP_IN.ENV`) {
			m.turn(e.Who, 'i')
		}
	case "remove":
		// SMTPGET removes it, too, when there was nothing to get.
		if e.Result == "" && strings.HasSuffix(e.Object, `\FROM_NC.API`) && strings.HasSuffix(e.Who, "/SMTPGATE") {
			if i := m.turn(e.Who, 'o'); i >= 0 {
				m.use[i].Sent++
			}
		}
	case "lost":
		m.lost++
	}
}

func (m *meter) turn(who string, mode byte) int {
	pc, _, _ := strings.Cut(who, "/")
	i, ok := m.at[strings.ToUpper(pc)]
	if !ok {
		return -1
	}
	m.mode[i] = mode
	return i
}

// sample counts what every PC is about at this instant.
func (m *meter) sample(now []emulator.PCActivity) {
	m.n++
	for i, a := range now {
		if a != emulator.PCBusy && a != emulator.PCHalted {
			continue
		}
		m.busy[i][0]++
		switch m.mode[i] {
		case 'i':
			m.busy[i][1]++
		case 'o':
			m.busy[i][2]++
		}
	}
}

// finish makes the figures of a run.
func (m *meter) finish(s *emulator.Summary) []PCUse {
	for i := range m.use {
		u := &m.use[i]
		if m.n > 0 {
			n := float64(m.n)
			u.Busy, u.In, u.Out = float64(m.busy[i][0])/n, float64(m.busy[i][1])/n, float64(m.busy[i][2])/n
		}
		u.Turns, u.Halted = s.PCs[i].Cycles, s.PCs[i].Prompt
		if u.Turns > 0 {
			u.PerTurn = float64(u.Sent) / float64(u.Turns)
		}
	}
	return m.use
}
