package fault

// driveLost takes a network drive away: the device no longer exists on the
// network, which is a critical error and a prompt on the PC. Q136041
type driveLost struct{ match }

func newDriveLost(m match, _ *arguments) Fault { return &driveLost{m} }

func (f *driveLost) String() string { return f.text("drive-lost") }

func (f *driveLost) At(p *Point) Effect {
	if !f.hit(p) {
		return Effect{}
	}
	return Effect{Err: errDeviceGone, Critical: true}
}
