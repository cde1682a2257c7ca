package lint

import (
	"cmp"
	"path"
	"slices"
	"strconv"
	"strings"
)

// pcTexts are files of a PC that are kept by name, besides batch files.
var pcTexts = []string{"CONFIG.SYS", "PROTOCOL.INI", "TCPUTILS.INI", "NET.CFG", "EXTERNAL.INI", "HOSTS", "SYSTEM.INI", "DISPATCH.INI"}

// pc makes a PC of its files, or adds them to what a description says.
func (r *folderReader) pc(d *disk) {
	pc := r.computer(d)
	r.contents(pc, d)
	SetUp(pc)
}

// contents takes the files of a disk.
func (r *folderReader) contents(pc *PC, d *disk) {
	// Of two files with one name the one nearest to the root is used.
	slices.SortStableFunc(d.files, func(a, b diskFile) int {
		return cmp.Compare(strings.Count(a.path, "/"), strings.Count(b.path, "/"))
	})
	executables := false
	for _, f := range d.files {
		name := strings.ToUpper(path.Base(f.path))
		switch ext := path.Ext(name); {
		case ext == ".BAT" || slices.Contains(pcTexts, name):
			if _, twice := pc.Files[name]; twice {
				continue
			}
			if t, ok := r.text(f.path); ok {
				pc.Files[name] = t
			}
		case ext == ".EXE" || ext == ".COM" || ext == ".OVL":
			if !executables { // a copy of the disk replaces what was described
				pc.Programs, pc.Listed = Know[[]Program](nil, Place{File: r.shown(d.dir)}), nil
				executables = true
			}
			dir := r.dosDir(d, path.Dir(f.path))
			if dir == "" {
				dir = `C:\GATE`
			} else if !slices.Contains(pc.Listed, dir) {
				pc.Listed = append(pc.Listed, dir)
			}
			pc.Programs.Value = append(pc.Programs.Value, Program{Name: name, Dir: dir, Size: f.info.Size(), Date: programDate(f.info.ModTime()), At: Place{File: r.shown(f.path)}})
		}
	}
	for _, f := range d.files {
		if isListing(strings.ToUpper(path.Base(f.path))) {
			if t, ok := r.text(f.path); ok {
				pc.inventory(t)
				pc.memory(t)
			}
		}
	}
}

// computer returns the PC of a disk, a new one when it is not known. Files in
// the uppermost folder belong to the only PC, or to the only gateway, that a
// description has.
func (r *folderReader) computer(d *disk) *PC {
	var gateways []*PC
	for _, pc := range r.in.PCs {
		if strings.EqualFold(pc.Name, d.name) {
			return pc
		}
		if pc.Role.Value != RoleExternal {
			gateways = append(gateways, pc)
		}
	}
	if d.dir == "." {
		if len(r.in.PCs) == 1 {
			return r.in.PCs[0]
		}
		if len(gateways) == 1 {
			return gateways[0]
		}
	}
	pc := &PC{Name: d.name, At: Place{File: r.shown(d.dir)}, Drives: map[byte]string{}, Files: map[string]Text{}, Said: map[string]Fact[string]{}}
	r.in.PCs = append(r.in.PCs, pc)
	return pc
}

