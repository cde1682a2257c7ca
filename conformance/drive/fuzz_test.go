package drive

import (
	"bytes"
	"io/fs"
	"path"
	"strings"
	"testing"
	"testing/fstest"
)

func FuzzRecords(f *testing.F) {
	f.Add(printedMail("This is the subject", "00000062", 25))
	f.Add(record(networkSize, map[int]string{0: "\x01\x10MSMAIL", 0x21: "0000002E"}))
	f.Add(record(officeSize+5, map[int]string{0: "\x01SALES", 0x0C: "00000003"}))
	f.Add(make([]byte, keySize))
	f.Fuzz(func(t *testing.T, data []byte) {
		check := func(n, size int, problems []Problem) {
			if n != len(data)/size {
				t.Fatalf("%d records of %d in %d bytes", n, size, len(data))
			}
			for _, p := range problems {
				if p.Offset < 0 || p.Offset >= int64(len(data)) || p.Text == "" {
					t.Fatalf("problem %+v in %d bytes", p, len(data))
				}
			}
		}
		networks, problems := DecodeNetworks(data)
		check(len(networks), networkSize, problems)
		offices, problems := DecodeOffices(data)
		check(len(offices), officeSize, problems)
		n := 0
		problems = nil
		left, err := ReadMailbag(bytes.NewReader(data), func(m Mail) error {
			n++
			problems = append(problems, m.Problems...)
			return nil
		})
		if err != nil || left != len(data)%mailSize {
			t.Fatalf("left %d of %d, %v", left, len(data), err)
		}
		check(n, mailSize, problems)
		if k, err := DecodeKey(data); err == nil {
			for slot := -1; slot <= SlotMax+1; slot++ {
				k.Deleted(slot)
			}
		}
		DecodeMaster(data)
		DecodeControl(data)
		DecodeTID(data)
		DecodeFlag(data)
	})
}

func FuzzConfig(f *testing.F) {
	f.Add([]byte("LocalDomain=.company.com\r\nPostOffice=NET/PO\r\n\x1A"))
	f.Add([]byte("MYNET/MYPO   mypo.mynet.mycompany.com\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		lines := strings.Split(string(data), "\n")
		at := func(v Value) {
			if v.Line < 1 || v.Line > len(lines) || v.Column < 1 || !strings.HasPrefix(lines[v.Line-1][min(v.Column-1, len(lines[v.Line-1])):], v.Text) {
				t.Fatalf("%q is not at %d:%d of %q", v.Text, v.Line, v.Column, data)
			}
		}
		c, _ := ParseLocal(data)
		for _, v := range append(c.Postoffices, c.Domain, c.HostName, c.SmartHost) {
			if v.Line != 0 {
				at(v)
			}
		}
		entries, _ := ParseAddrMap(data)
		for _, e := range entries {
			at(e.Postoffice)
			at(e.Domain)
		}
	})
}

func FuzzLogs(f *testing.F) {
	f.Add([]byte(sampleLog))
	f.Add([]byte("05/17/96 09:39  1239  NETWORK/REMOTEPO/ADMIN NETWORK/LOCALPO/ADMIN * 00000306\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		n, last := 0, int64(-1)
		err := ReadLog(bytes.NewReader(data), func(l LogLine) error {
			n++
			if l.Number != n || l.Offset <= last || l.Offset >= int64(len(data)) || l.Class == "" || len(l.Text) > LogLineMax {
				t.Fatalf("line %+v after offset %d", l, last)
			}
			last = l.Offset
			return nil
		})
		if want := len(bytes.SplitAfter(bytes.TrimSuffix(data, []byte("\n")), []byte("\n"))); err != nil || len(data) > 0 && n != want {
			t.Fatalf("%d lines, want %d, %v", n, want, err)
		}
		if err := ReadMailLog(bytes.NewReader(data), func(MailLine) error { return nil }, nil); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzPaths(f *testing.F) {
	f.Add(`\GLB\MASTER.GLB`, "RH \\GLB\\MASTER.GLB\n")
	f.Add("../..", "")
	f.Fuzz(func(t *testing.T, p, side string) {
		if c := clean(p); !fs.ValidPath(c) && c == path.Clean(c) && !strings.ContainsRune(c, 0xFFFD) && strings.ToValidUTF8(c, "") == c {
			t.Fatalf("clean(%q) = %q", p, c)
		}
		tree := Open(fstest.MapFS{"GLB/MASTER.GLB": file("x"), SidecarName: file(sidecarHeader + "\n" + side)}, "m")
		if e, err := tree.Stat(p); err == nil && fold(e.Path) != fold(clean(p)) {
			t.Fatalf("Stat(%q) = %q", p, e.Path)
		}
	})
}
