package lint

import (
	"context"
	"strings"
	"testing"
	"testing/fstest"
	"unicode"
)

// Whatever the files of a database hold, the rules come to an end and say
// something that can be read.
func FuzzDatabase(f *testing.F) {
	record := func(size int, at map[int]string) string {
		b := make([]byte, size)
		for i, s := range at {
			copy(b[i:], s)
		}
		return string(b)
	}
	network := record(122, map[int]string{0: "\x01\x01COMPANY", 0x0D: "00000001"}) +
		record(122, map[int]string{0: "\x01\x20SMTP", 0x21: "00000005", 0x2A: "COMPANY", 0x35: "HUB", 0x40: "00000003"})
	f.Add(network, record(698, map[int]string{0: "\x01HUB", 0x0C: "00000007"}), record(45, map[int]string{1: "\x04Staff", 37: "\x08"}), "\x00\x00\x00\x00\x00\x00\x00\x00\x11\x00\x00\x00\x08\x00\x00\x00", "08:58:04 - Idling:  48258 bytes, largest 47234\n")
	f.Add("", "", "", "", "")
	f.Fuzz(func(t *testing.T, network, offices, names, chain, log string) {
		in, err := FromFolder(fstest.MapFS{
			"deploy.yaml":            {Data: []byte("version: 1\npostoffices:\n  - {name: COMPANY/HUB, drive: hub, gateway: smtp, internetGroups: [Staff], routeTypes: [drive]}\n  - {name: COMPANY/SALES, drive: sales, via: COMPANY/HUB, routeTypes: [drive]}\n")},
			"hub/GLB/NETWORK.GLB":    {Data: []byte(network)},
			"hub/GLB/CONTROL.GLB":    {Data: []byte(chain)},
			"hub/XTN/00000001.XTN":   {Data: []byte(offices)},
			"hub/NME/ADMIN.NME":      {Data: []byte(names)},
			"hub/GRP/ADMIN.GRP":      {Data: []byte(chain)},
			"hub/MBG/INQUEUE3.MBG":   {Data: []byte(names)},
			"hub/LOG/SMTPGATE.LOG":   {Data: []byte(log)},
			"hub/SMTP/LOCAL.CFG":     {Data: []byte(log)},
			"sales/GLB/NETWORK.GLB":  {Data: []byte(network)},
			"sales/GLB/MASTER.GLB":   {Data: []byte(names)},
			"sales/XTN/00000001.XTN": {Data: []byte(offices)},
			"sales/KEY/INQUEUE3.KEY": {Data: []byte(offices)},
		}, "x")
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range Run(context.Background(), in, Options{}).Findings {
			if found.Message == "" || strings.ContainsFunc(found.Message, unicode.IsControl) || strings.Contains(found.Message, "%!") || found.Place.File == "" || found.Place.Offset < 0 {
				t.Fatalf("%+v", found)
			}
		}
	})
}

func TestAnEmptyInstallationHasNoFindings(t *testing.T) {
	for _, in := range []*Installation{{}, {Postoffices: []*Postoffice{{}}, PCs: []*PC{{}}, Relays: []*Relay{{}}}} {
		for _, complete := range []bool{false, true} {
			in.Complete, in.AllPCs = complete, complete
			for _, f := range Run(context.Background(), in, Options{}).Findings {
				if !complete { // what a complete installation lacks may be told
					t.Errorf("%s: %s", f.Rule.ID, f.Message)
				}
			}
		}
	}
}
