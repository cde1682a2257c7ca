package emulator

import (
	"fmt"
	"strings"
	"time"

	"gwkit/emulator/internal/dos"
	"gwkit/emulator/internal/sim"
)

// FileInfo is one entry of a directory.
type FileInfo struct {
	Name string
	Size int64
	Attr string // letters of "dashr": directory, archive, system, hidden, read-only
	Time time.Time
}

// resolve finds the volume and the path on it of a text such as
// `COMPANY/HUB:\SMTP\X`, `GW1:M:\SMTP\X`, or `M:\SMTP\X` for the first PC that
// runs a gateway (or the first PC at all).
func (w *World) resolve(path string) (*dos.Volume, string, error) {
	head, rest, ok := strings.Cut(path, ":")
	if !ok {
		return nil, "", fmt.Errorf("cannot find %q: want a drive, such as M:\\SMTP\\FROM_NC.API or COMPANY/HUB:\\SMTP", path)
	}
	if strings.Contains(head, "/") {
		of, err := w.office(head)
		if err != nil {
			return nil, "", err
		}
		return of.volume, rooted(rest), nil
	}
	m := w.firstGateway()
	letter := head
	if len(head) != 1 {
		var err error
		if m, err = w.machine(head); err != nil {
			return nil, "", err
		}
		if letter, rest, ok = strings.Cut(rest, ":"); !ok {
			letter = "C"
		}
	}
	if m == nil || len(letter) != 1 {
		return nil, "", fmt.Errorf("cannot find %q: no such drive", path)
	}
	v := m.pc.Drive(letter[0])
	if v == nil {
		return nil, "", fmt.Errorf("cannot find %q: PC %s has no drive %s:", path, m.conf.Name, strings.ToUpper(letter))
	}
	return v, rooted(rest), nil
}

