package lint

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"gwkit/conformance/deploy"
	"gwkit/conformance/drive"
	"gwkit/emulator/site"
	"gwkit/emulator/site/yamlfile"
)

// Open opens a path of a deployment file: a file system, the name of the file
// or folder in it, and the name under which the user can open it.
type Open func(path string) (fsys fs.FS, name, shown string, err error)

// OnDisk opens the paths of a deployment on this machine.
func OnDisk(d *deploy.Deployment) Open {
	return func(p string) (fs.FS, string, string, error) {
		full := d.Path(p)
		info, err := drive.Stat(full)
		if err != nil {
			return nil, "", full, err
		}
		if info.IsDir() {
			return drive.Folder(full), ".", full, nil
		}
		return drive.Folder(filepath.Dir(full)), filepath.Base(full), full, nil
	}
}

// FromDeployment returns the facts of a deployment and of the files it names.
// What cannot be opened is listed in Unread; it never is an error. Source is
// what the deployment was read from, or nil, as with FromSite.
func FromDeployment(d *deploy.Deployment, open Open, source []byte) *Installation {
	if !d.Allow.Read {
		open = func(p string) (fs.FS, string, string, error) {
			return nil, "", p, errors.New("reading is not allowed (allow)")
		}
	}
	r := &deployReader{d: d, open: open, source: linesOf(source)}
	_, pcs := d.Positions["pcs"]
	in := &Installation{Name: d.Name, At: Place{File: d.File}, Complete: true, AllPCs: pcs, Running: true, Said: map[string]Fact[string]{}, Off: map[string]string{}, Fail: Severity(d.Lint.Fail)}
	r.in = in
	if in.Name == "" {
		in.Name = d.File
	}
	in.GatewayVersion = r.text("gatewayVersion", d.GatewayVersion)
	for i := range d.Postoffices {
		r.postoffice(i)
	}
	for i := range d.PCs {
		r.pc(i)
	}
	r.smartHost()
	r.names()
	in.Volume = r.volume("volume", d.Volume)
	r.say(in.Said, "policy", "visibleDomain", d.Policy.Visible)
	r.say(in.Said, "policy", "mx", d.Policy.ReceiveMail)
	r.say(in.Said, "policy", "giveUpAfter", duration(d.Policy.GiveUpMax))
	r.say(in.Said, "policy", "giveUpBefore", duration(d.Policy.GiveUpMin))
	if d.Network.Routers != nil {
		var routers []Router
		for i, x := range d.Network.Routers {
			at := index("network.routers", i)
			routers = append(routers, Router{x.Name, r.at(at), r.text(at+".product", x.Product), r.text(at+".firmware", x.Firmware), r.boolean(at+".staticRoutes", x.StaticRoutes)})
		}
		in.Routers = Know(routers, r.at("network.routers"))
	}
	if d.Peers != nil {
		var peers []Peer
		for i, x := range d.Peers {
			at := index("peers", i)
			peers = append(peers, Peer{x.Name, r.at(at), r.text(at+".software", x.Software), r.text(at+".encoding", x.Encoding)})
		}
		in.Peers = Know(peers, r.at("peers"))
	}
	for _, p := range d.Messages {
		if t, ok := r.file(p); ok {
			in.Messages = append(in.Messages, t)
		}
	}
	for i, m := range d.Test.Mailboxes {
		in.TestUsers = append(in.TestUsers, Know(m.Postoffice+"/"+m.User, r.at(index("test.mailboxes", i)+".user")))
	}
	for _, off := range d.Lint.Off {
		in.Off[off.Rule] = off.Reason
	}
	in.resolve()
	in.serverPrograms()
	inferRoles(in)
	return in
}

// CheckOff returns the rules that a deployment turns off and that nobody has,
// each with its place; nil: none.
func CheckOff(d *deploy.Deployment) error {
	var mistakes yamlfile.Mistakes
	for i, off := range d.Lint.Off {
		if RuleByID(off.Rule) != nil {
			continue
		}
		var ids []string
		for _, r := range Rules {
			ids = append(ids, r.ID)
		}
		mistakes = append(mistakes, yamlfile.Mistake{Pos: d.Where(index("lint.off", i) + ".rule"),
			Message: fmt.Sprintf("cannot turn off rule %q: there is none%s", off.Rule, yamlfile.Suggest(off.Rule, ids))})
	}
	if mistakes == nil {
		return nil
	}
	return mistakes
}

