package main

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"gwkit/emulator"
)

// metrics prints the state of the deployment in the Prometheus text format.
func (c *control) metrics(w http.ResponseWriter, _ *http.Request) {
	m := &metricText{}
	m.head("gwemu_up", "gauge", "1 while the deployment runs")
	up := 1
	if c.ended.Load() {
		up = 0
	}
	m.value("gwemu_up", up)
	m.head("gwemu_virtual_seconds_total", "counter", "virtual time since the start")
	m.value("gwemu_virtual_seconds_total", c.world.Elapsed().Seconds())
	m.head("gwemu_steps_total", "counter", "events of the simulation")
	m.value("gwemu_steps_total", c.world.Steps())
	m.head("gwemu_faults", "gauge", "faults that are set")
	m.value("gwemu_faults", len(c.world.Faults()))

	states := c.states()
	for _, row := range []struct {
		name, kind, help string
		value            func(*emulator.PCState) int
	}{
		{"gwemu_pc_cycles_total", "counter", "cycles of the program", func(s *emulator.PCState) int { return s.Cycles }},
		{"gwemu_pc_spawns_total", "counter", "programs started by the program", func(s *emulator.PCState) int { return s.Spawns }},
		{"gwemu_pc_prompts_total", "counter", "critical errors shown", func(s *emulator.PCState) int { return s.Prompts }},
		{"gwemu_pc_handles_max", "gauge", "most file handles open at once", func(s *emulator.PCState) int { return s.HandlesMax }},
		{"gwemu_pc_prompt", "gauge", "1 while the PC waits for a key at a critical error", func(s *emulator.PCState) int {
			if s.Prompt != "" {
				return 1
			}
			return 0
		}},
	} {
		m.head(row.name, row.kind, row.help)
		for i := range states {
			m.value(row.name, row.value(&states[i]), "pc", states[i].Name)
		}
	}

	// The age is the wall clock's: how old an answer may be that costs a look
	// into every mailbag.
	s := c.live.summary(2 * time.Second)
	m.head("gwemu_messages", "gauge", "messages of loads by what became of them")
	for _, row := range []struct {
		state string
		n     int
	}{
		{"offered", s.Messages.Offered}, {"accepted", s.Messages.Accepted}, {"refused", s.Messages.Refused},
		{"delivered", s.Messages.Delivered}, {"waiting", s.Messages.Waiting}, {"returned", s.Messages.Returned},
		{"duplicated", s.Messages.Duplicated}, {"lost", s.Messages.Lost},
	} {
		m.value("gwemu_messages", row.n, "state", row.state)
	}
	m.head("gwemu_queue_messages", "gauge", "messages of loads that wait, by place")
	for _, r := range s.Waiting {
		m.value("gwemu_queue_messages", r.Count, "where", r.Where)
	}
	m.head("gwemu_smart_host_queue", "gauge", "messages waiting at the smart hosts")
	waiting := map[string]int{}
	for _, q := range c.world.Queue() {
		waiting[q.Host]++
	}
	for _, h := range c.world.Site().SmartHosts {
		m.value("gwemu_smart_host_queue", waiting[h.Name], "host", h.Name)
	}
	m.head("gwemu_outside_messages", "gauge", "messages delivered to the Internet, those of loads left out")
	m.value("gwemu_outside_messages", len(c.world.Outside()))

	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	fmt.Fprint(w, m.b.String())
}

type metricText struct{ b strings.Builder }

func (m *metricText) head(name, kind, help string) {
	fmt.Fprintf(&m.b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}

// value prints one sample; labels are name, value, name, value ...
func (m *metricText) value(name string, x any, labels ...string) {
	m.b.WriteString(name)
	for i := 0; i+1 < len(labels); i += 2 {
		sep := byte(',')
		if i == 0 {
			sep = '{'
		}
		m.b.WriteByte(sep)
		fmt.Fprintf(&m.b, `%s="%s"`, labels[i], escapeLabel(labels[i+1]))
	}
	if len(labels) > 0 {
		m.b.WriteByte('}')
	}
	fmt.Fprintf(&m.b, " %v\n", x)
}

var labelEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

func escapeLabel(s string) string { return labelEscapes.Replace(strings.ToValidUTF8(s, "?")) }
