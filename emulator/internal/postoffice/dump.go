package postoffice

import (
	"fmt"
	"strings"
)

// DumpFile prints a file of the tree as annotated hex, record by record. The name
// chooses the table; a file of an unknown kind is printed without names. A damaged file
// is printed as far as it goes.
func DumpFile(name string, data []byte) string {
	base := strings.ToUpper(name[strings.LastIndexAny(name, `\:/`)+1:])
	ext := base[strings.LastIndexByte(base, '.')+1:]
	var b strings.Builder
	if ext == "MAI" {
		dumpElements(&b, data)
		return b.String()
	}
	for _, l := range Layouts() {
		if l.Name == base || l.Name == ext {
			l.dumpAll(&b, data)
			return b.String()
		}
	}
	for at := 0; at < len(data); at += 16 {
		dumpRow(&b, at, data[at:min(at+16, len(data))], "", "")
	}
	return b.String()
}

func (l *Layout) dumpAll(b *strings.Builder, data []byte) {
	head := min(l.Header, len(data))
	if head > 0 {
		dumpRow(b, 0, data[:head], "header", "")
	}
	for i, at := 1, head; at < len(data); i, at = i+1, at+l.Size {
		fmt.Fprintf(b, "record %d at 0x%X\n", i, at)
		b.WriteString(l.Dump(data[at:min(at+l.Size, len(data))]))
	}
}

var fieldNames = map[byte]string{
	fieldFrom: "from", fieldTo: "to", fieldCc: "cc", fieldDate: "date", fieldSubject: "subject", fieldText: "text",
}

var vendorNames = map[byte]string{
	vendorCounter: "references", vendorHops: "hop limit", vendorTrace: "trace", vendorPriority: "priority",
	vendorAttachment: "attachment", vendorHidden: "hidden", vendorReceipt: "receipt", vendorClass: "class", vendorSum: "checksum",
}

// dumpElements prints the elements of a MAI file, one row each, and the strings in them.
func dumpElements(b *strings.Builder, data []byte) {
	head := min(6, len(data))
	dumpRow(b, 0, data[:head], "message", "")
	for off := head; off < len(data); {
		code, body, next, ok := element(data, off)
		if !ok || len(body) == 0 {
			dumpRow(b, off, data[off:min(off+16, len(data))], "?", "no element")
			return
		}
		name := vendorNames[body[0]]
		if code == elementField {
			name = fieldNames[body[0]]
		}
		if name == "" {
			name = fmt.Sprintf("%02X %02X", code, body[0])
		}
		dumpRow(b, off, data[off:min(off+16, next)], name, "")
		list, why := decodeStrings(body[1:])
		for i := 0; why == "" && i < len(list); i++ {
			fmt.Fprintf(b, "     %q\n", list[i])
		}
		off = next
	}
}
