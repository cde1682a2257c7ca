package postoffice

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"gwkit/emulator/internal/dos"
)

// Office is a postoffice as one running program sees it through a drive letter, whose
// current directory must be the root of the tree (Q94259). It serves one task only.
type Office struct {
	Task  *dos.Task
	Drive byte // upper case

	// SharedControl opens CONTROL.GLB without denying anybody anything, which is what
	// the Shareable attribute of NetWare comes to: two programs may then take the same
	// name. Q99204
	SharedControl bool
	// Overrun writes headers past record 4096, as FFAPI components up to 3.04.0000 did,
	// which corrupts the mailbag. Q147253
	Overrun bool
	// DenyDefinitions reads XTN files denying others to write, as EXTERNAL did up to 3.2.7,
	// which IMPORT met. Q117562
	DenyDefinitions bool

	buf []byte // for one operation
	re  *reuse
}

// At returns the postoffice on a drive.
func At(t *dos.Task, drive byte) *Office {
	if 'a' <= drive && drive <= 'z' {
		drive -= 'a' - 'A'
	}
	o := &Office{Task: t, Drive: drive}
	if t != nil { // else only for the names of files
		o.re = t.Keep("postoffice", newReuse).(*reuse)
	}
	return o
}

// FileError is an operation that DOS refused.
type FileError struct {
	Verb string // "open", "create", "read", "write", "delete"
	File string // as the program names it: drive, colon, path from the current directory
	Err  error  // a dos.Error, or io.EOF for a file shorter than expected
}

func (e *FileError) Error() string { return "cannot " + e.Verb + " " + e.File + ": " + e.Err.Error() }

// Unwrap gives the DOS error.
func (e *FileError) Unwrap() error { return e.Err }

// ErrFull is a mailbag with 4096 headers. Q119088
var ErrFull = errors.New("cannot add a header: the mailbag holds 4096")

// errGone is an item that is not where the list said it was.
var errGone = errors.New("cannot change the item: another program has dealt with it")

// IsContention says whether an operation failed because somebody else holds the file.
func IsContention(err error) bool {
	return errors.Is(err, dos.SharingViolation) || errors.Is(err, dos.LockViolation) || errors.Is(err, dos.FailedCritical)
}

// IsMissing says whether an operation failed because there is no such file.
func IsMissing(err error) bool {
	return errors.Is(err, dos.FileNotFound) || errors.Is(err, dos.PathNotFound)
}

// IsCorrupt says whether a file broke its format.
func IsCorrupt(err error) bool {
	var c *CorruptError
	return errors.As(err, &c)
}

// Path names a file below a main directory as programs print it: drive, colon and the
// path without a leading backslash. Q100826
func (o *Office) Path(dir, name, ext string) string {
	return string(o.appendPath(make([]byte, 0, 32), dir, name, ext))
}

func (o *Office) appendPath(b []byte, dir, name, ext string) []byte {
	b = append(b, o.Drive, ':')
	b = append(append(b, dir...), '\\')
	return append(append(append(b, name...), '.'), ext...)
}

// lasting is Path for the files that there are always, whose names are kept.
func (o *Office) lasting(dir, name, ext string) string {
	var store [32]byte
	b := o.appendPath(store[:0], dir, name, ext)
	file, ok := o.re.files[string(b)]
	if !ok {
		file = string(b)
		o.re.files[file] = file
	}
	return file
}

// spread names a file in the 16 subdirectories of MAI or ATT; the last hex digit of the
// id chooses. Q87378 Q87409
func (o *Office) spread(dir string, id uint32) string {
	b := make([]byte, 0, 24)
	b = append(b, o.Drive, ':')
	b = appendSpread(b, dir, id)
	return string(b)
}

func appendSpread(b []byte, dir string, id uint32) []byte {
	b = append(append(b, dir...), '\\', dir[0], dir[1], hexDigits[id&15], '\\')
	for shift := 28; shift >= 0; shift -= 4 {
		b = append(b, hexDigits[id>>shift&15])
	}
	return append(append(b, '.'), dir...)
}

// MessagePath returns the name of a MAI file, such as M:MAI\MA6\00000116.MAI. Q100826
func (o *Office) MessagePath(id uint32) string { return o.spread("MAI", id) }

// AttachmentPath returns the name of an ATT file.
func (o *Office) AttachmentPath(id uint32) string { return o.spread("ATT", id) }

// EnvelopePath returns the name of the P1 file of a message. Q100826
func (o *Office) EnvelopePath(id uint32) string { return o.Path("P1", hexID(id), "P1") }

