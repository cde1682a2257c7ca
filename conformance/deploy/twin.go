package deploy

import "slices"

// Twin says where the emulator serves the configuration of a deployment.
type Twin struct {
	Gateways  map[string]string // PC -> host:port
	SmartHost string            // host:port
	Drives    map[string]string // NET/PO -> folder
	Disks     map[string]string // PC -> folder
	Sink      string            // host:port where its mail for outside goes
	Speed     float64
}

// Twin returns the description of the emulated deployment: the same names and
// permissions, other addresses and folders.
func (d *Deployment) Twin(t Twin) *Deployment {
	c := *d
	c.Speed = t.Speed
	c.Postoffices = slices.Clone(d.Postoffices)
	for i := range c.Postoffices {
		p := &c.Postoffices[i]
		p.Drive, p.SMTP = t.Drives[p.Ref()], nil
	}
	c.PCs = slices.Clone(d.PCs)
	for i := range c.PCs {
		p := &c.PCs[i]
		p.Role = d.RoleOf(&d.PCs[i])
		p.Run = d.Command(&d.PCs[i]).Line
		p.Address, p.Disk, p.Files = t.Gateways[p.Name], t.Disks[p.Name], Files{}
	}
	c.SmartHost.Address = t.SmartHost
	c.Test.Submit = Submit{}
	c.Test.Catch = Catch{Listen: t.Sink}
	return &c
}
