package timeline

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"gwkit/emulator/trace"
)

var update = flag.Bool("update", false, "rewrite golden files")

// begin is the virtual time that lists of events count from.
var begin = time.Date(1993, 2, 23, 8, 50, 3, 0, time.FixedZone("PST", -8*3600))

// parse reads events as lines "seconds who op object: result size".
func parse(t testing.TB, lines string) []trace.Event {
	t.Helper()
	var out []trace.Event
	for _, text := range strings.Split(strings.TrimSpace(lines), "\n") {
		text, result, _ := strings.Cut(strings.TrimSpace(text), ": ")
		f := strings.Fields(text)
		if len(f) == 0 {
			continue
		}
		var seconds float64
		if _, err := fmt.Sscan(f[0], &seconds); err != nil || len(f) < 3 {
			t.Fatalf("cannot read event %q: %v", text, err)
		}
		e := trace.Event{Step: uint64(len(out) + 1), Time: begin.UnixNano() + int64(seconds*1e9), Who: f[1], Op: f[2], Result: result}
		if len(f) > 3 {
			e.Object = f[3]
		}
		if len(f) > 4 {
			fmt.Sscan(f[4], &e.Size)
		}
		out = append(out, e)
	}
	return out
}

const start2 = `
0      GW1          boot   SMTPGATE
0      GW2          boot   SMTPGATE
0      WS1          boot   RUN
0      GW1/COMMAND  spawn  C:\GATE\SMTPGATE.EXE
0      GW2/COMMAND  spawn  C:\GATE\SMTPGATE.EXE
0.1    GW1/SMTPGATE open   M:\SMTP\LOCAL.CFG
0.1    GW2/SMTPGATE open   M:\SMTP\LOCAL.CFG
0.2    GW1/SMTPGATE close  M:\SMTP\LOCAL.CFG
0.2    GW2/SMTPGATE close  M:\SMTP\LOCAL.CFG
0.3    GW2/SMTPGATE find   M:\SMTP\FROM_NC.API: file not found
0.3    GW2/SMTPGATE spawn  C:\GATE\SMTPGET.EXE
0.5    GW2/SMTPGET  create M:\SMTP\FROM_NC.API
0.6    GW2/SMTPGET  write  M:\SMTP\FROM_NC.API 71
0.9    GW1/SMTPGATE open   M:\SMTP\MINE.TMP
0.95   GW1/SMTPGATE close  M:\SMTP\MINE.TMP
1      GW1/SMTPGATE create M:\SMTP\SMTP_IN.HDR
1.25   GW1/SMTPGATE write  M:\SMTP\SMTP_IN.HDR 120
`

const deadlock = start2 + `
2.5    GW1/SMTPGATE prompt M:\SMTP\FROM_NC.API: sharing violation
3.5    GW2/SMTPGET  prompt M:\SMTP\SMTP_IN.HDR: sharing violation
200    WS1/RUN      open   M:\MBG\00000001.MBG
200    WS1/RUN      close  M:\MBG\00000001.MBG
`

func options() Options {
	return Options{Title: "two gateways", Start: begin, Drive: func(pc string, letter byte) string {
		if letter == 'M' {
			return "COMPANY/HUB"
		}
		return ""
	}}
}

func seconds(s float64) int64 { return begin.UnixNano() + int64(s*1e9) }

func TestCycleNamesWhoWaitsForWhichFileHeldByWhom(t *testing.T) {
	want := []Edge{
		{"GW1", "SMTPGATE", "open", `M:\SMTP\FROM_NC.API`, "GW2/SMTPGET", seconds(0.5), seconds(2.5)},
		{"GW2", "SMTPGET", "open", `M:\SMTP\SMTP_IN.HDR`, "GW1/SMTPGATE", seconds(1), seconds(3.5)},
	}
	tl := Build(parse(t, deadlock), options())
	if d := cmp.Diff(want, tl.Cycle()); d != "" {
		t.Error(d)
	}
	if got, want := tl.Cycle()[0].String(), `GW1/SMTPGATE waits to open M:\SMTP\FROM_NC.API, held by GW2/SMTPGET`; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if c := tl.Cycles(); len(c) != 1 || c[0].Until != 0 || c[0].At != seconds(3.5) {
		t.Errorf("cycles %+v", c)
	}
	tl = Build(parse(t, deadlock+"\n300 GW2 power-off"), options())
	if d := cmp.Diff(want, tl.Cycle()); d != "" {
		t.Errorf("after the power cut: %s", d)
	}
	if c := tl.Cycles(); len(c) != 1 || c[0].Until != seconds(300) {
		t.Errorf("cycles after the power cut %+v", c)
	}
}

