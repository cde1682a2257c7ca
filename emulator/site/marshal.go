package site

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Marshal prints a site file: keys in a fixed order, values at their default
// left out where the reader would not miss them. Parse of the result gives the
// site again, apart from positions.
func (s *Site) Marshal() []byte {
	p := &printer{said: map[string]bool{}}
	p.line("version: %d", FileVersion)
	start := s.Start
	if start.IsZero() {
		start = DefaultStart
	}
	p.comment(fmt.Sprintf("start: %s", start.Format(time.RFC3339Nano)), "virtual time at start")
	if s.TZ != "" && s.TZ != defaultTZ(start) {
		p.line("tz: %s", scalar(s.TZ))
	}
	switch s.Timing.Model {
	case TimingCustom:
		p.line("timing: {perOperation: %s, perKilobyte: %s}", s.Timing.PerOperation, s.Timing.PerKilobyte)
	case "", TimingBenchmark:
		p.comment("timing: "+TimingBenchmark, "benchmark | none | {perOperation: 20ms, perKilobyte: 800ms}")
	default:
		p.line("timing: %s", scalar(s.Timing.Model))
	}
	p.list("postoffices", len(s.Postoffices))
	for i := range s.Postoffices {
		p.postoffice(&s.Postoffices[i])
	}
	p.list("pcs", len(s.PCs))
	for i := range s.PCs {
		p.pc(&s.PCs[i])
	}
	p.gateways(s.SMTP)
	p.list("smartHosts", len(s.SmartHosts))
	for i := range s.SmartHosts {
		p.smartHost(&s.SmartHosts[i])
	}
	version := s.GatewayVersion
	if version == "" {
		version = DefaultGatewayVersion
	}
	p.line("gatewayVersion: %s", scalar(version))
	p.faults(s.Faults)
	p.files(s.Files)
	return p.b.Bytes()
}

type printer struct {
	b    bytes.Buffer
	said map[string]bool // explanations that were printed
}

func (p *printer) line(format string, args ...any) {
	fmt.Fprintf(&p.b, format, args...)
	p.b.WriteByte('\n')
}

// comment prints a line with an explanation in a common column, the first time
// only.
func (p *printer) comment(line, why string) {
	const column = 37
	if p.said[why] {
		p.line("%s", line)
		return
	}
	p.said[why] = true
	p.line("%-*s # %s", column, line, why)
}

func (p *printer) list(key string, n int) {
	if n == 0 {
		p.line("%s: []", key)
		return
	}
	p.line("%s:", key)
}

func (p *printer) postoffice(o *Postoffice) {
	p.line("  - name: %s", scalar(o.Ref()))
	if len(o.Users) > 0 {
		users := make([]string, len(o.Users))
		for i, name := range o.Users {
			users[i] = userText(o, name)
		}
		p.line("    users: [%s]", strings.Join(users, ", "))
	}
	if len(o.Groups) > 0 {
		p.line("    groups:")
	}
	for _, g := range o.Groups {
		fullName := ""
		if g.FullName != "" {
			fullName = ", fullName: " + scalar(g.FullName)
		}
		p.line("      - {name: %s%s, members: %s}", scalar(g.Name), fullName, flow(g.Members))
	}
	if o.Gateway != "" {
		p.comment("    gateway: "+scalar(o.Gateway), `owns M:\SMTP and the SMTP mailbag`)
	}
	if o.Via != "" {
		p.comment("    via: "+scalar(o.Via), "sends its SMTP mail there")
	}
	if o.Access != (o.Via != "" || o.Gateway != "") {
		p.line("    access: %t", o.Access)
	}
}

func userText(o *Postoffice, name string) string {
	d, _ := o.User(name)
	if d.FullName == "" && !d.NoExternal {
		return scalar(name)
	}
	text := "{name: " + scalar(name)
	if d.FullName != "" {
		text += ", fullName: " + scalar(d.FullName)
	}
	if d.NoExternal {
		text += ", external: false"
	}
	return text + "}"
}

func (p *printer) pc(c *PC) {
	p.line("  - name: %s", scalar(c.Name))
	if c.IP != "" {
		p.line("    ip: %s", scalar(c.IP))
	}
	if len(c.Drives) > 0 {
		var drives []string
		for _, d := range c.Drives {
			drives = append(drives, string(d.Letter)+": "+scalar(d.Postoffice))
		}
		p.line("    drives: {%s}", strings.Join(drives, ", "))
	}
	// A gateway PC shows all there is to change, others only what differs.
	all := c.Program() == gate
	if c.Local != nil && (all || !equal(c.Local, defaultLocal(c))) {
		p.comment("    local: "+flow(c.Local), `in C:\GATE; what is absent cannot be spawned`)
	}
	if path := c.Path; path != nil && (all || !equal(path, []string{gateDir})) {
		p.line("    path: %s", flow(path))
	}
	config := c.Config
	if config == (PCConfig{}) {
		config = DefaultConfig
	}
	if all || config != DefaultConfig {
		line := fmt.Sprintf("    config: {files: %d, share: %t, commandF: %t, freeMemory: %d",
			config.Files, config.Share, config.CommandF, config.FreeMemory)
		if config.TryPut {
			line += ", tryPut: true"
		}
		if config.Stack != "" {
			line += ", stack: " + scalar(config.Stack)
		}
		if line += "}"; config.TryPut {
			p.comment(line, "looks for SMTPPUT in each cycle")
		} else {
			p.line("%s", line)
		}
	}
	if c.Run != "" {
		p.line("    run: %s", scalar(c.Run))
	}
	if c.Loop {
		p.comment("    loop: true", "the batch file starts it again")
	}
	if c.StartAfter != 0 {
		p.line("    startAfter: %s", c.StartAfter)
	}
	if c.TZ != "" {
		p.line("    tz: %s", scalar(c.TZ))
	}
}