type deployReader struct {
	d    *deploy.Deployment
	open Open
	in   *Installation

	source []string // lines
}

func (r *deployReader) at(path string) Place { return behindQuote(r.source, r.d.Where(path)) }

func (r *deployReader) text(path, value string) Fact[string] {
	return Fact[string]{Value: value, At: r.at(path), Known: value != ""}
}

func (r *deployReader) boolean(path string, value *bool) Fact[bool] {
	if value == nil {
		return Fact[bool]{At: r.at(path)}
	}
	return Know(*value, r.at(path))
}

// say keeps a description under the key it has in the file.
func (r *deployReader) say(said map[string]Fact[string], path, key, value string) {
	if value != "" {
		said[key] = Know(value, r.at(path+"."+key))
	}
}

func (r *deployReader) sayList(said map[string]Fact[string], path, key string, list []string) {
	if list != nil {
		said[key] = Know(strings.Join(list, ", "), r.at(path+"."+key))
	}
}

func (r *deployReader) sayBool(said map[string]Fact[string], path, key string, value *bool) {
	if value != nil {
		said[key] = Know(strconv.FormatBool(*value), r.at(path+"."+key))
	}
}

// number writes a number of which 0 says nothing.
func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func duration(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return d.String()
}

func (r *deployReader) volume(path string, v deploy.Volume) Fact[Volume] {
	if !v.Declared {
		return Fact[Volume]{At: r.at(path)}
	}
	return Know(Volume{In: v.In, Out: v.Out, Size: v.SizeBytes}, r.at(path))
}

func (r *deployReader) unread(shown string, err error) {
	f := folderReader{in: r.in}
	f.unread(shown, err)
}

// file reads a text file.
func (r *deployReader) file(p string) (Text, bool) {
	if p == "" {
		return Text{}, false
	}
	fsys, name, shown, err := r.open(p)
	if err == nil {
		f := folderReader{fsys: fsys}
		var data []byte
		if data, err = f.read(name, textMax); err == nil {
			return ReadText(shown, data), true
		}
	}
	r.unread(shown, err)
	return Text{}, false
}

// folder opens a folder.
func (r *deployReader) folder(p string) (*folderReader, []fs.DirEntry, bool) {
	fsys, name, shown, err := r.open(p)
	if err == nil && name != "." {
		fsys, err = fs.Sub(fsys, name)
	}
	if err == nil {
		var entries []fs.DirEntry
		if entries, err = fs.ReadDir(fsys, "."); err == nil {
			return &folderReader{fsys: fsys, name: shown, in: r.in}, entries, true
		}
	}
	r.unread(shown, err)
	return nil, nil, false
}

func (r *deployReader) postoffice(i int) {
	p, at := &r.d.Postoffices[i], index("postoffices", i)
	po := &Postoffice{Network: p.Network, Name: p.Name, At: r.at(at + ".name"), Said: map[string]Fact[string]{}}
	r.in.Postoffices = append(r.in.Postoffices, po)
	po.Gateway = Know(p.Gateway == "smtp", r.at(at+".gateway"))
	po.Via = Know(p.Via, r.at(at+".via"))
	po.Backbone = Know(p.Backbone, r.at(at+".backbone"))
	po.Volume = r.volume(at+".volume", p.Volume)
	if p.Users != nil {
		var users []User
		for j, u := range p.Users {
			users = append(users, User{u.Name, !u.NoExternal, r.at(index(at+".users", j))})
		}
		po.Users = Know(users, r.at(at+".users"))
	}
	said := po.Said
	for _, x := range []struct{ key, value string }{
		{"server", p.Server}, {"segment", p.Segment}, {"mode", p.Mode}, {"compress", p.Compress},
		{"specialExport", p.SpecialExport}, {"serialNumber", p.SerialNumber}, {"dirSyncServer", p.DirSyncServer},
		{"volumeSize", number(p.VolumeSize)}, {"hopLimit", number(p.HopLimit)}, {"retryLimit", number(p.RetryLimit)},
	} {
		r.say(said, at, x.key, x.value)
	}
	for _, x := range []struct {
		key  string
		list []string
	}{
		{"gateways", p.Gateways}, {"shareable", p.Shareable}, {"backup", p.Backup}, {"dirSyncTypes", p.DirSyncTypes},
		{"internetGroups", p.InternetGroups}, {"use", p.Use}, {"clients", p.Clients}, {"routeTypes", p.RouterTypes},
		{"purge", p.Purge}, {"sharedGroups", p.SharedGroups},
	} {
		r.sayList(said, at, x.key, x.list)
	}
	r.sayBool(said, at, "autodisconnect", p.Autodisconnect)
	r.sayBool(said, at, "shareLocks", p.ShareLocks)
	r.sayBool(said, at, "lowerCase", p.LowerCase)
	r.sayBool(said, at, "writeBehind", p.WriteBehind)
	if t, ok := r.file(p.Listing); ok {
		po.Listing = Know(t, Place{File: t.File})
	}
	if p.Drive != "" {
		if f, entries, ok := r.folder(p.Drive); ok {
			f.database(po, entries)
		}
	}
	if p.SMTP != nil {
		r.described(po, at+".smtp", p.SMTP)
	}
}