func TestCycleOfThreeAndNearMisses(t *testing.T) {
	for _, row := range []struct {
		name, events string
		want         string
	}{
		{"three in a ring", start2 + `
			2   GW3/SMTPGATE open   M:\SMTP\C
			3   GW3/SMTPGATE prompt M:\SMTP\SMTP_IN.HDR: sharing violation
			4   GW2/SMTPGET  prompt M:\SMTP\C: sharing violation
			5   GW1/SMTPGATE prompt M:\SMTP\FROM_NC.API: sharing violation`, "GW3 > GW1 > GW2 > GW3"},
		{"a tail that leads into a ring is no part of it", deadlock + `
			300 GW3/SMTPGATE prompt M:\SMTP\FROM_NC.API: sharing violation`, "GW1 > GW2 > GW1"},
		{"a file that nobody holds", start2 + `
			2.5 GW1/SMTPGATE prompt M:\SMTP\NOBODY.TMP: sharing violation
			3.5 GW2/SMTPGET  prompt M:\SMTP\SMTP_IN.HDR: sharing violation`, ""},
		{"a file that a free PC holds", start2 + `
			2   GW3/SMTPGATE open   M:\SMTP\C
			2.5 GW1/SMTPGATE prompt M:\SMTP\C: sharing violation
			3.5 GW2/SMTPGET  prompt M:\SMTP\SMTP_IN.HDR: sharing violation`, ""},
		{"one waits, the other goes on", start2 + `2.5 GW1/SMTPGATE prompt M:\SMTP\FROM_NC.API: sharing violation`, ""},
		{"the file was closed before the second prompt", start2 + `
			2.5 GW1/SMTPGATE prompt M:\SMTP\FROM_NC.API: sharing violation
			3   GW2/SMTPGET  close  M:\SMTP\FROM_NC.API
			3.5 GW2/SMTPGET  prompt M:\SMTP\SMTP_IN.HDR: sharing violation`, ""},
		{"the first was answered before the second prompt", start2 + `
			2.5 GW1/SMTPGATE prompt M:\SMTP\FROM_NC.API: sharing violation
			3   GW1/SMTPGATE answer M:\SMTP\FROM_NC.API: fail
			3.5 GW2/SMTPGET  prompt M:\SMTP\SMTP_IN.HDR: sharing violation`, ""},
		{"a dead server is nobody's hold", start2 + `
			2.5 GW1/SMTPGATE prompt M:\SMTP\FROM_NC.API: this device does not exist on the network
			3.5 GW2/SMTPGET  prompt M:\SMTP\SMTP_IN.HDR: this device does not exist on the network`, ""},
		{"two disks of their own", start2 + `
			1.5 GW1/SMTPGATE open   C:\A
			1.6 GW2/SMTPGET  open   C:\B
			2.5 GW1/SMTPGATE prompt C:\B: sharing violation
			3.5 GW2/SMTPGET  prompt C:\A: sharing violation`, ""},
		{"names in another case", start2 + `
			2.5 GW1/SMTPGATE prompt m:\smtp\from_nc.api: sharing violation
			3.5 GW2/SMTPGET  prompt M:\SMTP\SMTP_IN.HDR: sharing violation`, "GW1 > GW2 > GW1"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := ""
			if c := Build(parse(t, row.events), options()).Cycle(); c != nil {
				got = ring(c)
			}
			if got != row.want {
				t.Errorf("cycle %q, want %q", got, row.want)
			}
		})
	}
}

func TestEqualNamesOnTwoVolumesAreTwoFiles(t *testing.T) {
	o := options()
	o.Drive = func(pc string, letter byte) string { return "PO-" + pc }
	tl := Build(parse(t, deadlock), o)
	if c := tl.Cycle(); c != nil {
		t.Errorf("cycle %v", c)
	}
	if text := text(t, tl, (*Timeline).Text); strings.Contains(text, " open ") || !strings.Contains(text, "held by nobody known") {
		t.Errorf("files of one PC each are drawn, or a holder is made up:\n%s", text)
	}
	// Another letter may be the same volume.
	o.Drive = func(pc string, letter byte) string { return "COMPANY/HUB" }
	if c := Build(parse(t, strings.ReplaceAll(deadlock, `GW2/SMTPGET  prompt M:`, `GW2/SMTPGET prompt N:`)), o).Cycle(); len(c) != 2 {
		t.Errorf("cycle %v", c)
	}
	o.Drive = nil
	if c := Build(parse(t, deadlock), o).Cycle(); len(c) != 2 {
		t.Errorf("without a drive map: cycle %v", c)
	}
}

