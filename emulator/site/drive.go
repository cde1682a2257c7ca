package site

import (
	"strconv"
	"strings"
)

// Drive returns the NET/PO of the postoffice behind a PC's drive, and "" for a
// drive that is the PC's own or that nobody knows. The workstation WSn, which
// the emulator sets up beside the n-th postoffice, has that as its M:.
func (s *Site) Drive(pc string, letter byte) string {
	if c := s.PC(pc); c != nil {
		for _, d := range c.Drives {
			if d.Letter&^0x20 != letter&^0x20 {
				continue
			}
			if po := s.Postoffice(d.Postoffice); po != nil {
				return po.Ref()
			}
			return d.Postoffice
		}
		return ""
	}
	if rest, ok := strings.CutPrefix(pc, "WS"); ok && letter&^0x20 == 'M' {
		if n, err := strconv.Atoi(rest); err == nil && n >= 1 && n <= len(s.Postoffices) && strconv.Itoa(n) == rest {
			return s.Postoffices[n-1].Ref()
		}
	}
	return ""
}
