package conformance

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gwkit/conformance/trial"
	"gwkit/emulator/site"
	"gwkit/testdata/scripts"
)

func beginningOf(text string) (*Beginning, error) {
	return Parse("dir/own_script.txtar", []byte("# Summary: x\n"+text)).Beginning()
}

func TestTheBeginningOfAScript(t *testing.T) {
	const found = "-- found.schedule --\ngwkit schedule 1\nsite dedicated-shared\nmessages 0 in 2 out\noperator nobody\npcs GW1 GW2\nfault net-refuse at=GW1\n"
	const dialogues = "-- two --\n> 220 x\n< DATA\n> 354 go\n< a\n< .\n> 250 OK\n< data\n> 354 go\n< .\n> 250 OK\n" +
		"-- raw --\n> 220 x\n<< DATA\\r\\na\\r\\n.\\r\\n\n> 354 go\n> 250 OK\n" +
		"-- refused --\n< DATA\n> 503 first say HELO\n< .\n> 500 what\n< DATA\n> 354 go\n< .\n> 552 no\n-- none --\n> 220 x\n< QUIT\n"
	for _, row := range []struct {
		name, text string
		site, ends string
		changed    bool
		want       trial.Options
	}{
		{"nothing is sent", "site dedicated\nwaits\nsubmit COMPANY/HUB/sparky a@b.example n", "dedicated", "waits", false, trial.Options{}},
		{"time passes", "site dedicated\nadvance 1m\nsubmit COMPANY/HUB/sparky a@b.example n\nsession x\nrest 1h\nsubmit COMPANY/HUB/sparky a@b.example n", "dedicated", "rest", false, trial.Options{Out: 1}},
		{"it only begins", "site dedicated\n", "dedicated", "", false, trial.Options{}},
		{"mail each way", "site single\ninject a@b.example x@y f\ninject a@b.example x@y f\nsubmit COMPANY/HUB/sparky a@b.example n\nuntil 1h outside", "single", "until", false, trial.Options{In: 2, Out: 1}},
		{"a load", "site single\nload 1h in 3 out 4 size 700\nrest 2h", "single", "rest", false, trial.Options{In: 3, Out: 4, Size: 700}},
		{"faults", "site single\nfault net-refuse at=GW1 until=30m\nwaits", "single", "waits", false, trial.Options{Faults: []string{"net-refuse at=GW1 until=30m"}}},
		{"edits", "site dedicated-shared\nset pcs.GW1.config.commandF true\npc GW2 run SMTPGATE -w15\nviolates no_deadlock", "own_script.txtar", "violates", true, trial.Options{}},
		{"a PC is off", "site dedicated-shared\npc GW2 off\npc MTA1 off\nadvance 1h", "dedicated-shared", "", false, trial.Options{PCs: []string{"GW1"}}},
		{"a second site", "site single\nset gatewayVersion 3.0\ninject a@b.example x@y f\nsite dedicated\nadvance 1h", "dedicated", "", false, trial.Options{}},
		{"explore has a load", "site dedicated-shared\nexplore in 0 out 3 operator nobody schedules 7 pcs GW1", "dedicated-shared", "explore", false, trial.Options{Out: 3, Operator: "nobody", PCs: []string{"GW1"}}},
		{"replay has a load and a site", "replay found.schedule\n" + found, "dedicated-shared", "replay", false,
			trial.Options{Out: 2, Operator: "nobody", PCs: []string{"GW1", "GW2"}, Faults: []string{"net-refuse at=GW1"}}},
		{"a line for other targets", "[!target:emulator] skip 'not here'\nsite single\n[shape:dedicated] drive COMPANY/HUB off\nadvance 1h", "single", "", false, trial.Options{}},
		{"demanding a refusal judges", "site single\n! fault nonsense", "single", "fault", false, trial.Options{}},
		{"a PC is on again", "site dedicated-shared\npc GW2 off\npc GW1 off\npc GW2 on\n", "dedicated-shared", "", false, trial.Options{PCs: []string{"GW2"}}},
		{"sessions hand mail over", "site single\nsmtp GW1 two &a\nsmtp -from 1.2.3.4 GW1 raw\nsmtp GW1 refused\nsmtp GW1 none\nsession a\n" + dialogues, "single", "", false, trial.Options{In: 3}},
		{"mail with an attachment", "site single\nsubmit COMPANY/HUB/sparky A/B/c d@e.example n attach N n\nsubmit COMPANY/HUB/sparky A/B/c n\n", "single", "", false, trial.Options{Out: 1}},
		{"what is healed at once", "site single\nfault net-refuse at=GW1\nfault net-slow bps=9600\nheal net-refuse at=GW1\n", "single", "", false, trial.Options{Faults: []string{"net-slow bps=9600"}}},
		{"all is healed at once", "site single\nfault net-refuse at=GW1\nfault net-slow bps=9600\nheal\n", "single", "", false, trial.Options{}},
		{"what is healed later stays", "site single\nfault net-refuse at=GW1\nadvance 1h\nfault net-slow bps=9600\nheal net-refuse at=GW1\nheal net-slow bps=9600\n", "single", "", false, trial.Options{Faults: []string{"net-refuse at=GW1"}}},
		{"a drive is away", "site dedicated\ndrive COMPANY/SALES off\ndrive COMPANY/SEND off\ndrive COMPANY/SALES on\n", "dedicated", "", false,
			trial.Options{Faults: []string{"drive-lost at=M: who=GW2", "drive-lost at=N: who=MTA1"}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			b, err := beginningOf(row.text)
			if err != nil {
				t.Fatal(err)
			}
			if b.Site.Name != row.site || b.Ends != row.ends || b.Changed != row.changed {
				t.Errorf("site %s, ends %q, changed %v; want %s, %q, %v", b.Site.Name, b.Ends, b.Changed, row.site, row.ends, row.changed)
			}
			if d := cmp.Diff(row.want, b.Trial, cmpopts.EquateEmpty()); d != "" {
				t.Errorf("load:\n%s", d)
			}
		})
	}
}

func TestABeginningThatASearchCannotHaveIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"digest":                         ":2: cannot explore the script: digest: it stands before the site",
		"outside":                        ":2: cannot explore the script: it names no site",
		"submit A/B/c d@e f":             ":2: cannot explore the script: submit: it stands before the site",
		"site nowhere":                   `:2: cannot explore the script: site: "nowhere" is neither`,
		"site $SITE":                     ":2: cannot explore the script: site: $SITE has a variable",
		"site single\nset pcs.GW9.run x": ":3: cannot explore the script: set: cannot set pcs.GW9.run",
		"site single\npc GW9 off":        ":3: cannot explore the script: pc: GW9: ",
		"site single\nload 1h":           ":3: cannot explore the script: load: the load has no messages",
		"site single\nsmtp GW1 f":        `:3: cannot explore the script: smtp: "f" is no file of the script`,
		"site single\nsmtp GW1 f\n-- f --\nwhat\n":                   `:3: cannot explore the script: smtp: f:1: bad line "what"`,
		"site single\nm-write M:\\X f":                               `:3: cannot explore the script: m-write: "f" is no file of the script`,
		"site single\nm-write -hex M:\\X f\n-- f --\nxy\n":           ":3: cannot explore the script: m-write: f: line 1: bad hex digits",
		"site single\nm-rm X":                                        `:3: cannot explore the script: m-rm: "X" is no path`,
		"site single\nm-rm GW9:M:\\X":                                ":3: cannot explore the script: m-rm: GW9: the site has no such PC",
		"site single\nm-rm NO/WHERE:\\X":                             ":3: cannot explore the script: m-rm: the site has no postoffice NO/WHERE",
		"site single\ndrive NO/WHERE off":                            ":3: cannot explore the script: drive: the site has no postoffice NO/WHERE",
		"site single\nheal nonsense":                                 ":3: cannot explore the script: heal: ",
		"site single\nload 0s in 1":                                  ":3: cannot explore the script: load: it offers mail over no time",
		"skip later":                                                 ":2: cannot explore the script: skip: ",
		"site single\nfault nonsense":                                ":3: cannot explore the script: fault: ",
		"site single\nnonsense":                                      `own_script.txtar:3: unknown command "nonsense"`,
		"cp a own.yaml\nsite own.yaml\n-- own.yaml --\nversion: 1\n": ":3: cannot explore the script: site: line 2 may change own.yaml",
		"replay s\n-- s --\ngwkit schedule 1\n":                      ":2: cannot explore the script: replay: s",
		"site single\n[shape:nowhere] set gatewayVersion 3.0":        "own_script.txtar:3: unknown shape",
		"[shape:single] set gatewayVersion 3.0\nsite single":         ":2: cannot explore the script: condition [shape:single] stands before",
	} {
		_, err := beginningOf(text)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "own_script.txtar:") {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	b, err := beginningOf("site single\nload 1h in 60 out 41\nadvance 1h")
	if err != nil {
		t.Fatal(err)
	}
	if err := b.CheckLoad(); err == nil || !strings.Contains(err.Error(), "own_script.txtar:3: ") {
		t.Errorf("101 messages: %v", err)
	}
	b.Trial.Out--
	if err := b.CheckLoad(); err != nil {
		t.Errorf("100 messages: %v", err)
	}
}

