package emulator

import (
	"os"
	"strings"
	"testing"
	"time"

	"gwkit/emulator/site"
)

func newShape(tb testing.TB, name string, o Options) *World {
	tb.Helper()
	s, err := site.Shape(name)
	if err != nil {
		tb.Fatal(err)
	}
	w, err := New(s, o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := w.Close(); err != nil {
			tb.Error(err)
		}
	})
	return w
}

func TestMailGoesBothWaysThroughTheSingleGateway(t *testing.T) {
	w := newShape(t, "single", Options{})
	if s := w.Run(time.Minute); s != StopTime {
		t.Fatalf("Run = %v: %v", s, w.Err())
	}
	if err := w.Submit(Mail{From: "COMPANY/SALES/margb", To: []string{"root@outside.example"}, Subject: "hello out", Text: "one\ntwo\n"}); err != nil {
		t.Fatal(err)
	}
	if err := w.Inject("root@outside.example", []string{"sparky@hub.company.com", "margb@sales.company.com"},
		[]byte("From: root@outside.example\r\nTo: sparky@hub.company.com\r\nSubject: hello in\r\n\r\nbody\r\n")); err != nil {
		t.Fatal(err)
	}
	stop := w.RunToRest(2 * time.Hour)
	if stop != StopRest {
		t.Errorf("RunToRest = %v %v, waits %+v, queue %+v", stop, w.Err(), w.Waits(), w.Queue())
	}
	if log, err := w.ReadFile(`M:\LOG\SMTPGATE.LOG`); err == nil && testing.Verbose() {
		os.Stdout.Write(log)
	}
	for _, x := range [][2]string{{"COMPANY/HUB", "sparky"}, {"COMPANY/SALES", "margb"}} {
		items, err := w.Mailbag(x[0], x[1])
		if err != nil || len(items) != 1 || items[0].Subject != "hello in" {
			t.Errorf("%v: %+v, %v", x, items, err)
		}
	}
	out := w.Outside()
	if len(out) != 1 || !strings.Contains(string(out[0].Data), "Subject: hello out") {
		t.Errorf("outside: %+v", out)
	}
}

func TestAPCSwitchedOffBeforeItStartsStaysOff(t *testing.T) {
	w := newShape(t, "single", Options{})
	if err := w.PowerOff("GW1"); err != nil {
		t.Fatal(err)
	}
	w.Run(time.Minute)
	if s, err := w.State("GW1"); err != nil || s.Phase != "off" {
		t.Errorf("state %+v, %v", s, err)
	}
	if err := w.PowerOn("GW1"); err != nil {
		t.Fatal(err)
	}
	w.Run(time.Minute)
	if s, err := w.State("GW1"); err != nil || s.Phase != "running" || s.Program != "SMTPGATE" {
		t.Errorf("state %+v, %v", s, err)
	}
}
