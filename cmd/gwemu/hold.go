package main

import (
	"errors"
	"os"
	"path/filepath"
)

// holdName is the file that says that a server works in a folder of drives. It
// stays behind; what counts is the lock on it, which ends with the process.
const holdName = ".gwkit-serving"

var errHeld = errors.New("another gwemu serve keeps its drives there")

// holdFolder keeps other servers out of a folder of drives: each would write
// over what the other has written. Reading commands do not ask.
func holdFolder(dir string) (release func(), err error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(dir, holdName), os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	if err := lockNow(f); err != nil {
		f.Close()
		return nil, err
	}
	return func() { f.Close() }, nil
}
