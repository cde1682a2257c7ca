package conformance

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gwkit/conformance/trial"
	"gwkit/testdata/scripts"
)

func beginningOf(text string) (*Beginning, error) {
	return Parse("dir/own_script.txtar", []byte("# Summary: x\n"+text)).Beginning()
}

func TestTheBeginningOfAScript(t *testing.T) {
	const found = "-- found.schedule --\ngwkit schedule 1\nsite dedicated-shared\nmessages 0 in 2 out\noperator nobody\npcs GW1 GW2\nfault net-refuse at=GW1\n"
	for _, row := range []struct {
		name, text string
		site, ends string
		changed    bool
		want       trial.Options
	}{
		{"nothing is sent", "site dedicated\nadvance 1m\nsubmit COMPANY/HUB/sparky a@b.example n", "dedicated", "advance", false, trial.Options{}},
		{"it only begins", "site dedicated\n", "dedicated", "", false, trial.Options{}},
		{"mail each way", "site single\ninject a@b.example x@y f\ninject a@b.example x@y f\nsubmit COMPANY/HUB/sparky a@b.example n\nuntil 1h outside", "single", "until", false, trial.Options{In: 2, Out: 1}},
		{"a load", "site single\nload 1h in 3 out 4 size 700\nrest 2h", "single", "rest", false, trial.Options{In: 3, Out: 4, Size: 700}},
		{"faults", "site single\nfault net-refuse at=GW1 until=30m\nsmtp GW1 d.txt", "single", "smtp", false, trial.Options{Faults: []string{"net-refuse at=GW1 until=30m"}}},
		{"edits", "site dedicated-shared\nset pcs.GW1.config.commandF true\npc GW2 run SMTPGATE -w15\nviolates no_deadlock", "own_script.txtar", "violates", true, trial.Options{}},
		{"a PC is off", "site dedicated-shared\npc GW2 off\npc MTA1 off\nadvance 1h", "dedicated-shared", "advance", false, trial.Options{PCs: []string{"GW1"}}},
		{"a second site", "site single\nset gatewayVersion 3.0\ninject a@b.example x@y f\nsite dedicated\nadvance 1h", "dedicated", "advance", false, trial.Options{}},
		{"explore has a load", "site dedicated-shared\nexplore in 0 out 3 operator nobody schedules 7 pcs GW1", "dedicated-shared", "explore", false, trial.Options{Out: 3, Operator: "nobody", PCs: []string{"GW1"}}},
		{"replay has a load and a site", "replay found.schedule\n" + found, "dedicated-shared", "replay", false,
			trial.Options{Out: 2, Operator: "nobody", PCs: []string{"GW1", "GW2"}, Faults: []string{"net-refuse at=GW1"}}},
		{"a line for other targets", "[!target:emulator] skip 'not here'\nsite single\n[shape:dedicated] drive COMPANY/HUB off\nadvance 1h", "single", "advance", false, trial.Options{}},
		{"demanding a refusal judges", "site single\n! fault nonsense", "single", "fault", false, trial.Options{}},
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
		"digest":                                     ":2: cannot explore the script: digest: it stands before the site",
		"outside":                                    ":2: cannot explore the script: it names no site",
		"submit A/B/c d@e f":                         ":2: cannot explore the script: submit: it stands before the site",
		"site nowhere":                               `:2: cannot explore the script: site: "nowhere" is neither`,
		"site $SITE":                                 ":2: cannot explore the script: site: $SITE has a variable",
		"site single\nhold GW1 M:\\X":                ":3: cannot explore the script: hold: in a search nobody but",
		"site single\npeer 1.2.3.4 f":                ":3: cannot explore the script: peer: ",
		"site single\nsmtp GW1 f &later":             ":3: cannot explore the script: smtp: ",
		"site single\nset pcs.GW9.run x":             ":3: cannot explore the script: set: cannot set pcs.GW9.run",
		"site single\npc GW9 off":                    ":3: cannot explore the script: pc: GW9: ",
		"site single\npc GW1 reboot":                 ":3: cannot explore the script: pc: in a search nobody does reboot",
		"site single\nsubmit A/B/c D/E/f g":          ":3: cannot explore the script: submit: the messages of a search go to",
		"site single\nsubmit A/B/c d@e f attach N n": ":3: cannot explore the script: submit: the messages of a search have no",
		"site single\nload 1h":                       ":3: cannot explore the script: load: the load has no messages",
		"skip later":                                 ":2: cannot explore the script: skip: ",
		"site single\nfault nonsense":                ":3: cannot explore the script: fault: ",
		"site single\nnonsense":                      `own_script.txtar:3: unknown command "nonsense"`,
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
		if _, ok := beginnings[c.Name]; ok == c.IsCheck() {
			t.Errorf("%s: is a check %v, is in the table %v", c.Name, c.IsCheck(), ok)
		}
	}
	for name := range beginnings {
		if Find(name) == nil {
			t.Errorf("%s is no command", name)
		}
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
		case err == nil || !strings.HasPrefix(err.Error(), s.File+":"):
			t.Errorf("%s: %v, %v", s.ID, b, err)
		}
	}
	if taken < len(list)/2 {
		t.Errorf("only %d of %d can be explored", taken, len(list))
	}
}
