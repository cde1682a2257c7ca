package deploy

import (
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"gwkit/emulator/site"
	"gwkit/emulator/site/yamlfile"
)

// reader reads the keys of a deployment file.
type reader struct{ *yamlfile.Reader }

// values reads a mapping by its table. into returns where a key's value goes:
// a pointer to the type of its kind, or a function for what has its own form.
func (r *reader) values(path string, n ast.Node, keys []key, into func(name string) any) {
	r.Fields(path, n, names(keys), func(name, path string, n ast.Node) {
		r.value(path, n, lookup(keys, name), into(name))
	})
}

// value reads one value into what a pointer points at.
func (r *reader) value(path string, n ast.Node, k *key, into any) {
	switch to := into.(type) {
	case func(path string, n ast.Node):
		if k.kind == kindList || k.kind == kindUsers {
			r.Items(path, n, to)
			return
		}
		to(path, n)
	case *string:
		if k.plain(n) {
			r.Fail(r.PosOf(n), "%s: want %s, have the number %s; in quotes it is a text", path, k.want(), yamlfile.Describe(n))
			r.Positions[path] = r.PosOf(n)
			return
		}
		*to, _ = r.Text(path, n)
		if k.kind == kindWord && *to != "" {
			*to = r.word(path, n, *to, k.values)
		}
	case *[]string:
		*to = r.Texts(path, n)
		if *to == nil {
			*to = []string{} // said, and empty
		}
		if k.kind == kindWords {
			for i, word := range *to {
				at := path + "[" + strconv.Itoa(i) + "]"
				if !yamlfile.Contains(k.values, word) && !r.reported(at) {
					r.Fail(r.Positions[at], "%s: unknown word %q%s", path, word, yamlfile.Suggest(word, k.values))
				}
			}
		}
	case *bool:
		*to, _ = r.Boolean(path, n)
	case **bool:
		if yes, ok := r.Boolean(path, n); ok {
			*to = &yes
		}
	case *int:
		if k.kind == kindSize {
			*to = r.size(path, n)
		} else {
			*to, _ = r.Number(path, n, 0, 1<<30)
		}
	case *float64:
		*to = r.float(path, n, k.kind == kindShare)
	case *time.Duration:
		*to, _ = r.Duration(path, n)
	case *map[string]string:
		*to = map[string]string{}
		for _, e := range r.Mapping(path, n, true) {
			sub := yamlfile.Join(path, e.Key)
			r.Positions[sub] = e.At
			if text, ok := r.Text(sub, e.Value); ok {
				(*to)[strings.ToUpper(e.Key)] = text
			}
		}
	default:
		panic("internal error: key " + k.name + " goes nowhere")
	}
}

// word returns the spelling of the table.
func (r *reader) word(path string, n ast.Node, word string, values []string) string {
	for _, v := range values {
		if strings.EqualFold(v, word) {
			return v
		}
	}
	r.Fail(r.PosOf(n), "%s: unknown word %q%s", path, word, yamlfile.Suggest(word, values))
	return ""
}

// sizeMax bounds every size: no file of the original is larger.
const sizeMax = 1 << 30

func (r *reader) size(path string, n ast.Node) int {
	text, _ := yamlfile.ScalarText(n)
	digits := strings.TrimRight(text, "kKmM")
	factor := 1
	switch strings.ToLower(text[len(digits):]) {
	case "k":
		factor = 1 << 10
	case "m":
		factor = 1 << 20
	case "":
	default:
		digits = "" // more than one letter
	}
	v, err := strconv.Atoi(digits)
	if err != nil || v < 0 || v > sizeMax/factor {
		r.Fail(r.PosOf(n), "%s: want a size such as 8192 or 8k, have %s", path, yamlfile.Describe(n))
		return 0
	}
	return v * factor
}

