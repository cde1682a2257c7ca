package main

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// The bounds of an archive: a strangers' archive must not fill the disk.
const (
	entriesMax    = 200_000
	unpackedMax   = 2 << 30 // bytes of all files together
	entryNameMax  = 512
	ratioExpected = 1100 // deflate cannot do better
)

// unpack writes the files of an archive below a folder that exists. Names that
// leave the folder, links and devices are refused; nothing is overwritten.
func unpack(archive, dir string) error {
	z, err := zip.OpenReader(archive)
	if errors.Is(err, zip.ErrFormat) {
		return fmt.Errorf("cannot read %s: it is no zip archive", archive)
	}
	if err != nil {
		return fmt.Errorf("cannot read %s: %w", archive, err)
	}
	defer z.Close()
	if len(z.File) > entriesMax {
		return fmt.Errorf("cannot read %s: %d files, want at most %d", archive, len(z.File), entriesMax)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	left := int64(unpackedMax)
	for _, f := range z.File {
		n, err := unpackEntry(root, f, left)
		if err != nil {
			return fmt.Errorf("cannot read %s: %s: %w", archive, printable(f.Name), err)
		}
		left -= n
	}
	return nil
}

func unpackEntry(root *os.Root, f *zip.File, left int64) (int64, error) {
	name := strings.TrimSuffix(f.Name, "/")
	switch {
	case len(name) > entryNameMax || strings.ContainsAny(name, "\\:\x00") || !filepath.IsLocal(name):
		return 0, fmt.Errorf("the name leads out of the archive")
	case strings.HasSuffix(f.Name, "/") || f.Mode().IsDir():
		return 0, root.MkdirAll(filepath.FromSlash(name), 0o755)
	case !f.Mode().IsRegular():
		return 0, fmt.Errorf("it is no ordinary file")
	case f.UncompressedSize64 > uint64(left) || f.UncompressedSize64 > (f.CompressedSize64+1)*ratioExpected:
		return 0, fmt.Errorf("the archive is larger than %s unpacked", sizeText(unpackedMax))
	}
	name = filepath.FromSlash(name)
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return 0, err
	}
	in, err := f.Open()
	if err != nil {
		return 0, err
	}
	defer in.Close()
	out, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(out, io.LimitReader(in, left+1)) // the size above was only promised
	if e := out.Close(); err == nil {
		err = e
	}
	if err == nil && n > left {
		err = fmt.Errorf("the archive is larger than %s unpacked", sizeText(unpackedMax))
	}
	return n, err
}

// pack writes the ordinary files below a folder as an archive, sorted by name.
func pack(w io.Writer, dir string) error {
	z := zip.NewWriter(w)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil || name == "." {
			return err
		}
		name = filepath.ToSlash(name)
		if d.IsDir() { // an empty directory of a drive counts too
			_, err := z.Create(name + "/")
			return err
		}
		if !d.Type().IsRegular() {
			return nil
		}
		in, err := os.Open(path)
		if err != nil {
			return err
		}
		defer in.Close()
		out, err := z.Create(name)
		if err != nil {
			return err
		}
		_, err = io.Copy(out, in)
		return err
	})
	if e := z.Close(); err == nil {
		err = e
	}
	return err
}
