package deploy

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gwkit/conformance/drive"
)

// foldersMax bounds how many folders of a folder of drives are looked at.
const foldersMax = 2000

// found is a folder of drives as Guess sees it.
type found struct {
	offices []foundOffice
	pcs     []foundPC
}

type foundOffice struct {
	folder, ref string
	guess       string // how the name was made; "" when it is known
	gateway     bool
	local       drive.Local
	domains     map[string]string // NET/PO in capitals -> first domain of the address map
	order       []string
	hub         string   // NET/PO that NETWORK.GLB says its SMTP mail goes to; "": its own gateway, or none
	known       bool     // NETWORK.GLB was read
	others      []string // NET/PO that its XTN files name
}

type foundPC struct {
	folder, name string
	command      Command
	role         string
	roleWhy      string
	ip           string
	drives       []foundDrive
}

type foundDrive struct{ letter, share string }

// Guess writes a first deployment file for a folder of drives, such as `gwemu
// serve --drive` keeps, or for the database of one postoffice. Paths are
// relative to base. What the folder does not tell is guessed or left open; a
// comment says so at each place.
func Guess(dir, base string) ([]byte, error) {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		err = errors.New("not a folder")
	}
	if err != nil {
		return nil, fmt.Errorf("cannot look at %s: %w", dir, err)
	}
	f := &found{}
	if isOffice(dir) {
		f.office(dir)
	} else {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return nil, fmt.Errorf("cannot look at %s: %w", dir, err)
		}
		if len(entries) > foldersMax {
			return nil, fmt.Errorf("cannot look at %s: %d entries, want at most %d", dir, len(entries), foldersMax)
		}
		for _, e := range entries {
			path := filepath.Join(dir, e.Name())
			switch {
			case !e.IsDir():
			case isOffice(path):
				f.office(path)
			case isPC(path):
				f.pc(path)
			}
		}
	}
	if len(f.offices) == 0 && len(f.pcs) == 0 {
		return nil, fmt.Errorf("cannot find a postoffice in %s: want a folder with GLB\\MASTER.GLB, or a folder of such folders", dir)
	}
	f.name()
	text := f.write(dir, base)
	if _, err := Parse("deploy.yaml", text); err != nil {
		return nil, fmt.Errorf("internal error: the first deployment file has mistakes:\n%w\n%s", err, text)
	}
	return text, nil
}

func isOffice(dir string) bool {
	_, ok := findFold(dir, "GLB/MASTER.GLB")
	return ok
}

func isPC(dir string) bool {
	_, auto := findFold(dir, "AUTOEXEC.BAT")
	_, config := findFold(dir, "CONFIG.SYS")
	return auto || config || strings.HasPrefix(strings.ToUpper(filepath.Base(dir)), "PC_")
}

func (f *found) office(dir string) {
	o := foundOffice{folder: dir, domains: map[string]string{}}
	t := drive.OpenDir(dir)
	if data, err := t.Read(`SMTP\LOCAL.CFG`, configMax); err == nil {
		o.gateway = true
		o.local, _ = drive.ParseLocal(data)
	}
	if data, err := t.Read(`SMTP\ADDR_MAP.CFG`, configMax); err == nil {
		o.gateway = true
		entries, _ := drive.ParseAddrMap(data)
		for _, m := range entries {
			key := strings.ToUpper(m.Postoffice.Text)
			if o.domains[key] == "" && plainAddress(m.Domain.Text) {
				o.domains[key] = m.Domain.Text
				o.order = append(o.order, m.Postoffice.Text)
			}
		}
	}
	o.routes(t)
	f.offices = append(f.offices, o)
}

// othersMax bounds how many postoffices of the XTN files are listed.
const othersMax = 500

// routes reads what a postoffice knows of others: where its SMTP mail goes to,
// which is not where mail from outside comes from (Q132060), and the external
// postoffices. Q148666, Q118561
func (o *foundOffice) routes(t *drive.Tree) {
	networks, _, err := t.Networks()
	if err != nil {
		return
	}
	o.known = true
	for _, n := range networks {
		switch {
		case !n.Active():
		case n.XTN != "":
			offices, _, err := t.Offices(n.XTN)
			if err != nil {
				continue
			}
			for _, x := range offices {
				if ref := n.Name + "/" + x.Name; x.Active() && plainRef(ref) && len(o.others) < othersMax {
					o.others = append(o.others, ref)
				}
			}
		case strings.EqualFold(n.Name, "SMTP") && plainRef(n.HubNetwork+"/"+n.HubPostoffice):
			o.hub = n.HubNetwork + "/" + n.HubPostoffice
		}
	}
}

