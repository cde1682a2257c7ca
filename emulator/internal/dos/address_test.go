package dos

import (
	"strings"
	"testing"
	"time"
)

// Of two PCs of one address the first to come up is on the network, and the
// power switch of the other takes nothing from it.
func TestTwoPCsOfOneAddress(t *testing.T) {
	r := newRig(t)
	idle := func(t *Task) int { t.Sleep(time.Hour); return 0 }
	first := r.pc(PCOptions{Name: "GW1", IP: "11.1.16.16"}, idle)
	r.run(time.Second)
	second := r.pc(PCOptions{Name: "GW2", IP: "11.1.16.16"}, idle)
	r.run(time.Second)
	if !first.Online() || second.Online() {
		t.Errorf("on the network: first %v, second %v", first.Online(), second.Online())
	}
	if text := strings.Join(second.Screen().Text(), "\n"); !strings.Contains(text, "another host has the address 11.1.16.16") {
		t.Errorf("screen of the second:\n%s", text)
	}
	net := r.k.Net()
	if _, err := net.Listen("11.1.16.16:25"); err != nil {
		t.Fatal(err)
	}
	second.PowerOff()
	if _, err := net.Listen("11.1.16.16:25"); err == nil {
		t.Error("the power cut of the second closed a socket of the first")
	}
	first.PowerOff()
	second.Reboot()
	r.run(time.Minute)
	if first.Online() || !second.Online() {
		t.Errorf("once the first is off: first %v, second %v", first.Online(), second.Online())
	}
}