// Each command ends the beginning, is taken, or is refused with a reason.
func TestEveryCommandHasAMeaningAtTheBeginning(t *testing.T) {
	for _, c := range Commands() {
		if m, ok := beginnings[c.Name]; ok == c.IsCheck() || ok && m.take == nil {
			t.Errorf("%s: is a check %v, is in the table %v", c.Name, c.IsCheck(), ok)
		}
	}
	for name := range beginnings {
		if Find(name) == nil {
			t.Errorf("%s is no command", name)
		}
	}
}

// Each line is used, or named with a reason; both readings, for schedules and
// for the clock.
func TestWhatABeginningDoesNotUseIsSaid(t *testing.T) {
	const d = "-- d --\n< DATA\n> 354 x\n< .\n> 250 x\n"
	for _, row := range []struct {
		name, text      string
		search, clocked []string
	}{
		{"all is used", "site single\nset gatewayVersion 3.0\nfault net-slow bps=9600\n", nil, nil},
		{"the rest", "site single\nwaits\n\nm-cat M:\\X\nset gatewayVersion 3.0\npc GW1 off\n! fault x\n",
			[]string{"not used: lines 3 to 8, from waits on: a beginning ends at the first line that judges; lines 6 and 7 would send mail or change something (set, pc)"}, same},
		{"a rest of one line", "site single\nwaits\n", []string{"not used: line 3, from waits on: a beginning ends at the first line that judges"}, same},
		{"time and single messages", "site single\nadvance 1m\ninject a b d\nadvance 1m\ninject a b d\n" + d,
			[]string{"not used: lines 3 and 5, advance: time passes as the search lets it, not as the script does"},
			[]string{"not used: lines 3 and 5, advance: time passes as the search lets it, not as the script does", "not used: lines 4 and 6, inject: single messages are no load that goes on"}},
		{"a condition comes later", "site single\nsmtp GW1 d\nfault net-slow bps=9600\n" + d,
			[]string{"used in part: line 3, smtp: nobody plays its dialogue; its message comes from the smart host", "used in part: line 4, fault: it is so from the start, not only after line 3 let time pass"},
			[]string{"not used: line 3, smtp: single messages are no load that goes on", "used in part: line 4, fault: it is so from the start, not only after line 3 let time pass"}},
		{"what a search cannot do", "site single\npeer 1.2.3.4 d\nhold GW1 M:\\X\nrelease all\nmail-rm A/B c\nm-attr M:\\X +r\npc GW1 reboot\npc GW1 key A\nsubmit A/B/c D/E/f d\n" + d,
			[]string{"not used: line 3, peer: the smart hosts of the site answer, and no script in their place", "not used: line 4, hold: nobody but the PCs holds a file; a fault sharing-violation refuses one",
				"not used: line 5, release: nobody but the PCs holds a file", "not used: line 6, mail-rm: users delete no mail", "not used: line 7, m-attr: a site file has no attributes for the files on its drives",
				"not used: line 8, pc: nobody switches a PC off and on; a fault crash takes its power away", "not used: line 9, pc: nobody presses keys but --operator",
				"not used: line 10, submit: mail that is followed goes to the Internet or comes from there"}, same},
		{"a PC that is off", "site single\nset pcs.MTA1.loop true\npc MTA1 run EXTERNAL\nfault slow delay=1s who=MTA1\n",
			[]string{"not used: line 3, set: MTA1 is not switched on, unless --pcs names it", "not used: line 4, pc: MTA1 is not switched on, unless --pcs names it",
				"not used: line 5, fault: MTA1 is not switched on, unless --pcs names it"}, nil},
		{"timing", "site single\nset timing none\n", []string{"not used: line 3, set: operations take no time while schedules are searched"}, nil},
		{"loads", "site single\nload 6h in 2 out 3 arrivals burst read\nload 12h in 4 arrivals even\n",
			[]string{"used in part: line 3, load: all messages are there, and the schedule says when each goes on; nobody reads mail", "used in part: line 4, load: all messages are there, and the schedule says when each goes on"},
			[]string{"used in part: lines 3 and 4, load: it goes on for whole days, and users read their mail", "used in part: line 4, load: it comes as the load of line 3 does: burst"}},
		{"files that move", "site single\ncp a b\nm-write M:\\X b\n",
			[]string{"not used: line 3, cp: it is about the script's own files, which only a run of the script writes", `not used: line 4, m-write: "b" is no file of the script, but line 3 may make it`}, same},
		{"files that are no text", "site single\nm-write -hex M:\\SMTP\\X d\nm-rm GW1:C:\\X\nm-rm M:\\TOOLONGNAME.X\nset gatewayVersion $V\n-- d --\n00 0d 0a\n",
			[]string{"not used: line 3, m-write: a site file cannot carry it: ", "not used: line 4, m-rm: only the drives of postoffices are set up beforehand",
				"not used: line 5, m-rm: a site file cannot carry it: ", "not used: line 6, set: $V has a variable, which only a run of the script knows"}, same},
		{"a second site", "site single\nsubmit A/B/c d@e f\nsite dedicated\n", []string{"not used: lines 2 to 3, from site on: line 4 begins anew with another site"}, same},
	} {
		t.Run(row.name, func(t *testing.T) {
			b, err := beginningOf(row.text)
			if err != nil {
				t.Fatal(err)
			}
			if len(row.clocked) == 1 && row.clocked[0] == same[0] {
				row.clocked = row.search
			}
			alike := cmp.Comparer(func(have, want string) bool { return strings.HasPrefix(have, want) || strings.HasPrefix(want, have) })
			if d := cmp.Diff(row.search, b.Unused(trial.Gateways(b.Site)), alike); d != "" {
				t.Errorf("schedules:\n%s", d)
			}
			if d := cmp.Diff(row.clocked, b.UnusedByClock(b.On()), alike); d != "" {
				t.Errorf("clock:\n%s", d)
			}
		})
	}
}

