package mmff

import (
	"strconv"
	"strings"
)

// Append appends m in the given form, header lines ended by term, and returns the
// extended buffer. The text is written as it is: converting its lines is up to the
// caller (Lines), because TEXT counts their terminators. Q118785
//
// Header values lose their CR and LF, an unnamed attachment is named ATTn after its
// position, and a bad version becomes DefaultVersion. An originator and at least one
// recipient are needed for the result to be readable. Encapsulated writes
// Encapsulate(m).
func Append(dst []byte, m *Message, form Form, term Terminator) []byte {
	if form == Encapsulated {
		outer := Encapsulate(m)
		return appendMessage(dst, &outer, Encapsulated, term)
	}
	return appendMessage(dst, m, form, term)
}

// writer appends lines with one terminator.
type writer struct {
	b   []byte
	end string
}

func (w *writer) line(name, value string) {
	w.b = append(w.b, name...)
	w.b = append(w.b, ':')
	w.b = appendClean(w.b, value)
	w.b = append(w.b, w.end...)
}

// lineTrim is line for values that the reader trims.
func (w *writer) lineTrim(name, value string) {
	w.line(name, strings.Trim(clean(value), " \t"))
}

func (w *writer) open(name string) {
	w.b = append(w.b, name...)
	w.b = append(w.b, ':')
}

func (w *writer) close() { w.b = append(w.b, w.end...) }

func appendClean(dst []byte, s string) []byte {
	if strings.IndexByte(s, '\r') < 0 && strings.IndexByte(s, '\n') < 0 {
		return append(dst, s...)
	}
	return append(dst, clean(s)...)
}

func (w *writer) address(name string, a Address, friendly bool) {
	w.open(name)
	if a.Type == "" {
		w.b = append(w.b, "CSI"...)
	} else {
		w.b = appendClean(w.b, a.Type)
	}
	w.b = append(w.b, ':')
	w.b = append(w.b, strings.Trim(clean(a.Addr), " \t")...)
	w.close()
	if friendly && a.Friendly != "" {
		w.line("NAME", a.Friendly)
	}
}

func (w *writer) stamp(s Stamp, dateName, timeName, secondName string) {
	if s.Year != 0 {
		w.open(dateName)
		w.b = appendDate(w.b, s)
		w.close()
	}
	if s.NoTime || s.Year == 0 && s.Hour == 0 && s.Minute == 0 && s.Second == 0 {
		return
	}
	w.open(timeName)
	w.b = appendTime(w.b, s)
	w.close()
	if secondName != "" && s.Second != 0 {
		w.open(secondName)
		w.b = append2(w.b, s.Second)
		w.close()
	}
}

// appendMessage writes the tokens in the order of the printed sample. Q103801
func appendMessage(dst []byte, m *Message, form Form, term Terminator) []byte {
	w := writer{b: dst, end: term.String()}
	extended := form != Basic
	version := m.Version
	if !validVersion(version) {
		version = DefaultVersion
	}
	w.line("VERSION", version)
	switch form {
	case Extended:
		w.line("FORMAT", formatExtended)
	case Encapsulated:
		w.line("FORMAT", formatEncapsulated)
	}
	for _, a := range m.To {
		w.address("TO", a, extended)
	}
	cc := "CC"
	if !extended {
		cc = "TO" // no CC: on export to the basic format. Q87223
	}
	for _, a := range m.Cc {
		w.address(cc, a, extended)
	}
	w.address("FROM", m.From, extended)
	if extended {
		for _, a := range m.Recipients {
			w.address("RECIPIENT", a, true)
		}
		w.stamp(m.Date, "DATE", "TIME", "SECOND")
	} else {
		w.stamp(m.Date, "DATE", "TIME", "")
	}
	if m.Subject != "" {
		w.line("SUBJECT", m.Subject)
	}
	if m.Priority != "" {
		w.lineTrim("PRIORITY", m.Priority)
	}
	if extended {
		w.extendedFields(m)
	}
	for i := range m.Attachments {
		w.attachment(&m.Attachments[i], i, extended)
	}
	w.open("TEXT")
	w.b = strconv.AppendInt(w.b, int64(len(m.Text)), 10)
	w.close()
	w.b = append(w.b, m.Text...)
	for i := range m.Attachments {
		w.b = append(w.b, m.Attachments[i].Data...)
	}
	return w.b
}

func (w *writer) extendedFields(m *Message) {
	if m.ID != 0 {
		w.open("ID")
		w.b = appendID(w.b, m.ID)
		w.close()
	}
	if m.Receipt {
		w.line("RECEIPT", "1")
	}
	if m.Class != "" {
		w.lineTrim("CLASS", m.Class)
	}
}

func (w *writer) attachment(a *Attachment, i int, extended bool) {
	w.open("ATTACHMENT")
	w.b = append(w.b, attachmentName(a.Name, i)...)
	w.b = append(w.b, ' ')
	w.b = strconv.AppendInt(w.b, int64(len(a.Data)), 10)
	w.close()
	if !extended {
		return
	}
	w.stamp(a.Stamp, "ATTDATE", "ATTTIME", "ATTSECOND")
	if a.Type != "" {
		w.lineTrim("ATTTYPE", a.Type)
	}
	if a.Hidden {
		w.line("ATTHIDDEN", "1")
	}
}
