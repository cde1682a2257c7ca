package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"gwkit/emulator"
	"gwkit/emulator/fault"
)

// The bounds of a request.
const (
	bodyMax     = 64 << 10 // of a control request
	bodyMailMax = 32 << 20 // of one that carries mail or a file
)

// control is the HTTP face of a deployment.
type control struct {
	world     deployment
	site      string
	listeners []listenerView
	ended     atomic.Bool // the deployment has stopped by itself
	live      *live
}

// handler returns all paths behind the guard.
func (c *control) handler(g *guard) http.Handler {
	mux := http.NewServeMux()
	for _, r := range c.routes() {
		mux.HandleFunc(r.pattern, r.serve)
	}
	return g.wrap(mux)
}

type route struct {
	pattern string
	serve   http.HandlerFunc
}

// routes is the table of everything that can be asked.
func (c *control) routes() []route {
	return []route{
		{"GET /{$}", c.page},
		{"GET /page.js", asset("page.js", "text/javascript; charset=utf-8")},
		{"GET /page.css", asset("page.css", "text/css; charset=utf-8")},
		{"GET /healthz", c.health},
		{"GET /metrics", c.metrics},

		{"GET /api/v1/state", c.state},
		{"GET /api/v1/summary", c.summary},
		{"GET /api/v1/waits", c.waits},
		{"GET /api/v1/events", c.events},
		{"POST /api/v1/snapshot", c.snapshot},

		{"GET /api/v1/pcs", c.pcs},
		{"GET /api/v1/pcs/{pc}", c.pc},
		{"GET /api/v1/pcs/{pc}/screen", c.screen},
		{"POST /api/v1/pcs/{pc}/key", c.key},
		{"POST /api/v1/pcs/{pc}/reboot", c.reboot},
		{"POST /api/v1/pcs/{pc}/power", c.power},
		{"POST /api/v1/pcs/{pc}/program", c.program},

		{"GET /api/v1/faults", c.faults},
		{"POST /api/v1/faults", c.addFault},
		{"DELETE /api/v1/faults", c.removeFault},

		{"POST /api/v1/submit", c.submit},
		{"POST /api/v1/inject", c.inject},
		{"GET /api/v1/mailbag", c.mailbag},
		{"DELETE /api/v1/mailbag", c.deleteMail},
		{"GET /api/v1/outside", c.outside},
		{"GET /api/v1/queue", c.queue},

		{"GET /api/v1/drives", c.drives},
		{"GET /api/v1/drives/list", c.listDir},
		{"GET /api/v1/drives/file", c.readFile},
		{"PUT /api/v1/drives/file", c.writeFile},
		{"DELETE /api/v1/drives/file", c.removeFile},
		{"POST /api/v1/drives/attr", c.setAttr},
		{"POST /api/v1/drives/online", c.setDrive},
	}
}

// httpError answers with an error as JSON.
func httpError(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(struct {
		Error string `json:"error"`
	}{message})
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := printJSON(w, v); err != nil {
		// The client went away, or the server's time for an answer is over;
		// there is nobody to tell.
		return
	}
}

// done answers a request that changed something: 204, or why it was refused.
func done(w http.ResponseWriter, err error) {
	if err != nil {
		httpError(w, http.StatusUnprocessableEntity, err.Error())
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// body decodes a JSON request. Asking for the media type also keeps out what a
// form of a foreign page could send without being asked.
func body(w http.ResponseWriter, r *http.Request, limit int64, v any) bool {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		httpError(w, http.StatusUnsupportedMediaType, "want Content-Type: application/json")
		return false
	}
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, limit))
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if err == nil {
		if _, err = d.Token(); err == io.EOF {
			return true
		}
		err = errors.New("more than one value")
	}
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		httpError(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("cannot read the request: more than %s", sizeText(limit)))
		return false
	}
	httpError(w, http.StatusBadRequest, "cannot read the request: "+err.Error())
	return false
}

func (c *control) health(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if c.ended.Load() {
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprintln(w, "the deployment has stopped")
		return
	}
	fmt.Fprintln(w, "ok")
}

func (c *control) states() []emulator.PCState {
	out := []emulator.PCState{}
	for _, name := range c.world.PCs() {
		if s, err := c.world.State(name); err == nil {
			out = append(out, s)
		}
	}
	return out
}

func (c *control) postoffices() []postofficeView {
	out := []postofficeView{}
	s := c.world.Site()
	for i := range s.Postoffices {
		po := &s.Postoffices[i]
		out = append(out, postofficeView{po.Ref(), list(po.Users), po.Gateway})
	}
	return out
}

func (c *control) state(w http.ResponseWriter, _ *http.Request) {
	reply(w, stateView{
		Version: 1, Site: c.site, Now: c.world.Now(), ElapsedSeconds: c.world.Elapsed().Seconds(), Steps: c.world.Steps(),
		Digest: fmt.Sprintf("%016x", c.world.Digest()), Listeners: list(c.listeners), Postoffices: c.postoffices(),
		PCs: c.states(), Faults: list(c.world.Faults()), Waits: viewWaits(c.world.Waits()),
	})
}

