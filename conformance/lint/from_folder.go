package lint

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"gwkit/conformance/deploy"
	"gwkit/conformance/drive"
	"gwkit/emulator/site"
)

// Bounds of a folder: far above an installation, and a bounded time.
const (
	foldersMax = 20000 // directories that are looked into
	depthMax   = 8     // of directories outside of postoffices
	filesMax   = 2000  // text files that are read
)

// FromFolder returns the facts of a folder of copies, of a bundle (an opened
// archive is a file system), or of the folder in which gwemu keeps drives. The
// name is how the user wrote it; it stands before paths in places. What is
// there is recognised by its names:
//
//   - a site file site.yaml or a deployment file deploy.yaml begins, and the
//     files are added to what it says
//   - a folder with GLB, MBG, KEY, XTN, MAI or SMTP below it is a postoffice;
//     its name is NETWORK_POSTOFFICE. LOCAL.CFG or ADDR_MAP.CFG beside other
//     files stand for one of which there is nothing else
//   - a folder named PC_NAME, or with AUTOEXEC.BAT, CONFIG.SYS, a start batch,
//     PROTOCOL.INI, TCPUTILS.INI, NET.CFG, EXTERNAL.INI or a gateway program in
//     it, is the disk of a PC, or copies from it; a text file with the output
//     of DIR is its inventory, one with the output of MEM its memory
//   - *.zone or db.* is a zone file, hosts a hosts file, aliases the alias table
//     of a relay, SMTPGATE.LOG a log
//
// An error means that the folder or its site file cannot be read at all; single
// files that cannot are listed in Unread.
func FromFolder(fsys fs.FS, name string) (*Installation, error) {
	return fromFolder(&folderReader{fsys: fsys, name: name, taken: map[string]bool{}})
}

// FromDir is FromFolder of a folder of this machine, whose deployment file may
// name drives outside of it.
func FromDir(dir string) (*Installation, error) {
	return fromFolder(&folderReader{fsys: os.DirFS(dir), name: dir, taken: map[string]bool{}, onDisk: true})
}

func fromFolder(r *folderReader) (*Installation, error) {
	fsys, name := r.fsys, r.name
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", name, err)
	}
	if r.in, err = r.begin(entries); err != nil {
		return nil, err
	}
	r.folder(".", entries, 0)
	for i := range r.pcs {
		r.pc(&r.pcs[i])
	}
	r.relate()
	return r.in, nil
}

type folderReader struct {
	fsys    fs.FS
	name    string
	in      *Installation
	folders int
	texts   int
	pcs     []disk
	taken   map[string]bool // paths that a deployment file names
	onDisk  bool            // paths outside of fsys may be opened
}

// disk is a folder with files of a PC.
type disk struct {
	name, dir string
	flat      bool // single files, not a whole disk
	files     []diskFile
}

type diskFile struct {
	path string
	info fs.FileInfo
}

// shown returns a path as the user can open it.
func (r *folderReader) shown(p string) string {
	switch {
	case p == ".":
		return r.name
	case r.name == "" || r.name == ".":
		return p
	}
	return strings.TrimSuffix(r.name, "/") + "/" + p
}

func (r *folderReader) unread(p string, err error) {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	r.in.Unread = append(r.in.Unread, Mistake{Place{File: r.shown(p)}, err.Error()})
}

