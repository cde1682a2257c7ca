package postoffice

import (
	"fmt"
	"io"
	"strings"

	"gwkit/emulator/internal/dos"
)

// View is a postoffice as an observer outside the simulated world sees it: nothing is
// locked, no time passes, and nobody notices.
type View struct{ Volume *dos.Volume }

func (w View) table(dir, name, ext string) (string, []byte, error) {
	path := `\` + dir + `\` + name + `.` + ext
	data, err := w.Volume.ReadFile(path)
	if err != nil {
		err = &FileError{"read", path, err}
	}
	return path, data, err
}

// Master reads MASTER.GLB.
func (w View) Master() (Master, error) {
	file, data, err := w.table("GLB", "MASTER", "GLB")
	if err != nil {
		return Master{}, err
	}
	return DecodeMaster(file, data)
}

// Control reads CONTROL.GLB.
func (w View) Control() (Control, error) {
	file, data, err := w.table("GLB", "CONTROL", "GLB")
	if err != nil {
		return Control{}, err
	}
	return DecodeControl(file, data)
}

// Routes reads the routing tables, with the users' privileges.
func (w View) Routes() (*Routes, error) {
	m, err := w.Master()
	if err != nil {
		return nil, err
	}
	r, err := loadRoutes(m, w.table, nil)
	if err != nil {
		return nil, err
	}
	file, data, err := w.table("GLB", "ACCESS", "GLB")
	if err == nil {
		err = decodeAccess(file, data, r.Users)
	}
	return r, err
}

// Mailbag is one pair of KEY and MBG.
type Mailbag struct {
	Name  string
	Owner string // user, NETWORK/PO or gateway; empty for INQUEUE and its like
	Kind  TargetKind
	Live  int
	Slots int
}

// Mailbags lists all mailbags in the order of the KEY directory.
func (w View) Mailbags() ([]Mailbag, error) {
	r, err := w.Routes()
	if err != nil {
		return nil, err
	}
	files, err := w.Volume.List(`\KEY`)
	if err != nil {
		return nil, err
	}
	var list []Mailbag
	for _, f := range files {
		name, ext, _ := strings.Cut(strings.ToUpper(f.Name), ".")
		if ext != "KEY" {
			continue
		}
		b := Mailbag{Name: name}
		b.Owner, b.Kind = r.owner(name)
		k, slots, err := w.key(name)
		if err != nil {
			return list, err
		}
		b.Slots, b.Live = slots, k.Live(slots)
		list = append(list, b)
	}
	return list, nil
}

func (r *Routes) owner(bag string) (string, TargetKind) {
	for i := range r.Users {
		if r.Users[i].Active && r.Users[i].MBG == bag {
			return r.Users[i].Mailbox, ToUser
		}
	}
	for i := range r.Offices {
		if r.Offices[i].MBG == bag {
			return r.Offices[i].Network + "/" + r.Offices[i].Name, ToOffice
		}
	}
	for i := range r.Networks {
		if r.Networks[i].Active && r.Networks[i].MBG == bag {
			return r.Networks[i].Name, ToGateway
		}
	}
	if bag == System {
		return "", ToSystem
	}
	return "", Unknown
}

func (w View) key(bag string) (*Key, int, error) {
	file, data, err := w.table("KEY", bag, "KEY")
	if err != nil {
		return nil, 0, err
	}
	k, err := DecodeKey(file, data)
	if err != nil {
		return nil, 0, err
	}
	path := `\MBG\` + bag + `.MBG`
	info, err := w.Volume.Stat(path)
	if err != nil {
		return nil, 0, &FileError{"read", path, err}
	}
	slots, err := mbgSlots(path, info.Size())
	return k, slots, err
}

// Live returns how many items a mailbag holds; 0 when it cannot be read.
func (w View) Live(bag string) int {
	size, _ := w.Volume.Size(`\MBG\` + bag + `.MBG`)
	if size == 0 {
		return 0 // most are: no need to read the KEY
	}
	slots, err := mbgSlots("", size)
	if err != nil {
		return 0
	}
	var data [560 + 1]byte
	var k Key
	if n, ok := w.Volume.ReadHead(`\KEY\`+bag+`.KEY`, data[:]); !ok || n != keyLayout.Size {
		return 0
	}
	k.decode(data[:keyLayout.Size])
	return k.Live(slots)
}

// Items lists the live items of a mailbag. With an error about the MBG's size the whole
// records are returned all the same.
func (w View) Items(bag string) ([]Item, error) {
	file, data, err := w.table("KEY", bag, "KEY")
	if err != nil {
		return nil, err
	}
	k, err := DecodeKey(file, data)
	if err != nil {
		return nil, err
	}
	if file, data, err = w.table("MBG", bag, "MBG"); err != nil {
		return nil, err
	}
	slots, err := mbgSlots(file, int64(len(data)))
	l := Listing{key: *k, file: file, data: data, last: slots}
	return l.all(), err
}

// Message reads a message with its attachments.
func (w View) Message(id uint32) (*Message, error) {
	path := string(appendSpread([]byte{'\\'}, "MAI", id))
	data, err := w.Volume.ReadFile(path)
	if err != nil {
		return nil, &FileError{"read", path, err}
	}
	m, err := DecodeMessage(path, data)
	if err != nil {
		return nil, err
	}
	for i := range m.Attachments {
		a := &m.Attachments[i]
		path := string(appendSpread([]byte{'\\'}, "ATT", a.ID))
		data, err := w.Volume.ReadFile(path)
		if err != nil {
			return m, &FileError{"read", path, err}
		}
		a.Data = unscramble(make([]byte, 0, len(data)), data)
	}
	return m, nil
}

// Envelope reads the P1 file of a message.
func (w View) Envelope(id uint32) (*Envelope, error) {
	file, data, err := w.table("P1", hexID(id), "P1")
	if err != nil {
		return nil, err
	}
	return DecodeEnvelope(file, data)
}

// Dump prints the postoffice for transcripts: every mailbag that has mail, its items,
// and their messages; then MAI, ATT and P1 files that lie about. What cannot be read is
// printed as its error.
func (w View) Dump(out io.Writer) error {
	m, err := w.Master()
	if err != nil {
		return err
	}
	c, err := w.Control()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s/%s: next mailbag %s, next letter %s\n", m.Network, m.Name, hexID(c.Mailbag), hexID(c.Letter))
	bags, err := w.Mailbags()
	if err != nil {
		return err
	}
	for _, b := range bags {
		if b.Slots > 0 {
			w.DumpMailbag(out, b)
		}
	}
	for _, dir := range []string{"MAI", "ATT"} {
		for _, x := range hexDigits {
			w.dumpFiles(out, `\`+dir+`\`+dir[:2]+string(x))
		}
	}
	return w.dumpFiles(out, `\P1`)
}

func (w View) dumpFiles(out io.Writer, dir string) error {
	files, err := w.Volume.List(dir)
	for _, f := range files {
		if f.Name != "POPULATE.MSM" && f.Attr&dos.Directory == 0 {
			fmt.Fprintf(out, "%s\\%s %d bytes\n", dir, f.Name, f.Size)
		}
	}
	return err
}

// DumpMailbag prints one mailbag with headers and messages.
func (w View) DumpMailbag(out io.Writer, b Mailbag) {
	owner := b.Owner
	if owner != "" {
		owner = " (" + owner + ")"
	}
	fmt.Fprintf(out, "mailbag %s%s: %d live of %d\n", b.Name, owner, b.Live, b.Slots)
	items, err := w.Items(b.Name)
	for i := range items {
		it := &items[i]
		if it.Err != nil {
			fmt.Fprintf(out, "  %4d %v\n", it.Slot, it.Err)
			continue
		}
		read := "new"
		if it.Read {
			read = "read"
		}
		fmt.Fprintf(out, "  %4d %s %s %s from %s, %d bytes, %d attachments, %d retries: %q\n", it.Slot, hexID(it.MAI),
			it.Time.Format("2006-01-02 15:04:05"), read, it.Sender, it.Size, it.Attachments, it.Retries, it.Subject)
		w.dumpMessage(out, it.MAI)
	}
	if err != nil {
		fmt.Fprintf(out, "  %v\n", err)
	}
}

func (w View) dumpMessage(out io.Writer, id uint32) {
	m, err := w.Message(id)
	if m == nil {
		fmt.Fprintf(out, "       %v\n", err)
		return
	}
	fmt.Fprintf(out, "       references %d, %s ->", m.References, m.From)
	m.Recipients(func(a *Address) {
		mark := ""
		if a.Served {
			mark = " (served)"
		}
		fmt.Fprintf(out, " %s%s", a, mark)
	})
	fmt.Fprintln(out)
	for _, line := range strings.FieldsFunc(string(m.Text), func(r rune) bool { return r == '\r' || r == '\n' }) {
		fmt.Fprintf(out, "       | %s\n", line)
	}
	for _, a := range m.Attachments {
		fmt.Fprintf(out, "       attachment %s %q, %d bytes\n", hexID(a.ID), a.Name, a.Size)
	}
	if err != nil {
		fmt.Fprintf(out, "       %v\n", err)
	}
}

// Check finds what MAILINT reports: missing directories, sizes that break their formula,
// and mailbags with only one of their two files. Q132744
func (w View) Check() []string {
	var found []string
	for _, d := range directories()[:len(mainDirectories)+32] {
		if info, err := w.Volume.Stat(d); err != nil {
			found = append(found, "Directory Does Not Exist: "+d)
		} else if !info.IsDir() {
			found = append(found, "Directory Is a File: "+d)
		}
	}
	for _, rule := range sizeRules {
		dir, name := rule.pattern[:strings.LastIndexByte(rule.pattern, '\\')], rule.pattern[strings.LastIndexByte(rule.pattern, '\\')+1:]
		files, _ := w.Volume.List(dir)
		for _, f := range files {
			if f.Name != name && !(name[0] == '*' && strings.HasSuffix(f.Name, name[1:])) {
				continue
			}
			rest := f.Size - int64(rule.header)
			if rest < 0 || rule.record == 0 && rest != 0 || rule.record != 0 && rest%int64(rule.record) != 0 {
				found = append(found, fmt.Sprintf("Corrupt File: %s\\%s, %d bytes", dir, f.Name, f.Size))
			}
		}
	}
	pair := func(dir, ext, other, text string) {
		files, _ := w.Volume.List(`\` + dir)
		for _, f := range files {
			name, e, _ := strings.Cut(f.Name, ".")
			if e != ext {
				continue
			}
			if _, err := w.Volume.Stat(`\` + other + `\` + name + `.` + other); err != nil {
				found = append(found, text+": "+name)
			}
		}
	}
	pair("KEY", "KEY", "MBG", "KEY Exists Without MBG")
	pair("MBG", "MBG", "KEY", "MBG Exists Without KEY")
	return found
}
