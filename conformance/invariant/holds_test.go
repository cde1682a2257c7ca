package invariant

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestHoldsFollowsHandles(t *testing.T) {
	const hub = "COMPANY/HUB"
	for _, tt := range []struct {
		name, events string
		want         []Hold
	}{
		{"open, created, closed, refused", `
			GW1/SMTPGATE open M:\SMTP\A
			GW1/SMTPGATE create M:\SMTP\B
			GW1/SMTPGATE open M:\SMTP\C
			GW1/SMTPGATE open M:\SMTP\D: sharing violation
			GW1/SMTPGATE close M:\SMTP\C: lock violation`, []Hold{
			{Who: "GW1/SMTPGATE", Volume: hub, Path: `\SMTP\A`, Since: 1e9, Event: 0},
			{Who: "GW1/SMTPGATE", Volume: hub, Path: `\SMTP\B`, Since: 2e9, Event: 1}}},
		{"a close is for one handle", `
			GW1/SMTPGATE open M:\A
			GW1/SMTPGATE open M:\A
			GW2/SMTPGATE open M:\A
			GW1/SMTPGATE close M:\A`, []Hold{
			{Who: "GW1/SMTPGATE", Volume: hub, Path: `\A`, Since: 1e9, Event: 0},
			{Who: "GW2/SMTPGATE", Volume: hub, Path: `\A`, Since: 3e9, Event: 2}}},
		{"handles of a dead PC linger at the server", `
			GW1/SMTPGATE open M:\A
			GW1/SMTPGATE open C:\A
			GW1 power-off
			GW1 power-off`, []Hold{
			{Who: "GW1/SMTPGATE", Volume: hub, Path: `\A`, Since: 1e9, Event: 0, Stale: true}}},
		{"until the PC logs on again", `
			GW1/SMTPGATE open M:\A
			GW1 power-off
			GW1 boot SMTPGATE`, nil},
		{"an open after it is a new one", `
			GW1/SMTPGATE open M:\A
			GW1 power-off
			GW1 boot SMTPGATE
			GW1/SMTPGATE open M:\A`, []Hold{{Who: "GW1/SMTPGATE", Volume: hub, Path: `\A`, Since: 4e9, Event: 3}}},
		{"a letter is not a volume", `
			GW1/SMTPGATE open M:\A
			GW3/SMTPGATE open M:\A
			GW3/SMTPGATE close M:\A`, []Hold{{Who: "GW1/SMTPGATE", Volume: hub, Path: `\A`, Since: 1e9, Event: 0}}},
		{"a disk of the PC's own", `GW1/SMTPGATE open C:\A`, []Hold{{Who: "GW1/SMTPGATE", Volume: "GW1 C:", Path: `\A`, Since: 1e9, Event: 0}}},
	} {
		if d := cmp.Diff(tt.want, watched(tt.events).Holds(), cmpopts.IgnoreUnexported(Hold{}), cmpopts.EquateEmpty()); d != "" {
			t.Errorf("%s: %s", tt.name, d)
		}
	}
}

func TestAServerGivesUpADeadSession(t *testing.T) {
	h := watched(`
		GW1/SMTPGATE open M:\A
		GW1 power-off
		GW2/SMTPGATE find M:\A`)
	h.Events[2].Time = h.Events[1].Time + sessionTime - 1
	if n := len(h.Holds()); n != 1 {
		t.Errorf("%d files open before the session ends", n)
	}
	h.Events[2].Time++
	if n := len(h.Holds()); n != 0 {
		t.Errorf("%d files open after it", n)
	}
}
