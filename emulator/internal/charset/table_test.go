package charset

import (
	"bytes"
	"testing"
)

func TestParseReadsWhatAppendFileWrites(t *testing.T) {
	for _, name := range SuppliedNames {
		want := Supplied(name)
		file := AppendFile(nil, want)
		if len(file) != 264 {
			t.Errorf("%s: %d bytes, want 264", name, len(file))
		}
		got, err := Parse(file)
		if err != nil || *got != *want {
			t.Errorf("%s: Parse = %v, %v", name, got, err)
		}
	}
}

func TestParseErrors(t *testing.T) {
	good := AppendFile(nil, Supplied("GERMANO.TBL"))
	damage := func(offset int) []byte {
		b := bytes.Clone(good)
		b[offset] ^= 1
		return b
	}
	swapped := bytes.Clone(good)
	swapped[8+'A'], swapped[8+'B'] = swapped[8+'B'], swapped[8+'A']
	for _, row := range []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "header size invalid."},
		{"header cut", good[:7], "header size invalid."},
		{"header size field", damage(0), "header size invalid."},
		{"table cut", good[:263], "translation table size invalid."},
		{"table longer", append(bytes.Clone(good), 0), "translation table size invalid."},
		{"table size field", damage(3), "translation table size invalid."},
		{"checksum field", damage(4), "translation checksum invalid."},
		{"first entry", damage(8), "translation checksum invalid."},
		{"last entry", damage(263), "translation checksum invalid."},
		{"entries swapped", swapped, "translation checksum invalid."},
	} {
		table, err := Parse(row.data)
		if err == nil || err.Error() != row.want || table != nil {
			t.Errorf("%s: Parse = %v, %v, want %q", row.name, table, err, row.want)
		}
	}
}

func TestTables(t *testing.T) {
	for _, row := range []struct {
		name  string
		table *Table
		in    string
		want  string
	}{
		{"default inbound passes", DefaultIn, "a\x84[\xff", "a\x84[\xff"},
		{"default outbound reduces", DefaultOut, "M\x81ller \x8f\x86", "Muller Aa"},
		{"names reduce", Names, "\x92\x9d\xe1", "AOs"},
		{"Swedish in, 7 bits", Supplied("SWEDISHI.TBL"), "{|}[\\]@^`~", "\x84\x94\x86\x8e\x99\x8f\x90\x9a\x82\x81"},
		{"Swedish in, Latin-1", Supplied("SWEDISHI.TBL"), "\xe5\xe4\xf6", "\x86\x84\x94"},
		{"Swedish out", Supplied("SWEDISHO.TBL"), "\x86\x84\x94\xc4", "}{|-"},
		{"Norwegian in", Supplied("NORWEGI.TBL"), "[\\]{|}~", "\x92\x9d\x8f\x91\x9b\x86~"},
		{"Norwegian out", Supplied("NORWEGO.TBL"), "\x92\x9d\x8f\x91\x9b\x86\x84", "[\\]{|}a"},
		{"German in", Supplied("GERMANI.TBL"), "@[\\]{|}~", "\xf5\x8e\x99\x9a\x84\x94\x81\xe1"},
		{"German out", Supplied("GERMANO.TBL"), "Gr\x81\xe1e \xf5\x82", "Gr}~e @e"},
		{"Latin-1 in", Supplied("LATIN1I.TBL"), "\xe9\x85\xa0{", "\x82?\xff{"},
		{"Latin-1 out", Supplied("LATIN1O.TBL"), "\x82\xff\xcd{", "\xe9\xa0={"},
		{"code page out passes", Supplied("CP850O.TBL"), "\x82\xcd", "\x82\xcd"},
	} {
		if got := string(row.table.Apply(nil, []byte(row.in))); got != row.want {
			t.Errorf("%s: Apply(%q) = %q, want %q", row.name, row.in, got, row.want)
		}
		if got := row.table.ApplyString(row.in); got != row.want {
			t.Errorf("%s: ApplyString(%q) = %q, want %q", row.name, row.in, got, row.want)
		}
	}
	if Supplied("smtpin.tbl") != nil {
		t.Error("Supplied knows a file that no disk has")
	}
}

func TestApplyWorksInPlace(t *testing.T) {
	b := []byte("Gr\x81\xe1e")
	if got := string(DefaultOut.Apply(b[:0], b)); got != "Gruse" {
		t.Errorf("got %q", got)
	}
}

