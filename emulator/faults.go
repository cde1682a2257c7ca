package emulator

import (
	"fmt"
	"slices"

	"gwkit/emulator/fault"
	"gwkit/emulator/site"
)

// ReadSite is site.Parse, and also reports the mistakes in the texts of faults:
// those that are none, and those that name what the site has not.
func ReadSite(name string, data []byte) (*site.Site, error) {
	return site.Parse(name, data, func(text string, s *site.Site) error {
		_, err := parseFault(text, s)
		return err
	})
}

// parseFault reads a fault. Unless s is nil, what it names has to be there: a
// fault that can never strike is a mistake of whoever wrote it.
func parseFault(text string, s *site.Site) (fault.Fault, error) {
	f, err := fault.Parse(text)
	if err != nil || s == nil {
		return f, err
	}
	if err := faultNames(s).Check(f); err != nil {
		return nil, fmt.Errorf("fault %q: %w", text, err)
	}
	return f, nil
}

// faultNames are the names of a site: its PCs and the workstation beside each
// postoffice, its smart hosts, and every address it mentions, whether anybody is
// there or not.
func faultNames(s *site.Site) *fault.Names {
	n := &fault.Names{}
	add := func(ip string) {
		if ip != "" && !slices.Contains(n.Addresses, ip) {
			n.Addresses = append(n.Addresses, ip)
		}
	}
	for i := range s.PCs {
		pc := &s.PCs[i]
		drives := "C"
		for _, d := range pc.Drives {
			drives += string(d.Letter)
		}
		n.PCs = append(n.PCs, fault.PC{Name: pc.Name, Drives: drives})
		add(pc.IP)
	}
	for i := range s.Postoffices {
		n.PCs = append(n.PCs, fault.PC{Name: workstation(i), Drives: "CM"})
	}
	for i := range s.SmartHosts {
		h := &s.SmartHosts[i]
		n.Hosts = append(n.Hosts, h.Name)
		add(h.IP)
		for _, r := range h.Routes {
			if s.PC(r.To) == nil {
				add(r.To)
			}
		}
	}
	for i := range s.SMTP {
		add(s.SMTP[i].SmartHost)
	}
	return n
}

// workstation is the name of the PC beside the i-th postoffice.
func workstation(i int) string { return fmt.Sprint("WS", i+1) }

// AddFault adds a fault by its text, unless that names what the site has not.
func (w *World) AddFault(text string) error {
	f, err := parseFault(text, w.site)
	if err != nil {
		return err
	}
	w.do(func() { w.faults.Add(f) })
	return nil
}

// RemoveFault takes a fault out by its text, as Faults prints it.
func (w *World) RemoveFault(text string) error {
	if f, err := fault.Parse(text); err == nil {
		text = f.String()
	}
	ok := false
	w.do(func() { ok = w.faults.Remove(text) })
	if !ok {
		return fmt.Errorf("no fault %q", text)
	}
	return nil
}

// ClearFaults takes all faults out and brings all drives back.
func (w *World) ClearFaults() {
	w.do(func() {
		w.faults.Clear()
		for _, of := range w.offices {
			of.volume.SetOnline(true)
		}
	})
}

// Faults lists the texts of the present faults.
func (w *World) Faults() (out []string) {
	w.do(func() {
		for _, f := range w.faults.List() {
			out = append(out, f.String())
		}
	})
	return out
}
