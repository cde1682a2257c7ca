package lint

import (
	"context"
	"testing"
	"testing/fstest"
)

// A receiving gateway has no SMTPGET, and says so in its log in each cycle.
func TestAProgramThatIsLackingOnPurposeIsNoError(t *testing.T) {
	for _, tt := range []struct {
		role string
		want Severity
	}{{"receive", Info}, {"both", Error}, {"send", Error}} {
		folder := fstest.MapFS{
			"deploy.yaml": {Data: []byte("version: 1\npostoffices:\n  - {name: COMPANY/HUB, gateway: smtp}\npcs:\n  - name: GW1\n    role: " + tt.role +
				"\n    drives: {M: COMPANY/HUB}\n    run: SMTPGATE\n    files: {log: SMTPGATE.LOG}\n")},
			"SMTPGATE.LOG": {Data: []byte("08:58:20 - ERROR Spawn (SMTPget): (2) No such file or directory\r\n")},
		}
		in, err := FromFolder(folder, "x")
		if err != nil {
			t.Fatal(err)
		}
		r := Run(context.Background(), in, Options{Only: []string{"log.known"}})
		if len(r.Findings) != 1 || r.Findings[0].Severity != tt.want {
			t.Errorf("%s: %+v, want one %s", tt.role, r.Findings, tt.want)
		}
	}
}