// plainRef reports whether a text is a NET/PO that a deployment file can have.
func plainRef(ref string) bool {
	network, name, ok := strings.Cut(ref, "/")
	return ok && plainName(network) && plainName(name) && len(network) <= nameMax && len(name) <= nameMax
}

func has(list []string, ref string) bool {
	return slices.ContainsFunc(list, func(x string) bool { return strings.EqualFold(x, ref) })
}

var (
	netUse    = regexp.MustCompile(`(?i)^\s*NET\s+USE\s+([D-Z]):\s+(\S+)`)
	ipAddress = regexp.MustCompile(`(?i)^\s*IPADDRESS0?\s*=\s*(\d+)[ .](\d+)[ .](\d+)[ .](\d+)`)
)

func (f *found) pc(dir string) {
	name := strings.ToUpper(filepath.Base(dir))
	p := foundPC{folder: dir, name: strings.TrimPrefix(name, "PC_")}
	d := &Deployment{File: filepath.Join(dir, "x")}
	p.command = d.Command(&PC{Disk: "."})
	lines := func(path string, fn func(line string)) {
		if file, ok := findFold(dir, path); ok {
			if data, err := readBounded(file, batchMax); err == nil {
				for line := range strings.SplitSeq(string(data), "\n") {
					fn(strings.TrimRight(line, "\r"))
				}
			}
		}
	}
	lines("AUTOEXEC.BAT", func(line string) {
		if m := netUse.FindStringSubmatch(line); m != nil {
			share := m[2][strings.LastIndexByte(m[2], '\\')+1:]
			p.drives = append(p.drives, foundDrive{strings.ToUpper(m[1]), strings.ToUpper(share)})
		}
	})
	lines("LANMAN/PROTOCOL.INI", func(line string) {
		if m := ipAddress.FindStringSubmatch(line); m != nil && p.ip == "" {
			ip := strings.Join(m[1:], ".")
			for _, part := range m[1:] {
				if n, err := strconv.Atoi(part); err != nil || n > 255 {
					ip = ""
				}
			}
			p.ip = ip
		}
	})
	if p.command.Program == "SMTPGATE" {
		// Which programs a gateway has decides what it can do. Q132060
		has := func(exe string) bool { _, ok := findFold(dir, "GATE/"+exe); return ok }
		switch get, put := has("SMTPGET.EXE"), has("SMTPPUT.EXE"); {
		case get && put:
			p.role, p.roleWhy = RoleBoth, "SMTPGET.EXE and SMTPPUT.EXE are on its disk"
		case put:
			p.role, p.roleWhy = RoleReceive, "SMTPPUT.EXE is on its disk and SMTPGET.EXE is not"
		case get:
			p.role, p.roleWhy = RoleSend, "SMTPGET.EXE is on its disk and SMTPPUT.EXE is not"
		}
	}
	f.pcs = append(f.pcs, p)
}

// name gives each postoffice its name: one that an address map has, if the
// folder's name fits, else one made of the folder's name.
func (f *found) name() {
	var known []string
	for _, o := range f.offices {
		known = append(known, o.order...)
		for _, v := range o.local.Postoffices {
			known = append(known, v.Text)
		}
	}
	taken := map[string]bool{}
	for i := range f.offices {
		o := &f.offices[i]
		base := strings.ToUpper(filepath.Base(o.folder))
		for _, ref := range known {
			network, name, _ := strings.Cut(ref, "/")
			// The others that a postoffice knows are not itself.
			if plainRef(ref) && !has(o.others, ref) && !taken[strings.ToUpper(ref)] &&
				(base == strings.ToUpper(network+"_"+name) || base == strings.ToUpper(name) || len(f.offices) == 1) {
				o.ref = ref
				if len(f.offices) == 1 && base != strings.ToUpper(network+"_"+name) && base != strings.ToUpper(name) {
					o.guess = "the first postoffice of its address map that is in none of its XTN files"
				}
				break
			}
		}
		if o.ref == "" {
			network, name, ok := strings.Cut(base, "_")
			if !ok {
				network, name = "NETWORK", base
			}
			o.ref, o.guess = dosName(network)+"/"+dosName(name), "made from the name of the folder"
			for n := 2; taken[strings.ToUpper(o.ref)]; n++ {
				o.ref = fmt.Sprintf("%s/PO%d", dosName(network), n)
			}
		}
		taken[strings.ToUpper(o.ref)] = true
	}
}