func (r *reader) float(path string, n ast.Node, share bool) float64 {
	text, _ := yamlfile.ScalarText(n)
	v, err := strconv.ParseFloat(text, 64)
	switch {
	case share && (err != nil || !(v >= 0 && v <= 1)):
		r.Fail(r.PosOf(n), "%s: want a share from 0 to 1, have %s", path, yamlfile.Describe(n))
		return 0
	case !share && (err != nil || !(v > 0 && v <= speedMax)):
		r.Fail(r.PosOf(n), "%s: want a number above 0, at most %d, have %s", path, speedMax, yamlfile.Describe(n))
		return 0
	}
	return v
}

// speedMax is more than an emulated deployment reaches.
const speedMax = 1_000_000

func (r *reader) deployment(d *Deployment, n ast.Node) {
	var allow []string
	write := false
	r.values("", n, fileKeys, func(name string) any {
		switch name {
		case "version":
			return func(path string, n ast.Node) { d.Version, _ = r.Number(path, n, FileVersion, FileVersion) }
		case "name":
			return &d.Name
		case "allow":
			return &allow
		case "allowWrite":
			return &write
		case "gatewayVersion":
			return &d.GatewayVersion
		case "shape":
			return &d.Shape
		case "speed":
			return &d.Speed
		case "postoffices":
			return func(path string, n ast.Node) { d.Postoffices = append(d.Postoffices, r.postoffice(path, n)) }
		case "pcs":
			return func(path string, n ast.Node) { d.PCs = append(d.PCs, r.pc(path, n)) }
		case "smartHost":
			return func(path string, n ast.Node) { d.SmartHost = r.smartHost(path, n) }
		case "names":
			return r.into("names", map[string]any{"zone": &d.Names.Zone, "origin": &d.Names.Origin, "hosts": &d.Names.Hosts, "server": &d.Names.Server})
		case "network":
			return r.into("network", map[string]any{"routers": func(path string, n ast.Node) {
				x := Router{Pos: r.PosOf(n)}
				r.values(path, n, routerKeys, pick(map[string]any{"name": &x.Name, "product": &x.Product, "firmware": &x.Firmware, "staticRoutes": &x.StaticRoutes}))
				d.Network.Routers = append(d.Network.Routers, x)
			}})
		case "peers":
			return func(path string, n ast.Node) {
				x := Peer{Pos: r.PosOf(n)}
				r.values(path, n, lookup(fileKeys, "peers").of, pick(map[string]any{"name": &x.Name, "software": &x.Software, "encoding": &x.Encoding}))
				d.Peers = append(d.Peers, x)
			}
		case "policy":
			p := &d.Policy
			return r.into("policy", map[string]any{"visibleDomain": &p.Visible, "giveUpAfter": &p.GiveUpMax, "giveUpBefore": &p.GiveUpMin, "mx": &p.ReceiveMail})
		case "volume":
			return func(path string, n ast.Node) { r.volume(&d.Volume, path, n) }
		case "messages":
			return &d.Messages
		case "test":
			return func(path string, n ast.Node) { r.test(&d.Test, path, n) }
		case "patience":
			return &d.Patience
		case "lint":
			return r.into("lint", map[string]any{"fail": &d.Lint.Fail, "off": func(path string, n ast.Node) {
				x := RuleOff{Pos: r.PosOf(n)}
				r.values(path, n, lookup(lookup(fileKeys, "lint").of, "off").of, pick(map[string]any{"rule": &x.Rule, "reason": &x.Reason}))
				d.Lint.Off = append(d.Lint.Off, x)
			}})
		}
		return nil
	})
	if _, written := r.Positions["version"]; !written && !r.Meant["version"] || d.Version == 0 && !r.reported("version") {
		r.Fail(r.PosOf(n), "missing key \"version\"")
	}
	if _, said := r.Positions["allow"]; !said {
		d.Allow.Read = true
	}
	for i, word := range allow {
		if slices.Contains(allow[:i], word) {
			r.Fail(r.Positions["allow["+strconv.Itoa(i)+"]"], "allow: the word %q stands there twice", word)
		}
		switch word {
		case "read":
			d.Allow.Read = true
		case "probe":
			d.Allow.Probe = true
		case "message":
			d.Allow.Message = true
		case "write":
			d.Allow.Write = true
		}
	}
	d.Allow.Write = d.Allow.Write || write
}