// dosDir returns the DOS directory of a folder of a disk: the disk is C:. A
// folder with single files does not say where they come from.
func (r *folderReader) dosDir(d *disk, dir string) string {
	if d.flat {
		return ""
	}
	rel := strings.TrimPrefix(strings.TrimPrefix(dir, d.dir), "/")
	if d.dir == "." {
		rel = dir
	}
	return `C:\` + strings.ToUpper(strings.ReplaceAll(strings.TrimPrefix(rel, "."), "/", `\`))
}

// inventory adds the programs of a listing.
func (p *PC) inventory(t Text) {
	programs, dirs := ReadInventory(t)
	if len(programs) == 0 && len(dirs) == 0 {
		return
	}
	if !p.Programs.Known {
		p.Programs = Know[[]Program](nil, Place{File: t.File})
	}
	p.Programs.Value = append(p.Programs.Value, programs...)
	p.Listed = append(p.Listed, dirs...)
}

// memory takes the free memory of the output of MEM.
func (p *PC) memory(t Text) {
	for i, line := range t.Lines {
		if free, ok := readMemory(line); ok {
			p.FreeMemory = Know(free, t.At(i+1, 1))
			return
		}
	}
}

// readMemory reads the line of MEM that tells the largest program that fits:
// "Largest executable program size   583K (597,312 bytes)", or "  597312
// largest executable program size" of older releases.
func readMemory(line string) (int, bool) {
	lower := strings.ToLower(line)
	i := strings.Index(lower, "largest executable program size")
	if i < 0 {
		return 0, false
	}
	fields := strings.Fields(lower[i+len("largest executable program size"):])
	if len(fields) == 0 {
		fields = strings.Fields(lower[:i])
	}
	best, ok := 0, false
	for _, f := range fields {
		f = strings.Trim(f, "(),")
		k := strings.HasSuffix(f, "k")
		n, err := strconv.Atoi(strings.NewReplacer(",", "", ".", "").Replace(strings.TrimSuffix(f, "k")))
		if err != nil || n < 0 || n > 1<<20 {
			continue
		}
		if k {
			n *= 1024
		}
		if n > best {
			best, ok = n, true
		}
	}
	return best, ok
}

// SetUp derives from the files of a PC what they set up. What no file tells
// stays as it is.
func SetUp(pc *PC) {
	config, hasConfig := pc.Files["CONFIG.SYS"]
	shellF := Fact[bool]{}
	if hasConfig {
		// The default of MS-DOS is 8. Q128570
		pc.FilesMax = Know(8, Place{File: config.File})
		if s, ok := config.Setting("", "FILES"); ok {
			n, err := strconv.Atoi(s.Value)
			if err != nil {
				n = 8
			}
			pc.FilesMax = Know(n, s.ValueAt)
		}
		if s, ok := config.Setting("", "SHELL"); ok && slices.Contains(strings.Fields(strings.ToUpper(s.Value)), "/F") {
			shellF = Know(true, s.ValueAt)
		}
	}
	for _, name := range []string{"PROTOCOL.INI", "NET.CFG", "TCPUTILS.INI"} {
		if t, ok := pc.Files[name]; ok {
			if ip, ok := stackAddress(name, t); ok {
				pc.IP = ip
				break
			}
		}
	}
	batch := false
	for name := range pc.Files {
		batch = batch || strings.HasSuffix(name, ".BAT")
	}
	if !batch {
		return
	}
	boot := ReadBoot(pc.Files)
	autoexec, hasAutoexec := pc.Files["AUTOEXEC.BAT"]
	first := Place{}
	if len(boot.Statements) > 0 {
		first = boot.Statements[0].At
	}
	pc.Start = Know(boot.Statements, first)
	if hasAutoexec {
		at := boot.PathAt
		if at.File == "" {
			at = Place{File: autoexec.File}
		}
		pc.Path = Know(boot.Path, at)
		pc.TZ = boot.TZ
		if !pc.TZ.Known {
			pc.TZ = Know("", Place{File: autoexec.File})
		}
	} else if boot.PathAt.File != "" {
		pc.Path = Know(boot.Path, boot.PathAt)
	}
	if len(boot.Commands) > 0 {
		pc.Commands = boot.Commands
		c := boot.Commands[0]
		pc.CommandF = Know(c.CommandF || shellF.Known, c.At)
		pc.Loop = boot.Loop
		if !pc.Loop.Known {
			pc.Loop = Know(false, c.At)
		}
	}
	pc.Shares = map[byte]Arg{}
	for i := range boot.Statements {
		if letter, share, ok := mapsDrive(&boot.Statements[i]); ok {
			pc.Shares[letter] = share
		}
	}
}

// stackAddress finds the address of the PC in the files of its TCP/IP stack:
// IPADDRESS0 of PROTOCOL.INI, whose numbers are separated by blanks, or
// ip_address of NET.CFG.
func stackAddress(name string, t Text) (Fact[string], bool) {
	if name == "NET.CFG" {
		for _, s := range t.NetSections() {
			for _, o := range s.Options {
				if strings.EqualFold(o.Name, "ip_address") {
					return Know(firstWord(o.Value), o.At), true
				}
			}
		}
		return Fact[string]{}, false
	}
	for _, s := range t.Settings() {
		if key := strings.ToLower(s.Key); key == "ipaddress0" || key == "ipaddress" {
			fields := strings.FieldsFunc(s.Value, func(c rune) bool { return c == ' ' || c == '.' || c == '\t' })
			if len(fields) == 4 {
				return Know(strings.Join(fields, "."), s.ValueAt), true
			}
		}
	}
	return Fact[string]{}, false
}

func firstWord(s string) string {
	if f := strings.Fields(s); len(f) > 0 {
		return f[0]
	}
	return ""
}

// mapsDrive reads NET USE M: \\SERVER\SHARE, MAP M:=SERVER/VOLUME: and MAP
// ROOT M:=...
func mapsDrive(s *Statement) (letter byte, share Arg, ok bool) {
	words := s.Words
	switch s.Name() {
	case "NET":
		if len(words) < 4 || !strings.EqualFold(words[1].Text, "USE") {
			return 0, Arg{}, false
		}
		words = words[2:]
	case "MAP":
		words = words[1:]
		if len(words) > 0 && strings.EqualFold(words[0].Text, "ROOT") {
			words = words[1:]
		}
		if len(words) == 0 {
			return 0, Arg{}, false
		}
		target, path, cut := strings.Cut(words[0].Text, "=")
		if !cut || len(target) != 2 {
			return 0, Arg{}, false
		}
		at := words[0].At
		at.Column += len(target) + 1
		words = []Arg{{target, words[0].At}, {path, at}}
	default:
		return 0, Arg{}, false
	}
	if text := words[0].Text; len(text) == 2 && text[1] == ':' && (text[0]|0x20) >= 'a' && (text[0]|0x20) <= 'z' {
		return text[0] &^ 0x20, words[1], true
	}
	return 0, Arg{}, false
}

// relate connects PCs with postoffices where a description does not.
//
// inferred: a share whose last word is the name of a postoffice's folder,
// NETWORK_POSTOFFICE, is that postoffice. Otherwise a gateway PC works on the
// only gateway postoffice there is, if it is the only one.
func (r *folderReader) relate() {
	gateways := r.in.Gateways()
	for _, pc := range r.in.PCs {
		if len(pc.Drives) > 0 {
			continue
		}
		for letter, share := range pc.Shares {
			name := share.Text[strings.LastIndexAny(share.Text, `\/:`)+1:]
			for _, po := range r.in.Postoffices {
				if strings.EqualFold(name, po.Network+"_"+po.Name) {
					pc.Drives[letter], pc.DrivesAt = po.Ref(), share.At
				}
			}
		}
		c := pc.Command("SMTPGATE")
		if len(pc.Drives) > 0 || c == nil || len(gateways) != 1 || c.Gateway == nil || len(r.in.GatewayPCs()) != 1 {
			continue
		}
		pc.Drives[c.Gateway.Drive] = gateways[0].Ref()
		pc.DrivesAt = c.At
	}
	r.in.resolve()
	r.in.serverPrograms()
	inferRoles(r.in)
}