func TestSevenBitTablesHoldASCIIOnly(t *testing.T) {
	for name, table := range map[string]*Table{
		"DefaultOut": DefaultOut, "Names": Names,
		"SWEDISHO.TBL": Supplied("SWEDISHO.TBL"), "NORWEGO.TBL": Supplied("NORWEGO.TBL"), "GERMANO.TBL": Supplied("GERMANO.TBL"),
	} {
		for i, c := range table {
			if c >= 0x80 || i >= 0x80 && c < ' ' || i < 0x80 && int(c) != i {
				t.Errorf("%s: %#x becomes %#x", name, i, c)
			}
		}
	}
	if len(nearest) != 128 {
		t.Errorf("nearest has %d entries, want 128", len(nearest))
	}
}

// National pairs keep every letter of the country on the way out and back in.
func TestNationalPairsReturnTheirLetters(t *testing.T) {
	for _, row := range []struct{ out, in, letters string }{
		{"SWEDISHO.TBL", "SWEDISHI.TBL", "åäöÅÄÖéÉüÜ abc"},
		{"NORWEGO.TBL", "NORWEGI.TBL", "æøåÆØÅ abc"},
		{"GERMANO.TBL", "GERMANI.TBL", "äöüÄÖÜß§ abc"},
		{"LATIN1O.TBL", "LATIN1I.TBL", "àéîõüçñß¿¡©®"},
	} {
		dos, lost := CP850.AppendBytes(nil, row.letters)
		sent := Supplied(row.out).Apply(nil, dos)
		got := string(CP850.AppendUTF8(nil, Supplied(row.in).Apply(nil, sent)))
		if got != row.letters || lost != 0 {
			t.Errorf("%s: %q came back as %q, %d lost", row.out, row.letters, got, lost)
		}
	}
}

func TestCodePages(t *testing.T) {
	for _, row := range []struct {
		name  string
		page  Page
		text  string
		bytes string
		lost  int
	}{
		{"850", CP850, "Ångström × 2", "\x8fngstr\x94m \x9e 2", 0},
		{"437", CP437, "αß└", "\xe0\xe1\xc0", 0},
		{"not in 437", CP437, "×a", "?a", 1},
		{"not UTF-8", CP850, "a\xffb", "a?b", 1},
		{"controls", CP850, "\x00\t\x1a\x7f", "\x00\t\x1a\x7f", 0},
	} {
		got, lost := row.page.AppendBytes(nil, row.text)
		if string(got) != row.bytes || lost != row.lost {
			t.Errorf("%s: AppendBytes = %q, %d, want %q, %d", row.name, got, lost, row.bytes, row.lost)
		}
		if row.lost == 0 && string(row.page.AppendUTF8(nil, got)) != row.text {
			t.Errorf("%s: came back as %q", row.name, row.page.AppendUTF8(nil, got))
		}
	}
	for _, page := range []Page{CP850, CP437} {
		for i := 0; i < 256; i++ {
			text := page.AppendUTF8(nil, []byte{byte(i)})
			back, lost := page.AppendBytes(nil, string(text))
			if len(back) != 1 || int(back[0]) != i || lost != 0 {
				t.Errorf("page %d: %#x became %q and %q", page, i, text, back)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range SuppliedNames {
		f.Add(AppendFile(nil, Supplied(name)))
	}
	f.Add([]byte{8, 0, 0, 1, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		table, err := Parse(data)
		if err != nil {
			if table != nil {
				t.Fatal("table beside an error")
			}
			return
		}
		if !bytes.Equal(AppendFile(nil, table), data) {
			t.Fatalf("file changed: %x", data)
		}
	})
}

func FuzzCodePage(f *testing.F) {
	f.Add("Ångström", []byte("\x8f\x00\xff"))
	f.Fuzz(func(t *testing.T, text string, dos []byte) {
		for _, page := range []Page{CP850, CP437} {
			page.AppendBytes(nil, text)
			back, lost := page.AppendBytes(nil, string(page.AppendUTF8(nil, dos)))
			if lost != 0 || !bytes.Equal(back, dos) {
				t.Fatalf("page %d: %q came back as %q", page, dos, back)
			}
		}
	})
}