// open opens a file, trying again while others hold it.
func (o *Office) open(file string, mode dos.Mode, tries int, wait time.Duration) (*dos.File, error) {
	for n := 1; ; n++ {
		f, err := o.Task.Open(file, mode)
		if err == nil {
			return f, nil
		}
		if n >= tries || !IsContention(err) {
			return nil, &FileError{"open", file, err}
		}
		o.Task.Sleep(wait)
	}
}

// read reads a whole file; the bytes are good until the next one is read.
func (o *Office) read(file string, mode dos.Mode, tries int, wait time.Duration) ([]byte, error) {
	f, err := o.open(file, mode, tries, wait)
	if err != nil {
		return nil, err
	}
	b, err := o.readAll(f, file)
	if cerr := f.Close(); err == nil && cerr != nil {
		err = &FileError{"close", file, cerr}
	}
	return b, err
}

func (o *Office) readAll(f *dos.File, file string) ([]byte, error) {
	n := int(f.Size())
	b := slices.Grow(o.re.file[:0], n)[:n]
	o.re.file = b
	if n == 0 {
		return b, nil
	}
	return b, readAt(f, file, b, 0)
}

// readAt fills b or fails.
func readAt(f *dos.File, file string, b []byte, off int64) error {
	n, err := f.ReadAt(b, off)
	if n == len(b) {
		return nil
	}
	if err == nil {
		err = io.EOF
	}
	return &FileError{"read", file, err}
}

func writeAt(f *dos.File, file string, b []byte, off int64) error {
	if _, err := f.WriteAt(b, off); err != nil {
		return &FileError{"write", file, err}
	}
	return nil
}

func (o *Office) remove(file string) error {
	if err := o.Task.Remove(file); err != nil {
		return &FileError{"delete", file, err}
	}
	return nil
}

// TableFile reads one of the tables, such as NETWORK.GLB. The data is good until the next
// file is read.
func (o *Office) TableFile(dir, name, ext string) (file string, data []byte, err error) {
	file = o.lasting(dir, name, ext)
	mode := modeTable
	if o.DenyDefinitions && ext == "XTN" {
		mode = dos.Read | dos.DenyWrite
	}
	data, err = o.read(file, mode, controlTries, controlWait)
	return file, data, err
}

// Master reads MASTER.GLB.
func (o *Office) Master() (Master, error) {
	file, data, err := o.TableFile("GLB", "MASTER", "GLB")
	if err != nil {
		return Master{}, err
	}
	if k := &o.re.master; k.data == nil || !bytes.Equal(k.data, data) {
		m, err := DecodeMaster(file, data)
		if err != nil {
			return m, err
		}
		*k = masterRead{bytes.Clone(data), m}
	}
	return o.re.master.is, nil
}

// SignOn touches the files that FFAPI programs open first: ACCESS2, ACCESS, MASTER,
// C850SORT. Q85058
func (o *Office) SignOn() (Master, error) {
	for _, name := range [...]string{"ACCESS2", "ACCESS"} {
		l := &access2Layout
		if name == "ACCESS" {
			l = &accessLayout
		}
		file, data, err := o.TableFile("GLB", name, "GLB")
		if err == nil {
			_, err = l.count(file, len(data))
		}
		if err != nil {
			return Master{}, err
		}
	}
	m, err := o.Master()
	if err != nil {
		return m, err
	}
	_, _, err = o.TableFile("GLB", "C850SORT", "GLB")
	return m, err
}

// logTime is how logs print a time. The order of the date follows the PC's country
// setting (Q111558); we print that of the samples. Q99204
const logTime = "01-02-06 15:04"

// AppendLog appends text to a file in LOG. Nobody waits long for a log: after a few
// tries the text is lost. invented: that loss; no document says what programs do.
func (o *Office) AppendLog(name, text string) error {
	file := o.lasting("LOG", name, "LOG")
	var err error
	for n := 0; n < messageTries; n++ {
		if err = o.Task.Append(file, []byte(text), dos.ReadWrite|dos.DenyWrite); err == nil || !IsContention(err) {
			break
		}
		o.Task.Sleep(messageWait)
	}
	if err != nil {
		return &FileError{"write", file, err}
	}
	return nil
}

// LogTransfer appends a line to SENT.LOG or RECV.LOG. Columns as in the sample: time,
// size to column 24, From in 25, To. Q192156
func (o *Office) LogTransfer(log string, size uint32, from, to Address) error {
	return o.AppendLog(log, fmt.Sprintf("%s%10d  %-25s%s\r\n", o.Task.Now().Format(logTime), size, from.String()+" ", to.String()))
}
