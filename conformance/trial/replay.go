package trial

import (
	"fmt"
	"io"
	"slices"
	"time"

	"gwkit/conformance/explore"
	"gwkit/conformance/invariant"
	"gwkit/emulator"
	"gwkit/emulator/schedule"
	"gwkit/emulator/site"
	"gwkit/emulator/trace/timeline"
)

// Run is one run that was watched closely. Its world stands as the run left it
// until Close.
type Run struct {
	Subject *Subject
	Ending  emulator.Ending
	Results []invariant.Result
	History *invariant.History
}

// Close ends the run's world.
func (r *Run) Close() error { return r.Subject.Close() }

// Violates returns the violations of an invariant.
func (r *Run) Violates(name string) []invariant.Violation {
	for _, x := range r.Results {
		if x.Invariant == name {
			return x.Violations
		}
	}
	return nil
}

// World is the world as the run left it.
func (r *Run) World() *emulator.World { return r.Subject.t.World() }

// Trial is the trial behind the run.
func (r *Run) Trial() *emulator.Trial { return r.Subject.t }

// Replay repeats a finding.
func (c *Config) Replay(f *Finding) (*Run, error) { return Replay(c.Site, &f.Schedule, c.Trial) }

// decider follows a schedule; Err says where a run did not fit.
type decider interface {
	schedule.Decider
	Err() error
}

func follower(sc *schedule.Schedule) decider {
	if sc.Choices != nil {
		return schedule.NewPlayback(sc.Choices)
	}
	return schedule.NewReplay(sc.Steps, sc.PCs...)
}

// Replay runs a site under a schedule. An error says at which decision the run
// does not fit the schedule.
func Replay(s *site.Site, sc *schedule.Schedule, o emulator.TrialOptions) (*Run, error) {
	r, err := open(s, sc, o)
	if err != nil {
		return nil, err
	}
	d := follower(sc)
	if sc.Shared != nil || sc.Choices != nil {
		r.Subject.Learn(sc.Shared)
		return r.follow(d)
	}
	// The steps are about files that several PCs use. Which these are shows
	// under the steps themselves: with them as decision points from the start,
	// and with every other file that turns out to be one.
	var shared []string
	for _, st := range sc.Steps {
		if st.Object != "" && !slices.Contains(shared, st.Object) {
			shared = append(shared, st.Object)
		}
	}
	for range learnRounds {
		r.Subject.Learn(shared)
		before := len(shared)
		_, out := r.Subject.run(schedule.NewReplay(sc.Steps, sc.PCs...))
		if out.Err != nil {
			r.Close()
			return nil, out.Err
		}
		for _, name := range out.Learned {
			if !slices.Contains(shared, name) {
				shared = append(shared, name)
			}
		}
		if len(shared) == before {
			break
		}
	}
	slices.Sort(shared)
	r.Subject.Learn(shared)
	return r.follow(d)
}

// follow performs the run and demands that it fits.
func (r *Run) follow(d decider) (*Run, error) {
	r, err := r.perform(d)
	if err != nil {
		return nil, err
	}
	if err := d.Err(); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// learnRounds bounds how often a replay looks for shared files.
const learnRounds = 8

func open(s *site.Site, sc *schedule.Schedule, o emulator.TrialOptions) (*Run, error) {
	if sc.Timed {
		return nil, fmt.Errorf("cannot replay a timed schedule here: gwemu run repeats it")
	}
	o.In, o.Out, o.Size, o.PCs, o.Faults, o.Operator, o.Seed = sc.In, sc.Out, sc.Size, sc.PCs, sc.Faults, sc.Operator, sc.Seed
	x, err := New(s, o)
	if err != nil {
		return nil, err
	}
	return &Run{Subject: x}, nil
}

func (r *Run) perform(d schedule.Decider) (*Run, error) {
	x := r.Subject
	x.rec = newRecorder()
	e, out := x.run(d)
	if out.Err != nil {
		r.Close()
		return nil, out.Err
	}
	r.Ending, r.History = e, &x.h
	r.Results = x.h.Check()
	return r, nil
}

// Draw writes the trace of the run, in any of the forms of package timeline.
func (r *Run) Draw(w io.Writer, format, title string, all bool) error {
	t := r.Trial()
	s := t.Site()
	x, err := timeline.NewWriter(w, format, timeline.Options{Title: title, Start: time.Unix(0, t.Start()).In(s.Start.Location()), Drive: s.Drive, All: all, Untimed: true})
	if err != nil {
		return err
	}
	for i := range r.History.Events {
		x.Event(&r.History.Events[i])
	}
	return x.Close()
}

// Findings tells what a replayed schedule broke, the gravest first.
func (r *Run) Findings(sc *schedule.Schedule) []*Finding {
	var out []*Finding
	for _, x := range r.Results {
		if x.Verdict != invariant.Fail || len(x.Violations) == 0 {
			continue
		}
		v := &x.Violations[0]
		f := &Finding{Invariant: x.Invariant, Text: v.Text, Schedule: *sc, Cycle: []explore.Wait{}, signature: v.Signature}
		if f.Schedule.Steps == nil && f.Schedule.Choices == nil {
			f.Schedule.Steps = []schedule.Step{}
		}
		if row := invariant.Find(x.Invariant); row != nil {
			f.Sentence, f.Article = row.Sentence, row.Article
		}
		f.cycleOf(r)
		out = append(out, f)
	}
	slices.SortStableFunc(out, func(a, b *Finding) int { return rank(a.Invariant) - rank(b.Invariant) })
	return out
}

// cycleOf notes who waits for whom at the end of a run.
func (f *Finding) cycleOf(r *Run) {
	for _, v := range r.Violates("no_deadlock") {
		for _, w := range v.Cycle {
			f.Cycle = append(f.Cycle, explore.Wait{PC: w.PC, Program: w.Program, WaitsFor: w.File, HeldBy: w.HeldBy})
		}
	}
}
