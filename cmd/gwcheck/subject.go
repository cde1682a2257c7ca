package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gwkit/conformance"
	"gwkit/emulator/schedule"
	"gwkit/emulator/site"
	"gwkit/testdata/scripts"
)

// subject is what gwcheck explore works on.
type subject struct {
	name     string                 // of the folder for what is found
	site     *site.Site             // nil: a schedule
	begin    *conformance.Beginning // of a script; nil: none
	schedule []byte                 // to be repeated; nil: there is none
}

// openSubject finds out what a word means: a built-in site, a file (a site, a
// schedule or a script), or the id of a built-in script, in this order.
func openSubject(word string) (*subject, error) {
	if site.ShapeOf(word) != nil {
		s, err := site.Shape(word)
		return &subject{name: word, site: s}, err
	}
	info, err := os.Stat(word)
	isFile := err == nil && !info.IsDir()
	if !isFile {
		if s, err := builtInScript(word); s != nil || err != nil {
			return s, err
		}
	}
	if errors.Is(err, os.ErrNotExist) && !strings.ContainsAny(word, `/\`) {
		return nil, unknownSubject(word)
	}
	data, err := readBounded(word)
	switch {
	case err != nil:
		return nil, err
	case strings.EqualFold(filepath.Ext(word), ".txtar"):
		x, err := scriptSubject(conformance.Parse(filepath.ToSlash(word), data))
		if x != nil {
			x.name = fileName(word)
		}
		return x, err
	case schedule.Is(data):
		return &subject{name: word, schedule: data}, nil
	}
	s, err := parseSite(word, data)
	return &subject{name: fileName(word), site: s}, err
}

// fileName is the name of a subject that is a file: with its extension, so that
// dedicated.yaml does not save where dedicated does.
func fileName(file string) string {
	name := filepath.Base(file)
	if site.ShapeOf(name) != nil {
		name += ".file"
	}
	return name
}

// builtInScript looks a script up by its id; it is nil when there is none.
func builtInScript(id string) (*subject, error) {
	id = strings.TrimSuffix(id, ".txtar")
	data, err := scripts.FS.ReadFile(id + ".txtar")
	if err != nil {
		return nil, nil
	}
	return scriptSubject(conformance.Parse(scripts.Folder+"/"+id+".txtar", data))
}

func scriptSubject(s *conformance.Script) (*subject, error) {
	b, err := s.Beginning()
	if err != nil {
		return nil, err
	}
	return &subject{name: s.ID, site: b.Site, begin: b}, nil
}

// nearMax is how many names are offered for an unknown one.
const nearMax = 5

// unknownSubject names what an unknown word may have meant.
func unknownSubject(word string) error {
	shapes := shapeNames()
	near := []string{}
	add := func(name string) {
		if name != "" && !slices.Contains(near, name) && len(near) < nearMax {
			near = append(near, name)
		}
	}
	id := strings.TrimSuffix(word, ".txtar")
	var ids []string
	if list, err := scripts.FS.ReadDir("."); err == nil {
		for _, f := range list {
			ids = append(ids, strings.TrimSuffix(f.Name(), ".txtar"))
		}
	}
	add(conformance.Nearest(id, shapes))
	add(conformance.Nearest(id, ids))
	if len(id) > 2 {
		for _, name := range append(slices.Clone(shapes), ids...) {
			if strings.Contains(name, id) {
				add(name)
			}
		}
	}
	hint := "built-in sites are: " + strings.Join(shapes, ", ") + "; gwcheck list has the scripts"
	if len(near) > 0 {
		hint = "near are: " + strings.Join(near, ", ")
	}
	return fmt.Errorf("cannot explore %q: it is no built-in site, no file and no script; %s", word, hint)
}

// openSchedule reads a schedule file and the site it is about: a shape, or a
// site file beside it.
func openSchedule(name string, data []byte) (*schedule.Schedule, *site.Site, error) {
	sc, err := schedule.Parse(name, data)
	if err != nil {
		return nil, nil, err
	}
	file := sc.Site
	if site.ShapeOf(file) == nil && !filepath.IsAbs(file) {
		file = filepath.Join(filepath.Dir(name), file)
	}
	s, err := loadSite(file)
	return sc, s, err
}

// loadSite reads a built-in shape or a site file.
func loadSite(name string) (*site.Site, error) {
	if site.ShapeOf(name) != nil {
		return site.Shape(name)
	}
	data, err := readBounded(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("cannot read site: there is no file %s, and no built-in site of that name (%s)", name, strings.Join(shapeNames(), ", "))
	case err != nil:
		return nil, err
	}
	return parseSite(name, data)
}

func parseSite(name string, data []byte) (*site.Site, error) {
	s, err := conformance.ReadSite(name, data)
	if err != nil {
		return nil, fmt.Errorf("cannot read site %s:\n%w", name, err)
	}
	return s, nil
}

// inputMax bounds a site, schedule or script file.
const inputMax = 4 << 20

func readBounded(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("cannot read: %w", err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, inputMax+1))
	if err != nil {
		return nil, fmt.Errorf("cannot read: %w", err)
	}
	if len(data) > inputMax {
		return nil, fmt.Errorf("cannot read %s: larger than %d bytes", name, inputMax)
	}
	return data, nil
}

func shapeNames() (names []string) {
	for _, s := range site.Shapes {
		names = append(names, s.Name)
	}
	return names
}
