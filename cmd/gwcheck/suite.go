package main

import (
	"fmt"
	"os"
	"path/filepath"

	"gwkit/conformance"
	"gwkit/testdata/scripts"
)

// suite is the scripts of a command, and where they are from.
type suite struct {
	scripts []*conformance.Script
	source  map[string]string // id -> "built-in" or the absolute folder
	dir     string            // of the user's own; "" without
}

const builtIn = "built-in"

// loadSuite reads the built-in scripts, those of a folder, or both.
func loadSuite(dir string, both bool) (*suite, error) {
	s := &suite{source: map[string]string{}, dir: dir}
	if dir == "" || both {
		list, err := conformance.Load(scripts.FS, scripts.Folder)
		if err != nil {
			return nil, err
		}
		if err := s.add(list, builtIn); err != nil {
			return nil, err
		}
	}
	if dir == "" {
		return s, nil
	}
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("cannot read scripts of %s: %w", dir, err)
	}
	list, err := conformance.Load(os.DirFS(dir), dir)
	if err != nil {
		return nil, err
	}
	return s, s.add(list, absolute)
}

func (s *suite) add(list []*conformance.Script, source string) error {
	for _, script := range list {
		if s.source[script.ID] != "" {
			return fmt.Errorf("cannot read scripts of %s: script %s is built in as well", source, script.ID)
		}
		s.source[script.ID] = source
		s.scripts = append(s.scripts, script)
	}
	return nil
}
