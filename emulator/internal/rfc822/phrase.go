package rfc822

import "strings"

// phraseSpecials are the characters that make the gateway quote a name. Q98208
const phraseSpecials = `()<>@,;:\".[]`

// QuotePhrase puts double quotes around a name that contains any of
// ( ) < > @ , ; : \ " . [ ], as in To: "ROOT (COMPANY)" <root@company.com>. Q98208
// Q111857
//
// Quoted text cannot hold a double quote, backslash or CR as it is (Q98208); inferred:
// the first two get a backslash, as RFC 822 says. Line ends become blanks.
func QuotePhrase(name string) string {
	if !strings.ContainsAny(name, phraseSpecials+"\r\n") {
		return name
	}
	b := make([]byte, 0, len(name)+4)
	b = append(b, '"')
	for i := 0; i < len(name); i++ {
		switch c := name[i]; c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\r', '\n':
			b = append(b, ' ')
		default:
			b = append(b, c)
		}
	}
	return string(append(b, '"'))
}

// ListColumn is the length from which a recipient list goes on in a further line.
// Q112761
const ListColumn = 1000

// continuation starts a folded line. The log of the gateway shows five blanks. Q112286
const continuation = "     "

// AppendList appends a field with a comma-separated list, "To: a, b", with CRLF. Before
// a line would exceed 1000 characters the list continues in the next one. Q112761 A
// single item that is longer stays whole.
func AppendList(dst []byte, name string, items []string) []byte {
	dst = append(dst, name...)
	dst = append(dst, ':', ' ')
	column := len(name) + 2
	for i, item := range items {
		if i > 0 {
			dst = append(dst, ',')
			column++
			// Room for the blank, the item and the comma behind it.
			if column+1+len(item)+1 > ListColumn {
				dst = append(dst, "\r\n"+continuation...)
				column = len(continuation)
			} else {
				dst = append(dst, ' ')
				column++
			}
		}
		dst = append(dst, item...)
		column += len(item)
	}
	return append(dst, '\r', '\n')
}
