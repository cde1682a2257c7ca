package emulator

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"gwkit/emulator/internal/dos"
)

// SaveTo writes every drive, the screens, the site and the summary below a
// folder, or into an archive when the name ends in .zip. It is written under
// a temporary name and renamed, so that it is whole or absent.
func (w *World) SaveTo(name string) error {
	var files []savedFile
	var err error
	w.do(func() { files, err = w.collect() })
	if err == nil {
		if strings.HasSuffix(strings.ToLower(name), ".zip") {
			err = saveZip(name, files)
		} else {
			err = saveFolder(name, files)
		}
	}
	if err != nil {
		return fmt.Errorf("cannot save to %s: %w", name, err)
	}
	return nil
}

// savedFile is one file or, with a name ending in a slash, one folder.
type savedFile struct {
	name string
	data []byte
}

func (w *World) collect() ([]savedFile, error) {
	files := []savedFile{{"site.yaml", w.site.Marshal()}}
	s := &Summary{}
	w.summarize(s)
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return nil, err
	}
	files = append(files, savedFile{"summary.json", append(text, '\n')})
	for _, of := range w.offices {
		if files, err = collectVolume(files, folderOf(of.ref), of.volume); err != nil {
			return nil, err
		}
	}
	for _, m := range w.pcs {
		name := "PC_" + strings.ToUpper(m.conf.Name)
		if files, err = collectVolume(files, name, m.pc.Drive('C')); err != nil {
			return nil, err
		}
		screen := strings.Join(m.pc.Screen().Text(), "\n") + "\n"
		files = append(files, savedFile{"screens/" + m.conf.Name + ".txt", []byte(screen)})
	}
	return files, nil
}

func collectVolume(files []savedFile, folder string, v *dos.Volume) ([]savedFile, error) {
	files = append(files, savedFile{folder + "/", nil})
	err := v.Walk(func(path string, i dos.Info) error {
		name := folder + strings.ReplaceAll(path, `\`, "/")
		if i.Attr&dos.Directory != 0 {
			files = append(files, savedFile{name + "/", nil})
			return nil
		}
		data, err := v.ReadFile(path)
		if err != nil {
			return err
		}
		files = append(files, savedFile{name, data})
		return nil
	})
	return files, err
}

func saveZip(name string, files []savedFile) error {
	tmp, err := os.CreateTemp(filepath.Dir(name), ".gwemu-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // fails once it was renamed
	z := zip.NewWriter(tmp)
	for _, f := range files {
		out, err := z.CreateHeader(&zip.FileHeader{Name: f.name, Method: zip.Deflate})
		if err == nil {
			_, err = io.Copy(out, bytes.NewReader(f.data))
		}
		if err != nil {
			tmp.Close()
			return err
		}
	}
	if err := z.Close(); err != nil {
		tmp.Close()
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	if err := os.Chmod(tmp.Name(), 0o644); err != nil { // a temporary file is private
		return err
	}
	return os.Rename(tmp.Name(), name)
}

func saveFolder(name string, files []savedFile) error {
	if _, err := os.Stat(name); err == nil {
		return fmt.Errorf("it exists already")
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(filepath.Dir(name), ".gwemu-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp) // nothing is left to remove once it was renamed
	for _, f := range files {
		path := filepath.Join(tmp, filepath.FromSlash(f.name))
		if strings.HasSuffix(f.name, "/") {
			err = os.MkdirAll(path, 0o777)
		} else if err = os.MkdirAll(filepath.Dir(path), 0o777); err == nil {
			err = os.WriteFile(path, f.data, 0o666)
		}
		if err != nil {
			return err
		}
	}
	if err := os.Chmod(tmp, 0o755); err != nil {
		return err
	}
	return os.Rename(tmp, name)
}