func TestAServerKeepsTheFilesOfAPCWithoutPower(t *testing.T) {
	holder := func(lines string) string {
		w := Build(parse(t, start2+lines), options()).waits
		if len(w) != 1 || w[0].holder == nil {
			return ""
		}
		return w[0].holder.PC
	}
	for _, row := range []struct{ name, lines, want string }{
		{"for a while", "10 GW2 power-off\n 50 GW1/SMTPGATE prompt M:\\SMTP\\FROM_NC.API: sharing violation", "GW2"},
		{"not for ever", "10 GW2 power-off\n 101 GW1/SMTPGATE prompt M:\\SMTP\\FROM_NC.API: sharing violation", ""},
		{"until it comes back", "10 GW2 power-off\n 70 GW2 boot SMTPGATE\n 71 GW1/SMTPGATE prompt M:\\SMTP\\FROM_NC.API: sharing violation", ""},
		{"also from itself", "10 GW2 power-off\n 11 GW2/SMTPGET prompt M:\\SMTP\\FROM_NC.API: sharing violation", "GW2"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := holder(row.lines); got != row.want {
				t.Errorf("held by %q, want %q", got, row.want)
			}
		})
	}
}

func TestAWaitTellsItsOperationWhenItIsOver(t *testing.T) {
	w := Build(parse(t, start2+`
		2.5 GW1/SMTPGATE prompt M:\SMTP\FROM_NC.API: sharing violation
		3   GW1/SMTPGATE answer M:\SMTP\FROM_NC.API: fail
		3   GW1/SMTPGATE create M:\SMTP\FROM_NC.API: fail on INT 24`), options()).Waits()
	want := []Wait{{PC: "GW1", Program: "SMTPGATE", Op: "create", File: `M:\SMTP\FROM_NC.API`, Reason: "sharing violation", HeldBy: "GW2/SMTPGET",
		From: seconds(2.5), Until: seconds(3), Answer: "fail"}}
	for i := range w {
		w[i].first, w[i].last = 0, 0
	}
	if d := cmp.Diff(want, w, cmp.AllowUnexported(Wait{})); d != "" {
		t.Error(d)
	}
}

// drawings are the forms that a golden file has.
var drawings = []struct {
	name string
	draw func(*Timeline, io.Writer) error
}{
	{"deadlock.txt", (*Timeline).Text},
	{"deadlock.mmd", (*Timeline).Mermaid},
	{"deadlock.html", (*Timeline).HTML},
	{"deadlock.json", (*Timeline).Perfetto},
}