// same: what the clock does not use is what a search does not use.
var same = []string{"same"}

// Files that a script writes lie on the drives when a search begins, and in the
// site file of what it finds.
func TestABeginningCarriesFiles(t *testing.T) {
	b, err := beginningOf("site dedicated\nm-write M:\\SMTP\\A.TXT a\nm-write COMPANY/SEND:\\SMTP\\B.TXT a\nm-write GW2:M:\\SMTP\\B.TXT -raw\nm-rm M:\\SMTP\\A.TXT M:\\SMTP\\ADDR_MAP.CFG\n-- a --\none\ntwo\n-- -raw --\nthree\n")
	if err != nil {
		t.Fatal(err)
	}
	var have []string
	for _, f := range b.Site.Files {
		have = append(have, fmt.Sprintf("%s %s %v %q", f.Postoffice, f.Path, f.Absent, f.Text))
	}
	want := []string{`COMPANY/RECEIVE \SMTP\ADDR_MAP.CFG true ""`, `COMPANY/RECEIVE \SMTP\A.TXT true ""`, `COMPANY/SEND \SMTP\B.TXT false "three\n"`}
	slices.Sort(have)
	slices.Sort(want)
	if d := cmp.Diff(want, have); d != "" {
		t.Error(d)
	}
	if !b.Changed || b.Edits != 5 || b.Site.Name != "own_script.txtar" {
		t.Errorf("changed %v by %d, %s", b.Changed, b.Edits, b.Site.Name)
	}
	again, err := site.Parse("x", b.Site.Marshal())
	if err != nil || len(again.Files) != len(b.Site.Files) {
		t.Errorf("%v %v", err, again)
	}
}

