package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"gwkit/emulator"
	"gwkit/emulator/site"
	"gwkit/emulator/trace"
)

// benchDocuments prints what the articles say beside what the simulation does.
// Nothing here depends on the machine.
func benchDocuments(t *table, _ bool) error {
	w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "\ndocumented figures\tdocumented\tsimulated\tarticle\t\n")
	in, err := passage(true, 537)
	if err != nil {
		return err
	}
	out, err := passage(false, 537)
	if err != nil {
		return err
	}
	in8, err := passage(true, 8<<10)
	if err != nil {
		return err
	}
	out8, err := passage(false, 8<<10)
	if err != nil {
		return err
	}
	failed, err := failedSpawn()
	if err != nil {
		return err
	}
	cycle, err := largestCycle()
	if err != nil {
		return err
	}
	day, err := run{messages: 8000, span: virtualDay}.do()
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "537 bytes in\t2.5 s\t%.2f s\tQ137043\t\n", in.Seconds())
	fmt.Fprintf(w, "537 bytes out\t2.5 s\t%.2f s\tQ137043\t\n", out.Seconds())
	fmt.Fprintf(w, "8 KB messages a day, half each way\t10,000\t%.0f\tQ132060 Q134339\tby the time of one: %.2f s in, %.2f s out\n",
		2*86400/(in8+out8).Seconds(), in8.Seconds(), out8.Seconds())
	fmt.Fprintf(w, "the same, a day that drains\t\t%d of 8,000\t\tdelivered by the shape single\n", day.summary.Messages.Delivered)
	fmt.Fprintf(w, "messages out in one cycle\t6\t%d\tQ137043\tof 30 that wait\n", cycle)
	fmt.Fprintf(w, "spawn of a missing program\t3 s\t%.2f s\tQ132060\t\n", failed.Seconds())
	w.Flush()

	fmt.Fprint(w, "\nmessages of 537 bytes a day\tprinted\tby its factors\tsimulated\tQ137043\n")
	for _, wait := range []int{120, 15, 600} {
		// Six messages of 2.5 s in each cycle, of which the wait is the rest.
		factors := 86400 / wait * 6
		rate, err := saturated(false, wait, 86400/(wait+15)*6)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "out, -W%d\t%d\t%d\t%.0f\twait of a cycle %d s by the article, %d s here\n", wait,
			map[int]int{120: 1800, 15: 14400, 600: 360}[wait], factors, rate, wait-15, wait)
	}
	rate, err := saturated(true, 120, 36000)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "in, -W120\t34560\t34560\t%.0f\t\n", rate)
	w.Flush()
	fmt.Fprintln(t.out, "The printed totals out do not follow from the article's factors: they are active seconds divided by six.")
	fmt.Fprintln(t.out, "The simulation takes -W for the time to wait for a call, as the log of Q112286 shows it, not for the whole cycle.")
	return nil
}

// recorded runs the shape single with a recorder; change edits the site.
func recorded(change func(*site.Site)) (*emulator.World, *trace.Recorder, error) {
	s := single(false)
	if change != nil {
		change(s)
	}
	rec := &trace.Recorder{}
	w, err := emulator.New(s, emulator.Options{Trace: rec})
	return w, rec, err
}

const user = "COMPANY/HUB/sparky"