func text(t testing.TB, tl *Timeline, draw func(*Timeline, io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := draw(tl, &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestDrawingsAreGolden(t *testing.T) {
	for _, d := range drawings {
		t.Run(d.name, func(t *testing.T) {
			o := options()
			o.Marks = []Mark{{seconds(100), "the watch begins"}}
			got := text(t, Build(parse(t, deadlock), o), d.draw)
			if again := text(t, Build(parse(t, deadlock), o), d.draw); again != got {
				t.Error("two drawings of one run differ")
			}
			tl := Build(parse(t, deadlock), o)
			for _, other := range drawings { // no drawing changes what the next one shows
				text(t, tl, other.draw)
			}
			if again := text(t, tl, d.draw); again != got {
				t.Error("a drawing after others differs")
			}
			name := filepath.Join("testdata", d.name)
			if *update {
				if err := os.WriteFile(name, []byte(got), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestShortFormLeavesOutWhatOnePCDoesAlone(t *testing.T) {
	o := options()
	short := text(t, Build(parse(t, deadlock), o), (*Timeline).Text)
	o.All = true
	all := text(t, Build(parse(t, deadlock), o), (*Timeline).Text)
	for _, word := range []string{"MINE.TMP", "LOCAL.CFG", "file not found", "00000001.MBG", "spawn"} {
		if strings.Contains(short, word) {
			t.Errorf("the short form has %s:\n%s", word, short)
		}
		if !strings.Contains(all, word) {
			t.Errorf("the long form lacks %s:\n%s", word, all)
		}
	}
	if !strings.Contains(short, "not shown: ") || strings.Contains(all, "not shown: ") {
		t.Error("what is left out is not told, or told where nothing is")
	}
}

// hostile is what a name or a mail can do to a drawing.
var hostile = []string{`<script>alert(1)</script>`, `"></title></svg><img src=x onerror=alert(1)>`, `'"&;#%%{init}`, "a\nparticipant evil", "end",
	`M:\new</text>`, "\x00\x1b[31m\xff\u202egpj.exe", "-->>x: y", "`${x}`"}

func hostileEvents() []trace.Event {
	var out []trace.Event
	add := func(who, op, object, result string) {
		out = append(out, trace.Event{Step: uint64(len(out) + 1), Time: begin.UnixNano() + int64(len(out))*1e9, Who: who, Op: op, Object: object, Result: result})
	}
	for _, x := range hostile {
		add(x, "boot", x, "")
		add(x+"/"+x, "open", `M:\`+x, "")
		add("GW2/"+x, "open", `M:\B`+x, "")
		add(x+"/"+x, "write", `M:\`+x, x)
		add("GW2/"+x, "prompt", `M:\`+x, "sharing violation")
		add(x+"/"+x, "prompt", `M:\B`+x, "sharing violation")
		add("GW2/"+x, "answer", `M:\`+x, x)
		add("GW2/"+x, x, `M:\`+x, x)
	}
	return out
}

func hostileOptions() Options {
	o := options()
	o.All = true
	o.Title = strings.Join(hostile, " ")
	for _, x := range hostile {
		o.Marks = append(o.Marks, Mark{begin.UnixNano(), x})
	}
	return o
}

func TestHostileNamesAreTextInEveryForm(t *testing.T) {
	tl := Build(hostileEvents(), hostileOptions())
	if tl.Cycle() == nil {
		t.Fatal("no cycle to draw")
	}
	page := text(t, tl, (*Timeline).HTML)
	for _, bad := range []string{"<script", "<img", "</title></svg>", "\x1b", "\x00", "\u202e"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	for _, d := range drawings {
		if s := text(t, tl, d.draw); !utf8.ValidString(s) || strings.ContainsAny(s, "\x00\x1b\r\u202e") {
			t.Errorf("%s has bytes that are no text", d.name)
		}
	}
	for i, line := range strings.Split(text(t, tl, (*Timeline).Mermaid), "\n") {
		if i == 0 || line == "" {
			continue
		}
		body := strings.TrimSpace(line)
		if body == "end" || strings.HasPrefix(body, "rect ") {
			continue
		}
		if !strings.HasPrefix(line, "    ") || strings.ContainsAny(body, "<{}\"&%`") && !strings.Contains(body, "->>") || strings.Contains(body, `\n`) || strings.HasPrefix(body, "participant evil") {
			t.Errorf("line %d: %q", i+1, line)
		}
		for j, r := range body { // each # begins a number, each ; ends one
			if r == '#' && strings.Trim(strings.SplitN(body[j+1:]+";", ";", 2)[0], "0123456789") != "" {
				t.Errorf("line %d: a bare # in %q", i+1, line)
			}
		}
		if strings.Count(body, ";") != strings.Count(body, "#") {
			t.Errorf("line %d: a bare ; in %q", i+1, line)
		}
	}
	columns := text(t, tl, (*Timeline).Text)
	if strings.Contains(columns, "\nparticipant") {
		t.Error("a name has broken a line")
	}
}

// slices_ reads trace-event JSON.
func slices_(t testing.TB, data string) []map[string]any {
	t.Helper()
	var list []map[string]any
	if err := json.Unmarshal([]byte(data), &list); err != nil {
		t.Fatalf("%v in %.300s", err, data)
	}
	return list
}

func TestPerfettoHasSlicesForHoldsProgramsAndPrompts(t *testing.T) {
	for _, streamed := range []bool{false, true} {
		t.Run(fmt.Sprint("streamed ", streamed), func(t *testing.T) {
			events := parse(t, deadlock)
			data := text(t, Build(events, options()), (*Timeline).Perfetto)
			if streamed {
				data = write(t, "chrome", events, options())
			}
			got := map[string]int{}
			for _, s := range slices_(t, data) {
				key := fmt.Sprint(s["ph"], " ", s["cat"])
				got[key]++
				if s["ph"] == "X" && s["dur"].(float64) < 0 {
					t.Errorf("a slice ends before it begins: %v", s)
				}
				if s["cat"] == "hold" && s["name"] == `M:\SMTP\FROM_NC.API` && (s["ts"].(float64) != 0.5e6 || s["dur"].(float64) != 199.5e6) {
					t.Errorf("hold %v", s)
				}
			}
			delete(got, "M <nil>")
			want := map[string]int{"X hold": 6, "X program": 3, "X prompt": 2, "i cycle": 1, "i <nil>": len(events), "s wait": 2, "f wait": 2}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
		})
	}
	if got := slices_(t, write(t, "chrome", nil, Options{})); len(got) != 0 {
		t.Errorf("a run without events has %v", got)
	}
	if got := slices_(t, write(t, "chrome", hostileEvents(), hostileOptions())); len(got) == 0 {
		t.Error("no slices")
	}
}

func write(t testing.TB, format string, events []trace.Event, o Options) string {
	t.Helper()
	var b bytes.Buffer
	w, err := NewWriter(&b, format, o)
	if err != nil {
		t.Fatal(err)
	}
	for i := range events {
		w.Event(&events[i])
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestEveryFormatIsWrittenAndOthersAreRefused(t *testing.T) {
	for _, format := range Formats {
		if got := write(t, format, parse(t, deadlock), options()); !strings.Contains(got, "FROM_NC.API") {
			t.Errorf("%s lacks the file:\n%s", format, got)
		}
		w, err := NewWriter(failing{}, format, options())
		if err != nil {
			t.Fatal(err)
		}
		for range 3000 {
			w.Event(&trace.Event{Who: "GW1/X", Op: "open", Object: `M:\X`})
		}
		if err := w.Close(); err == nil || err.Error() != "disk full" {
			t.Errorf("%s: Close = %v", format, err)
		}
	}
	_, err := NewWriter(io.Discard, "xml", Options{})
	if err == nil || !strings.Contains(err.Error(), `"xml"`) {
		t.Errorf("error %v", err)
	}
	for _, format := range Formats {
		if !strings.Contains(err.Error(), format) {
			t.Errorf("the error %v does not name %s", err, format)
		}
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("disk full") }

// longRun has a deadlock in its middle and two PCs that go on for long.
func longRun(t testing.TB, n int) []trace.Event {
	events := parse(t, deadlock)
	var out []trace.Event
	noise := func(k int, from int64) {
		for i := range k {
			who := []string{"WS1/RUN", "MTA1/EXTERNAL"}[i/2%2]
			out = append(out, trace.Event{Time: from + int64(i)*1e6, Who: who, Op: []string{"create", "close"}[i%2], Object: `M:\MBG\1.MBG`})
		}
	}
	noise(n, begin.UnixNano())
	at := int64(n) * 1e6
	for _, e := range events {
		e.Time += at
		out = append(out, e)
	}
	noise(n, out[len(out)-1].Time)
	for i := range out {
		out[i].Step = uint64(i + 1)
	}
	return out
}

func TestALongRunKeepsPromptsAndSaysWhatItLeavesOut(t *testing.T) {
	events := longRun(t, 100_000)
	o := options()
	b := NewBuilder(o)
	for i := range events {
		b.Event(&events[i])
	}
	tl := b.Timeline()
	if n := len(tl.entries); n > limitDefault {
		t.Errorf("%d events are kept", n)
	}
	if c := tl.Cycle(); len(c) != 2 {
		t.Errorf("cycle %v", c)
	}
	for _, d := range drawings[:3] {
		s := text(t, tl, d.draw)
		for _, want := range []string{"WAITS", "left out", "SMTP_IN.HDR", "GW1", number(uint64(len(events)))} {
			if !strings.Contains(s, want) {
				t.Errorf("%s lacks %q", d.name, want)
			}
		}
		if d.name == "deadlock.mmd" && len(s) > 50_000 {
			t.Errorf("mermaid takes 50,000 characters, not %d", len(s))
		}
	}
	// Every event is either drawn or counted as left out.
	o.All = true
	tl = Build(events, o)
	v := tl.view(pageRows, false)
	shown := uint64(0)
	for _, r := range v.rows {
		if r.x != nil {
			shown++
		}
	}
	if shown+v.dropped != uint64(len(events)) || shown != pageRows {
		t.Errorf("%d shown and %d left out of %d", shown, v.dropped, len(events))
	}
}

func TestThousandsOfPromptsAreBounded(t *testing.T) {
	var events []trace.Event
	for i := range 60_000 {
		events = append(events, trace.Event{Step: uint64(i + 1), Time: begin.UnixNano() + int64(i)*1e9, Who: "GW1/X",
			Op: []string{"prompt", "answer"}[i%2], Object: `M:\X`, Result: []string{"sharing violation", "retry"}[i%2]})
	}
	tl := Build(events, options())
	if n := len(tl.entries); n > limitDefault {
		t.Errorf("%d events are kept", n)
	}
	v := tl.view(100, false)
	n, first, last := 0, uint64(0), uint64(0)
	for _, r := range v.rows {
		if r.x != nil {
			if n++; n == 1 {
				first = r.n
			}
			last = r.n
		}
	}
	if n != 100 || first != 1 || last != 60_000 {
		t.Errorf("%d rows, from event %d to %d", n, first, last)
	}
}

func TestMarksStandWhereTheyBelong(t *testing.T) {
	o := options()
	o.Marks = []Mark{{seconds(999), "after the end"}, {seconds(1.5), "before the\nprompts"}}
	s := text(t, Build(parse(t, deadlock), o), (*Timeline).Text)
	at := func(word string) int { return strings.Index(s, word) }
	if x := []int{at(`*** before the\x0aprompts`), at("*** GW1/SMTPGATE WAITS"), at("*** wait cycle"), at("*** after the end"), at("*** end of")}; !slices.IsSorted(x) || x[0] < 0 {
		t.Errorf("order %v in\n%s", x, s)
	}
	o.Marks = make([]Mark, marksMax+5)
	if s := text(t, Build(parse(t, deadlock), o), (*Timeline).Text); !strings.Contains(s, "5 marks after the first 200") {
		t.Error("marks left out are not told")
	}
}

// random makes events out of few words, so that holds and prompts meet.
func random(r *rand.Rand, n int) []trace.Event {
	pick := func(words ...string) string { return words[r.Intn(len(words))] }
	var out []trace.Event
	at := begin.UnixNano()
	for i := range n {
		at += r.Int63n(5e9) - 1e8
		if r.Intn(50) == 0 {
			at += 100e9
		}
		e := trace.Event{Step: uint64(i), Time: at, Who: pick("GW1/A", "GW1/B", "GW2/A", "GW3/C", "HOST", "", "/", "GW1"),
			Op:     pick("open", "create", "close", "prompt", "answer", "power-off", "boot", "spawn", "exit", "read", "find", "refused", "write", ""),
			Object: pick(`M:\A`, `M:\B`, `m:\a`, `N:\A`, `C:\A`, "", "A", `M:`, `\\`, "é:\\x"),
			Result: pick("", "", "", "sharing violation", "retry", "fail", "abort", "file not found"), Size: r.Intn(3) - 1}
		switch r.Intn(12) { // enough of what makes a cycle
		case 0, 1:
			e.Op, e.Result = "prompt", "sharing violation"
		case 2, 3:
			e.Op, e.Result = "open", ""
		}
		out = append(out, e)
	}
	return out
}

func check(t testing.TB, events []trace.Event, o Options) {
	t.Helper()
	tl := Build(events, o)
	for _, c := range append(tl.Cycles(), Cycle{Edges: tl.Cycle()}) {
		for i, e := range c.Edges {
			if next := c.Edges[(i+1)%len(c.Edges)].PC; !strings.HasPrefix(e.HeldBy, next+"/") {
				t.Fatalf("edge %d is held by %s, the next waits on %s", i, e.HeldBy, next)
			}
		}
		if len(c.Edges) == 1 {
			t.Fatalf("a PC waits for itself: %v", c.Edges)
		}
	}
	for _, d := range drawings {
		if s := text(t, tl, d.draw); !utf8.ValidString(s) {
			t.Fatalf("%s is not UTF-8", d.name)
		} else if d.name == "deadlock.json" {
			slices_(t, s)
		}
	}
	slices_(t, write(t, "chrome", events, o))
	// The end of a list is not the end of its holds.
	n := 0
	for _, l := range tl.lanes {
		n += len(l.holds)
		for _, h := range l.holds {
			if h.End != "" {
				t.Fatalf("%+v has ended and is open", h)
			}
		}
	}
}

func TestAnyEventsCanBeDrawn(t *testing.T) {
	cycles := 0
	for seed := range int64(150) {
		r := rand.New(rand.NewSource(seed))
		events := random(r, r.Intn(400))
		o := Options{All: seed%2 == 0, Limit: 64 + r.Intn(200), Rows: r.Intn(60)}
		if seed%3 == 0 {
			o.Drive = func(pc string, letter byte) string { return "V" }
		}
		check(t, events, o)
		cycles += len(Build(events, o).Cycles())
	}
	if cycles == 0 {
		t.Error("no run had a cycle")
	}
}

func FuzzBuild(f *testing.F) {
	f.Add(deadlock, uint8(0), true)
	f.Add(start2, uint8(7), false)
	f.Add("1 GW1/A open M:\\A\n2 GW1/A prompt M:\\A: sharing violation\n1 GW1 power-off", uint8(3), true)
	f.Fuzz(func(t *testing.T, lines string, rows uint8, all bool) {
		var events []trace.Event
		for i, line := range strings.Split(lines, "\n") {
			if i == 300 {
				break
			}
			line, result, _ := strings.Cut(line, ": ")
			w := append(strings.Split(strings.Join(strings.Fields(line), " "), " "), "", "", "", "")
			var at float64
			fmt.Sscan(w[0], &at)
			if at != at || at > 1e9 || at < -1e9 {
				at = 0
			}
			events = append(events, trace.Event{Time: int64(at * 1e9), Who: w[1], Op: w[2], Object: w[3], Result: result, Size: len(w[4])})
		}
		check(t, events, Options{Title: lines, Rows: int(rows), All: all, Marks: []Mark{{0, lines}}})
	})
}

// A prompt says which operation met the error: removing a file waits, too.
func TestAWaitNamesTheOperationThatWaits(t *testing.T) {
	events := parse(t, deadlock)
	for i := range events {
		if events[i].Op == "prompt" {
			events[i].During = "remove"
		}
	}
	tl := Build(events, options())
	if got, want := tl.Cycle()[0].String(), `GW1/SMTPGATE waits to remove M:\SMTP\FROM_NC.API, held by GW2/SMTPGET`; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if w := tl.Waits(); len(w) != 2 || w[0].Op != "remove" {
		t.Errorf("waits %+v", w)
	}
}

// Nothing takes time in an explored run: places are the steps of its trace.
func TestAnUntimedRunIsToldInSteps(t *testing.T) {
	events := parse(t, deadlock)
	for i := range events {
		events[i].Time = begin.UnixNano()
	}
	o := options()
	o.Untimed = true
	for _, row := range []struct {
		format string
		want   []string
	}{
		{"columns", []string{`held by GW2/SMTPGET since step 12; waits since step 18`, "\nstep 18", "*** wait cycle"}},
		{"html", []string{`waits since step 18 to open`, `>step 21</text>`, `held by <b>GW2/SMTPGET</b> since step 12`, `font-size="10" text-anchor="end">step 21<`}},
		{"mermaid", []string{"step 12 SMTPGET create"}},
		{"chrome", []string{`"ts":18,`, `"ts":12,"dur":9`}},
	} {
		var b bytes.Buffer
		w, err := NewWriter(&b, row.format, o)
		if err != nil {
			t.Fatal(err)
		}
		for i := range events {
			w.Event(&events[i])
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		for _, want := range row.want {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%s has no %q:\n%s", row.format, want, b.String())
			}
		}
	}
}

// All ticks of a run that takes no time are in one place: there is one.
func TestTheAxisOfARunWithoutTime(t *testing.T) {
	events := parse(t, deadlock)
	for i := range events {
		events[i].Time = begin.UnixNano()
	}
	tl := Build(events, options())
	if s := tl.strip(tl.view(pageRows, false)); len(s.Ticks) != 1 {
		t.Errorf("%+v", s.Ticks)
	}
	tl = Build(parse(t, deadlock), options())
	if s := tl.strip(tl.view(pageRows, false)); len(s.Ticks) != 5 {
		t.Errorf("%+v", s.Ticks)
	}
}
