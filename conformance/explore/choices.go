package explore

import "gwkit/emulator/schedule"

// Choices and their text are those of schedule files.
type (
	Choices  = schedule.Choices
	Playback = schedule.Playback
)

// ParseChoices reads what Choices.String prints.
func ParseChoices(text string) (Choices, error) { return schedule.ParseChoices(text) }

// NewPlayback returns a Decider for choices.
func NewPlayback(c Choices) *Playback { return schedule.NewPlayback(c) }

// Recorder is a Decider that lets another decide and keeps what it chose.
type Recorder struct {
	Choices Choices
	Moments []Moment // only with texts

	by    schedule.Decider
	texts bool
}

// Moment is a decision, or a forced operation: what could have run, and what did.
type Moment struct {
	Options []schedule.Option
	Running bool
	Choice  int
}

// NewRecorder returns a Recorder of what by decides. With texts it keeps the
// options of each decision, which Steps needs.
func NewRecorder(by schedule.Decider, texts bool) *Recorder {
	return &Recorder{by: by, texts: texts}
}

// Reset forgets the record and goes on with another Decider.
func (r *Recorder) Reset(by schedule.Decider) {
	r.by, r.Choices, r.Moments = by, r.Choices[:0], r.Moments[:0]
}

// Decide implements schedule.Decider.
func (r *Recorder) Decide(options []schedule.Option, running bool) int {
	i := r.by.Decide(options, running)
	if len(options) > 1 {
		r.Choices = append(r.Choices, uint16(i))
	}
	if r.texts {
		r.Moments = append(r.Moments, Moment{append([]schedule.Option(nil), options...), running, i})
	}
	return i
}
