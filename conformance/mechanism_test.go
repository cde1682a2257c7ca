package conformance

import (
	"context"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"gwkit/conformance/report"
	"gwkit/testdata/scripts"
)

// mechanisms says for each script about the shapes, the setting up of a pair and
// the shared directory what it rests on, as a change of its text that takes
// that away. The script must fail then: one that passes all the same would
// prove nothing.
var mechanisms = map[string]struct {
	off     string
	replace [2]string
}{
	"setup_both_loaded":              {"the second computer is not loaded", [2]string{"pc GW2 run 'SMTPGATE -w120 -q180 -md -cd -lacsy -p001'\n", ""}},
	"setup_command_lines":            {"the receiver has the sender's wait", [2]string{"-w32767", "-w120"}},
	"setup_first_computer":           {"the first computer lacks SMTPGET from the start", [2]string{"site single\ninject", "site single\nset pcs.GW1.local '[SMTPGATE.EXE, SMTPPUT.EXE]'\ninject"}},
	"setup_no_second_address_record": {"the smart host has no record at all", [2]string{"site dedicated\n", "site dedicated\nset smartHosts[0].routes '{}'\n"}},
	"setup_one_ip_number":            {"the second has a number of its own", [2]string{"set pcs.GW2.ip 11.1.16.16", "set pcs.GW2.ip 11.1.16.99"}},
	"setup_receiver":                 {"the receiver has SMTPGET", [2]string{"set pcs.GW2.run null", "set pcs.GW2.run null\nset pcs.GW1.local '[SMTPGATE.EXE, SMTPGET.EXE, SMTPPUT.EXE]'"}},
	"setup_second_computer":          {"the second computer lacks the configuration", [2]string{"drives: {M: COMPANY/HUB}, local", "drives: {M: COMPANY/SALES}, local"}},
	"setup_sender":                   {"the sender has SMTPPUT", [2]string{"set pcs.GW1.run null\nsubmit", "set pcs.GW1.run null\nset pcs.GW2.local '[SMTPGATE.EXE, SMTPGET.EXE, SMTPPUT.EXE]'\nsubmit"}},
	"setup_sender_tries_smtpput":     {"it does not look in each cycle", [2]string{"site dedicated\nset", "site dedicated\nset pcs.GW2.config.tryPut false\nset"}},
	"setup_server_on_path":           {"the server's directory is in no path", [2]string{`[C:\GATE, M:\MAILEXE]`, `[C:\GATE]`}},
	"setup_server_programs":          {"the server's directory is in no path", [2]string{`[C:\GATE, M:\MAILEXE]`, `[C:\GATE]`}},
	"setup_third_program_on_disk":    {"the third program is not there", [2]string{"[SMTPGATE.EXE, SMTPGET.EXE, SMTPPUT.EXE]", "[SMTPGATE.EXE, SMTPPUT.EXE]"}},

	"topology_dedicated":                {"the sender can do both", [2]string{"site dedicated\n", "site dedicated\nset pcs.GW2.local '[SMTPGATE.EXE, SMTPGET.EXE, SMTPPUT.EXE]'\nset smartHosts[0].routes '{sales.company.com: GW2}'\n"}},
	"topology_dedicated_larger":         {"the pair serves five", [2]string{"downstream=6", "downstream=5"}},
	"topology_dedicated_shared_quiet":   {"the pair has postoffices of its own", [2]string{"site dedicated-shared\nload", "site dedicated\nload"}},
	"topology_more_than_one_pc_reaches": {"the second transfer PC is off", [2]string{"downstream=20\n", "downstream=20\npc MTA2 off\n"}},
	"topology_multiple":                 {"the second gateway is off", [2]string{"site multiple\n", "site multiple\npc GW2 off\n"}},
	"topology_multiple_carries":         {"one gateway", [2]string{"site multiple\n", "site single:downstream=4\n"}},
	"topology_multiple_dedicated":       {"the second pair is off", [2]string{"site multiple-dedicated\n", "site multiple-dedicated\npc GW3 off\npc GW4 off\n"}},
	"topology_multiple_larger":          {"nobody carries mail between the groups", [2]string{"downstream=12\n", "downstream=12\npc MTA4 off\n"}},
	"topology_single":                   {"the gateway is off", [2]string{"site single\n", "site single\npc GW1 off\n"}},
	"topology_single_backlog":           {"operations take no time", [2]string{"site single\n", "site single\nset timing none\n"}},
	"topology_volumes_divide":           {"divided by number", [2]string{"volumes=900/200/300/200/200", "downstream=5"}},

	"shared_both_reboots":         {"only one is rebooted", [2]string{"pc GW2 off\n", ""}},
	"shared_command_f":            {"no COMMAND /F", [2]string{"config.commandF true", "config.commandF false"}},
	"shared_deadlock":             {"nobody is asked: COMMAND /F", [2]string{"\nreplay found.schedule", "\nsite dedicated-shared\nset pcs.GW1.config.commandF true\nset pcs.GW2.config.commandF true\nreplay found.schedule"}},
	"shared_duplicate":            {"the receiver is not interrupted", [2]string{"until open COMPANY/HUB:\\SMTP\\SMTP_OUT.TXT\n", "while it can\n"}},
	"shared_exhaustive_dedicated": {"postoffices of their own", [2]string{"site dedicated-shared", "site dedicated"}},
	"shared_foreign_part":         {"the sender is not interrupted", [2]string{"let GW2 until find COMPANY/HUB:\\SMTP\\FROM_NC.API #2", "let GW2 while it can"}},
	"shared_load_halts":           {"postoffices of their own", [2]string{"site dedicated-shared", "site dedicated"}},
	"shared_loss":                 {"no COMMAND /F", [2]string{"config.commandF true", "config.commandF false"}},
	"shared_one_prompt":           {"somebody is there", [2]string{"operator nobody", "operator retry"}},
	"shared_one_reboot":           {"both are rebooted", [2]string{"\npc GW1 reboot\n", "\npc GW1 reboot\npc GW2 reboot\n"}},
	"shared_replay_misfit":        {"the schedule fits", [2]string{"site dedicated\n", "site dedicated-shared\n"}},
	"shared_search_finds":         {"postoffices of their own", [2]string{"site dedicated-shared", "site dedicated"}},
}

func TestScriptsFailWithoutTheirMechanism(t *testing.T) {
	if testing.Short() {
		t.Skip("days of load and searches are for the full tests")
	}
	for _, s := range builtInScripts(t) {
		if !slices.Contains([]string{"setup", "topology", "shared"}, strings.SplitN(s.ID, "_", 2)[0]) {
			continue
		}
		t.Run(s.ID, func(t *testing.T) {
			t.Parallel()
			m, ok := mechanisms[s.ID]
			if !ok {
				t.Fatal("no row says what this script rests on")
			}
			data, err := fs.ReadFile(scripts.FS, s.ID+".txtar")
			if err != nil {
				t.Fatal(err)
			}
			text := strings.ReplaceAll(string(data), m.replace[0], m.replace[1])
			if text == string(data) {
				t.Fatalf("%s: %q is not in the script", m.off, m.replace[0])
			}
			r := Run(context.Background(), []*Script{Parse(s.File, []byte(text))}, Options{Jobs: 1})
			if got := r.Scripts[0]; got.Verdict != report.Fail {
				t.Errorf("%s: verdict %s, want fail: %s\n%s", m.off, got.Verdict, got.Reason, got.Log)
			} else {
				t.Logf("%s: line %d: %s", m.off, got.Line, got.Reason)
			}
		})
	}
}
