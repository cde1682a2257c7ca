package drive

import (
	"io/fs"
	"syscall"
)

// hostAttr returns the attributes that Windows keeps. The values are those of
// DOS.
func hostAttr(info fs.FileInfo) (Attr, bool) {
	d, ok := info.Sys().(*syscall.Win32FileAttributeData)
	if !ok {
		return 0, false
	}
	return Attr(d.FileAttributes) & (ReadOnly | Hidden | System | Archive), true
}
