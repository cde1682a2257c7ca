package lint

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"testing"
	"time"

	"gwkit/emulator/site"
)

// largeBundle is an installation of 500 postoffices whose drives have 100,000
// entries together, as an archive.
func largeBundle(b *testing.B, postoffices, entries int) *zip.Reader {
	b.Helper()
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	file := func(name, data string) {
		f, err := z.CreateHeader(&zip.FileHeader{Name: name, Modified: fixtureTime})
		if err != nil {
			b.Fatal(err)
		}
		io.WriteString(f, data)
	}
	zeros := make([]byte, 560)
	addrMap, local := "", "LocalDomain=.company.com\r\nHostName=gw.company.com\r\nSmartHost=11.1.16.15\r\n"
	names := make([]string, postoffices)
	for i := range names {
		names[i] = fmt.Sprintf("NET%d/PO%d", i/50, i)
		addrMap += fmt.Sprintf("%s  po%d.company.com\r\n", names[i], i)
		local += "PostOffice=" + names[i] + "\r\n"
	}
	per := entries/postoffices - 20
	for i := range names {
		dir := fmt.Sprintf("NET%d_PO%d/", i/50, i)
		for _, d := range []string{"ATT", "CAL", "FOLDERS", "GRP", "HLP", "INF", "INI", "MMF", "MEM", "NME", "P1", "TPL", "USR"} {
			file(dir+d+"/POPULATE.MSM", "")
		}
		file(dir+"GLB/MASTER.GLB", string(zeros[:176]))
		file(dir+"GLB/NETWORK.GLB", string(zeros[:122]))
		file(dir+"GLB/CONTROL.GLB", string(zeros[:8]))
		file(dir+"XTN/00000001.XTN", string(zeros[:10]))
		if i%50 == 0 {
			file(dir+"SMTP/LOCAL.CFG", local)
			file(dir+"SMTP/ADDR_MAP.CFG", addrMap)
		}
		for k := range per / 3 {
			file(fmt.Sprintf("%sMBG/%08X.MBG", dir, k), "")
			file(fmt.Sprintf("%sKEY/%08X.KEY", dir, k), string(zeros))
			file(fmt.Sprintf("%sMAI/MA%X/%08X.MAI", dir, k%16, k), "x")
		}
	}
	if err := z.Close(); err != nil {
		b.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(archive.Bytes()), int64(archive.Len()))
	if err != nil {
		b.Fatal(err)
	}
	return r
}

// BenchmarkLargeBundle prints what an installation costs of 500 postoffices
// with 100,000 files on their drives: it should be seconds.
func BenchmarkLargeBundle(b *testing.B) {
	folder := largeBundle(b, 500, 100000)
	fs.ReadDir(folder, ".") // the archive sorts its names once
	for b.Loop() {
		in, err := FromFolder(folder, "large")
		if err != nil || len(in.Postoffices) != 500 {
			b.Fatal(err, len(in.Postoffices))
		}
		r := Run(context.Background(), in, Options{})
		if err := Write("json", io.Discard, "large", r); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(folder.File)), "files")
		b.ReportMetric(float64(len(r.Findings)), "findings")
	}
}

// BenchmarkLargeSite is the same without drives, and with 250 gateways.
func BenchmarkLargeSite(b *testing.B) {
	s := largeSite(500)
	source := s.Marshal()
	for b.Loop() {
		r := Run(context.Background(), FromSite(s, source), Options{})
		if len(r.Findings) == 0 {
			b.Fatal("nothing found")
		}
		if err := Write("text", io.Discard, "large", r); err != nil {
			b.Fatal(err)
		}
	}
}

// largeSite has half as many gateways as postoffices.
func largeSite(postoffices int) *site.Site {
	s := &site.Site{Name: "large", Start: time.Date(1993, 2, 23, 8, 0, 0, 0, time.UTC), GatewayVersion: "3.0.9"}
	for i := range postoffices {
		ref := fmt.Sprintf("NET%d/PO%d", i/50, i)
		po := site.Postoffice{Network: fmt.Sprintf("NET%d", i/50), Name: fmt.Sprintf("PO%d", i)}
		for u := range 100 {
			po.Users = append(po.Users, fmt.Sprintf("user%d", u))
		}
		if i%2 == 0 {
			po.Gateway = "smtp"
			g := site.GatewayConfig{Postoffice: ref, HostName: fmt.Sprintf("gw%d.company.com", i), DomainSuffix: ".company.com", SmartHost: "11.1.16.15"}
			for k := range 20 {
				other := fmt.Sprintf("NET%d/PO%d", (i+k)%postoffices/50, (i+k)%postoffices)
				g.Postoffices = append(g.Postoffices, other)
				g.Map = append(g.Map, site.Mapping{Postoffice: other, Domain: fmt.Sprintf("po%d.company.com", (i+k)%postoffices)})
			}
			s.SMTP = append(s.SMTP, g)
			s.PCs = append(s.PCs, site.PC{Name: fmt.Sprintf("GW%d", i), IP: fmt.Sprintf("11.1.%d.%d", i/250, i%250), Drives: []site.DriveMap{{Letter: 'M', Postoffice: ref}},
				Local: []string{"SMTPGATE.EXE", "SMTPGET.EXE", "SMTPPUT.EXE"}, Path: []string{`C:\GATE`}, Run: "SMTPGATE -md -063", Config: site.DefaultConfig})
		}
		s.Postoffices = append(s.Postoffices, po)
	}
	s.SmartHosts = []site.SmartHost{{Name: "mail.company.com", IP: "11.1.16.15"}}
	return s
}