// pick makes the into of values from a map.
func pick(m map[string]any) func(string) any { return func(name string) any { return m[name] } }

// into reads a mapping of fileKeys by a map of pointers.
func (r *reader) into(name string, m map[string]any) func(path string, n ast.Node) {
	return func(path string, n ast.Node) { r.values(path, n, lookup(fileKeys, name).of, pick(m)) }
}

func (r *reader) volume(v *Volume, path string, n ast.Node) {
	v.Declared = true
	r.values(path, n, volumeKeys, pick(map[string]any{"in": &v.In, "out": &v.Out, "size": &v.SizeBytes, "peakHour": &v.PeakHour, "attachments": &v.Attachments}))
}

func (r *reader) postoffice(path string, n ast.Node) (p Postoffice) {
	p.Pos = r.PosOf(n)
	var name string
	var c *site.GatewayConfig
	r.values(path, n, postofficeKeys, pick(map[string]any{
		"name": &name, "drive": &p.Drive, "gateway": &p.Gateway, "via": &p.Via, "backbone": &p.Backbone,
		"users":  func(path string, n ast.Node) { p.Users = append(p.Users, r.user(path, n)) },
		"smtp":   func(path string, n ast.Node) { c = r.gateway(path, n) },
		"volume": func(path string, n ast.Node) { r.volume(&p.Volume, path, n) },
		"server": &p.Server, "segment": &p.Segment, "gateways": &p.Gateways, "shareable": &p.Shareable, "listing": &p.Listing,
		"mode": &p.Mode, "backup": &p.Backup, "dirSyncTypes": &p.DirSyncTypes, "internetGroups": &p.InternetGroups, "use": &p.Use,
		"clients": &p.Clients, "compress": &p.Compress, "specialExport": &p.SpecialExport, "routeTypes": &p.RouterTypes,
		"autodisconnect": &p.Autodisconnect, "shareLocks": &p.ShareLocks, "lowerCase": &p.LowerCase, "writeBehind": &p.WriteBehind,
		"purge": &p.Purge, "volumeSize": &p.VolumeSize, "serialNumber": &p.SerialNumber, "hopLimit": &p.HopLimit, "retryLimit": &p.RetryLimit,
		"dirSyncServer": &p.DirSyncServer, "sharedGroups": &p.SharedGroups,
	}))
	p.Network, p.Name, _ = strings.Cut(name, "/")
	if c != nil {
		c.Postoffice = p.Ref()
		p.SMTP = c
	}
	return p
}

func (r *reader) user(path string, n ast.Node) User {
	u := User{Pos: r.PosOf(n)}
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		external := true
		r.values(path, n, userKeys, pick(map[string]any{"name": &u.Name, "fullName": &u.FullName, "external": &external}))
		u.NoExternal = !external && !r.reported(path+".external")
	default:
		u.Name, _ = r.Text(path, n)
	}
	return u
}

func (r *reader) gateway(path string, n ast.Node) *site.GatewayConfig {
	c := &site.GatewayConfig{Pos: r.PosOf(n)}
	r.values(path, n, smtpKeys, pick(map[string]any{"hostName": &c.HostName, "domainSuffix": &c.DomainSuffix, "smartHost": &c.SmartHost, "postoffices": &c.Postoffices,
		"map": func(path string, n ast.Node) {
			var m site.Mapping
			r.values(path, n, mapKeys, pick(map[string]any{"postoffice": &m.Postoffice, "domain": &m.Domain}))
			c.Map = append(c.Map, m)
		}}))
	return c
}

