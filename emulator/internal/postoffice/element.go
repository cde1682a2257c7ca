package postoffice

import (
	"bytes"
	"strings"
)

// Codes of the FIPS PUB 98 elements a MAI file is made of. Q93239
const (
	elementMessage = 0x4D
	elementField   = 0x4C
	elementVendor  = 0x7F
	elementText    = 0x02
	elementInteger = 0x20
	elementDate    = 0x28
)

// Ids of the fields, in the order in which they are written. Q87379
const (
	fieldFrom    = 0x01
	fieldTo      = 0x05
	fieldCc      = 0x06 // invented: the dump of Q104423 shows none
	fieldDate    = 0x02
	fieldSubject = 0x07
	fieldText    = 0x04
)

// Ids of the vendor-defined elements. inferred: the first four are in the dump of
// Q104423; only the meaning of the first is documented.
const (
	vendorCounter    = 0x31 // reference counter. Q104423; invented: the id itself, cut off in the dump
	vendor32         = 0x32 // 2 in the dump, meaning unknown
	vendorHops       = 0x33 // 10 in the dump. invented: hop limit, default 10 as in Q147471
	vendor37         = 0x37 // 10 in the dump, meaning unknown
	vendorTrace      = 0x38 // invented: postoffices passed; that they travel with the message Q147471
	vendorPriority   = 0x39 // invented: id
	vendorAttachment = 0x3A // invented: id; content Q87379 Q87223
	vendorHidden     = 0x3B // invented: recipients that are served but not shown
	vendorReceipt    = 0x3C // invented: id; content Q113824
	vendorClass      = 0x3D // invented: id; content Q107355
	vendorSum        = 0x3E // invented: id and algorithm; that there is a checksum Q107756
)

const (
	counterOffset = 0x0B // 16 bit, low byte first. Q104423
	bodyOffset    = 0x0D // what follows is never written twice
)

// element reads one element at off.
func element(b []byte, off int) (code byte, body []byte, next int, ok bool) {
	if off+2 > len(b) {
		return 0, nil, 0, false
	}
	code = b[off]
	n, size := int(b[off+1]), 2
	if n >= 0x80 {
		size += n & 0x7F
		if n&0x7F > 4 || n == 0x80 || off+size > len(b) {
			return 0, nil, 0, false
		}
		n = 0
		for _, c := range b[off+2 : off+size] {
			n = n<<8 | int(c)
		}
	}
	if n > len(b)-off-size {
		return 0, nil, 0, false
	}
	return code, b[off+size : off+size+n], off + size + n, true
}

func appendLength(dst []byte, n int) []byte {
	switch {
	case n < 0x80:
		return append(dst, byte(n))
	case n < 0x100:
		return append(dst, 0x81, byte(n))
	case n < 0x10000:
		return append(dst, 0x82, byte(n>>8), byte(n))
	}
	return append(dst, 0x84, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
}

func lengthSize(n int) int {
	switch {
	case n < 0x80:
		return 1
	case n < 0x100:
		return 2
	case n < 0x10000:
		return 3
	}
	return 5
}

func appendString(dst []byte, s string) []byte {
	dst = append(dst, elementText)
	dst = appendLength(dst, len(s))
	at := len(dst)
	dst = append(dst, s...)
	scramble(dst[at:])
	return dst
}

func stringSize(n int) int { return 1 + lengthSize(n) + n }

// storedLen is the length of the stored form. Texts are free of NULs: see Encode.
func (a *Address) storedLen() int {
	n := len(a.Addr) + 3
	if a.Type != "" {
		n += len(a.Type) + 1
	}
	if a.Friendly != "" {
		return n + len(a.Friendly) + 1
	}
	return n + 2
}

// appendPlain appends the stored form, not yet scrambled.
func (a *Address) appendPlain(dst []byte) []byte {
	if a.Type != "" {
		dst = append(append(dst, a.Type...), ':')
	}
	dst = append(append(dst, a.Addr...), 0)
	marks := byte(0)
	if a.Served {
		marks |= markServed
	}
	if a.Friendly == "" {
		return append(dst, markAlways, marks, 0, 0)
	}
	dst = append(dst, markAlways, marks|markFriendly)
	return append(append(dst, a.Friendly...), 0)
}

func decodePlain(p []byte) (Address, bool) {
	var a Address
	i := bytes.IndexByte(p, 0)
	if i < 0 || len(p) < i+4 || p[i+1] != markAlways {
		return a, false
	}
	a.Addr = string(p[:i])
	if t, rest, ok := strings.Cut(a.Addr, ":"); ok && isType(t) {
		a.Type, a.Addr = t, rest
	}
	a.Served = p[i+2]&markServed != 0
	if p[i+2]&markFriendly != 0 {
		tail := p[i+3:]
		if bytes.IndexByte(tail, 0) != len(tail)-1 || len(tail) < 2 {
			return a, false
		}
		a.Friendly = string(tail[:len(tail)-1])
	} else if len(p) != i+5 {
		return a, false
	}
	return a, true
}

// isType says whether a prefix before a colon is an address type: letters and digits.
func isType(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i] | 0x20
		if !('a' <= c && c <= 'z' || '0' <= s[i] && s[i] <= '9') {
			return false
		}
	}
	return s != ""
}

func appendAddresses(dst []byte, code byte, id byte, list []Address) []byte {
	n := 1
	for i := range list {
		n += stringSize(list[i].storedLen())
	}
	dst = appendLength(append(dst, code), n)
	dst = append(dst, id)
	for i := range list {
		dst = append(dst, elementText)
		dst = appendLength(dst, list[i].storedLen())
		at := len(dst)
		dst = list[i].appendPlain(dst)
		scramble(dst[at:])
	}
	return dst
}

func appendInteger(dst []byte, id byte, v uint16) []byte {
	return append(dst, elementVendor, 5, id, elementInteger, 2, byte(v), byte(v>>8))
}

func appendFieldText(dst []byte, code, id byte, s string) []byte {
	dst = appendLength(append(dst, code), 1+stringSize(len(s)))
	return appendString(append(dst, id), s)
}

// countStrings returns how many strings stand one behind the other in b; ok is false when
// there is anything else.
func countStrings(b []byte) (n int, ok bool) {
	for off := 0; off < len(b); n++ {
		code, _, next, ok := element(b, off)
		if !ok || code != elementText {
			return 0, false
		}
		off = next
	}
	return n, true
}

func decodeStrings(b []byte) (list [][]byte, why string) {
	for off := 0; off < len(b); {
		code, s, next, ok := element(b, off)
		if !ok || code != elementText {
			return nil, "no string"
		}
		var plain []byte
		if len(s) > 0 {
			plain = unscramble(make([]byte, 0, len(s)), s)
		}
		list = append(list, plain)
		off = next
	}
	return list, ""
}

// withoutNUL drops the NULs that would end the parts of a stored address early.
func (a *Address) withoutNUL() {
	if strings.IndexByte(a.Type, 0) >= 0 || strings.IndexByte(a.Addr, 0) >= 0 || strings.IndexByte(a.Friendly, 0) >= 0 {
		a.Type, a.Addr, a.Friendly = dropNUL(a.Type), dropNUL(a.Addr), dropNUL(a.Friendly)
	}
}

func dropNUL(s string) string { return strings.ReplaceAll(s, "\x00", "") }
