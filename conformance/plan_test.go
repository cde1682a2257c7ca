package conformance

import (
	"context"
	"strings"
	"testing"

	"gwkit/conformance/deploy"
	"gwkit/conformance/target"
)

// A dry run tells of what the script does as a client and what the target reads
// for it, and of nothing that is not done.
func TestPlanOfAScriptOnADeployment(t *testing.T) {
	d, err := deploy.Parse("d.yaml", []byte(`version: 1
allow: [read, probe, message]
shape: single
postoffices: [{name: COMPANY/HUB, drive: /mnt/hub, gateway: smtp}]
test: {mailboxes: [{postoffice: COMPANY/HUB, user: sparky, address: sparky@hub.company.com}]}
`))
	if err != nil {
		t.Fatal(err)
	}
	plan := func(text string) string {
		return strings.Join(Plan(Parse("topic_test.txtar", []byte(header+text)), target.Deployment(context.Background(), d)), "\n")
	}
	got := plan("site single\nsmtp GW1 s\ninject <a@b> sparky@hub.company.com m\nsubmit COMPANY/HUB/sparky x@y m\nexists M:\\SMTP\\LOCAL.CFG\n-- s --\n> 220\n< HELO x\n-- m --\nhello\n-- other --\n< 250 of a server\n")
	want := `# topic_test: a test
list /mnt/hub/LOG\
open /mnt/hub/MBG\INQUEUE3.MBG
open /mnt/hub/KEY\INQUEUE3.KEY
connect GW1
send HELO x
connect the smart host
send HELO ...
send MAIL FROM:<a@b>
send RCPT TO:<sparky@hub.company.com>
send DATA
send the message m
send QUIT
submit a message of COMPANY/HUB/sparky
open M:\SMTP\LOCAL.CFG`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := plan("site dedicated\nexists M:\\X\n"); !strings.Contains(got, "# skipped: the script's site is not the shape single") || strings.Contains(got, "open") {
		t.Errorf("%s", got)
	}
}
