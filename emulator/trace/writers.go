package trace

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
)

// Formats lists the forms of a trace that have a line each event, sorted. The
// drawings are in package timeline.
var Formats = []string{"json", "text"}

// Writer is a sink that prints events. Close writes what the format needs at
// the end and reports the first error of the run.
type Writer interface {
	Sink
	Close() error
}

// NewWriter returns a writer of the named format. start is the virtual time
// of the run's begin in nanoseconds since the Unix epoch.
func NewWriter(w io.Writer, format string, start int64) (Writer, error) {
	b := bufio.NewWriterSize(w, 64<<10)
	switch format {
	case "", "text":
		return &textWriter{w: b, start: start}, nil
	case "json":
		return &jsonWriter{w: b, start: start}, nil
	}
	return nil, fmt.Errorf("cannot write a trace as %q: the formats are json and text", format)
}

// AppendText appends the one-line form of an event:
//
//	000123 00:02:14.500 GW1/SMTPGET open M:\SMTP\FROM_NC.API: sharing violation
func AppendText(dst []byte, e *Event, start int64) []byte {
	step := strconv.AppendUint(nil, e.Step, 10)
	for i := len(step); i < 6; i++ {
		dst = append(dst, '0')
	}
	dst = append(dst, step...)
	dst = append(dst, ' ')
	dst = Clock(dst, e.Time-start)
	dst = append(dst, ' ')
	dst = append(dst, e.Who...)
	dst = append(dst, ' ')
	dst = append(dst, e.Op...)
	if e.Object != "" {
		dst = append(dst, ' ')
		dst = appendPlain(dst, e.Object)
	}
	if e.Size != 0 {
		dst = append(dst, ' ')
		dst = strconv.AppendInt(dst, int64(e.Size), 10)
	}
	if e.Result != "" {
		dst = append(dst, ':', ' ')
		dst = appendPlain(dst, e.Result)
	}
	return dst
}

// appendPlain keeps an event on one line: what came from mail may hold any byte.
func appendPlain(dst []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c == 0x7f {
			dst = append(dst, '\\', 'x', "0123456789abcdef"[c>>4], "0123456789abcdef"[c&15])
		} else {
			dst = append(dst, c)
		}
	}
	return dst
}

type textWriter struct {
	w     *bufio.Writer
	buf   []byte
	start int64
}

func (t *textWriter) Event(e *Event) {
	t.buf = append(AppendText(t.buf[:0], e, t.start), '\n')
	t.w.Write(t.buf) // the error is kept by bufio and returned by Close
}

func (t *textWriter) Close() error { return t.w.Flush() }

type jsonEvent struct {
	Version int     `json:"version"`
	Step    uint64  `json:"step"`
	Seconds float64 `json:"virtualSeconds"`
	Who     string  `json:"who"`
	Op      string  `json:"op"`
	Object  string  `json:"object,omitempty"`
	Size    int     `json:"sizeBytes,omitempty"`
	Result  string  `json:"result,omitempty"`
	During  string  `json:"during,omitempty"`
}

type jsonWriter struct {
	w     *bufio.Writer
	start int64
	err   error
}

func (t *jsonWriter) Event(e *Event) {
	b, err := json.Marshal(jsonEvent{1, e.Step, float64(e.Time-t.start) / 1e9, e.Who, e.Op, e.Object, e.Size, e.Result, e.During})
	if err != nil && t.err == nil {
		t.err = err
	}
	t.w.Write(b)
	t.w.WriteByte('\n')
}

func (t *jsonWriter) Close() error {
	if err := t.w.Flush(); err != nil {
		return err
	}
	return t.err
}
