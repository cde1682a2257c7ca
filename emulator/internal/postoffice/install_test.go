package postoffice

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gwkit/emulator/internal/dos"
)

func TestInstalledTree(t *testing.T) {
	w := newWorld(t)
	v := w.office('M', Config{Network: "NET", Name: "PO"})
	// Files of a fresh installation with their sizes; - is one that does not exist yet. Q135868
	sizes := map[string]int64{
		`\GLB\MASTER.GLB`: 176, `\GLB\NETPO.GLB`: 4, `\GLB\TID.GLB`: 4, `\GLB\MODEM.GLB`: 64, `\GLB\NETWORK.GLB`: 122,
		`\GLB\ACCESS.GLB`: 586, `\GLB\GRPMEM.GLB`: 4, `\GLB\ACCESS2.GLB`: 69, `\GLB\REQTRANS.GLB`: 0, `\GLB\ACCESS3.GLB`: 512,
		`\GLB\CONTROL.GLB`: 8, `\GLB\GLOBAL.GLB`: 512, `\GLB\GROUP.GLB`: 4, `\GLB\PROCESS.GLB`: 512, `\GLB\ERRORADM.GLB`: 22272,
		`\GRP\ADMIN.GRP`: 8, `\GRP\00000000.GRP`: 8, `\KEY\00000000.KEY`: 560, `\MBG\00000000.MBG`: 0, `\KEY\INQUEUE3.KEY`: 560,
		`\MBG\INQUEUE3.MBG`: 0, `\KEY\INQUEUE.KEY`: 560, `\KEY\SYSTEM.KEY`: 560, `\MBG\SYSTEM.MBG`: 0, `\NME\ADMIN.NME`: 45,
		`\NME\00000000.NME`: 0, `\NME\VIEW.NME`: 0, `\XTN\00000001.XTN`: 0, `\INI\EXTERNAL.INI`: 3, `\TPL\SMTP.TPL`: 29,
		`\MAI\MAF\POPULATE.MSM`: 1, `\P1\POPULATE.MSM`: 1, `\FOLDERS\LOC\00000000\00000000.IDX`: 100,
		`\HLP\ADMIN.HLP`: 163546, `\HLP\ENGMAI.HLP`: 185807, `\HLP\ASMTP.HLP`: 9442, `\GLB\BUSY.MDM`: 1466, `\GLB\X25.MDM`: 14516,
		`\GLB\USRHST.SCR`: 3323, `\GLB\NULLMODM.SCR`: 667,
		`\GLB\FLAG.GLB`: -1, `\GLB\RNETSEM.GLB`: -1, `\NME\ADMINSHD.NME`: -1, `\SMTP`: -1,
	}
	for path, want := range sizes {
		info, err := v.Volume.Stat(path)
		switch {
		case want < 0 && err == nil:
			t.Errorf("%s exists", path)
		case want >= 0 && err != nil:
			t.Errorf("%s: %v", path, err)
		case want >= 0 && info.Size() != want:
			t.Errorf("%s has %d bytes, want %d", path, info.Size(), want)
		}
	}
	kinds, templates, dirs, populate := map[string]int{}, 0, 0, 0
	err := v.Volume.Walk(func(path string, i dos.Info) error {
		kinds[path[strings.LastIndexByte(path, '.')+1:]]++
		switch {
		case i.Attr&dos.Directory != 0:
			dirs++
		case i.Name == "POPULATE.MSM":
			populate++
			if i.Attr&dos.ReadOnly == 0 {
				t.Errorf("%s is not read-only", path)
			}
		case strings.HasSuffix(path, ".TPL"):
			templates++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if dirs != 19+16+16+3 || populate != dirs || templates != 48 || kinds["MDM"] != 16 || kinds["SCR"] != 15 || kinds["HLP"] != 16 {
		t.Errorf("%d directories, %d POPULATE, %d TPL, kinds %v", dirs, populate, templates, kinds)
	}
	if found := v.Check(); found != nil {
		t.Errorf("MAILINT would say %q", found)
	}
	if c, err := v.Control(); err != nil || c != (Control{2, 1}) {
		t.Errorf("CONTROL.GLB is %+v, %v", c, err)
	}
}

func TestCheckFindsDamage(t *testing.T) {
	w := newWorld(t)
	v := w.office('M', hub())
	if found := v.Check(); found != nil {
		t.Fatalf("sound postoffice: %q", found)
	}
	if _, err := v.Volume.Stat(`\GLB\RNETSEM.GLB`); err == nil {
		t.Error("RNETSEM.GLB is there before EXTERNAL has run") // Q118946
	}
	w.ok(v.Volume.WriteFile(`\KEY\INQUEUE3.KEY`, make([]byte, 559), 0))
	w.ok(v.Volume.WriteFile(`\GLB\GROUP.GLB`, make([]byte, 3), 0))
	w.ok(v.Volume.Remove(`\MBG\SYSTEM.MBG`))
	w.ok(v.Volume.WriteFile(`\MBG\0000FFFF.MBG`, make([]byte, 116), 0))
	w.ok(v.Volume.RemoveAll(`\ATT\AT3`))
	want := []string{`Directory Does Not Exist: \ATT\AT3`, `Corrupt File: \GLB\GROUP.GLB, 3 bytes`, `Corrupt File: \KEY\INQUEUE3.KEY, 559 bytes`,
		`KEY Exists Without MBG: SYSTEM`, `MBG Exists Without KEY: 0000FFFF`}
	if d := cmp.Diff(want, v.Check()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestInstallRoutes(t *testing.T) {
	w := newWorld(t)
	v := w.office('M', hub())
	r, err := v.Routes()
	if err != nil {
		t.Fatal(err)
	}
	smtp := bagOf(t, v, "SMTP")
	for _, row := range []struct {
		to   Address
		want Target
	}{
		{Address{Addr: "NET/HUB/ALICE"}, Target{Kind: ToUser, Bag: bagOf(t, v, "alice"), Name: "alice"}},
		{Address{Addr: "net/hub/team"}, Target{Kind: ToGroup, Name: "team", TID: 4}},
		{Address{Addr: "NET/HUB/$system"}, Target{Kind: ToSystem, Bag: "SYSTEM"}},
		{Address{Addr: "NET/HUB/*SPECIAL"}, Target{Kind: ToSpecial}},
		{Address{Addr: "NET/HUB/dave"}, Target{}},
		{Address{Addr: "NET/DOWN/anybody"}, Target{Kind: ToOffice, Bag: bagOf(t, v, "NET/DOWN"), Name: "NET/DOWN"}},
		{Address{Addr: "FAR/AWAY/anybody"}, Target{Kind: ToOffice, Bag: bagOf(t, v, "FAR/AWAY"), Name: "FAR/AWAY"}},
		{Address{Addr: "BACK/BONE/anybody"}, Target{Kind: ToGateway, Bag: smtp, Name: "SMTP"}},
		{Address{Type: "smtp", Addr: "u@h.org"}, Target{Kind: ToGateway, Bag: smtp, Name: "SMTP"}},
		{Address{Type: "FAX", Addr: "123"}, Target{}},
		{Address{Addr: "NET/NOWHERE/x"}, Target{}},
		{Address{Addr: "no address"}, Target{}},
	} {
		if got := r.Resolve(row.to); got != row.want {
			t.Errorf("%s leads to %+v, want %+v", row.to, got, row.want)
		}
	}
	far, _ := r.Office("far/away")
	near, _ := r.Office("NET/DOWN")
	if far.Route != RouteIndirect || far.HubName != "DOWN" || far.HubMBG != near.MBG || near.Indirect != 1 {
		t.Errorf("indirect %+v via %+v", far, near)
	}
	if r.Memory() != 35*3+31*2+90+301 { // Q115518
		t.Errorf("tables take %d bytes", r.Memory())
	}
	m, err := v.Master()
	if err != nil || m.Gateways&GatewaySMTP == 0 {
		t.Errorf("MASTER.GLB %+v, %v", m, err)
	}

	d := w.office('N', down())
	r, err = d.Routes()
	if err != nil {
		t.Fatal(err)
	}
	gw, ok := r.Gateway("SMTP")
	if !ok || gw.HubNetwork != "NET" || gw.HubName != "HUB" || gw.HubMBG != bagOf(t, d, "NET/HUB") {
		t.Errorf("access component: %+v", gw)
	}
	// The eight characters after the name are how administrators find the mailbag. Q87028
	b, err := d.Volume.ReadFile(`\GLB\NETWORK.GLB`)
	if i := strings.Index(string(b), "SMTP"); err != nil || i < 0 || strings.Trim(string(b[i+4:i+40]), "\x00")[:8] != gw.MBG {
		t.Errorf("typing NETWORK.GLB does not show %s", gw.MBG)
	}
}

func TestInstallRefuses(t *testing.T) {
	for name, c := range map[string]Config{
		"long name":        {Network: "ELEVENCHARS", Name: "PO"},
		"long mailbox":     {Network: "N", Name: "P", Users: []User{{Name: "elevenchars"}}},
		"unknown member":   {Network: "N", Name: "P", Groups: []GroupConfig{{Name: "g", Members: []string{"x"}}}},
		"local external":   {Network: "N", Name: "P", Externals: []ExternalConfig{{Network: "n", Name: "p"}}},
		"same twice":       {Network: "N", Name: "P", Externals: []ExternalConfig{{Network: "N", Name: "Q"}, {Network: "N", Name: "q"}}},
		"unknown hub":      {Network: "N", Name: "P", Externals: []ExternalConfig{{Network: "N", Name: "Q", Via: "N/R"}}},
		"indirect hub":     {Network: "N", Name: "P", Externals: []ExternalConfig{{Network: "N", Name: "Q", Via: "N/R"}, {Network: "N", Name: "R", Via: "N/S"}, {Network: "N", Name: "S"}}},
		"unknown forward":  {Network: "N", Name: "P", SMTP: SMTPAccess, Forward: "N/Q"},
		"indirect forward": {Network: "N", Name: "P", SMTP: SMTPAccess, Forward: "N/Q", Externals: []ExternalConfig{{Network: "N", Name: "Q", Via: "N/R"}, {Network: "N", Name: "R"}}},
	} {
		if err := Install(dos.NewVolume(dos.VolumeOptions{}), c); err == nil {
			t.Errorf("%s passes", name)
		}
	}
}
