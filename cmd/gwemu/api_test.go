package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"gwkit/emulator"
	"gwkit/emulator/site"
)

// fakeWorld answers what a test puts in and notes what it is asked for. What a
// test does not expect to be called is nil and panics.
type fakeWorld struct {
	world
	site    *site.Site
	items   []emulator.Item
	outside []emulator.Delivered
	queued  []emulator.Queued
	screen  []string
	prompt  string
	faults  []string
	asked   []string
	refuse  error
	err     error
}

func (f *fakeWorld) ask(format string, args ...any) error {
	f.asked = append(f.asked, fmt.Sprintf(format, args...))
	return f.refuse
}

func (f *fakeWorld) Now() time.Time         { return time.Date(1993, 2, 23, 9, 0, 0, 0, time.UTC) }
func (f *fakeWorld) Elapsed() time.Duration { return 10 * time.Minute }
func (f *fakeWorld) Steps() uint64          { return 42 }
func (f *fakeWorld) Digest() uint64         { return 7 }
func (f *fakeWorld) Site() *site.Site       { return f.site }
func (f *fakeWorld) Waits() []emulator.Waiting {
	return []emulator.Waiting{{Process: "GW1/SMTPGATE", For: "file", Object: `M:\X`, HeldBy: "GW2"}}
}
func (f *fakeWorld) Err() error                         { return f.err }
func (f *fakeWorld) PCs() []string                      { return []string{"GW1"} }
func (f *fakeWorld) Screen(string) ([]string, error)    { return f.screen, nil }
func (f *fakeWorld) Outside() []emulator.Delivered      { return f.outside }
func (f *fakeWorld) Queue() []emulator.Queued           { return f.queued }
func (f *fakeWorld) Faults() []string                   { return f.faults }
func (f *fakeWorld) AddFault(text string) error         { return f.ask("fault %s", text) }
func (f *fakeWorld) RemoveFault(text string) error      { return f.ask("heal %s", text) }
func (f *fakeWorld) ClearFaults()                       { f.ask("heal all") }
func (f *fakeWorld) Key(pc, keys string) error          { return f.ask("key %s %q", pc, keys) }
func (f *fakeWorld) Reboot(pc string) error             { return f.ask("reboot %s", pc) }
func (f *fakeWorld) PowerOff(pc string) error           { return f.ask("off %s", pc) }
func (f *fakeWorld) PowerOn(pc string) error            { return f.ask("on %s", pc) }
func (f *fakeWorld) StartProgram(pc, line string) error { return f.ask("run %s %s", pc, line) }
func (f *fakeWorld) SetAttr(p, attrs string) error      { return f.ask("attr %s %s", p, attrs) }
func (f *fakeWorld) SetDrive(po string, on bool) error  { return f.ask("drive %s %v", po, on) }
func (f *fakeWorld) ReadFile(p string) ([]byte, error)  { return []byte("\x00<b>"), f.ask("read %s", p) }
func (f *fakeWorld) RemoveFile(p string) error          { return f.ask("remove %s", p) }
func (f *fakeWorld) WriteFile(p string, d []byte) error { return f.ask("write %s %q", p, d) }
func (f *fakeWorld) Holders(p string) []string          { return []string{"GW1/SMTPPUT rw " + p} }
func (f *fakeWorld) Inject(from string, to []string, d []byte) error {
	return f.ask("inject %s %v %q", from, to, d)
}
func (f *fakeWorld) ListDir(p string) ([]emulator.FileInfo, error) {
	return []emulator.FileInfo{{Name: "TO_NC.API", Size: 5, Attr: "a"}}, f.ask("list %s", p)
}
func (f *fakeWorld) Submit(m emulator.Mail) error {
	return f.ask("submit %s to %v, %d attached", m.From, m.To, len(m.Attachments))
}
func (f *fakeWorld) Mailbag(po, box string) ([]emulator.Item, error) { return f.items, f.refuse }
func (f *fakeWorld) DeleteMail(po, box string, slot int) error {
	return f.ask("delete %s %s %d", po, box, slot)
}
func (f *fakeWorld) State(string) (emulator.PCState, error) {
	return emulator.PCState{Name: "GW1", Program: "SMTPGATE", Phase: "running", Prompt: f.prompt, Cycles: 3}, nil
}
func (f *fakeWorld) Summary() *emulator.Summary {
	return &emulator.Summary{Version: 1, Messages: emulator.Messages{Offered: 2}, Waiting: []emulator.Resting{{Where: "a\"b\\c\nd", Count: 2}}}
}
func (f *fakeWorld) SaveTo(name string) error {
	return os.WriteFile(name, []byte("PK"), 0o600)
}

