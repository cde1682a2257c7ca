//go:build !windows

package drive

import "io/fs"

// hostAttr returns nothing: other systems keep no DOS attributes that a
// portable program could ask for.
func hostAttr(fs.FileInfo) (Attr, bool) { return 0, false }