func rooted(path string) string {
	path = strings.ReplaceAll(path, "/", `\`)
	if !strings.HasPrefix(path, `\`) {
		path = `\` + path
	}
	return path
}

func (w *World) firstGateway() *machine {
	for _, m := range w.pcs {
		if strings.EqualFold(m.conf.Program(), "SMTPGATE") {
			return m
		}
	}
	if len(w.pcs) > 0 {
		return w.pcs[0]
	}
	return nil
}

// ReadFile returns the content of a file on a drive, whoever has it open.
func (w *World) ReadFile(path string) (data []byte, err error) {
	w.do(func() {
		var v *dos.Volume
		if v, path, err = w.resolve(path); err == nil {
			data, err = v.ReadFile(path)
		}
	})
	return data, err
}

// WriteFile replaces a file on a drive, whoever has it open; the directory
// must exist.
func (w *World) WriteFile(path string, data []byte) (err error) {
	w.do(func() {
		var v *dos.Volume
		if v, path, err = w.resolve(path); err == nil {
			err = v.WriteFile(path, data, dos.Archive)
		}
	})
	return err
}

// RemoveFile removes a file from a drive.
func (w *World) RemoveFile(path string) (err error) {
	w.do(func() {
		var v *dos.Volume
		if v, path, err = w.resolve(path); err == nil {
			err = v.Remove(path)
		}
	})
	return err
}

// FileExists reports whether a file or directory is there.
func (w *World) FileExists(path string) (ok bool) {
	w.do(func() {
		if v, p, err := w.resolve(path); err == nil {
			_, err = v.Attr(p)
			ok = err == nil
		}
	})
	return ok
}

// ListDir lists a directory in the order of its slots.
func (w *World) ListDir(path string) (out []FileInfo, err error) {
	w.do(func() {
		var v *dos.Volume
		if v, path, err = w.resolve(path); err != nil {
			return
		}
		var list []dos.Info
		if list, err = v.List(path); err != nil {
			return
		}
		for _, i := range list {
			out = append(out, FileInfo{Name: i.Name, Size: i.Size, Attr: attrText(i.Attr), Time: i.Time})
		}
	})
	return out, err
}

var attrLetters = []struct {
	letter byte
	attr   dos.Attr
}{{'d', dos.Directory}, {'a', dos.Archive}, {'s', dos.System}, {'h', dos.Hidden}, {'r', dos.ReadOnly}}

func attrText(a dos.Attr) string {
	var b []byte
	for _, l := range attrLetters {
		if a&l.attr != 0 {
			b = append(b, l.letter)
		}
	}
	return string(b)
}

// SetAttr changes attributes as the ATTRIB command does: "+r -h".
func (w *World) SetAttr(path, attrs string) (err error) {
	w.do(func() {
		var v *dos.Volume
		if v, path, err = w.resolve(path); err != nil {
			return
		}
		var a dos.Attr
		if a, err = v.Attr(path); err != nil {
			return
		}
		for _, word := range strings.Fields(attrs) {
			bit := dos.Attr(0)
			for _, l := range attrLetters[1:] {
				if len(word) == 2 && word[1]|0x20 == l.letter {
					bit = l.attr
				}
			}
			switch {
			case bit == 0 || word[0] != '+' && word[0] != '-':
				err = fmt.Errorf("cannot change attributes by %q: want +r -r +h -h +s -s +a -a", word)
				return
			case word[0] == '+':
				a |= bit
			default:
				a &^= bit
			}
		}
		err = v.SetAttr(path, a)
	})
	return err
}

// Holders lists who has a file open, one line each.
func (w *World) Holders(path string) (out []string) {
	w.do(func() {
		v, p, err := w.resolve(path)
		if err != nil {
			return
		}
		for _, h := range v.Holders(p) {
			out = append(out, fmt.Sprintf("%s/%s %s since %s", h.PC, h.Program, h.Mode, h.Since.Format("15:04:05")))
		}
	})
	return out
}

// SetDrive takes a postoffice's server away, or brings it back. Q136041
func (w *World) SetDrive(ref string, online bool) (err error) {
	w.do(func() {
		var of *office
		if of, err = w.office(ref); err == nil {
			of.volume.SetOnline(online)
		}
	})
	return err
}

// openModes are the words of a mode text.
var openModes = map[string]dos.Mode{"r": dos.Read, "w": dos.Write, "rw": dos.ReadWrite, "compat": dos.Compat,
	"deny-all": dos.DenyAll, "deny-write": dos.DenyWrite, "deny-read": dos.DenyRead, "deny-none": dos.DenyNone}

// Hold lets a bystander open a file of a postoffice and keep it open until
// release is called. mode is an access and a share word, "rw deny-all". pc
// names the bystander.
func (w *World) Hold(pc, path, mode string) (release func(), err error) {
	var m dos.Mode
	for _, word := range strings.Fields(mode) {
		bits, ok := openModes[word]
		if !ok {
			return nil, fmt.Errorf("cannot open %q in mode %q: want r, w or rw, and compat, deny-all, deny-write, deny-read or deny-none", path, mode)
		}
		m |= bits
	}
	var v *dos.Volume
	var rest string
	w.do(func() { v, rest, err = w.resolve(path) })
	if err != nil {
		return nil, err
	}
	var leave sim.Cond
	if !w.k.Do(clientLimit, func(finish func()) {
		w.adHoc(pc, v, func(t *dos.Task) {
			f, e := t.Open(`M:`+rest, m)
			err = e
			finish()
			if e == nil {
				leave.Wait(t.Proc(), sim.Wait{For: "release", Object: path}, -1)
				f.Close()
			}
		})
	}) {
		return nil, fmt.Errorf("cannot open %q: the drive does not answer", path)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot open %q: %w", path, err)
	}
	return func() {
		w.k.Do(clientLimit, func(finish func()) {
			leave.Broadcast(w.k)
			w.k.After(0, finish)
		})
	}, nil
}

// adHoc runs a program of ours on a PC that is in nobody's site, with a volume
// as its drive M:. It does not keep a run alive.
func (w *World) adHoc(name string, v *dos.Volume, main func(t *dos.Task)) *dos.PC {
	disk := dos.NewVolume(dos.VolumeOptions{Label: "C", Pool: w.pool, Clock: w.clock})
	if err := disk.WriteFile(`\RUN.EXE`, nil, dos.Archive); err != nil {
		panic("a fresh disk refuses a file: " + err.Error())
	}
	prog := &dos.Program{Name: "RUN.EXE", Main: func(t *dos.Task, _ []string) int {
		t.Proc().Daemon()
		main(t)
		return 0
	}}
	pc := dos.NewPC(w.k, dos.PCOptions{Name: name, Files: 30, CommandF: true, Path: []string{`C:\`}, Disk: disk, TZ: w.zone, Fresh: w.pool.Fresh,
		Programs: func(string) *dos.Program { return prog }})
	pc.Map('M', v)
	pc.Start("RUN")
	return pc
}
