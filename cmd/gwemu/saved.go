package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gwkit/emulator"
)

// saved is a tree of drives without a deployment: the folder of serve --drive,
// what run --save wrote, or the tree of one postoffice.
type saved struct {
	name      string // as the user named it
	open      func(dir string) (drive, error)
	folders   []string // of the postoffices
	archive   bool     // read from an archive: nothing can be changed
	temporary string   // to be removed
}

// openSaved finds the postoffices below a folder or in an archive.
func (a *app) openSaved(name string) (*saved, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, usage("cannot read drives: %w", err)
	}
	s := &saved{name: name, open: a.openDrive}
	dir := name
	if !info.IsDir() {
		s.archive = true
		if s.temporary, err = os.MkdirTemp("", "gwemu-drive-"); err != nil {
			return nil, usage("cannot unpack %s: %w", name, err)
		}
		dir = s.temporary
		if err := unpack(name, dir); err != nil {
			s.close()
			return nil, usage("%w", err)
		}
	}
	s.folders = postofficeFolders(dir)
	if len(s.folders) == 0 {
		// An archive made by other means often has one folder around all.
		if sub, err := os.ReadDir(dir); err == nil && len(sub) == 1 && sub[0].IsDir() {
			s.folders = postofficeFolders(filepath.Join(dir, sub[0].Name()))
		}
	}
	if len(s.folders) == 0 {
		s.close()
		return nil, usage("cannot read drives: %s has no postoffice (a folder with GLB/MASTER.GLB)", name)
	}
	return s, nil
}

func (s *saved) close() {
	if s.temporary != "" {
		os.RemoveAll(s.temporary)
	}
}

// postofficeFolders returns dir itself or the folders in it that hold a
// postoffice, sorted.
func postofficeFolders(dir string) []string {
	if exists(filepath.Join(dir, "GLB", "MASTER.GLB")) {
		return []string{dir}
	}
	var out []string
	entries, _ := os.ReadDir(dir) // what cannot be read has no postoffice for us
	for _, e := range entries {
		if e.IsDir() && exists(filepath.Join(dir, e.Name(), "GLB", "MASTER.GLB")) {
			out = append(out, filepath.Join(dir, e.Name()))
		}
	}
	return out
}

// only returns the name of the postoffice when there is no more than one.
func (s *saved) only() (string, error) {
	if len(s.folders) != 1 {
		return "", nil
	}
	d, err := s.open(s.folders[0])
	if err != nil {
		return "", usage("%w", err)
	}
	return d.Ref(), d.Close()
}

// postoffice opens the tree of NET/PO.
func (s *saved) postoffice(ref string) (drive, error) {
	// The folder with the usual name first: it is nearly always the one.
	usual := strings.ReplaceAll(ref, "/", "_")
	folders := slices.Clone(s.folders)
	slices.SortStableFunc(folders, func(a, b string) int {
		x, y := strings.EqualFold(filepath.Base(a), usual), strings.EqualFold(filepath.Base(b), usual)
		switch {
		case x && !y:
			return -1
		case y && !x:
			return 1
		}
		return 0
	})
	var names []string
	var errs []error
	for _, folder := range folders {
		d, err := s.open(folder)
		if err != nil { // it may be another one that is damaged
			errs = append(errs, usage("%w", err))
			continue
		}
		if strings.EqualFold(d.Ref(), ref) {
			return d, nil
		}
		names = append(names, d.Ref())
		d.Close()
	}
	return nil, errors.Join(append(errs, usage("cannot find postoffice %q: %s has %s", ref, s.name, strings.Join(names, ", ")))...)
}

func (s *saved) mailboxes(po string) ([]boxView, error) {
	if po != "" {
		d, err := s.postoffice(po)
		if err != nil {
			return nil, err
		}
		defer d.Close()
		return mailboxesOf(d)
	}
	var out []boxView
	var errs []error
	for _, folder := range s.folders {
		d, err := s.open(folder)
		if err != nil {
			errs = append(errs, usage("%w", err))
			continue
		}
		boxes, err := mailboxesOf(d)
		d.Close()
		out, errs = append(out, boxes...), append(errs, err)
	}
	return out, errors.Join(errs...)
}

func mailboxesOf(d drive) (out []boxView, err error) {
	var errs []error
	for _, user := range d.Users() {
		items, err := d.Mailbag(user)
		if err != nil {
			errs = append(errs, usage("cannot read mailbag %s/%s: %w", d.Ref(), user, err))
			continue
		}
		out = append(out, boxView{d.Ref(), user, len(items)})
	}
	return out, errors.Join(errs...)
}

func (s *saved) items(po, box string) ([]itemView, error) {
	d, err := s.postoffice(po)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	items, err := d.Mailbag(box)
	if err != nil {
		return nil, usage("cannot read mailbag %s/%s: %w", po, box, err)
	}
	out := []itemView{}
	for i := range items {
		out = append(out, viewItem(&items[i], true))
	}
	return out, nil
}

func (s *saved) submit(m *mailView) error {
	if s.archive {
		return usage("cannot submit to %s: it is an archive; unpack it and name the folder", s.name)
	}
	po, _, _ := cutBox(m.From)
	d, err := s.postoffice(po)
	if err != nil {
		return err
	}
	err = d.Submit(m.mail())
	if e := d.Close(); err == nil {
		err = e
	}
	if err != nil {
		return failed("%w", err)
	}
	return nil
}

var _ drive = (*emulator.Drive)(nil)
