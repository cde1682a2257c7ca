package postoffice

import "gwkit/emulator/internal/dos"

// createLetter takes the next number for a file in the given directory and creates the
// file, in the documented steps: open CONTROL.GLB, read the counter, create the file
// named by it, and only if that worked write the next number back; close at once.
// Q87386 Q87385
func (o *Office) createLetter(file func(id uint32) string) (id uint32, f *dos.File, err error) {
	name := o.lasting("GLB", "CONTROL", "GLB")
	mode := modeControl
	if o.SharedControl {
		mode = dos.ReadWrite | dos.DenyNone // Q99204
	}
	c, err := o.open(name, mode, controlTries, controlWait)
	if err != nil {
		return 0, nil, err
	}
	f, id, err = o.takeLetter(c, name, file)
	if cerr := c.Close(); err == nil && cerr != nil {
		err = &FileError{"close", name, cerr}
	}
	if err != nil && f != nil {
		f.Close()
		f = nil
	}
	return id, f, err
}

func (o *Office) takeLetter(c *dos.File, name string, file func(id uint32) string) (*dos.File, uint32, error) {
	size := int(c.Size())
	if size != controlLayout.Size {
		return nil, 0, sizeError(name, size, controlLayout.Size)
	}
	b := o.re.raw[:controlLayout.Size]
	if err := readAt(c, name, b, 0); err != nil {
		return nil, 0, err
	}
	control, err := DecodeControl(name, b)
	if err != nil {
		return nil, 0, err
	}
	id := control.Letter
	path := file(id)
	f, err := o.Task.Create(path, modeCreate)
	if err != nil {
		return nil, id, &FileError{"create", path, err}
	}
	control.Letter++
	return f, id, writeAt(c, name, control.Encode(), 0)
}
