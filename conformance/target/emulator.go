package target

import (
	"encoding/json"
	"time"

	"gwkit/emulator"
	"gwkit/emulator/site"
)

// stepBudget ends a world that goes round in circles. A day with 10,000
// messages of 8 KB takes about a million steps.
const stepBudget = 50_000_000

// Emulator is the World in this process, in virtual time. It has all powers.
func Emulator() Target { return emulated{} }

type emulated struct{}

func (emulated) Name() string   { return "emulator" }
func (emulated) Powers() Powers { return AllPowers }

func (emulated) Open(s *site.Site, o Options) (Rig, error) {
	if o.MaxSteps == 0 {
		o.MaxSteps = stepBudget
	}
	eo := emulator.Options{Seed: o.Seed, Ties: o.Ties, MaxSteps: o.MaxSteps, Trace: o.Trace}
	if o.Chooser != nil { // a nil interface of one type is no nil of another
		eo.Chooser = o.Chooser
	}
	w, err := emulator.New(s, eo)
	if err != nil {
		return nil, err
	}
	return &emulatedRig{w}, nil
}

// OfWorld returns the rig of a World that runs already. Closing it closes the
// World.
func OfWorld(w *emulator.World) Rig { return &emulatedRig{w} }

// emulatedRig is a World with the few methods whose results differ.
type emulatedRig struct{ *emulator.World }

func (r *emulatedRig) Run(d time.Duration) Stop { return Stop(r.World.Run(d).String()) }

func (r *emulatedRig) RunUntil(cond func() bool, limit time.Duration) (bool, Stop) {
	ok, stop := r.World.RunUntil(cond, limit)
	return ok, Stop(stop.String())
}

func (r *emulatedRig) RunToRest(limit time.Duration) Stop {
	return Stop(r.World.RunToRest(limit).String())
}

func (r *emulatedRig) Report() ([]byte, error) { return json.Marshal(r.World.Summary()) }

// SummarySchema returns the JSON schema of what gwemu run prints.
func SummarySchema() []byte { return emulator.SummarySchema() }