func (r *reader) pc(path string, n ast.Node) (p PC) {
	p.Pos = r.PosOf(n)
	f := &p.Files
	r.values(path, n, pcKeys, pick(map[string]any{
		"name": &p.Name, "role": &p.Role, "ip": &p.IP, "address": &p.Address, "run": &p.Run, "disk": &p.Disk,
		"drives": func(path string, n ast.Node) { p.Drives = r.drives(path, n) },
		"files": func(path string, n ast.Node) {
			r.values(path, n, filesKeys, pick(map[string]any{"autoexec": &f.Autoexec, "config": &f.Config, "batch": &f.Batch, "protocol": &f.Protocol,
				"tcputils": &f.TCPUtils, "netcfg": &f.NetCfg, "external": &f.External, "hosts": &f.Hosts, "inventory": &f.Inventory, "memory": &f.Memory, "log": &f.Log}))
		},
		"os": &p.OS, "stack": &p.Stack, "stackKind": &p.StackKind, "hardware": &p.Hardware, "adapter": &p.Adapter, "adapterRam": &p.AdapterRAM,
		"protocols": &p.Protocols, "dedicated": &p.Dedicated, "freeMemory": &p.FreeMemory, "segment": &p.Segment, "networkPath": &p.NetworkPath,
		"versions": &p.Versions, "versionText": &p.VersionText, "startAt": &p.StartAt, "account": &p.Account,
		"scan": &p.Scan, "runAs": &p.RunAs, "clock": &p.Clock,
	}))
	return p
}

// drives reads a mapping of drive letters; a letter may have its colon.
func (r *reader) drives(path string, n ast.Node) (list []site.DriveMap) {
	seen := map[byte]bool{}
	for _, e := range r.Mapping(path, n, true) {
		text := strings.ToUpper(strings.TrimSuffix(e.Key, ":"))
		if len(text) != 1 || text[0] < 'D' || text[0] > 'Z' {
			r.Fail(e.At, "bad drive letter %q, want D to Z", e.Key)
			continue
		}
		if seen[text[0]] {
			r.Fail(e.At, "second drive letter %q", e.Key)
			continue
		}
		seen[text[0]] = true
		sub := yamlfile.Join(path, text)
		r.At(sub, e.Value)
		if ref, ok := r.Text(sub, e.Value); ok {
			list = append(list, site.DriveMap{Letter: text[0], Postoffice: ref})
		}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Letter < list[j].Letter })
	return list
}

func (r *reader) smartHost(path string, n ast.Node) (h SmartHost) {
	h.Pos = r.PosOf(n)
	r.values(path, n, smartHostKeys, pick(map[string]any{"name": &h.Name, "ip": &h.IP, "address": &h.Address, "software": &h.Software, "greets": &h.Greets,
		"resets": &h.Resets, "aliases": &h.Aliases, "log": &h.Log, "window": &h.Window, "inbound": &h.Inbound, "mime": &h.MIME, "emptyReceiptTo": &h.EmptyRRT}))
	return h
}

func (r *reader) test(t *Test, path string, n ast.Node) {
	keys := lookup(fileKeys, "test").of
	r.values(path, n, keys, pick(map[string]any{
		"mailboxes": func(path string, n ast.Node) {
			m := Mailbox{Pos: r.PosOf(n)}
			r.values(path, n, lookup(keys, "mailboxes").of, pick(map[string]any{"postoffice": &m.Postoffice, "user": &m.User, "address": &m.Address}))
			t.Mailboxes = append(t.Mailboxes, m)
		},
		"outside": &t.Outside,
		"submit": func(path string, n ast.Node) {
			r.values(path, n, lookup(keys, "submit").of, pick(map[string]any{"command": &t.Submit.Command, "attach": &t.Submit.Attach, "person": &t.Submit.Person}))
		},
		"catch": func(path string, n ast.Node) {
			r.values(path, n, lookup(keys, "catch").of, pick(map[string]any{"listen": &t.Catch.Listen, "maildir": &t.Catch.Maildir, "mbox": &t.Catch.Mbox}))
		},
		"backbone": &t.Backbone,
	}))
}
