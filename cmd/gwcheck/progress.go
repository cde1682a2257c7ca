package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"

	"gwkit/conformance"
	"gwkit/conformance/probe"
	"gwkit/conformance/report"
)

// progress shows scripts as they end: a line each, and on a terminal a last
// line with the count and the time left.
type progress struct {
	out      io.Writer // nil: nobody reads it
	live     bool      // out is a terminal
	brief    bool      // what is skipped is counted, not shown
	text     report.Text
	began    time.Time
	total, n int
	told     time.Time // when a wait was last told in a pipe
}

// clearLine moves to the beginning of the terminal's line and empties it.
const clearLine = "\r\x1b[K"

func newProgress(stdout, stderr io.Writer, readable bool, chosen []*conformance.Script) *progress {
	p := &progress{began: time.Now(), total: len(chosen)}
	switch {
	case readable:
		p.out = stdout
	case isTerminal(stderr):
		p.out = stderr // the result goes elsewhere, and somebody watches
	}
	p.live = isTerminal(p.out)
	p.text.Color = p.live && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	for _, s := range chosen {
		p.text.Width = max(p.text.Width, len(s.ID))
	}
	return p
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && f != nil && term.IsTerminal(int(f.Fd()))
}

func (p *progress) ended(s report.Script) {
	p.n++
	if p.out == nil {
		return
	}
	if p.live {
		io.WriteString(p.out, clearLine)
	}
	if !p.brief || s.Verdict != report.Skip {
		p.text.Script(p.out, &s)
	}
	if p.live && p.n < p.total {
		left := time.Since(p.began) / time.Duration(p.n) * time.Duration(p.total-p.n)
		fmt.Fprintf(p.out, "%d of %d, about %s left", p.n, p.total, left.Round(time.Second))
	}
}

func (p *progress) finish(r *report.Result) {
	if p.out != nil {
		p.text.Totals(p.out, r.Totals)
	}
}

// clear returns what empties the last line of a terminal.
func (p *progress) clear() string {
	if p.live {
		return clearLine
	}
	return ""
}

// tellEvery is how often a pipe hears of a wait.
const tellEvery = 30 * time.Second

// waiting shows what is waited for: a countdown on a terminal, a line now and
// then in a pipe.
func (p *progress) waiting(w probe.Pending) {
	switch {
	case p.out == nil:
	case p.live:
		fmt.Fprintf(p.out, "%s%s: waiting for %s (%s of %s left)", clearLine, w.Check, w.For, w.Left.Round(time.Second), w.Of.Round(time.Second))
	case time.Since(p.told) >= tellEvery:
		p.told = time.Now()
		fmt.Fprintf(p.out, "        %s: waiting for %s (%s of %s left)\n", w.Check, w.For, w.Left.Round(time.Second), w.Of.Round(time.Second))
	}
}
