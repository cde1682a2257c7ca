package lint

import (
	"strings"
)

// mailboxMax is the longest name of a mailbox. Q88779
const mailboxMax = 10

// Rules about the alias table of a relay and about mailboxes.
var aliasRules = []Rule{
	{
		ID: "alias.too-long", Severity: Error, Articles: []string{"Q107089", "Q88779", "Q135926"},
		Title:    "an alias leads to a user name that no mailbox can have: longer than 10 characters, or with characters that are not allowed",
		Remedy:   "let the alias lead to the name of the mailbox, at most 10 characters",
		Inputs:   "alias table of the relay; ADDR_MAP.CFG",
		Inferred: "the characters of legal names are not documented; blanks, controls and those that mean something in an address are refused",
		check:    checkAliasNames,
	},
}

var userRules = []Rule{
	{
		ID: "user.external", Severity: Error, Articles: []string{"Q99856"}, Covers: []string{"LR63"},
		Title:    "mail is meant for a user who has no right to exchange mail with other systems; it is refused with 552 after its transfer",
		Remedy:   "set EXTERNAL in the user's access privileges (ADMIN, Local-Admin, Modify)",
		Inputs:   "users with their rights; alias table of the relay or test mailboxes",
		Inferred: "mail is meant for the targets of aliases, for POSTMASTER and for the test mailboxes",
		check:    checkRecipients,
	},
}

// recipient is somebody that mail is meant for.
type recipient struct {
	po, user string // NET/PO
	domain   string
	at       Place
	alias    string
}

// domainOf maps the domains of all address maps to postoffices; known is false
// when there is no map at all.
func (j *Judge) domainOf() (owner map[string]string, known bool) {
	owner = map[string]string{}
	for _, po := range j.Gateways() {
		if !po.AddrMap.Known {
			continue
		}
		known = true
		for _, l := range po.AddrMap.Value {
			if owner[fold(l.Domain)] == "" {
				owner[fold(l.Domain)] = l.Postoffice
			}
		}
	}
	return owner, known
}

// aliasTargets returns the targets of aliases that lie behind the gateway.
func (j *Judge) aliasTargets() []recipient {
	owner, mapped := j.domainOf()
	if !mapped {
		j.Missing(`\SMTP\ADDR_MAP.CFG of the gateway postoffice`)
		return nil
	}
	tables := 0
	var list []recipient
	for _, relay := range j.Relays {
		aliases, ok := Need(j, relay.Aliases, "the alias table of %s (smartHost.aliases)", relay.Name)
		if !ok {
			continue
		}
		tables++
		for _, a := range aliases {
			at := strings.LastIndexByte(a.Target, '@')
			if at < 0 {
				continue // a user of the relay itself
			}
			domain := a.Target[at+1:]
			if po := owner[fold(domain)]; po != "" {
				list = append(list, recipient{po, a.Target[:at], domain, a.At, a.Address})
			}
		}
	}
	if len(j.Relays) == 0 {
		j.Missing("the alias table of a relay (smartHost.aliases)")
	}
	return list
}

func checkAliasNames(j *Judge) {
	for _, r := range j.aliasTargets() {
		switch {
		case len(r.user) > mailboxMax:
			j.Find(r.at, "%s leads to %s at %s, which has %d characters; a mailbox has at most %d", quoted(r.alias), quoted(r.user), r.domain, len(r.user), mailboxMax)
		case strings.ContainsAny(r.user, " \t\"<>()[],;:@\\/") || hasControl(r.user) || r.user == "":
			j.Find(r.at, "%s leads to %s at %s, which no mailbox can be called", quoted(r.alias), quoted(r.user), r.domain)
		}
	}
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7F })
}

func checkRecipients(j *Judge) {
	var list []recipient
	for _, t := range j.TestUsers {
		if i := strings.LastIndexByte(t.Value, '/'); i >= 0 {
			list = append(list, recipient{po: t.Value[:i], user: t.Value[i+1:], at: t.At})
		}
	}
	if len(list) == 0 || len(j.Relays) > 0 {
		list = append(list, j.aliasTargets()...)
	}
	for _, po := range j.Gateways() {
		// Reports go to Postmaster. Q98067, Q135034
		list = append(list, recipient{po: po.Ref(), user: "POSTMASTER", at: po.Users.At})
	}
	users := map[string]map[string]User{}
	for _, r := range list {
		po := j.Postoffice(r.po)
		if po == nil {
			continue
		}
		known, ok := Need(j, po.Users, "the users of %s with their rights (users)", po.Ref())
		if !ok {
			continue
		}
		if users[po.Ref()] == nil {
			users[po.Ref()] = map[string]User{}
			for _, u := range known {
				users[po.Ref()][fold(u.Name)] = u
			}
		}
		u, ok := users[po.Ref()][fold(r.user)]
		switch {
		case !ok && strings.EqualFold(r.user, "POSTMASTER"): // another rule's matter
		case !ok:
			j.Find(r.at, "mail is meant for %s at %s, who has no mailbox there", quoted(r.user), po.Ref())
		case !u.External:
			j.Find(u.At, "mail is meant for %s at %s, who lacks the right EXTERNAL", u.Name, po.Ref())
		}
	}
}