// begin makes the installation of a site or deployment file, or an empty one.
func (r *folderReader) begin(entries []fs.DirEntry) (*Installation, error) {
	for _, e := range entries {
		switch strings.ToLower(e.Name()) {
		case "site.yaml", "site.yml":
			data, err := r.read(e.Name(), 1<<20+1)
			if err != nil {
				return nil, fmt.Errorf("cannot read %s: %w", r.shown(e.Name()), err)
			}
			s, err := site.Parse(r.shown(e.Name()), data)
			if err != nil {
				return nil, err
			}
			return FromSite(s, data), nil
		case "deploy.yaml", "deploy.yml":
			data, err := r.read(e.Name(), 1<<20+1)
			if err != nil {
				return nil, fmt.Errorf("cannot read %s: %w", r.shown(e.Name()), err)
			}
			d, err := deploy.Parse(r.shown(e.Name()), data)
			if err != nil {
				return nil, err
			}
			if err := CheckOff(d); err != nil {
				return nil, err
			}
			if !r.onDisk {
				d.Names.Server = "" // strangers do not choose whom we ask
			}
			outside := OnDisk(d)
			return FromDeployment(d, func(p string) (fs.FS, string, string, error) {
				if local := path.Clean(strings.ReplaceAll(p, `\`, "/")); fs.ValidPath(local) || !r.onDisk {
					return r.inFolder(p)
				}
				return outside(p)
			}, data), nil
		}
	}
	return &Installation{Name: r.name, At: Place{File: r.name}, Said: map[string]Fact[string]{}}, nil
}

// read returns at most max bytes of a plain file.
func (r *folderReader) read(p string, max int64) ([]byte, error) {
	info, err := fs.Stat(r.fsys, p)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("not a plain file")
	}
	f, err := r.fsys.Open(p)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, max))
}

// text reads a text file, or notes that it cannot be read.
func (r *folderReader) text(p string) (Text, bool) {
	if r.texts++; r.texts > filesMax {
		return Text{}, false
	}
	data, err := r.read(p, textMax)
	if err != nil {
		r.unread(p, err)
		return Text{}, false
	}
	return ReadText(r.shown(p), data), true
}

// postofficeDirs are directories that tell a postoffice.
var postofficeDirs = []string{"GLB", "MBG", "KEY", "XTN", "MAI", "SMTP"}

// pcFiles are files that tell a PC.
var pcFiles = []string{"AUTOEXEC.BAT", "CONFIG.SYS", "PROTOCOL.INI", "TCPUTILS.INI", "NET.CFG", "EXTERNAL.INI",
	"SMTPGATE.EXE", "SMTPGET.EXE", "SMTPPUT.EXE", "EXTERNAL.EXE"}

// folder looks at a directory that is not known to be part of anything.
func (r *folderReader) folder(dir string, entries []fs.DirEntry, depth int) {
	if r.folders++; r.folders > foldersMax || depth > depthMax || dir != "." && r.taken[dir] {
		return
	}
	var dirs []string
	tree, pc, cfg := false, strings.HasPrefix(strings.ToUpper(path.Base(dir)), "PC_"), false
	for _, e := range entries {
		upper := strings.ToUpper(e.Name())
		switch {
		case r.taken[path.Join(dir, e.Name())]: // a description says what it is
		case r.isDir(dir, e, depth):
			dirs = append(dirs, e.Name())
			tree = tree || slices.Contains(postofficeDirs, upper)
		case slices.Contains(pcFiles, upper) || strings.HasSuffix(upper, ".BAT"):
			pc = true
		case upper == "LOCAL.CFG" || upper == "ADDR_MAP.CFG":
			cfg = true
		case depth == 0 && isListing(upper):
			pc = pc || r.holdsListing(path.Join(dir, e.Name()))
		}
	}
	switch {
	case pc:
		r.disk(dir, entries, cfg || tree, depth)
	case tree:
		r.postoffice(dir, entries)
		return
	}
	if cfg {
		r.postofficeFiles(dir, entries)
	}
	for _, e := range entries {
		if !e.IsDir() && !r.taken[path.Join(dir, e.Name())] {
			r.loose(dir, e.Name(), pc)
		}
	}
	if pc && !(cfg || tree || dir == ".") {
		return // all below belongs to the PC
	}
	for _, name := range dirs {
		sub := path.Join(dir, name)
		below, err := fs.ReadDir(r.fsys, sub)
		if err != nil {
			r.unread(sub, err)
			continue
		}
		r.folder(sub, below, depth+1)
	}
}

// isDir says whether an entry is a directory. A link to one is followed in the
// uppermost folder only, where a person has put it, so there is no loop.
func (r *folderReader) isDir(dir string, e fs.DirEntry, depth int) bool {
	if e.IsDir() {
		return true
	}
	if depth == 0 && e.Type()&fs.ModeSymlink != 0 {
		info, err := fs.Stat(r.fsys, path.Join(dir, e.Name()))
		return err == nil && info.IsDir()
	}
	return false
}

// isListing says whether a name may be that of saved output of a command.
func isListing(upper string) bool {
	switch path.Ext(upper) {
	case ".TXT", ".LST", ".DIR", ".OUT":
		return true
	}
	return false
}

func (r *folderReader) holdsListing(p string) bool {
	data, err := r.read(p, 4096)
	return err == nil && strings.Contains(strings.ToUpper(string(data)), "DIRECTORY OF ")
}

// loose takes the files that stand for themselves.
func (r *folderReader) loose(dir, name string, pc bool) {
	p, lower := path.Join(dir, name), strings.ToLower(name)
	switch {
	case lower == "smtpgate.log":
		r.log(p, "")
	case strings.HasSuffix(lower, ".zone") || strings.HasPrefix(lower, "db.") || lower == "zone" || lower == "zone.txt":
		if t, ok := r.text(p); ok {
			r.in.Zones = append(r.in.Zones, t)
		}
	case (lower == "hosts" || lower == "hosts.txt") && !pc:
		if t, ok := r.text(p); ok {
			r.in.Hosts = Know(readHosts(t), Place{File: t.File})
		}
	case lower == "aliases" || lower == "aliases.txt":
		if t, ok := r.text(p); ok {
			if len(r.in.Relays) == 0 {
				r.in.Relays = append(r.in.Relays, &Relay{Name: "the relay", At: Place{File: t.File}, Said: map[string]Fact[string]{}})
			}
			relay := r.in.Relays[0]
			relay.Aliases = Know(append(relay.Aliases.Value, ReadAliases(t)...), Place{File: t.File})
		}
	}
}

func (r *folderReader) log(p, postoffice string) {
	r.in.Logs = append(r.in.Logs, Log{Name: strings.ToUpper(path.Base(p)), File: r.shown(p), Postoffice: postoffice, Open: func() (io.ReadCloser, error) { return openLog(r.fsys, p) }})
}

// logMax bounds what is read of a log; an archive may promise any length.
const logMax = 1 << 30

// openLog opens a log, a plain file, of which a bounded part is read.
func openLog(fsys fs.FS, p string) (io.ReadCloser, error) {
	info, err := fs.Stat(fsys, p)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("not a plain file")
	}
	f, err := fsys.Open(p)
	if err != nil {
		return nil, err
	}
	return &boundedLog{f, logMax}, nil
}

// boundedLog is a file that ends after so many bytes.
type boundedLog struct {
	fs.File
	left int64
}

func (b *boundedLog) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, io.EOF
	}
	n, err := b.File.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// named returns the postoffice of a folder, a new one when it is not known.
func (r *folderReader) named(dir string) *Postoffice {
	base := path.Base(dir)
	if dir == "." {
		base = path.Base(strings.ReplaceAll(r.name, `\`, "/"))
	}
	if strings.EqualFold(base, "MAILDATA") && dir != "." {
		base = path.Base(path.Dir(dir))
	}
	network, name, ok := strings.Cut(base, "_")
	if !ok {
		network, name = "", base
	}
	for _, p := range r.in.Postoffices {
		// File systems refuse some names; gwemu writes them with an underscore.
		if strings.EqualFold(p.Network+"_"+p.Name, base) {
			return p
		}
	}
	// Files in the uppermost folder belong to the only postoffice, or to the
	// only gateway, that a description has.
	if gateways := r.in.Gateways(); dir == "." && len(gateways) == 1 {
		return gateways[0]
	} else if dir == "." && len(r.in.Postoffices) == 1 {
		return r.in.Postoffices[0]
	}
	po := &Postoffice{Network: network, Name: name, At: Place{File: r.shown(dir)}, Said: map[string]Fact[string]{}}
	r.in.Postoffices = append(r.in.Postoffices, po)
	return po
}

// postoffice takes a database tree.
func (r *folderReader) postoffice(dir string, entries []fs.DirEntry) {
	po := r.named(dir)
	sub, err := fs.Sub(r.fsys, dir)
	if err != nil {
		r.unread(dir, err)
		return
	}
	(&folderReader{fsys: sub, name: r.shown(dir), in: r.in}).database(po, entries)
}

// database takes a database whose root is the root of the reader, or the
// folder MAILDATA in it: a drive may be mapped one level above. Q131150, Q98159
func (r *folderReader) database(po *Postoffice, entries []fs.DirEntry) {
	has := map[string]string{}
	for _, e := range entries {
		has[strings.ToUpper(e.Name())] = e.Name()
	}
	if has["GLB"] == "" && has["MAILDATA"] != "" {
		r.enter(has["MAILDATA"], func(sub *folderReader, entries []fs.DirEntry) { sub.database(po, entries) })
		return
	}
	po.Tree = drive.Open(r.fsys, r.name)
	here := Place{File: r.name}
	if smtp := has["SMTP"]; smtp != "" {
		list, err := fs.ReadDir(r.fsys, smtp)
		if err != nil {
			r.unread(smtp, err)
		} else {
			r.smtp(po, smtp, list)
		}
		po.Gateway = Know(true, here)
	} else if has["GLB"] != "" {
		// The gateway makes the SMTP directory; the access component does
		// not. Q87028, Q87030
		po.SMTP = Know[[]Entry](nil, here)
		po.Local, po.AddrMap, po.MapMistakes = Fact[LocalCfg]{}, Fact[[]MapLine]{}, nil
		if !po.Gateway.Known {
			po.Gateway = Know(false, here)
		}
	}
	if logs := has["LOG"]; logs != "" {
		list, _ := fs.ReadDir(r.fsys, logs)
		for _, e := range list {
			if !e.IsDir() && strings.HasSuffix(strings.ToUpper(e.Name()), ".LOG") {
				r.log(path.Join(logs, e.Name()), po.Ref())
			}
		}
	}
}

// enter goes into a folder.
func (r *folderReader) enter(dir string, do func(*folderReader, []fs.DirEntry)) {
	sub, err := fs.Sub(r.fsys, dir)
	if err == nil {
		var entries []fs.DirEntry
		if entries, err = fs.ReadDir(sub, "."); err == nil {
			do(&folderReader{fsys: sub, name: r.shown(dir), in: r.in}, entries)
			return
		}
	}
	r.unread(dir, err)
}

// postofficeFiles takes copies of the files of an SMTP directory.
func (r *folderReader) postofficeFiles(dir string, entries []fs.DirEntry) {
	po := r.named(dir)
	po.Gateway = Know(true, Place{File: r.shown(dir)})
	r.smtp(po, dir, entries)
	po.SMTP = Fact[[]Entry]{} // copies say nothing of what was not copied
}

// smtp takes the SMTP directory.
func (r *folderReader) smtp(po *Postoffice, dir string, entries []fs.DirEntry) {
	var list []Entry
	po.Local, po.AddrMap, po.MapMistakes = Fact[LocalCfg]{}, Fact[[]MapLine]{}, nil
	for _, e := range entries {
		p := path.Join(dir, e.Name())
		entry := Entry{Name: strings.ToUpper(e.Name()), Dir: e.IsDir(), At: Place{File: r.shown(p)}}
		if info, err := e.Info(); err == nil {
			entry.Size = info.Size()
		}
		list = append(list, entry)
		switch entry.Name {
		case "LOCAL.CFG":
			if t, ok := r.text(p); ok {
				po.Local = Know(ReadLocalCfg(t), Place{File: t.File})
			}
		case "ADDR_MAP.CFG":
			if t, ok := r.text(p); ok {
				lines, mistakes := ReadAddrMap(t)
				po.AddrMap, po.MapMistakes = Know(lines, Place{File: t.File}), mistakes
			}
		}
	}
	po.SMTP = Know(list, Place{File: r.shown(dir)})
}

// disk collects the files of a PC. Flat folders hold other things as well, so
// only their own files count.
func (r *folderReader) disk(dir string, entries []fs.DirEntry, flat bool, depth int) {
	name := path.Base(dir)
	if dir == "." {
		name = path.Base(strings.ReplaceAll(r.name, `\`, "/"))
	}
	if len(name) > 3 && strings.EqualFold(name[:3], "PC_") {
		name = name[3:]
	}
	d := disk{name: name, dir: dir, flat: flat || dir == "."}
	r.collect(&d, dir, entries, depth)
	r.pcs = append(r.pcs, d)
}

func (r *folderReader) collect(d *disk, dir string, entries []fs.DirEntry, depth int) {
	for _, e := range entries {
		p := path.Join(dir, e.Name())
		if r.taken[p] {
			continue
		}
		if e.IsDir() {
			if d.flat || depth >= depthMax {
				continue
			}
			if r.folders++; r.folders > foldersMax {
				return
			}
			below, err := fs.ReadDir(r.fsys, p)
			if err != nil {
				r.unread(p, err)
				continue
			}
			r.collect(d, p, below, depth+1)
			continue
		}
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			d.files = append(d.files, diskFile{p, info})
		}
	}
}
