package dos

import "golang.org/x/text/encoding/charmap"

// codePage folds the characters 80h to FFh to upper case as DOS does: by the
// table of the country information (INT 21h/65h), not by Unicode.
type codePage struct {
	upper map[rune]rune
}

// fold437 and fold850 list the bytes that have an upper-case form other than
// themselves, as pairs. In 437 an accented letter without its own capital
// becomes the plain capital.
const (
	fold437 = "\x81\x9a\x82\x90\x83A\x84\x8e\x85A\x86\x8f\x87\x80\x88E\x89E\x8aE\x8bI\x8cI\x8dI\x91\x92\x93O\x94\x99" +
		"\x95O\x96U\x97U\x98Y\xa0A\xa1I\xa2O\xa3U\xa4\xa5"
	fold850 = "\x81\x9a\x82\x90\x83\xb6\x84\x8e\x85\xb7\x86\x8f\x87\x80\x88\xd2\x89\xd3\x8a\xd4\x8b\xd8\x8c\xd7\x8d\xde" +
		"\x91\x92\x93\xe2\x94\x99\x95\xe3\x96\xea\x97\xeb\x98Y\x9b\x9d\xa0\xb5\xa1\xd6\xa2\xe0\xa3\xe9\xa4\xa5" +
		"\xc6\xc7\xd0\xd1\xd5I\xe4\xe5\xe7\xe8\xec\xed"
)

var (
	page437 = newCodePage(charmap.CodePage437, fold437)
	page850 = newCodePage(charmap.CodePage850, fold850)
)

func newCodePage(m *charmap.Charmap, fold string) *codePage {
	p := &codePage{map[rune]rune{}}
	for b := 0x80; b < 0x100; b++ {
		r := m.DecodeByte(byte(b))
		p.upper[r] = r
	}
	for i := 0; i < len(fold); i += 2 {
		p.upper[m.DecodeByte(fold[i])] = m.DecodeByte(fold[i+1])
	}
	delete(p.upper, '\u00a0') // FFh is a blank that nobody can type
	return p
}

func codePageOf(number int) *codePage {
	if number == 850 {
		return page850
	}
	return page437
}
