package deploy

import (
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"gwkit/emulator/site"
	"gwkit/emulator/site/yamlfile"
)

// nameMax is the length of a network, postoffice and mailbox name, pcNameMax
// that of a computer. Q107089, Q88779
const (
	nameMax   = 10
	pcNameMax = 15
)

// complete fills in what has a fixed default.
func (r *reader) complete(d *Deployment) {
	if d.Speed == 0 {
		d.Speed = 1
	}
	if d.Patience == 0 {
		d.Patience = DefaultPatience
	}
	if d.Lint.Fail == "" {
		d.Lint.Fail = "error"
	}
	if d.Name == "" {
		d.Name = d.File
	}
}

// check looks at values and references. Whether a deployment is a good one is
// for lint to say: what is wrong in the field must parse.
func (r *reader) check(d *Deployment) {
	if d.GatewayVersion != "" && !yamlfile.Contains(site.GatewayVersions, d.GatewayVersion) {
		r.bad(d, "gatewayVersion", "unknown gateway version %q%s", d.GatewayVersion, yamlfile.Suggest(d.GatewayVersion, site.GatewayVersions))
	}
	if d.Shape != "" {
		if _, err := site.Shape(d.Shape); err != nil {
			r.bad(d, "shape", "%v", err)
		}
	}
	r.checkPostoffices(d)
	r.checkPCs(d)
	r.checkIP(d, "smartHost.ip", d.SmartHost.IP)
	r.checkAddress(d, "smartHost.address", d.SmartHost.Address)
	r.checkAddress(d, "names.server", d.Names.Server)
	r.checkNames(d)
	r.checkTest(d)
	for i, off := range d.Lint.Off {
		at := index("lint.off", i)
		if r.required(d, at+".rule", off.Rule) {
			r.required(d, at+".reason", strings.TrimSpace(off.Reason))
		}
	}
}

