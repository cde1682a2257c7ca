package dos

import "io/fs"

// at resolves a path of a set-up method.
func (v *Volume) at(op, path string) (*node, error) {
	clean, e := cleanPath(`\`, path, v.cp, false, false)
	if e == 0 {
		var n *node
		if n, e = v.find(clean); e == 0 {
			return n, nil
		}
	}
	return nil, &fs.PathError{Op: op, Path: path, Err: e}
}

// target resolves the directory and the name of what a set-up method makes.
func (v *Volume) target(path string) (*node, string, Error) {
	clean, e := cleanPath(`\`, path, v.cp, false, false)
	if e != 0 {
		if e == FileNotFound { // no 8.3 name
			e = InvalidParameter
		}
		return nil, "", e
	}
	return v.dirOf(clean)
}

// ReadFile returns the content of a file, whoever has it open.
func (v *Volume) ReadFile(path string) ([]byte, error) {
	n, err := v.at("read", path)
	if err != nil {
		return nil, err
	}
	if n.isDir() {
		return nil, &fs.PathError{Op: "read", Path: path, Err: AccessDenied}
	}
	b := make([]byte, n.size)
	if _, e := v.readAt(n, b, 0); e != 0 {
		return nil, &fs.PathError{Op: "read", Path: path, Err: e}
	}
	return b, nil
}

// Size returns the length of a file; false when there is none.
func (v *Volume) Size(path string) (int64, bool) {
	clean, e := cleanPath(`\`, path, v.cp, false, false)
	if e != 0 {
		return 0, false
	}
	n, e := v.find(clean)
	if e != 0 || n.isDir() {
		return 0, false
	}
	return n.size, true
}

// ReadHead reads the beginning of a file, as much as b takes; false when there is
// no file that can be read.
func (v *Volume) ReadHead(path string, b []byte) (int, bool) {
	clean, e := cleanPath(`\`, path, v.cp, false, false)
	if e != 0 {
		return 0, false
	}
	n, e := v.find(clean)
	if e != 0 || n.isDir() {
		return 0, false
	}
	c, e := v.readAt(n, b, 0)
	return c, e == 0
}

// WriteFile makes a file or replaces its content and attributes, read-only or
// not, whoever has it open. Its directory must exist.
func (v *Volume) WriteFile(path string, data []byte, a Attr) error {
	d, name, e := v.target(path)
	if e == 0 && name == "" {
		e = AccessDenied
	}
	if e == 0 {
		n := d.kids[name]
		if n == nil {
			n, e = v.create(d, name, 0)
		} else if n.isDir() {
			e = AccessDenied
		} else {
			if n.attr&ReadOnly != 0 {
				e = v.setAttr(n, n.attr&^ReadOnly)
			}
			if e == 0 {
				e = v.truncate(n, 0)
			}
		}
		if e == 0 {
			_, e = v.fill(n, data)
			if ce := v.closed(n, true); e == 0 {
				e = ce
			}
		}
		if a = a&^Directory | Archive; e == 0 && a != n.attr {
			e = v.setAttr(n, a)
		}
	}
	if e != 0 {
		return &fs.PathError{Op: "write", Path: path, Err: e}
	}
	return nil
}

// Attr returns the attributes of a file or directory.
func (v *Volume) Attr(path string) (Attr, error) {
	n, err := v.at("attr", path)
	if err != nil {
		return 0, err
	}
	return n.attr, nil
}

// SetAttr sets the attributes of a file or directory.
func (v *Volume) SetAttr(path string, a Attr) error {
	n, err := v.at("attr", path)
	if err != nil {
		return err
	}
	if e := v.setAttr(n, a); e != 0 {
		return &fs.PathError{Op: "attr", Path: path, Err: e}
	}
	return nil
}

// List returns the entries of a directory in slot order.
func (v *Volume) List(dir string) ([]Info, error) {
	n, err := v.at("list", dir)
	if err != nil {
		return nil, err
	}
	if !n.isDir() {
		return nil, &fs.PathError{Op: "list", Path: dir, Err: PathNotFound}
	}
	out := make([]Info, 0, len(n.kids))
	for _, k := range n.slots {
		if k != nil {
			out = append(out, v.info(k))
		}
	}
	return out, nil
}

// Walk calls fn for each file and directory below the root, depth first in
// slot order, with its path in the form `\GLB\CONTROL.GLB`. It stops at the
// first error of fn and returns it.
func (v *Volume) Walk(fn func(path string, i Info) error) error { return v.walk(v.root, "", fn) }

func (v *Volume) walk(d *node, prefix string, fn func(string, Info) error) error {
	for _, k := range append([]*node(nil), d.slots...) {
		if k == nil {
			continue
		}
		p := prefix + `\` + k.name
		if err := fn(p, v.info(k)); err != nil {
			return err
		}
		if k.isDir() {
			if err := v.walk(k, p, fn); err != nil {
				return err
			}
		}
	}
	return nil
}