func newControl(t *testing.T, f *fakeWorld) http.Handler {
	t.Helper()
	if f.site == nil {
		f.site, _ = site.Shape("single")
	}
	c := &control{world: f, site: "single", live: &live{world: f, site: "single", clock: time.Now}}
	return c.handler(newGuard(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8025}, []string{"gwemu"}))
}

func request(method, path, body string) *http.Request {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Host = "127.0.0.1:8025"
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

func TestForeignHostsAndOriginsAreRefused(t *testing.T) {
	h := newControl(t, &fakeWorld{})
	for _, row := range []struct {
		name    string
		host    string
		headers map[string]string
		path    string
		want    int
	}{
		{"address", "127.0.0.1:8025", nil, "/healthz", 200},
		{"name", "localhost:8025", nil, "/healthz", 200},
		{"name in capitals", "LOCALHOST", nil, "/healthz", 200},
		{"another port, as behind a forward", "localhost:9999", nil, "/healthz", 200},
		{"IPv6", "[::1]:8025", nil, "/healthz", 200},
		{"allowed name", "gwemu:8025", nil, "/healthz", 200},
		{"own origin", "localhost:8025", map[string]string{"Origin": "http://localhost:8025"}, "/healthz", 200},
		{"link from another page", "localhost:8025", map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, "/", 200},
		{"typed by the user", "localhost:8025", map[string]string{"Sec-Fetch-Site": "none"}, "/metrics", 200},

		{"foreign name", "evil.example", nil, "/healthz", 403},
		{"name that begins like ours", "localhost.evil.example", nil, "/", 403},
		{"name that begins like an address", "127.0.0.1.evil.example:8025", nil, "/", 403},
		{"another address", "192.0.2.1:8025", nil, "/healthz", 403},
		{"no host", "", nil, "/healthz", 403},
		{"foreign origin", "localhost:8025", map[string]string{"Origin": "http://evil.example"}, "/healthz", 403},
		{"origin of another port", "localhost:8025", map[string]string{"Origin": "http://localhost:3000"}, "/healthz", 403},
		{"origin without a name", "localhost:8025", map[string]string{"Origin": "null"}, "/healthz", 403},
		{"origin that is no address", "localhost:8025", map[string]string{"Origin": "://"}, "/healthz", 403},
		{"image on another page", "localhost:8025", map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, "/api/v1/state", 403},
		{"link from another page to a request", "localhost:8025", map[string]string{"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate"}, "/api/v1/state", 403},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := request("GET", row.path, "")
			r.Host = row.host
			for k, v := range row.headers {
				r.Header.Set(k, v)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != row.want {
				t.Errorf("status %d, want %d: %s", w.Code, row.want, w.Body)
			}
			if !strings.Contains(w.Header().Get("Content-Security-Policy"), "default-src 'none'") {
				t.Error("no Content-Security-Policy")
			}
		})
	}
	for _, r := range (&control{}).routes() { // every path, not only those above
		method, path, _ := strings.Cut(r.pattern, " ")
		q := request(method, strings.NewReplacer("{$}", "", "{pc}", "GW1").Replace(path), "")
		q.Host = "evil.example"
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, q); w.Code != 403 {
			t.Errorf("%s: status %d for a foreign host", r.pattern, w.Code)
		}
	}
}

func TestWildcardListenerAllowsAddressesAndNoNames(t *testing.T) {
	g := newGuard(&net.TCPAddr{IP: net.IPv4zero, Port: 1}, nil)
	for host, want := range map[string]bool{"192.0.2.1:80": true, "[2001:db8::1]": true, "localhost": true, "evil.example": false, "gwemu": false} {
		if got := g.hostAllowed(host); got != want {
			t.Errorf("host %s: %v", host, got)
		}
	}
}