func index(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

func (r *reader) bad(d *Deployment, path, format string, args ...any) {
	r.Fail(d.Where(path), format, args...)
}

// reported says whether a mistake was already found at the position of a path,
// so that a value of the wrong type is not called missing as well.
func (r *reader) reported(path string) bool {
	p, written := r.Positions[path]
	if !written {
		return false
	}
	for _, m := range r.Mistakes {
		if m.Pos == p {
			return true
		}
	}
	return false
}

// required reports an empty value, unless something else has been said about
// it.
func (r *reader) required(d *Deployment, path, value string) bool {
	if value != "" {
		return true
	}
	dot := strings.LastIndexByte(path, '.')
	switch _, written := r.Positions[path]; {
	case r.reported(path) || r.Meant[path]:
	case written:
		r.bad(d, path, "%s: want a value, have nothing", path)
	case !r.reported(path[:dot]):
		r.bad(d, path, "missing key %q", path[dot+1:])
	}
	return false
}

func (r *reader) reference(d *Deployment, path, ref string) {
	if d.Postoffice(ref) != nil || ref == "" && r.reported(path) || r.Meant["postoffices"] {
		return
	}
	var names []string
	for i := range d.Postoffices {
		if p := &d.Postoffices[i]; p.Network != "" && p.Name != "" {
			names = append(names, p.Ref())
		}
	}
	r.bad(d, path, "unknown postoffice %q%s", ref, yamlfile.Suggest(ref, names))
}

func (r *reader) checkIP(d *Deployment, path, text string) {
	if a, err := netip.ParseAddr(text); text != "" && (err != nil || !a.Is4()) {
		r.bad(d, path, "bad IP address %q, want four numbers with dots", text)
	}
}

func (r *reader) checkAddress(d *Deployment, path, text string) {
	if text == "" {
		return
	}
	host, port, err := net.SplitHostPort(text)
	if n, e := strconv.Atoi(port); err != nil || e != nil || host == "" || n < 0 || n > 65535 {
		r.bad(d, path, "bad address %q, want HOST:PORT such as 10.0.0.5:25", text)
	}
}

// plainName reports whether a name has only characters that separate nothing
// in a file or a report.
func plainName(name string) bool {
	for i := 0; i < len(name); i++ {
		if c := name[i]; c <= ' ' || c >= 0x7F || strings.IndexByte(`/\:@"<>,;()[]`, c) >= 0 {
			return false
		}
	}
	return name != ""
}

func (r *reader) checkPostoffices(d *Deployment) {
	seen := map[string]int{}
	for i := range d.Postoffices {
		p := &d.Postoffices[i]
		path := index("postoffices", i)
		switch {
		case r.reported(path + ".name"):
		case p.Network == "" && p.Name == "":
			r.required(d, path+".name", "")
		case !plainName(p.Network) || !plainName(p.Name):
			r.bad(d, path+".name", "want a name of the form NETWORK/POSTOFFICE")
		case len(p.Network) > nameMax || len(p.Name) > nameMax:
			r.bad(d, path+".name", "bad name %q, want at most %d characters before and behind the slash", p.Ref(), nameMax)
		default:
			if first, dup := seen[strings.ToUpper(p.Ref())]; dup {
				r.bad(d, path+".name", "second postoffice %q, the first is in line %d", p.Ref(), d.Where(index("postoffices", first)+".name").Line)
			}
			seen[strings.ToUpper(p.Ref())] = i
		}
		if p.Via != "" {
			r.reference(d, path+".via", p.Via)
			if strings.EqualFold(p.Via, p.Ref()) {
				r.bad(d, path+".via", "postoffice %q is via itself", p.Ref())
			}
		}
		users := map[string]bool{}
		for j, u := range p.Users {
			at := index(path+".users", j)
			name := strings.ToUpper(u.Name)
			switch {
			case r.reported(at) || r.reported(at+".name"):
			case u.Name == "":
				r.required(d, at+".name", "")
			case !plainName(u.Name):
				r.bad(d, at, "bad user name %q", u.Name)
			case users[name]:
				r.bad(d, at, "second user %q of postoffice %q", u.Name, p.Ref())
			}
			users[name] = true
		}
		if c := p.SMTP; c != nil {
			// Contents are for lint: a wrong address map is what people have.
			for j, m := range c.Map {
				at := index(path+".smtp.map", j)
				r.required(d, at+".postoffice", m.Postoffice)
				r.required(d, at+".domain", m.Domain)
			}
		}
	}
}

func (r *reader) checkPCs(d *Deployment) {
	seen := map[string]int{}
	for i := range d.PCs {
		p := &d.PCs[i]
		path := index("pcs", i)
		if r.required(d, path+".name", p.Name) {
			if len(p.Name) > pcNameMax || !plainName(p.Name) {
				r.bad(d, path+".name", "bad PC name %q, want at most %d letters and digits", p.Name, pcNameMax)
			}
			if first, dup := seen[strings.ToUpper(p.Name)]; dup {
				r.bad(d, path+".name", "second PC %q, the first is in line %d", p.Name, d.Where(index("pcs", first)+".name").Line)
			}
			seen[strings.ToUpper(p.Name)] = i
		}
		if p.Run != "" && !startsProgram(p.Run) {
			r.bad(d, path+".run", "%q starts no program that is known, want SMTPGATE, EXTERNAL or DISPATCH in it", p.Run)
		}
		r.checkIP(d, path+".ip", p.IP)
		r.checkAddress(d, path+".address", p.Address)
		for _, m := range p.Drives {
			r.reference(d, path+".drives."+string(m.Letter), m.Postoffice)
		}
	}
}

// startsProgram reports whether a command line has a program of a gateway or
// mailer in it, which may stand behind COMMAND /F /C. Q136041
func startsProgram(line string) bool {
	words := strings.Fields(line)
	for i := range words {
		if program, _, err := site.SplitCommand(strings.Join(words[i:], " ")); err == nil && (program == "SMTPGATE" || program == "EXTERNAL" || program == "DISPATCH") {
			return true
		}
	}
	return false
}

// checkNames refuses two answers to one question.
func (r *reader) checkNames(d *Deployment) {
	var ways []string
	for _, way := range []struct{ key, value string }{{"zone", d.Names.Zone}, {"hosts", d.Names.Hosts}, {"server", d.Names.Server}} {
		if way.value != "" {
			ways = append(ways, way.key)
		}
	}
	if len(ways) > 1 {
		r.bad(d, "names", "names are looked up in one place, have %s", strings.Join(ways, " and "))
	}
}

// checkTest looks at what marked messages need. Marked messages go only to
// addresses that the file names, so half an address is a mistake.
func (r *reader) checkTest(d *Deployment) {
	t := &d.Test
	for i, m := range t.Mailboxes {
		at := index("test.mailboxes", i)
		if r.required(d, at+".postoffice", m.Postoffice) {
			r.reference(d, at+".postoffice", m.Postoffice)
		}
		if r.required(d, at+".user", m.User) && len(m.User) > nameMax {
			r.bad(d, at+".user", "bad mailbox %q, want at most %d characters (Q107089)", m.User, nameMax)
		}
		if m.Address != "" {
			r.checkMailAddress(d, at+".address", m.Address)
		}
	}
	if t.Outside != "" {
		r.checkMailAddress(d, "test.outside", t.Outside)
	}
	if t.Submit.Command != "" && t.Submit.Person {
		r.bad(d, "test.submit.person", "either a command or a person submits mail, not both")
	}
	if a := t.Submit.Attach; a != "" && (t.Submit.Command == "" || !strings.Contains(a, "{attachment}")) {
		r.bad(d, "test.submit.attach", "bad words %q, want {attachment} in them, and test.submit.command, which they belong to", a)
	}
	r.checkWords(d, "test.submit.command", t.Submit.Command, "from", "to", "subject", "file")
	r.checkWords(d, "test.submit.attach", t.Submit.Attach, "attachment", "from", "to", "subject", "file")
	r.checkAddress(d, "test.catch.listen", t.Catch.Listen)
	ways := 0
	for _, way := range []string{t.Catch.Listen, t.Catch.Maildir, t.Catch.Mbox} {
		if way != "" {
			ways++
		}
	}
	if ways > 1 {
		r.bad(d, "test.catch", "test mail is caught in one place: listen, maildir or mbox")
	}
	if d.Allow.Message && len(t.Mailboxes) == 0 && !r.Meant["test"] && !r.reported("test") && !r.Meant["test.mailboxes"] && !r.reported("test.mailboxes") {
		r.bad(d, "allow", "marked messages are allowed, but test.mailboxes names none that they may use")
	}
}

// braced is a word in braces, in whose place something is put.
var braced = regexp.MustCompile(`\{([A-Za-z]+)\}`)

// checkWords refuses a word in braces in whose place nothing is put.
func (r *reader) checkWords(d *Deployment, path, text string, known ...string) {
	for _, m := range braced.FindAllStringSubmatch(text, -1) {
		if !yamlfile.Contains(known, m[1]) {
			r.bad(d, path, "unknown word {%s}%s", m[1], yamlfile.Suggest(m[1], known))
		}
	}
}

func (r *reader) checkMailAddress(d *Deployment, path, address string) {
	user, domain, ok := strings.Cut(address, "@")
	if !ok || !plainAddress(user) || !plainAddress(domain) {
		r.bad(d, path, "bad address %q, want user@domain", address)
	}
}

// plainAddress reports whether half an address can stand in a command without
// quotes; whatever a file says, it can never add a line to a session.
func plainAddress(text string) bool {
	for i := 0; i < len(text); i++ {
		if c := text[i]; c <= ' ' || c >= 0x7F || strings.IndexByte(`\"<>,;:()[]@`, c) >= 0 {
			return false
		}
	}
	return text != ""
}