func (c *control) summary(w http.ResponseWriter, _ *http.Request) { reply(w, c.world.Summary()) }

func (c *control) waits(w http.ResponseWriter, _ *http.Request) { reply(w, viewWaits(c.world.Waits())) }

// snapshot sends all drives and logs as an archive.
func (c *control) snapshot(w http.ResponseWriter, r *http.Request) {
	dir, err := os.MkdirTemp("", "gwemu-snapshot-")
	if err != nil {
		httpError(w, http.StatusInternalServerError, "cannot take a snapshot: "+err.Error())
		return
	}
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, "snapshot.zip")
	if err := c.world.SaveTo(name); err != nil {
		httpError(w, http.StatusInternalServerError, strings.ReplaceAll(err.Error(), name, "snapshot"))
		return
	}
	f, err := os.Open(name)
	if err != nil {
		httpError(w, http.StatusInternalServerError, "cannot take a snapshot")
		return
	}
	defer f.Close()
	// An archive of large drives takes longer to send than other answers.
	http.NewResponseController(w).SetWriteDeadline(time.Now().Add(10 * time.Minute))
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", `attachment; filename="snapshot.zip"`)
	if info, err := f.Stat(); err == nil {
		w.Header().Set("Content-Length", strconv.FormatInt(info.Size(), 10))
	}
	io.Copy(w, f)
}

func (c *control) pcs(w http.ResponseWriter, _ *http.Request) { reply(w, c.states()) }

// known finds the PC of a path; it answers 404 when there is none.
func (c *control) known(w http.ResponseWriter, r *http.Request) (string, bool) {
	for _, name := range c.world.PCs() {
		if strings.EqualFold(name, r.PathValue("pc")) {
			return name, true
		}
	}
	httpError(w, http.StatusNotFound, fmt.Sprintf("the site has no PC %q", r.PathValue("pc")))
	return "", false
}

func (c *control) pc(w http.ResponseWriter, r *http.Request) {
	if name, ok := c.known(w, r); ok {
		s, err := c.world.State(name)
		if err != nil {
			httpError(w, http.StatusUnprocessableEntity, err.Error())
			return
		}
		reply(w, s)
	}
}

func (c *control) screen(w http.ResponseWriter, r *http.Request) {
	if name, ok := c.known(w, r); ok {
		lines, err := c.world.Screen(name)
		if err != nil {
			httpError(w, http.StatusUnprocessableEntity, err.Error())
			return
		}
		reply(w, screenView{name, list(lines)})
	}
}

// keysMax bounds the keys of one request: a keyboard buffer holds fifteen.
const keysMax = 80

func (c *control) key(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Keys string `json:"keys"`
	}
	if name, ok := c.known(w, r); ok && body(w, r, bodyMax, &q) {
		if q.Keys == "" || len(q.Keys) > keysMax {
			httpError(w, http.StatusBadRequest, fmt.Sprintf("want 1 to %d keys", keysMax))
			return
		}
		done(w, c.world.Key(name, q.Keys))
	}
}

func (c *control) reboot(w http.ResponseWriter, r *http.Request) {
	var q struct{}
	if name, ok := c.known(w, r); ok && body(w, r, bodyMax, &q) {
		done(w, c.world.Reboot(name))
	}
}

func (c *control) power(w http.ResponseWriter, r *http.Request) {
	var q struct {
		On *bool `json:"on"`
	}
	name, ok := c.known(w, r)
	if !ok || !body(w, r, bodyMax, &q) {
		return
	}
	switch {
	case q.On == nil:
		httpError(w, http.StatusBadRequest, `want "on": true or false`)
	case *q.On:
		done(w, c.world.PowerOn(name))
	default:
		done(w, c.world.PowerOff(name))
	}
}

func (c *control) program(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Run string `json:"run"`
	}
	if name, ok := c.known(w, r); ok && body(w, r, bodyMax, &q) {
		done(w, c.world.StartProgram(name, q.Run))
	}
}

func (c *control) faults(w http.ResponseWriter, _ *http.Request) { reply(w, list(c.world.Faults())) }

func (c *control) addFault(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Fault string `json:"fault"`
	}
	if !body(w, r, bodyMax, &q) {
		return
	}
	f, err := fault.Parse(q.Fault)
	if err != nil {
		httpError(w, http.StatusBadRequest, err.Error())
		return
	}
	done(w, c.world.AddFault(f.String()))
}

// removeFault takes out one fault by its text, or all of them with all=true:
// a request that forgot its text must not heal everything.
func (c *control) removeFault(w http.ResponseWriter, r *http.Request) {
	switch text := r.URL.Query().Get("fault"); {
	case text != "":
		if f, err := fault.Parse(text); err == nil { // any order of the words will do
			text = f.String()
		}
		done(w, c.world.RemoveFault(text))
	case r.URL.Query().Get("all") == "true":
		c.world.ClearFaults()
		done(w, nil)
	default:
		httpError(w, http.StatusBadRequest, "want fault=TEXT or all=true")
	}
}
