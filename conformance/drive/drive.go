// Package drive reads a postoffice's database from outside, as a checker:
// any folder, mounted share or archive that holds one.
//
// Goals: nothing is ever written, locked or opened in a way that others notice;
// names match without regard to case, as DOS has them; sizes and counts are
// bounded; what a record says comes with the offset it was read at.
//
// Non-goals: the emulator's own codecs, which this must not share mistakes
// with; fields whose place no article tells.
package drive

import "io/fs"

// Tree is the database of one postoffice, read-only.
type Tree struct {
	fsys fs.FS
	name string
}

// Open returns the tree below the root of fsys. The name stands before paths in
// places and errors: the folder as the user wrote it.
func Open(fsys fs.FS, name string) *Tree { return &Tree{fsys: fsys, name: name} }