// described takes LOCAL.CFG and ADDR_MAP.CFG as described, for what no file
// tells.
func (r *deployReader) described(po *Postoffice, at string, g *site.GatewayConfig) {
	local := LocalCfg{At: r.at(at), Domain: r.text(at+".domainSuffix", g.DomainSuffix), HostName: r.text(at+".hostName", g.HostName), SmartHost: r.text(at+".smartHost", g.SmartHost)}
	for j, ref := range g.Postoffices {
		local.Postoffices = append(local.Postoffices, Know(ref, r.at(index(at+".postoffices", j))))
	}
	if !po.Local.Known || !po.Local.Value.Readable() {
		po.Local = Know(local, local.At)
	}
	if g.Map != nil && (!po.AddrMap.Known || len(po.AddrMap.Value) == 0 && len(po.MapMistakes) > 0) {
		var lines []MapLine
		for j, m := range g.Map {
			row := index(at+".map", j)
			lines = append(lines, MapLine{m.Postoffice, m.Domain, r.at(row + ".postoffice"), r.at(row + ".domain")})
		}
		po.AddrMap, po.MapMistakes = Know(lines, r.at(at+".map")), nil
	}
}

func (r *deployReader) pc(i int) {
	p, at := &r.d.PCs[i], index("pcs", i)
	pc := &PC{Name: p.Name, At: r.at(at + ".name"), Drives: map[byte]string{}, DrivesAt: r.at(at + ".drives"), Files: map[string]Text{}, Said: map[string]Fact[string]{}}
	r.in.PCs = append(r.in.PCs, pc)
	if p.Role != "" {
		pc.Role = Know(Role(p.Role), r.at(at+".role"))
	}
	pc.IP = r.text(at+".ip", p.IP)
	for _, d := range p.Drives {
		pc.Drives[d.Letter] = d.Postoffice
	}
	if p.FreeMemory > 0 {
		pc.FreeMemory = Know(p.FreeMemory, r.at(at+".freeMemory"))
	}
	for _, x := range []struct{ key, value string }{
		{"os", p.OS}, {"stack", p.Stack}, {"stackKind", p.StackKind}, {"hardware", p.Hardware}, {"adapter", p.Adapter},
		{"segment", p.Segment}, {"networkPath", p.NetworkPath}, {"startAt", p.StartAt}, {"account", p.Account},
		{"scan", duration(p.Scan)}, {"runAs", p.RunAs}, {"clock", p.Clock},
	} {
		r.say(pc.Said, at, x.key, x.value)
	}
	r.sayList(pc.Said, at, "protocols", p.Protocols)
	r.sayBool(pc.Said, at, "adapterRam", p.AdapterRAM)
	r.sayBool(pc.Said, at, "dedicated", p.Dedicated)
	for name, v := range p.Versions {
		pc.Said["versions."+name] = Know(v, r.at(at+".versions."+name))
	}
	for name, v := range p.VersionText {
		pc.Said["versionText."+name] = Know(v, r.at(at+".versionText."+name))
	}
	if c, ok := runLine(p.Run, r.at(at+".run")); ok {
		pc.Commands = []Command{c}
	}
	if p.Disk != "" {
		if f, entries, ok := r.folder(p.Disk); ok {
			d := disk{name: p.Name, dir: "."}
			f.collect(&d, ".", entries, 0)
			f.contents(pc, &d)
		}
	}
	r.files(pc, &p.Files)
	// The batch file goes before a run line: it is what happens, and its lines
	// can be pointed at.
	SetUp(pc)
}

