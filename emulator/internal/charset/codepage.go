package charset

import (
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// Page is a DOS code page.
type Page int

const (
	CP850 Page = iota // of the postoffice; C850SORT.GLB is named after it. Q85058
	CP437             // of PCs in the United States
)

func (p Page) charmap() *charmap.Charmap {
	if p == CP437 {
		return charmap.CodePage437
	}
	return charmap.CodePage850
}

// AppendUTF8 appends text in code page p as UTF-8. Control characters stay themselves;
// the glyphs that a DOS screen shows for them are not produced.
func (p Page) AppendUTF8(dst, text []byte) []byte {
	m := p.charmap()
	for _, c := range text {
		if c < utf8.RuneSelf {
			dst = append(dst, c)
			continue
		}
		dst = utf8.AppendRune(dst, m.DecodeByte(c))
	}
	return dst
}

// AppendBytes appends UTF-8 text in code page p. Characters that the page lacks, and
// bytes that are no UTF-8, become Unknown; lost counts them.
func (p Page) AppendBytes(dst []byte, text string) (out []byte, lost int) {
	m := p.charmap()
	for i := 0; i < len(text); {
		if text[i] < utf8.RuneSelf {
			dst = append(dst, text[i])
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		i += size
		c, ok := m.EncodeRune(r)
		if !ok {
			c = Unknown
			lost++
		}
		dst = append(dst, c)
	}
	return dst, lost
}
