package program

import (
	"strings"

	"gwkit/emulator/internal/mmff"
	"gwkit/emulator/internal/rfc822"
	"gwkit/emulator/site"
)

// addressMap translates between user@domain and NETWORK/PO/MAILBOX by the
// entries of ADDR_MAP.CFG in file order. Q111840
type addressMap struct {
	entries []site.Mapping
	suffix  string   // Local Domain, with a leading dot
	local   []string // NET/PO of LOCAL.CFG
	inside  bool     // a name written into an address stays inside its brackets. Q101461
	log     *gateLog
}

// inbound translates an SMTP address. what is msgRemote for originators and
// msgLocal for recipients. ok is false when no entry matches; the address then
// stays in SMTP form. text is what the log shows and compares, comments of a
// header address included. Q112286
func (m *addressMap) inbound(what, text string) (csi string, ok bool) {
	debug := m.log.level >= classDebug
	if debug {
		m.log.say(classDebug, what, text, `"`)
	}
	// The text right of the at-sign is compared as it stands: a comment stays
	// in it and spoils the comparison. Q112286
	at := strings.IndexByte(text, '@')
	if at < 0 {
		m.log.say(classDebug, msgUnmapped)
		return "", false
	}
	user, domain := text[:at], text[at+1:]
	for _, e := range m.entries {
		if debug {
			m.log.say(classDebug, "Comparing: ", e.Domain, " to ", domain)
		}
		if strings.EqualFold(e.Domain, domain) { // Q118970
			return m.mapped(user, domain, e.Postoffice), true
		}
	}
	// The last comparison of the sample log is with the local domain; it is
	// the implicit mapping user@po.net<suffix> that Q136116 hints at.
	// inferred: its exact rule.
	if m.suffix != "" {
		if debug {
			m.log.say(classDebug, "Comparing: ", m.suffix, " to ", domain)
		}
		if po, ok := m.implicit(domain); ok {
			return m.mapped(user, domain, po), true
		}
	}
	m.log.say(classDebug, msgUnmapped)
	return "", false
}

func (m *addressMap) mapped(user, domain, po string) string {
	csi := po + "/" + user
	if m.log.level >= classDebug {
		m.log.say(classDebug, "Mapped ", domain, " to ", po)
		m.log.say(classDebug, `Mapped to "CSI:`, csi, `"`)
	}
	return csi
}

func (m *addressMap) implicit(domain string) (string, bool) {
	if len(domain) <= len(m.suffix) || !strings.EqualFold(domain[len(domain)-len(m.suffix):], m.suffix) {
		return "", false
	}
	name := domain[:len(domain)-len(m.suffix)]
	for _, po := range m.local {
		net, office, _ := strings.Cut(po, "/")
		if strings.EqualFold(name, office+"."+net) {
			return po, true
		}
	}
	return "", false
}

// outbound translates an address of Microsoft Mail into user@domain; scope is
// "local" or "remote" as in the log. Q112286
func (m *addressMap) outbound(a *mmff.Address, scope string) (string, bool) {
	if m.log.level >= classDebug {
		m.log.say(classDebug, `NC_addr_to_RFC822( "`, a.String(), `", `, scope, ` )`)
	}
	if strings.EqualFold(a.Type, "SMTP") {
		addr, _ := m.cutName(a)
		return addr, true // needs no look-up. Q112286
	}
	net, office, box, ok := a.CSI()
	if !ok {
		return "", false // X400, FAX and the like have no SMTP form. Q101461
	}
	po := net + "/" + office
	m.log.say(classDebug, `Translating "`, a.Addr, `"`)
	domain := ""
	for _, e := range m.entries {
		if strings.EqualFold(e.Postoffice, po) { // the first entry wins. Q111840
			domain = e.Domain
			break
		}
	}
	if domain == "" {
		// inferred: the implicit mapping in the other direction. Q136116
		domain = strings.ToLower(office + "." + net + m.suffix)
	}
	addr := box + "@" + domain
	if m.log.level >= classDebug {
		m.log.say(classDebug, `Mapped to "`, addr, `"`)
	}
	return addr, true
}

// cutName takes the friendly name off an SMTP address whose sender wrote it as a
// comment, user@domain (name): what stands in angle brackets has none since 3.0.5.
// Q101461
func (m *addressMap) cutName(a *mmff.Address) (addr, name string) {
	if m.inside || strings.IndexByte(a.Addr, '(') < 0 {
		return a.Addr, ""
	}
	list, err := rfc822.ParseList(a.Addr, rfc822.CommasKept)
	if err != nil || len(list) != 1 || list[0].Addr == "" {
		return a.Addr, ""
	}
	return list[0].Addr, list[0].Name()
}

// validMailbox applies the mailbox rule: at most ten characters, none of them
// illegal. Q107089, Q88779, Q199676
func validMailbox(box string) bool {
	if box == "" || len(box) > 10 {
		return false
	}
	for i := 0; i < len(box); i++ {
		c := box[i]
		switch {
		case '0' <= c && c <= '9', 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z':
		case c > 127 && (c < 145 || c > 148):
		case c == '$' && i == 0: // $SYSTEM, the mailbox of directory synchronisation. Q87416
		default:
			return false
		}
	}
	return true
}

// headerText is what the log shows of a header address: the bare address with
// its comment. Q112286
func headerText(a *rfc822.Address) string {
	if a.Comment != "" && a.Phrase == "" {
		return a.Addr + " (" + a.Comment + ")"
	}
	return a.Addr
}