// files takes single files of a PC.
func (r *deployReader) files(pc *PC, files *deploy.Files) {
	for _, x := range []struct{ name, path string }{
		{"AUTOEXEC.BAT", files.Autoexec}, {"CONFIG.SYS", files.Config}, {"PROTOCOL.INI", files.Protocol},
		{"TCPUTILS.INI", files.TCPUtils}, {"NET.CFG", files.NetCfg}, {"EXTERNAL.INI", files.External}, {"HOSTS", files.Hosts},
	} {
		if t, ok := r.file(x.path); ok {
			pc.Files[x.name] = t
		}
	}
	if t, ok := r.file(files.Batch); ok {
		name := strings.ToUpper(path.Base(strings.ReplaceAll(files.Batch, `\`, "/")))
		if !strings.HasSuffix(name, ".BAT") {
			name = "START.BAT"
		}
		pc.Files[name] = t
	}
	if t, ok := r.file(files.Inventory); ok {
		pc.inventory(t)
	}
	if t, ok := r.file(files.Memory); ok {
		pc.memory(t)
	}
	if files.Log != "" {
		fsys, name, shown, err := r.open(files.Log)
		if err != nil {
			r.unread(shown, err)
			return
		}
		r.in.Logs = append(r.in.Logs, Log{Name: "SMTPGATE.LOG", File: shown, Open: func() (io.ReadCloser, error) { return openLog(fsys, name) }})
	}
}

func (r *deployReader) smartHost() {
	h := &r.d.SmartHost
	if h.Name == "" && h.IP == "" {
		return
	}
	const at = "smartHost"
	relay := &Relay{Name: h.Name, At: r.at(at), IP: r.text(at+".ip", h.IP), Said: map[string]Fact[string]{}}
	if relay.Name == "" {
		relay.Name = h.IP
	}
	r.say(relay.Said, at, "software", h.Software)
	r.say(relay.Said, at, "greets", h.Greets)
	r.sayBool(relay.Said, at, "resets", h.Resets)
	r.sayBool(relay.Said, at, "inbound", h.Inbound)
	r.sayBool(relay.Said, at, "mime", h.MIME)
	r.sayBool(relay.Said, at, "emptyReceiptTo", h.EmptyRRT)
	if h.Window > 0 {
		r.say(relay.Said, at, "window", strconv.Itoa(h.Window))
	}
	if t, ok := r.file(h.Aliases); ok {
		relay.Aliases = Know(ReadAliases(t), Place{File: t.File})
	}
	if t, ok := r.file(h.Log); ok {
		relay.RcptLog = Know(t, Place{File: t.File})
	}
	r.in.Relays = append(r.in.Relays, relay)
}

func (r *deployReader) names() {
	n := &r.d.Names
	if t, ok := r.file(n.Zone); ok {
		r.in.Zones = append(r.in.Zones, t)
		r.in.ZoneOrigin = n.Origin
	}
	if t, ok := r.file(n.Hosts); ok {
		r.in.Hosts = Know(readHosts(t), Place{File: t.File})
	}
	if r.d.Allow.Read { // files and name servers
		r.in.NameServer = n.Server
	}
}

// inFolder opens the paths of a deployment file that lies in a folder or
// bundle.
func (r *folderReader) inFolder(p string) (fs.FS, string, string, error) {
	name := path.Clean(strings.ReplaceAll(p, `\`, "/"))
	if !fs.ValidPath(name) {
		return nil, "", p, fmt.Errorf("outside of %s", r.name)
	}
	if _, err := fs.Stat(r.fsys, name); err != nil {
		return nil, "", r.shown(name), err
	}
	r.taken[name] = true
	return r.fsys, name, r.shown(name), nil
}
