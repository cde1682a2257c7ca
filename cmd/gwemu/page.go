package main

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"sync"
	"time"

	"gwkit/emulator"
)

//go:embed page.html page.js page.css
var pageFiles embed.FS

var pageTemplate = template.Must(template.ParseFS(pageFiles, "page.html"))

// liveView is what the page shows.
type liveView struct {
	Site           string             `json:"site"`
	Now            string             `json:"now"`
	ElapsedSeconds float64            `json:"elapsedSeconds"`
	PCs            []livePC           `json:"pcs"`
	Messages       emulator.Messages  `json:"messages"`
	Waiting        []emulator.Resting `json:"waiting"`
	Queue          []queuedView       `json:"queue"`
	Outside        []outsideView      `json:"outside"`
	Faults         []string           `json:"faults"`
	Waits          []waitView         `json:"waits"`
}

type livePC struct {
	emulator.PCState
	Screen []string `json:"screen"`
}

// outsideView is a message that reached the Internet, as a line of a list.
type outsideView struct {
	From string `json:"from"`
	To   string `json:"to"`
	Time string `json:"time"`
}

// The bounds of what the page lists.
const (
	listedMax  = 50
	clientsMax = 32 // pages open at once
)

// live keeps what the page shows for a moment, so that many pages cost no more
// than one.
type live struct {
	world deployment
	site  string
	clock func() time.Time

	mu       sync.Mutex
	data     []byte // JSON of a liveView
	id       uint64 // counts different contents
	at       time.Time
	result   *emulator.Summary
	resultAt time.Time
	clients  int
}

// The rhythm of the event stream, wall clock.
const (
	refresh   = 500 * time.Millisecond
	heartbeat = 15 * time.Second
)

// summary returns the summary; it may be older by age.
func (l *live) summary(age time.Duration) *emulator.Summary {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.summaryLocked(age)
}

func (l *live) summaryLocked(age time.Duration) *emulator.Summary {
	if now := l.clock(); l.result == nil || now.Sub(l.resultAt) >= age {
		l.result, l.resultAt = l.world.Summary(), now
	}
	return l.result
}

// content returns the present content as JSON with its number.
func (l *live) content() ([]byte, uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock()
	if l.data != nil && now.Sub(l.at) < refresh {
		return l.data, l.id
	}
	data, err := json.Marshal(l.viewLocked())
	if err != nil {
		panic(fmt.Sprintf("internal error: cannot print the state of the page: %v", err))
	}
	if l.at = now; !bytes.Equal(data, l.data) {
		l.data = data
		l.id++
	}
	return l.data, l.id
}

func (l *live) viewLocked() *liveView {
	w := l.world
	v := &liveView{
		Site: l.site, Now: w.Now().Format("2006-01-02 15:04:05 -0700"), ElapsedSeconds: w.Elapsed().Seconds(),
		PCs: []livePC{}, Queue: []queuedView{}, Outside: []outsideView{}, Faults: list(w.Faults()),
	}
	for _, name := range w.PCs() {
		s, err := w.State(name)
		if err != nil {
			continue
		}
		lines, _ := w.Screen(name) // a PC that is off has none
		v.PCs = append(v.PCs, livePC{s, list(lines)})
	}
	s := l.summaryLocked(2 * time.Second)
	v.Messages, v.Waiting = s.Messages, list(s.Waiting)
	for _, q := range w.Queue() {
		if len(v.Queue) < listedMax {
			v.Queue = append(v.Queue, queuedView{q.Host, q.To, q.Reason, q.Tries})
		}
	}
	out := w.Outside()
	for i := len(out) - 1; i >= max(0, len(out)-listedMax); i-- { // the latest first
		v.Outside = append(v.Outside, outsideView{out[i].From, out[i].To, out[i].Time.Format("15:04:05")})
	}
	for _, x := range viewWaits(w.Waits()) {
		if x.HeldBy != "" { // who waits for the next cycle is no news
			v.Waits = append(v.Waits, x)
		}
	}
	v.Waits = list(v.Waits)
	return v
}

// page is the first content as a document that needs no script.
func (c *control) page(w http.ResponseWriter, _ *http.Request) {
	c.live.mu.Lock()
	view := c.live.viewLocked()
	c.live.mu.Unlock()
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, view); err != nil {
		httpError(w, http.StatusInternalServerError, "internal error: cannot make the page: "+err.Error())
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write(b.Bytes())
}

// asset serves one of the embedded files.
func asset(name, kind string) http.HandlerFunc {
	data, err := pageFiles.ReadFile(name)
	if err != nil {
		panic(fmt.Sprintf("internal error: %v", err))
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.Write(data)
	}
}

func (l *live) enter() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.clients >= clientsMax {
		return false
	}
	l.clients++
	return true
}

func (l *live) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.clients--
}

// events sends the content of the page as server-sent events whenever it has
// changed, and a comment now and then so that a dead connection is noticed.
func (c *control) events(w http.ResponseWriter, r *http.Request) {
	if !c.live.enter() {
		httpError(w, http.StatusServiceUnavailable, fmt.Sprintf("%d pages are open already", clientsMax))
		return
	}
	defer c.live.leave()
	rc := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	tick := time.NewTicker(refresh)
	defer tick.Stop()
	var sent uint64
	last := time.Now()
	for {
		var err error
		// The server's limit is for a whole answer; this one goes on for as
		// long as somebody reads it.
		rc.SetWriteDeadline(time.Now().Add(2 * heartbeat))
		if data, id := c.live.content(); id != sent {
			sent, last = id, time.Now()
			_, err = fmt.Fprintf(w, "id: %d\ndata: %s\n\n", id, data) // JSON has no line ends
		} else if time.Since(last) >= heartbeat {
			last = time.Now()
			_, err = fmt.Fprint(w, ": still here\n\n")
		}
		if err == nil {
			err = rc.Flush()
		}
		if err != nil {
			return // nobody reads any more
		}
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return
		}
	}
}