// passage returns how long the gateway is busy with one message of size bytes.
func passage(inbound bool, size int) (time.Duration, error) {
	w, rec, err := recorded(nil)
	if err != nil {
		return 0, err
	}
	defer w.Close()
	text := strings.Repeat("The quick brown fox jumps over the lazy dog, 0123456789 times.\r\n", size/64+1)[:size-2] + "\r\n"
	w.Run(10 * time.Minute)
	start := w.Now().UnixNano()
	if inbound {
		err = w.Inject("root@outside.example", []string{"sparky@hub.company.com"}, []byte("From: root@outside.example\r\nTo: sparky@hub.company.com\r\nSubject: x\r\n\r\n"+text))
	} else {
		err = w.Submit(emulator.Mail{From: user, To: []string{"root@outside.example"}, Subject: "x", Text: text})
	}
	if err != nil {
		return 0, err
	}
	w.Run(30 * time.Minute)
	// In from the call, out from the start of SMTPGET, to the removal of the last
	// file of the message.
	var begin, end int64
	for _, e := range rec.Events() {
		switch {
		case e.Time < start:
		case inbound && e.Op == "create" && e.Object == `M:\SMTP\SMTP_IN.ENV`,
			!inbound && e.Op == "spawn" && e.Who == "GW1/SMTPGATE" && end == 0:
			begin = e.Time
		case inbound && e.Op == "remove" && e.Object == `M:\SMTP\API_OUT.TMP`,
			!inbound && e.Op == "remove" && e.Object == `M:\SMTP\SMTP_OUT.TXT`:
			end = e.Time
		}
	}
	if begin == 0 || end <= begin {
		return 0, fmt.Errorf("a message of %d bytes did not pass", size)
	}
	return time.Duration(end - begin), nil
}

// failedSpawn returns how long SMTPGATE takes to find that SMTPGET is missing.
func failedSpawn() (time.Duration, error) {
	w, rec, err := recorded(func(s *site.Site) { s.PCs[0].Local = []string{"SMTPGATE.EXE", "SMTPPUT.EXE"} })
	if err != nil {
		return 0, err
	}
	defer w.Close()
	w.Run(10 * time.Minute)
	before := int64(0)
	for _, e := range rec.Events() {
		if !strings.HasPrefix(e.Who, "GW1/") {
			continue
		}
		if e.Op == "spawn" && e.Result != "" {
			return time.Duration(e.Time - before), nil
		}
		before = e.Time
	}
	return 0, fmt.Errorf("no spawn failed")
}

// largestCycle returns how many of 30 waiting messages leave in a row at most.
func largestCycle() (int, error) {
	w, rec, err := recorded(nil)
	if err != nil {
		return 0, err
	}
	defer w.Close()
	for range 30 {
		if err := w.Submit(emulator.Mail{From: user, To: []string{"root@outside.example"}, Subject: "x", Text: "x\n"}); err != nil {
			return 0, err
		}
	}
	w.Run(time.Hour)
	most, n, last := 0, 0, int64(0)
	for _, e := range rec.Events() {
		if e.Op != "receive" {
			continue
		}
		if e.Time-last > int64(time.Minute) {
			n = 0
		}
		n, last = n+1, e.Time
		most = max(most, n)
	}
	return most, nil
}

// counter counts the messages that a smart host took and gave.
type counter struct{ received, sent int }

func (c *counter) Event(e *trace.Event) {
	switch e.Op {
	case "receive":
		c.received++
	case "send":
		c.sent++
	}
}

// saturated returns how many messages of 537 bytes a day the gateway carries
// one way when it is offered as many as it can at most. They are counted at the
// smart host: what becomes of them behind the gateway is External's business.
func saturated(inbound bool, wait, daily int) (float64, error) {
	s := single(true)
	s.PCs[0].Run = strings.Replace(s.PCs[0].Run, "-w120", fmt.Sprintf("-w%d", wait), 1)
	var c counter
	w, err := emulator.New(s, emulator.Options{Trace: &c})
	if err != nil {
		return 0, err
	}
	defer w.Close()
	const span = 3 * time.Hour
	n := daily * int(span/time.Hour) / 24
	l := emulator.Load{For: span, Out: n, Read: true}
	if inbound {
		l.In, l.Out = n, 0
	}
	if err := w.AddLoad(l); err != nil {
		return 0, err
	}
	if stop := w.Run(span); stop != emulator.StopTime {
		return 0, fmt.Errorf("the run stopped: %v: %v", stop, w.Err())
	}
	passed := c.received
	if inbound {
		passed = c.sent
	}
	return float64(passed) * float64(virtualDay) / float64(span), nil
}
