package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// output is a file that gets its name only when it is complete.
type output struct {
	*os.File
	name string // final name; empty when the file is written in place
}

// createOutput begins a file beside its final place. What is there already and
// is no ordinary file, such as /dev/null or a pipe, is written in place.
func createOutput(name string) (*output, error) {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		if info.IsDir() {
			return nil, fmt.Errorf("cannot write %s: it is a directory", name)
		}
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			return nil, fmt.Errorf("cannot write %s: %w", name, err)
		}
		return &output{f, ""}, nil
	}
	dir, base := filepath.Split(name)
	for n := 0; ; n++ {
		temporary := filepath.Join(dir, fmt.Sprintf(".%s.%d-%d.tmp", base, os.Getpid(), n))
		f, err := os.OpenFile(temporary, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		if os.IsExist(err) && n < 100 {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("cannot write %s: %w", name, err)
		}
		return &output{f, name}, nil
	}
}

// commit makes the file complete. After an error it is gone.
func (o *output) commit() error {
	if o.name == "" {
		return o.Close()
	}
	err := o.Sync()
	if e := o.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(o.File.Name(), o.name)
	}
	if err != nil {
		os.Remove(o.File.Name())
		return fmt.Errorf("cannot write %s: %w", o.name, err)
	}
	return nil
}

// discard gives the file up.
func (o *output) discard() {
	o.Close()
	if o.name != "" {
		os.Remove(o.File.Name())
	}
}

// writeOutput writes a whole file, or to standard output for "" and "-".
func (a *app) writeOutput(name string, write func(io.Writer) error) error {
	if name == "" || name == "-" {
		return write(a.out)
	}
	o, err := createOutput(name)
	if err != nil {
		return usage("%w", err)
	}
	if err := write(o); err != nil {
		o.discard()
		return usage("cannot write %s: %w", name, err)
	}
	if err := o.commit(); err != nil {
		return usage("%w", err)
	}
	return nil
}

// inputMax bounds what is read from a file named on the command line.
const inputMax = 64 << 20

// readInput reads a file, or standard input for "-".
func (a *app) readInput(name string) ([]byte, error) {
	var r io.Reader = a.in
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		r = f
	}
	data, err := io.ReadAll(io.LimitReader(r, inputMax+1))
	if err == nil && len(data) > inputMax {
		err = fmt.Errorf("it has more than %s", sizeText(inputMax))
	}
	return data, err
}