// dosName makes a name of at most 10 letters and digits.
func dosName(text string) string {
	text = strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToUpper(text))
	if text == "" {
		text = "PO"
	}
	return text[:min(len(text), nameMax)]
}

// unseen returns the postoffices that are named on the drives and whose own
// drive is not among them, and who names each.
func (f *found) unseen() (list []string, by map[string]string) {
	by = map[string]string{}
	for i := range f.offices {
		o := &f.offices[i]
		for _, ref := range append(slices.Clone(o.others), o.hub) {
			seen := slices.ContainsFunc(f.offices, func(x foundOffice) bool { return strings.EqualFold(x.ref, ref) })
			if ref != "" && !seen && !has(list, ref) && len(list) < othersMax {
				list = append(list, ref)
				by[ref] = o.ref
			}
		}
	}
	return list, by
}

func (f *found) gateways() (list []string) {
	for i := range f.offices {
		if f.offices[i].gateway {
			list = append(list, f.offices[i].ref)
		}
	}
	return list
}

// via returns the postoffice that the SMTP mail of another one goes to: what
// its NETWORK.GLB says, or a guess where that cannot be read.
func (f *found) via(o *foundOffice) (ref, why string) {
	if o.known {
		return o.hub, "NETWORK.GLB: the hub of its SMTP gateway"
	}
	var gateways []string
	for i := range f.offices {
		g := &f.offices[i]
		if !g.gateway || g == o {
			continue
		}
		gateways = append(gateways, g.ref)
		if g.domains[strings.ToUpper(o.ref)] != "" || slices.ContainsFunc(g.local.Postoffices, func(v drive.Value) bool { return strings.EqualFold(v.Text, o.ref) }) {
			return g.ref, "the gateway configuration of " + g.ref + " names it"
		}
	}
	if len(gateways) == 1 {
		return gateways[0], "guess: the only gateway postoffice"
	}
	return "", ""
}

func relativeTo(base, path string) string {
	full, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	if from, err := filepath.Abs(base); err == nil {
		if rel, err := filepath.Rel(from, full); err == nil && !strings.HasPrefix(rel, "..") {
			return filepath.ToSlash(rel)
		}
	}
	return full
}

// quoted writes a text as YAML reads it back.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func (f *found) write(dir, base string) []byte {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# A first deployment file, from what %s holds.", strings.Map(oneLine, dir))
	line("# Each guess says so. `gwcheck doc --deploy` lists all keys.")
	line("version: 1")
	line("name: %s", quoted(strings.Map(oneLine, filepath.Base(filepath.Clean(dir)))))
	line("allow: [read]   # add probe for short SMTP sessions, message for marked messages")
	line("# gatewayVersion: 3.0.9")
	line("# shape: single   # when names are those of a built-in site, its scripts apply")
	if len(f.offices) > 0 {
		line("postoffices:")
	}
	for i := range f.offices {
		o := &f.offices[i]
		note := ""
		if o.guess != "" {
			note = "   # guess: " + o.guess
		}
		line("  - name: %s%s", o.ref, note)
		line("    drive: %s", quoted(relativeTo(base, o.folder)))
		if o.gateway {
			line("    gateway: smtp   # it has SMTP\\LOCAL.CFG or SMTP\\ADDR_MAP.CFG")
			line("    # volume: {in: 500, out: 500, size: 8k}   # messages a day")
		} else if ref, why := f.via(o); ref != "" {
			line("    via: %s   # %s", ref, why)
		}
	}
	unseen, by := f.unseen()
	for _, ref := range unseen {
		line("  - name: %s   # its drive is not here; the XTN files of %s name it", ref, by[ref])
		line("    # drive: ...")
		switch gateways := f.gateways(); {
		case slices.ContainsFunc(f.offices, func(o foundOffice) bool { return strings.EqualFold(o.hub, ref) }):
			line("    gateway: smtp   # the hub of another postoffice's SMTP gateway")
		case len(gateways) == 1:
			line("    via: %s   # guess: the only gateway postoffice", gateways[0])
		}
	}
	f.writePCs(&b, base)
	f.writeRest(&b)
	return []byte(b.String())
}

// oneLine keeps a text on its line.
func oneLine(r rune) rune {
	if r < ' ' || r == 0x7F || r >= 0x80 && r < 0xA0 || r == '\uFFFD' {
		return '?'
	}
	return r
}

