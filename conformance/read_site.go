package conformance

import (
	"gwkit/emulator"
	"gwkit/emulator/site"
)

// ReadSite reads a site file and everything in it, the texts of faults as well.
func ReadSite(name string, data []byte) (*site.Site, error) { return emulator.ReadSite(name, data) }
