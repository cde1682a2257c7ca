package fault

// crash is a power cut: the operation does not happen, the handles of the PC
// stay as they were. It strikes once unless times= says otherwise.
type crash struct{ match }

func newCrash(m match, _ *arguments) Fault { return &crash{m} }

func (f *crash) String() string { return f.text("crash") }

func (f *crash) At(p *Point) Effect { return Effect{Crash: f.hit(p)} }