func (f *found) writePCs(b *strings.Builder, base string) {
	line := func(format string, args ...any) { fmt.Fprintf(b, format+"\n", args...) }
	if len(f.pcs) == 0 {
		line("# No disk of a PC was found. Say which PCs run the gateway and EXTERNAL:")
		line("# pcs:")
		line("#   - {name: GW1, ip: 11.1.16.16, drives: {M: %s}, run: SMTPGATE -w120 -q180 -md -cd -lacsy -p001}", f.offices[0].ref)
		line("#   - {name: MTA1, drives: {M: %s}, run: EXTERNAL -p010}", f.offices[0].ref)
		return
	}
	line("pcs:")
	names := map[string]bool{}
	for i := range f.pcs {
		p := &f.pcs[i]
		name := strings.Map(func(r rune) rune {
			if r > ' ' && r < 0x7F && !strings.ContainsRune(`/\:@"<>,;()[]'#{}&*!|%`+"`", r) {
				return r
			}
			return -1
		}, p.name)
		name = name[:min(len(name), pcNameMax)]
		if name == "" || names[strings.ToUpper(name)] {
			name = fmt.Sprint("PC", i+1)
		}
		names[strings.ToUpper(name)] = true
		line("  - name: %s   # guess: the name of the folder", quoted(name))
		if p.role != "" {
			line("    role: %s   # guess: %s", p.role, p.roleWhy)
		}
		if p.ip != "" {
			line("    ip: %s", p.ip)
			line("    # address: 127.0.0.1:2526   # where gwcheck reaches its port 25, if not at its ip")
		}
		line("    disk: %s", quoted(relativeTo(base, p.folder)))
		switch {
		case p.command.Line != "":
			line("    # run: %s   (from %s:%d)", strings.Map(oneLine, p.command.Line), filepath.Base(p.command.Pos.File), p.command.Pos.Line)
		default:
			line("    # run: ...   no batch file on its disk starts SMTPGATE or EXTERNAL")
		}
		var drives []string
		seen := map[string]bool{}
		for _, d := range p.drives {
			for j := range f.offices {
				if strings.EqualFold(filepath.Base(f.offices[j].folder), d.share) && !seen[d.letter] {
					seen[d.letter] = true
					drives = append(drives, d.letter+": "+f.offices[j].ref)
				}
			}
		}
		switch {
		case len(drives) > 0:
			line("    drives: {%s}   # guess: the shares of NET USE have the names of the folders", strings.Join(drives, ", "))
		case len(f.offices) == 1:
			line("    drives: {M: %s}   # guess: the only postoffice", f.offices[0].ref)
		default:
			line("    # drives: {M: %s}", "NETWORK/POSTOFFICE")
		}
	}
}

func (f *found) writeRest(b *strings.Builder) {
	line := func(format string, args ...any) { fmt.Fprintf(b, format+"\n", args...) }
	relay, box, domain := "", "", ""
	for i := range f.offices {
		o := &f.offices[i]
		if relay == "" && validIP(o.local.SmartHost.Text) {
			relay = o.local.SmartHost.Text
		}
		if o.gateway && box == "" {
			box, domain = o.ref, o.domains[strings.ToUpper(o.ref)]
		}
	}
	if relay != "" {
		line("smartHost:")
		line("  ip: %s   # SmartHost of LOCAL.CFG", relay)
		line("  # address: 127.0.0.1:2525   # where gwcheck reaches it, if not at its ip")
		line("  # software: sendmail 8.6")
	} else {
		line("# smartHost: {name: mail.company.com, ip: 11.1.16.15}")
	}
	line("# names: {server: '127.0.0.1:53'}   # or {zone: FILE}, {hosts: FILE}")
	if box == "" {
		box = "NETWORK/POSTOFFICE"
		if len(f.offices) > 0 {
			box = f.offices[0].ref
		}
	}
	if domain == "" {
		domain = "example.com"
	}
	line("# test:   # needed for allow: [read, probe, message]")
	line("#   mailboxes: [{postoffice: %s, user: TESTBOX, address: testbox@%s}]", box, domain)
	line("#   outside: someone@example.com")
	line("#   submit: {person: true}   # or {command: 'APPPUT ... {from} {to} {subject} {file}', attach: '... {attachment}'}")
	line("#   catch: {listen: '127.0.0.1:2626'}   # or {maildir: DIR}, {mbox: FILE}")
	line("# patience: 30m")
	line("# lint: {fail: error, off: [{rule: ID, reason: why}]}")
}

func validIP(text string) bool {
	parts := strings.Split(text, ".")
	if len(parts) != 4 {
		return false
	}
	for _, p := range parts {
		if n, err := strconv.Atoi(p); err != nil || n < 0 || n > 255 || len(p) > 3 || p[0] == '+' {
			return false
		}
	}
	return true
}
