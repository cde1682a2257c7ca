package charset

import "golang.org/x/text/encoding/charmap"

// Unknown replaces a character that the target set lacks. invented.
const Unknown = '?'

// The built-in tables; they are shared and must not be changed.
var (
	// DefaultIn translates inbound text: taken for code page 850, it passes unchanged.
	// Q101461 calls the built-in tables US-ASCII and, for inbound, Code Page 850; the
	// two agree on ASCII, and only the second says what becomes of the rest.
	DefaultIn = identity()

	// DefaultOut translates outbound text to US-ASCII. Q101461 invented: characters
	// outside ASCII become their nearest equivalent.
	DefaultOut = sevenBit()

	// Names is the internal table that reduces outbound friendly names from code page
	// 850 to seven bits. Q101461 invented: its content, one ASCII character each.
	Names = sevenBit()
)

func identity() *Table {
	var t Table
	for i := range t {
		t[i] = byte(i)
	}
	return &t
}

// nearest gives the 7-bit equivalents of the upper half of code page 850, in rows of 16.
const nearest = "" +
	"CueaaaaceeeiiiAA" + // 80
	"EaAooouuyOUoLOxf" + // 90
	"aiounNao?R-??!<>" + // A0
	"###|+AAAC+|++cY+" + // B0
	"++++-+aA+++++=+$" + // C0
	"dDEEEiIII++##|I#" + // D0
	"OsOOoOupPUUUyY-'" + // E0
	"-+_?PS/,o\".132# " // F0

func sevenBit() *Table {
	t := identity()
	for i := 0; i < 128; i++ {
		t[0x80+i] = nearest[i]
	}
	return t
}

// variant is a national version of ISO 646: ASCII positions that hold other characters.
type variant []struct {
	code byte
	char rune
}

// The three national sets. Q101461 names the standards, the positions are theirs. $ stays
// a dollar sign in the Swedish set, where the standard prints a currency sign, and ~ stays
// in the Norwegian one, where it prints an overline: invented, to leave addresses and
// amounts readable.
var (
	swedish = variant{ // SIS 63 61 27, ISO-646-SE2
		{'@', 'É'}, {'[', 'Ä'}, {'\\', 'Ö'}, {']', 'Å'}, {'^', 'Ü'},
		{'`', 'é'}, {'{', 'ä'}, {'|', 'ö'}, {'}', 'å'}, {'~', 'ü'},
	}
	norwegian = variant{ // NS 4551, ISO-646-NO
		{'[', 'Æ'}, {'\\', 'Ø'}, {']', 'Å'}, {'{', 'æ'}, {'|', 'ø'}, {'}', 'å'},
	}
	german = variant{ // DIN 66003, ISO-646-DE
		{'@', '§'}, {'[', 'Ä'}, {'\\', 'Ö'}, {']', 'Ü'},
		{'{', 'ä'}, {'|', 'ö'}, {'}', 'ü'}, {'~', 'ß'},
	}
)

// in translates the national set to code page 850. Codes above 127 are Latin-1, so that
// 8-bit text is understood too. Q101461
func (v variant) in() *Table {
	t := latin1In()
	for _, e := range v {
		t[e.code] = mustEncode(e.char)
	}
	return t
}

// out translates code page 850 to the national set; what it lacks becomes the nearest
// ASCII character. invented: the ASCII characters that the set displaces stay as they
// are and show as letters at the receiver.
func (v variant) out() *Table {
	t := sevenBit()
	for _, e := range v {
		t[mustEncode(e.char)] = e.code
	}
	return t
}

func latin1In() *Table {
	t := identity()
	for i := 0x80; i < 0x100; i++ {
		c, ok := charmap.CodePage850.EncodeRune(rune(i))
		if !ok {
			c = Unknown // C1 control characters
		}
		t[i] = c
	}
	return t
}

// latin1Out keeps what Latin-1 has and reduces the line graphics of the code page.
func latin1Out() *Table {
	t := sevenBit()
	for i := 0x80; i < 0x100; i++ {
		if r := charmap.CodePage850.DecodeByte(byte(i)); r < 0x100 {
			t[i] = byte(r)
		}
	}
	return t
}

func mustEncode(r rune) byte {
	c, ok := charmap.CodePage850.EncodeRune(r)
	if !ok {
		panic("internal error: national character missing from code page 850: " + string(r))
	}
	return c
}

// SuppliedNames lists the table files of the gateway disk, inbound before outbound. They
// are copied to SMTPIN.TBL and SMTPOUT.TBL. Q101461
var SuppliedNames = []string{
	"SWEDISHI.TBL", "SWEDISHO.TBL", "NORWEGI.TBL", "NORWEGO.TBL", "GERMANI.TBL",
	"GERMANO.TBL", "LATIN1I.TBL", "LATIN1O.TBL", "CP850O.TBL",
}

// Supplied returns the supplied table with that name (capitals), nil for any other name.
func Supplied(name string) *Table {
	switch name {
	case "SWEDISHI.TBL":
		return swedish.in()
	case "SWEDISHO.TBL":
		return swedish.out()
	case "NORWEGI.TBL":
		return norwegian.in()
	case "NORWEGO.TBL":
		return norwegian.out()
	case "GERMANI.TBL":
		return german.in()
	case "GERMANO.TBL":
		return german.out()
	case "LATIN1I.TBL":
		return latin1In()
	case "LATIN1O.TBL":
		return latin1Out()
	case "CP850O.TBL":
		return identity()
	}
	return nil
}