func TestTheRateOfABeginning(t *testing.T) {
	b, err := beginningOf("site dedicated-shared\npc MTA1 off\nload 6h in 1000 arrivals burst\nload 48h in 10 out 30\nexplore pcs GW2\n")
	if err != nil {
		t.Fatal(err)
	}
	if b.Rate.In != 4005 || b.Rate.Out != 15 || b.Rate.Arrivals != "burst" {
		t.Errorf("%+v", b.Rate)
	}
	if d := cmp.Diff([]string{"GW2"}, b.On()); d != "" {
		t.Error(d)
	}
	if have := b.Clocked(4005, 15, b.On()); !strings.HasSuffix(have, ": site dedicated-shared, load 4005 in and 15 out a day, PCs GW2") {
		t.Error(have)
	}
}

// Whatever the built-in scripts begin with, it is taken or refused in a sentence.
func TestTheBeginningsOfTheBuiltInScripts(t *testing.T) {
	list, err := Load(scripts.FS, scripts.Folder)
	if err != nil {
		t.Fatal(err)
	}
	taken := 0
	for _, s := range list {
		b, err := s.Beginning()
		switch {
		case err == nil && strings.HasPrefix(b.String(), "from "+s.File+", line"):
			taken++
			accountsForEveryLine(t, s, b)
		case err == nil || !strings.HasPrefix(err.Error(), s.File+":"):
			t.Errorf("%s: %v, %v", s.ID, b, err)
		}
	}
	if taken < len(list)*9/10 {
		t.Errorf("only %d of %d can be explored", taken, len(list))
	}
}

// accountsForEveryLine demands that each line is one of those that were used, or
// is named.
func accountsForEveryLine(t *testing.T, s *Script, b *Beginning) {
	named := strings.Join(b.Unused(trial.Gateways(b.Site)), "\n")
	for i := range s.lines {
		l := &s.lines[i]
		if len(l.words) == 0 || l.number <= b.Last {
			continue
		}
		if holds, err := b.holds(l.conds); err != nil || !holds {
			continue
		}
		found := false
		for _, n := range b.notes {
			found = found || n.line == l.number || n.line <= l.number && l.number <= n.to
		}
		if !found {
			t.Errorf("%s: line %d (%s) is not accounted for:\n%s", s.ID, l.number, l.words[0].text, named)
		}
	}
}

func FuzzBeginning(f *testing.F) {
	list, err := Load(scripts.FS, scripts.Folder)
	if err != nil {
		f.Fatal(err)
	}
	for i, s := range list {
		if i%9 == 0 {
			f.Add(string(s.source()))
		}
	}
	f.Add("# Summary: x\nsite single\npc GW1 off\nm-write -hex M:\\A f\nsmtp GW1 f &a\nload 1h in 3\ndrive COMPANY/HUB off\nheal\n-- f --\n41 0d 0a\n")
	f.Fuzz(func(t *testing.T, text string) {
		b, err := Parse("dir/a_b.txtar", []byte(text)).Beginning()
		if err != nil {
			if !strings.HasPrefix(err.Error(), "dir/a_b.txtar") {
				t.Errorf("the mistake does not name the file: %v", err)
			}
			return
		}
		b.Unused(b.On())
		b.UnusedByClock(nil)
		if b.Trial.In < 0 || b.Trial.Out < 0 || b.String() == "" {
			t.Errorf("%+v", b.Trial)
		}
		if _, err := site.Parse("x", b.Site.Marshal()); err != nil {
			t.Errorf("the site cannot be saved: %v", err)
		}
	})
}