func TestControlRequests(t *testing.T) {
	refusal := fmt.Errorf("cannot do <that>")
	for _, row := range []struct {
		name, method, path, body string
		refuse                   error
		status                   int
		want                     string // part of the answer
		asked                    string
	}{
		{"health", "GET", "/healthz", "", nil, 200, "ok", ""},
		{"state", "GET", "/api/v1/state", "", nil, 200, `"digest": "0000000000000007"`, ""},
		{"summary", "GET", "/api/v1/summary", "", nil, 200, `"offered": 2`, ""},
		{"waits", "GET", "/api/v1/waits", "", nil, 200, `"heldBy": "GW2"`, ""},
		{"pcs", "GET", "/api/v1/pcs", "", nil, 200, `"state": "running"`, ""},
		{"pc in any case", "GET", "/api/v1/pcs/gw1", "", nil, 200, `"cycles": 3`, ""},
		{"unknown pc", "GET", "/api/v1/pcs/GW9", "", nil, 404, `no PC`, ""},
		{"screen", "GET", "/api/v1/pcs/GW1/screen", "", nil, 200, `"lines": []`, ""},
		{"key", "POST", "/api/v1/pcs/GW1/key", `{"keys":"R"}`, nil, 204, "", `key GW1 "R"`},
		{"no key", "POST", "/api/v1/pcs/GW1/key", `{}`, nil, 400, "keys", ""},
		{"key on an unknown pc", "POST", "/api/v1/pcs/X/key", `{"keys":"R"}`, nil, 404, "", ""},
		{"reboot", "POST", "/api/v1/pcs/GW1/reboot", `{}`, nil, 204, "", "reboot GW1"},
		{"reboot that is refused", "POST", "/api/v1/pcs/GW1/reboot", `{}`, refusal, 422, `"error":"cannot do \u003cthat\u003e"`, "reboot GW1"},
		{"power off", "POST", "/api/v1/pcs/GW1/power", `{"on":false}`, nil, 204, "", "off GW1"},
		{"power on", "POST", "/api/v1/pcs/GW1/power", `{"on":true}`, nil, 204, "", "on GW1"},
		{"power what", "POST", "/api/v1/pcs/GW1/power", `{}`, nil, 400, "on", ""},
		{"program", "POST", "/api/v1/pcs/GW1/program", `{"run":"SMTPGATE -md"}`, nil, 204, "", "run GW1 SMTPGATE -md"},
		{"fault", "POST", "/api/v1/faults", `{"fault":"disk-full  at=M:"}`, nil, 204, "", "fault disk-full at=M:"},
		{"bad fault", "POST", "/api/v1/faults", `{"fault":"x"}`, nil, 400, "unknown kind", ""},
		{"faults", "GET", "/api/v1/faults", "", nil, 200, "[]", ""},
		{"heal one", "DELETE", "/api/v1/faults?fault=disk-full++at%3DM:", "", nil, 204, "", "heal disk-full at=M:"},
		{"heal all", "DELETE", "/api/v1/faults?all=true", "", nil, 204, "", "heal all"},
		{"heal what", "DELETE", "/api/v1/faults", "", nil, 400, "want fault=TEXT", ""},
		{"submit", "POST", "/api/v1/submit", `{"from":"A/B/c","to":["x@y"],"attachments":[{"name":"A.TXT","data":"aGk="}]}`, nil, 204, "", "submit A/B/c to [x@y], 1 attached"},
		{"submit a bad name", "POST", "/api/v1/submit", `{"from":"A/B/c","to":["x@y"],"attachments":[{"name":"..\\A.TXT","data":"aGk="}]}`, nil, 400, "cannot attach", ""},
		{"submit from nobody", "POST", "/api/v1/submit", `{"to":["x@y"]}`, nil, 400, "cannot send mail from", ""},
		{"inject", "POST", "/api/v1/inject", `{"from":"a@b","to":["c@d"],"data":"aGk="}`, nil, 204, "", `inject a@b [c@d] "hi"`},
		{"delete mail", "DELETE", "/api/v1/mailbag?postoffice=A/B&box=c&slot=2", "", nil, 204, "", "delete A/B c 2"},
		{"delete what", "DELETE", "/api/v1/mailbag?slot=x", "", nil, 400, "want slot=N", ""},
		{"drives", "GET", "/api/v1/drives", "", nil, 200, `"COMPANY/HUB"`, ""},
		{"directory", "GET", `/api/v1/drives/list?path=A/B:%5CSMTP&holders=1`, "", nil, 200, `GW1/SMTPPUT rw A/B:\\SMTP\\TO_NC.API`, `list A/B:\SMTP`},
		{"no path", "GET", "/api/v1/drives/list", "", nil, 400, "want path", ""},
		{"file", "GET", `/api/v1/drives/file?path=M:%5CX`, "", nil, 200, "\x00<b>", `read M:\X`},
		{"file that is refused", "GET", `/api/v1/drives/file?path=M:%5CX`, "", refusal, 422, "cannot do", `read M:\X`},
		{"write", "PUT", `/api/v1/drives/file?path=M:%5CX`, "data", nil, 204, "", `write M:\X "data"`},
		{"remove", "DELETE", `/api/v1/drives/file?path=M:%5CX`, "", nil, 204, "", `remove M:\X`},
		{"attributes", "POST", "/api/v1/drives/attr", `{"path":"M:\\X","attrs":"+r"}`, nil, 204, "", `attr M:\X +r`},
		{"drive lost", "POST", "/api/v1/drives/online", `{"postoffice":"A/B","online":false}`, nil, 204, "", "drive A/B false"},
		{"snapshot", "POST", "/api/v1/snapshot", "", nil, 200, "PK", ""},

		{"unknown path", "GET", "/api/v1/nothing", "", nil, 404, "", ""},
		{"wrong method", "GET", "/api/v1/pcs/GW1/reboot", "", nil, 405, "", ""},
		{"unknown key in a request", "POST", "/api/v1/pcs/GW1/key", `{"kyes":"R"}`, nil, 400, "kyes", ""},
		{"two values", "POST", "/api/v1/pcs/GW1/reboot", `{}{}`, nil, 400, "more than one value", ""},
		{"no JSON", "POST", "/api/v1/pcs/GW1/reboot", `reboot`, nil, 400, "cannot read the request", ""},
		{"large request", "POST", "/api/v1/faults", `{"fault":"` + strings.Repeat("x", bodyMax) + `"}`, nil, 413, "more than 64k", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			f := &fakeWorld{refuse: row.refuse}
			w := httptest.NewRecorder()
			newControl(t, f).ServeHTTP(w, request(row.method, row.path, row.body))
			if w.Code != row.status || !strings.Contains(w.Body.String(), row.want) {
				t.Errorf("status %d, want %d; answer %q lacks %q", w.Code, row.status, w.Body, row.want)
			}
			if got := strings.Join(f.asked, "; "); got != row.asked {
				t.Errorf("asked the deployment for %q, want %q", got, row.asked)
			}
		})
	}
	t.Run("a form of another page", func(t *testing.T) {
		f := &fakeWorld{}
		r := request("POST", "/api/v1/pcs/GW1/reboot", "{}")
		r.Header.Set("Content-Type", "text/plain")
		w := httptest.NewRecorder()
		if newControl(t, f).ServeHTTP(w, r); w.Code != 415 || len(f.asked) > 0 {
			t.Errorf("status %d, asked %v", w.Code, f.asked)
		}
	})
}

