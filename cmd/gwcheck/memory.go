package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"gwkit/conformance/report"
)

// memory is what --failed knows: for each source of scripts the ids that did
// not pass when they last ran.
type memory struct {
	file string // "": there is no place to remember
	data memoryFile
}

type memoryFile struct {
	Version int                 `json:"version"`
	Failed  map[string][]string `json:"failed"`
}

const memoryVersion = 1

// openMemory reads what was remembered. When it is needed it has to be
// readable; otherwise a damaged file is begun anew.
func openMemory(dir string, needed bool) (*memory, error) {
	m := &memory{data: memoryFile{Version: memoryVersion, Failed: map[string][]string{}}}
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			if needed {
				return nil, fmt.Errorf("cannot tell what failed: %w (use --results)", err)
			}
			return m, nil
		}
		dir = filepath.Join(cache, "gwcheck")
	}
	m.file = filepath.Join(dir, "failed.json")
	data, err := os.ReadFile(m.file)
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	var read memoryFile
	if err == nil {
		err = json.Unmarshal(data, &read)
	}
	if err == nil && read.Version != memoryVersion {
		err = fmt.Errorf("version %d is not %d", read.Version, memoryVersion)
	}
	if err != nil {
		if needed {
			return nil, fmt.Errorf("cannot tell what failed: %s: %w", m.file, err)
		}
		return m, nil
	}
	if read.Failed != nil {
		m.data = read
	}
	return m, nil
}

// failed returns the ids of a suite that did not pass.
func (m *memory) failed(s *suite) []string {
	ids := []string{}
	for _, script := range s.scripts {
		if slices.Contains(m.data.Failed[s.source[script.ID]], script.ID) {
			ids = append(ids, script.ID)
		}
	}
	return ids
}

// remember keeps what did not pass. Scripts that did not run stay as they
// were.
func (m *memory) remember(s *suite, r *report.Result) error {
	if m.file == "" {
		return nil
	}
	for i := range r.Scripts {
		script := &r.Scripts[i]
		source := s.source[script.ID]
		ids := slices.DeleteFunc(m.data.Failed[source], func(id string) bool { return id == script.ID })
		if script.Verdict != report.Pass && script.Verdict != report.Skip {
			ids = append(ids, script.ID)
		}
		slices.Sort(ids)
		if m.data.Failed[source] = ids; len(ids) == 0 {
			delete(m.data.Failed, source)
		}
	}
	if err := os.MkdirAll(filepath.Dir(m.file), 0o755); err != nil {
		return fmt.Errorf("cannot remember what failed: %w", err)
	}
	return report.WriteFile(m.file, func(w io.Writer) error { return report.JSON(w, m.data) })
}
