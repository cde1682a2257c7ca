package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

// live shows how far something long is: on a terminal as one line that changes,
// in a pipe as a line now and then.
type live struct {
	out   io.Writer
	width func() int // of the terminal; nil: out is none
	mu    sync.Mutex
	told  time.Time
}

func newLive(out io.Writer) *live {
	l := &live{out: out, told: time.Now()}
	if f, ok := out.(*os.File); ok && isTerminal(out) {
		l.width = func() int {
			w, _, err := term.GetSize(int(f.Fd()))
			if err != nil || w < 2 {
				return 80
			}
			return w
		}
	}
	return l
}

// show writes a line of printable ASCII. On a terminal it is cut to the width,
// because what wraps cannot be wiped.
func (l *live) show(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.width != nil {
		fmt.Fprint(l.out, clearLine+line[:min(len(line), l.width()-1)])
		return
	}
	if now := time.Now(); now.Sub(l.told) >= tellEvery {
		l.told = now
		fmt.Fprintln(l.out, line)
	}
}

// clear wipes the line of a terminal.
func (l *live) clear() {
	if l.width != nil {
		fmt.Fprint(l.out, clearLine)
	}
}
