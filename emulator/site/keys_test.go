package site

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

const everyKey = `version: 1
start: 1993-02-23T08:50:03-08:00
tz: PST8PDT
timing: {perOperation: 20ms, perKilobyte: 800ms}
postoffices:
  - name: COMPANY/HUB
    users: [ADMIN, {name: sparky, fullName: Sparky, external: false}]
    groups: [{name: ALL, fullName: Everybody, members: [sparky]}]
    gateway: smtp
    access: true
  - {name: COMPANY/SALES, via: COMPANY/HUB}
pcs:
  - name: GW1
    ip: 11.1.16.16
    drives: {M: COMPANY/HUB}
    local: [SMTPGATE.EXE, SMTPGET.EXE, SMTPPUT.EXE]
    path: ['C:\GATE']
    config: {files: 40, share: true, commandF: false, freeMemory: 440000, tryPut: true, stack: novell}
    run: SMTPGATE -w120
    loop: true
    startAfter: 1s
    tz: PST8PDT
smtp:
  COMPANY/HUB:
    hostName: gw.company.com
    domainSuffix: .company.com
    smartHost: 11.1.16.15
    postoffices: [COMPANY/HUB]
    map: [{postoffice: COMPANY/HUB, domain: hub.company.com}]
smartHosts:
  - {name: mail.company.com, ip: 11.1.16.15, routes: {hub.company.com: GW1}, aliases: {a@company.com: a@hub.company.com}}
gatewayVersion: 3.0.9
faults: [crash who=GW1]
files: {'M:COMPANY/HUB:\SMTP\ADDR_MAP.CFG': null}
`

// remove takes the values at a path of Keys away, from each item of a list, and
// says whether there was one.
func remove(v any, path string) (any, bool) {
	key, rest, more := strings.Cut(path, ".")
	items := strings.HasSuffix(key, "[]")
	key = strings.TrimSuffix(key, "[]")
	m, ok := v.(yaml.MapSlice)
	if !ok {
		return v, false
	}
	found := false
	if !more {
		n := len(m)
		m = slices.DeleteFunc(slices.Clone(m), func(i yaml.MapItem) bool { return i.Key == key })
		return m, len(m) < n
	}
	for i := range m {
		if m[i].Key != key && key != "*" {
			continue
		}
		if list, ok := m[i].Value.([]any); ok && items {
			for j := range list {
				x, ok := remove(list[j], rest)
				list[j], found = x, found || ok
			}
			continue
		}
		x, ok := remove(m[i].Value, rest)
		m[i].Value, found = x, found || ok
	}
	return m, found
}

// A key without a default is needed, any other can be left out; every key is read.
func TestTheReferenceOfKeysIsTrue(t *testing.T) {
	if _, err := Parse("site.yaml", []byte(everyKey)); err != nil {
		t.Fatal(err)
	}
	for _, k := range Keys {
		var tree yaml.MapSlice
		if err := yaml.UnmarshalWithOptions([]byte(everyKey), &tree, yaml.UseOrderedMap()); err != nil {
			t.Fatal(err)
		}
		without, found := remove(tree, k.Path)
		if !found {
			t.Errorf("%s does not stand in the example", k.Path)
			continue
		}
		text, err := yaml.Marshal(without)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Parse("site.yaml", text)
		// What names the thing that is gone is a mistake of its own.
		missing := err != nil && strings.Contains(err.Error(), fmt.Sprintf("missing key %q", k.Path[strings.LastIndexByte(k.Path, '.')+1:]))
		if needed := k.Default == ""; needed != missing {
			t.Errorf("%s: needed is %v, but without it: %v", k.Path, needed, err)
		}
	}
}
