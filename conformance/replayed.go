package conformance

import (
	"fmt"

	sched "gwkit/emulator/schedule"
	"gwkit/emulator/site"
)

// Replayed returns the schedule that a script replays, and its site. The script
// must begin with that, as the scripts that gwcheck explore saves do: what another
// one does to its site before cannot be taken along.
func (s *Script) Replayed() (*sched.Schedule, *site.Site, error) {
	for i := range s.lines {
		words := s.lines[i].words
		if len(words) == 0 {
			continue
		}
		if len(words) != 2 || words[0].text != "replay" {
			return nil, nil, fmt.Errorf("%s:%d: cannot take the schedule of a script that does not begin with: replay FILE", s.File, s.lines[i].number)
		}
		name := words[1].text
		data, err := s.part(name)
		if err != nil {
			return nil, nil, err
		}
		sc, err := sched.Parse(s.File+", "+name, data)
		if err != nil {
			return nil, nil, err
		}
		if isShape(sc.Site) {
			x, err := site.Shape(sc.Site)
			return sc, x, err
		}
		if data, err = s.part(sc.Site); err != nil {
			return nil, nil, err
		}
		x, err := site.Parse(s.File+", "+sc.Site, data)
		return sc, x, err
	}
	return nil, nil, fmt.Errorf("%s: cannot take the schedule of a script without a line", s.File)
}

// part returns a file of the script.
func (s *Script) part(name string) ([]byte, error) {
	for _, f := range s.archive.Files {
		if f.Name == name {
			return f.Data, nil
		}
	}
	return nil, fmt.Errorf("%s: cannot find file %s in the script", s.File, name)
}