func TestMailbagListHasNoTextsUnlessAsked(t *testing.T) {
	f := &fakeWorld{items: []emulator.Item{{Slot: 4, Subject: "s", Text: "secret", Attachments: []emulator.Attachment{{Name: "A.TXT", Data: []byte("hi")}}}}}
	h := newControl(t, f)
	for query, want := range map[string]bool{"": false, "&full=1": true} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, request("GET", "/api/v1/mailbag?postoffice=A/B&box=c"+query, ""))
		var v mailbagView
		if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		if len(v.Items) != 1 || v.Items[0].Slot != 4 || v.Items[0].Attachments[0].SizeBytes != 2 {
			t.Errorf("items %+v", v.Items)
		}
		if got := v.Items[0].Text == "secret" && string(v.Items[0].Attachments[0].Data) == "hi"; got != want {
			t.Errorf("with %q: text and data there: %v", query, got)
		}
	}
}

func TestPageEscapesWhatCameFromMail(t *testing.T) {
	evil := `"><script>alert(1)</script>`
	f := &fakeWorld{
		screen:  []string{"Abort, Retry, Fail? " + evil, "</pre>" + evil},
		prompt:  "x",
		faults:  []string{"smtp-reply reply=" + evil},
		outside: []emulator.Delivered{{From: evil, To: evil}},
	}
	h := newControl(t, f)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, request("GET", "/", ""))
	page := w.Body.String()
	if w.Code != 200 || strings.Contains(page, "<script>") || strings.Contains(page, "</pre>\"") {
		t.Errorf("status %d, the page has markup of a stranger:\n%s", w.Code, page)
	}
	if n := strings.Count(page, "&lt;script&gt;alert(1)"); n != 5 {
		t.Errorf("the text is there %d times, want 5:\n%s", n, page)
	}
	for _, outer := range []string{"http://", "https://", "//cdn"} {
		if strings.Contains(page, outer) {
			t.Errorf("the page loads something from elsewhere: %s", outer)
		}
	}
	js, _ := pageFiles.ReadFile("page.js")
	for _, word := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("} {
		if strings.Contains(string(js), word) {
			t.Errorf("page.js uses %s", word)
		}
	}
}