func (p *printer) gateways(list []GatewayConfig) {
	if len(list) == 0 {
		p.line("smtp: {}")
		return
	}
	p.comment("smtp:", "what ADMIN writes to LOCAL.CFG and ADDR_MAP.CFG")
	for i := range list {
		c := &list[i]
		p.line("  %s:", scalar(c.Postoffice))
		p.line("    hostName: %s", scalar(c.HostName))
		if c.DomainSuffix != "" {
			p.line("    domainSuffix: %s", scalar(c.DomainSuffix))
		}
		p.line("    smartHost: %s", scalar(c.SmartHost))
		if c.Postoffices != nil && !equal(c.Postoffices, mapped(c.Map)) {
			p.line("    postoffices: %s", flow(c.Postoffices))
		}
		if len(c.Map) > 0 {
			p.comment("    map:", "order matters")
		}
		for _, m := range c.Map {
			p.line("      - {postoffice: %s, domain: %s}", scalar(m.Postoffice), scalar(m.Domain))
		}
	}
}

func (p *printer) smartHost(h *SmartHost) {
	p.line("  - name: %s", scalar(h.Name))
	p.line("    ip: %s", scalar(h.IP))
	if len(h.Routes) > 0 {
		p.line("    routes:")
	}
	for _, r := range h.Routes {
		p.line("      %s: %s", scalar(r.Domain), scalar(r.To))
	}
	if len(h.Aliases) > 0 {
		p.line("    aliases:")
	}
	for _, a := range h.Aliases {
		p.line("      %s: %s", scalar(a.Address), scalar(a.To))
	}
}

func (p *printer) faults(list []string) {
	if len(list) == 0 {
		p.comment("faults: []", "see gwemu faults")
		return
	}
	p.line("faults:")
	for _, f := range list {
		p.line("  - %s", scalar(f))
	}
}

func (p *printer) files(list []FileOverride) {
	if len(list) == 0 {
		p.line("files: {}")
		return
	}
	p.line("files:")
	for _, f := range list {
		key := scalar("M:" + f.Postoffice + ":" + f.Path)
		if f.Absent {
			p.line("  %s: null", key)
			continue
		}
		if !blockText(f.Text) {
			p.line("  %s: %s", key, quoted(f.Text))
			continue
		}
		mark := "|-"
		if strings.HasSuffix(f.Text, "\n") {
			mark = "|"
		}
		p.line("  %s: %s", key, mark)
		for _, line := range strings.Split(strings.TrimSuffix(f.Text, "\n"), "\n") {
			p.line("    %s", line)
		}
	}
}

// blockText reports whether a text is unchanged by a literal block.
func blockText(text string) bool {
	body := strings.TrimSuffix(text, "\n")
	if body == "" || strings.ContainsAny(text, "\t\r") {
		return false
	}
	for _, line := range strings.Split(body, "\n") {
		if line == "" || line[0] == ' ' || line[len(line)-1] == ' ' {
			return false
		}
		for i := 0; i < len(line); i++ {
			if line[i] < ' ' || line[i] > '~' {
				return false
			}
		}
	}
	return true
}

func flow(list []string) string {
	texts := make([]string, len(list))
	for i, s := range list {
		texts[i] = scalar(s)
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

// scalar prints a text so that YAML reads it back: bare when nothing in it
// means anything to YAML, else in quotes.
func scalar(s string) string {
	if bare(s) {
		return s
	}
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' {
			return quoted(s)
		}
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}

// bare is stricter than YAML: letters, digits and a few signs, words separated
// by single blanks, beginning with a letter, a digit or a dot before a letter.
func bare(s string) bool {
	switch strings.ToLower(s) {
	case "", "null", "true", "false", "~":
		return false
	}
	first := s[0]
	if first == '.' && len(s) > 1 {
		first = s[1]
	}
	if !isLetter(first) && (first < '0' || first > '9') || s[len(s)-1] == ' ' {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case isLetter(c), c >= '0' && c <= '9', strings.IndexByte(`._/@+-=`, c) >= 0:
		case c == ' ' && s[i-1] != ' ':
		default:
			return false
		}
	}
	return true
}

// quoted prints a text in double quotes, in ASCII.
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\t':
			b.WriteString(`\t`)
		case c >= ' ' && c <= '~':
			b.WriteRune(c)
		case c > 0xFFFF:
			fmt.Fprintf(&b, `\U%08X`, c)
		default:
			fmt.Fprintf(&b, `\u%04X`, c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func equal(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// index returns the path of a list entry.
func index(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }
