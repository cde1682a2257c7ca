package target

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gwkit/conformance/deploy"
	"gwkit/emulator"
	"gwkit/emulator/site"
)

// stillDeployment is the shape single on disk, with nothing running.
func stillDeployment(t *testing.T, allow string) (*deploy.Deployment, string) {
	t.Helper()
	dir := t.TempDir()
	s, err := site.Shape("single")
	if err != nil {
		t.Fatal(err)
	}
	w, err := emulator.New(s, emulator.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	d, err := deploy.Parse(filepath.Join(dir, "deploy.yaml"), []byte(`version: 1
allow: [`+allow+`]
shape: single
speed: 60
patience: 200ms
postoffices: [{name: COMPANY/HUB, drive: COMPANY_HUB, gateway: smtp}, {name: COMPANY/SALES}]
pcs: [{name: GW1, ip: 11.1.16.16, role: both, drives: {M: COMPANY/HUB}, disk: PC_GW1}]
test: {mailboxes: [{postoffice: COMPANY/HUB, user: sparky, address: sparky@hub.company.com}], outside: out@example.com}
`))
	if err != nil {
		t.Fatal(err)
	}
	return d, dir
}

func TestADeploymentHasThePowersThatItsFileAllows(t *testing.T) {
	s, err := site.Shape("single")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ allow, want string }{
		{"read", "clock files"},
		{"read, probe", "clock files smtp"},
		{"read, probe, message", "clock files sink smtp submit"},
		{"read, probe, message, write", "clock files sink smtp submit"}, // database files are never written
	} {
		d, _ := stillDeployment(t, c.allow)
		target := Deployment(context.Background(), d)
		if got := target.Powers().String(); got != c.want {
			t.Errorf("%s: powers %s, want %s", c.allow, got, c.want)
		}
		rig, err := target.Open(s, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if wrong := Missing(target, rig); len(wrong) > 0 {
			t.Errorf("%s: methods and powers disagree: %v", c.allow, wrong)
		}
		if err := rig.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestADeploymentTakesOnlyItsOwnShape(t *testing.T) {
	d, _ := stillDeployment(t, "read")
	other, err := site.Shape("dedicated")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Deployment(context.Background(), d).Open(other, Options{}); Beyond(err) == "" || !strings.Contains(err.Error(), "is not the shape single") {
		t.Errorf("another shape: %v", err)
	}
	d.Shape = ""
	if _, err := Deployment(context.Background(), d).Open(other, Options{}); Beyond(err) == "" {
		t.Errorf("no shape: %v", err)
	}
}

func TestWhatARealDeploymentMustNotSufferIsBeyond(t *testing.T) {
	d, _ := stillDeployment(t, "read, probe, message")
	s, _ := site.Shape("single")
	opened, err := Deployment(context.Background(), d).Open(s, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	rig := opened.(messageRig)
	_, mailbag := rig.Mailbag("COMPANY/HUB", "sparky")
	_, drive := rig.Mailbag("COMPANY/SALES", "INQUEUE3")
	_, listen := rig.Listen("11.1.16.15")
	_, dial := rig.Dial("1.2.3.4", "nowhere")
	for name, err := range map[string]error{
		"a user's mailbag": mailbag, "a drive that is not named": drive, "another smart host": listen, "an unknown address": dial,
		"deleting":            rig.DeleteMail("COMPANY/HUB", "sparky", 1),
		"mail to a stranger":  rig.Submit(Mail{From: "COMPANY/HUB/sparky", To: []string{"x@else.example"}}),
		"mail of another":     rig.Submit(Mail{From: "COMPANY/HUB/ADMIN", To: []string{"out@example.com"}}),
		"inbound to stranger": rig.Inject("out@example.com", []string{"admin@hub.company.com"}, nil),
	} {
		if Beyond(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAScriptSeesWhatHappenedSinceItBegan(t *testing.T) {
	d, dir := stillDeployment(t, "read")
	log := filepath.Join(dir, "COMPANY_HUB", "LOG", "SMTPGATE.LOG")
	if err := os.WriteFile(log, []byte("old\r\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	s, _ := site.Shape("single")
	opened, err := Deployment(context.Background(), d).Open(s, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	rig := opened.(Files)
	if rig.FileExists(`M:\LOG\SMTPGATE.LOG`) {
		t.Error("a log that has not grown is there")
	}
	f, err := os.OpenFile(log, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString("new\r\n")
	f.Close()
	for _, path := range []string{`M:\LOG\SMTPGATE.LOG`, `GW1:M:\LOG\SMTPGATE.LOG`, `company/hub:\log\smtpgate.log`} {
		if data, err := rig.ReadFile(path); err != nil || string(data) != "new\r\n" {
			t.Errorf("%s: %q, %v", path, data, err)
		}
	}
	if data, err := rig.ReadFile(`GW1:C:\CONFIG.SYS`); err != nil || !strings.HasPrefix(string(data), "FILES=40") {
		t.Errorf("the local disk: %q, %v", data, err)
	}
	if list, err := rig.ListDir(`M:\SMTP`); err != nil || len(list) < 2 {
		t.Errorf("%v, %v", list, err)
	}
	for _, path := range []string{`X:\A`, `NOPC:M:\A`, `A`, `OTHER/PO:\A`} {
		if _, err := rig.ReadFile(path); err == nil {
			t.Errorf("%s is read", path)
		}
	}
	// A wait ends with the patience of the file, whatever a script asks for.
	began := time.Now()
	if stop := opened.(Clock).Run(24 * time.Hour); stop != StopTime || time.Since(began) > 5*time.Second {
		t.Errorf("%s after %s", stop, time.Since(began))
	}
}
