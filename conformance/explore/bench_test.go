package explore

import (
	"testing"

	"gwkit/emulator/schedule"
)

// BenchmarkDecide is what a decision costs the Subject, the happens-before order
// and the record included: a few processes, one of them asleep.
func BenchmarkDecide(b *testing.B) {
	options := []schedule.Option{
		{Who: "GW1/SMTPGATE", Op: "open", Object: `COMPANY/HUB:\SMTP\FROM_NC.API`, Proc: 1, ID: 3, Access: schedule.Writes},
		{Who: "GW2/SMTPGATE", Op: "create", Object: `COMPANY/HUB:\SMTP\SMTP_OUT.TXT`, Proc: 2, ID: 4, Dir: 1, Access: schedule.Writes},
		{Who: "mail/smtpd", Op: "connect", Object: "11.1.16.16:25", Proc: 3, ID: 9, Access: schedule.Reads},
		{Who: "MTA1/EXTERNAL", Op: "wake", Proc: 4, Early: true},
	}
	const perRun = 200
	bench := func(name string, begin func(run int) schedule.Decider) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			d := begin(0)
			for i := 0; b.Loop(); i++ {
				if i%perRun == perRun-1 {
					d = begin(i)
				}
				d.Decide(options, i%3 > 0)
			}
		})
	}
	for k := range kinds {
		var c chooser
		var d drive
		bench(kindNames[k], func(run int) schedule.Decider {
			c.begin(k, 1, run, perRun)
			d.begin(&c)
			return &d
		})
	}
	for _, reduce := range []string{"none", "sleep", "cache"} {
		var d drive
		c := Config{Preemptions: -1, Reduce: reduce}
		if reduce == "cache" {
			c.Preemptions = 2
		}
		s, err := newSearch(&c, &d.order)
		if err != nil {
			b.Fatal(err)
		}
		d.search = s
		bench("exhaustive "+reduce, func(run int) schedule.Decider {
			s.next()
			s.begin()
			d.begin(s)
			return &d
		})
	}
	var d drive
	choices := make(Choices, perRun)
	var p Playback
	bench("choices", func(int) schedule.Decider {
		p = *NewPlayback(choices)
		d.begin(&p)
		return &d
	})
}

// BenchmarkSchedule is a whole run of a toy of some sixty operations, as a
// campaign does it.
func BenchmarkSchedule(b *testing.B) {
	w := &worker{subject: philosophers(8), shown: map[key]bool{}}
	g := &campaign{Config: Config{Strategy: Portfolio}, expected: 60}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := g.one(w, i); err != nil {
			b.Fatal(err)
		}
	}
}