func TestMetricsAreValidText(t *testing.T) {
	w := httptest.NewRecorder()
	newControl(t, &fakeWorld{prompt: "x"}).ServeHTTP(w, request("GET", "/metrics", ""))
	text := w.Body.String()
	for _, want := range []string{
		"gwemu_up 1\n", `gwemu_pc_prompt{pc="GW1"} 1` + "\n", `gwemu_pc_cycles_total{pc="GW1"} 3` + "\n",
		`gwemu_messages{state="offered"} 2` + "\n", `gwemu_queue_messages{where="a\"b\\c\nd"} 2` + "\n", "# TYPE gwemu_up gauge\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		if !strings.HasPrefix(line, "# ") && !strings.HasPrefix(line, "gwemu_") {
			t.Errorf("stray line %q", line)
		}
	}
}

func TestEventsStreamTheScreensAndEndWithTheClient(t *testing.T) {
	server := httptest.NewServer(newControl(t, &fakeWorld{screen: []string{"line one", "a\nb"}}))
	defer server.Close()
	r, err := server.Client().Get(server.URL + "/api/v1/events")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if got := r.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("content type %s", got)
	}
	lines := bufio.NewScanner(r.Body)
	lines.Scan()
	if lines.Text() != "id: 1" {
		t.Errorf("first line %q", lines.Text())
	}
	lines.Scan()
	var v liveView
	if err := json.Unmarshal([]byte(strings.TrimPrefix(lines.Text(), "data: ")), &v); err != nil {
		t.Fatalf("%v in %q", err, lines.Text())
	}
	if len(v.PCs) != 1 || v.PCs[0].Screen[0] != "line one" || v.PCs[0].Name != "GW1" || len(v.Waits) != 1 {
		t.Errorf("event %+v", v)
	}
}

func TestNoMoreThanSoManyPagesAreOpen(t *testing.T) {
	l := &live{}
	for i := range clientsMax {
		if !l.enter() {
			t.Fatalf("page %d is refused", i+1)
		}
	}
	if l.enter() {
		t.Error("one page too many")
	}
	if l.leave(); !l.enter() {
		t.Error("a page that was closed still counts")
	}
}

func TestClientReportsWhatTheServerSays(t *testing.T) {
	for _, row := range []struct {
		name   string
		answer http.HandlerFunc
		status int
		want   string
	}{
		{"refusal", func(w http.ResponseWriter, _ *http.Request) { httpError(w, 422, "no such \x1b[31mPC") }, statusFailed, "gwemu: no such ^[[31mPC"},
		{"another server", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }, statusUsage, "it answers 404 Not Found"},
		{"redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://evil.example/", http.StatusFound)
		}, statusUsage, "it answers 302"},
		{"no JSON", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html>") }, statusUsage, "cannot read the answer"},
	} {
		t.Run(row.name, func(t *testing.T) {
			server := httptest.NewServer(row.answer)
			defer server.Close()
			a := newTestApp("")
			a.env[controlEnv] = server.URL
			if got := a.main([]string{"fault", "list"}); got != row.status || !strings.Contains(a.errOut.String(), row.want) {
				t.Errorf("status %d, want %d; %q lacks %q", got, row.status, a.errOut, row.want)
			}
		})
	}
}
