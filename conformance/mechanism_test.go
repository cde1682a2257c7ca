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
// that away. The script must fail then, in the line that is about it: one that
// passes all the same, or that fails because the change broke something else,
// would prove nothing.
var mechanisms = map[string]struct {
	off     string
	replace [2]string
	at, why string // the line that fails then, and how: part of the reason
}{
	"setup_both_loaded": {"the second computer is not loaded", [2]string{"pc GW2 run 'SMTPGATE -w120 -q180 -md -cd -lacsy -p001'\n", ""},
		"until 1m screen GW2 'Gateway initialized'", "until: not within 1m0s; at last: the screen is empty"},
	"setup_command_lines": {"the receiver has the sender's wait", [2]string{"-w32767", "-w120"},
		"state GW1 cycles 1", "state: want GW1 cycles 1, have "},
	"setup_first_computer": {"the first computer lacks SMTPGET from the start", [2]string{"site single\ninject", "site single\nset pcs.GW1.local '[SMTPGATE.EXE, SMTPPUT.EXE]'\ninject"},
		"until 2h outside to root@example.com header Subject order", "until: not within 2h0m0s; at last: 0 of 0 in the Internet"},
	"setup_no_second_address_record": {"the smart host has no record at all", [2]string{"site dedicated\n", "site dedicated\nset smartHosts[0].routes '{}'\n"},
		"until 2h mailbag COMPANY/SALES margb subject hello", "until: not within 2h0m0s; at last: 0 of 0 in COMPANY/SALES margb"},
	"setup_one_ip_number": {"the second has a number of its own", [2]string{"set pcs.GW2.ip 11.1.16.16", "set pcs.GW2.ip 11.1.16.99"},
		`screen GW2 'another host has the address 11\.1\.16\.16'`, "screen: no line of the screen matches:"},
	"setup_receiver": {"the receiver has SMTPGET", [2]string{"set pcs.GW2.run null", "set pcs.GW2.run null\nset pcs.GW1.local '[SMTPGATE.EXE, SMTPGET.EXE, SMTPPUT.EXE]'"},
		"! until 12h outside to root@example.com", "until: it is so, and should not be: after 10m13s: 1 of 1 in the Internet"},
	"setup_second_computer": {"the second computer lacks the configuration", [2]string{"drives: {M: COMPANY/HUB}, local", "drives: {M: COMPANY/SALES}, local"},
		"state GW2 phase running", `state: want GW2 phase running, have "ended"`},
	"setup_sender": {"the sender has SMTPPUT", [2]string{"set pcs.GW1.run null\nsubmit", "set pcs.GW1.run null\nset pcs.GW2.local '[SMTPGATE.EXE, SMTPGET.EXE, SMTPPUT.EXE]'\nsubmit"},
		"smtp GW2 refused.txt", `smtp: refused.txt:15: want "> 552 Error in local delivery", have "250"`},
	"setup_sender_tries_smtpput": {"it does not look in each cycle", [2]string{"site dedicated\nset", "site dedicated\nset pcs.GW2.config.tryPut false\nset"},
		`screen GW2 'ERROR Spawn \(SMTPput\): \(2\) No such file or directory'`, "screen: no line of the screen matches:"},
	"setup_server_on_path": {"the server's directory is in no path", [2]string{`[C:\GATE, M:\MAILEXE]`, `[C:\GATE]`},
		"until 12h outside to root@example.com", "until: not within 12h0m0s; at last: 0 of 0 in the Internet"},
	"setup_server_programs": {"the server's directory is in no path", [2]string{`[C:\GATE, M:\MAILEXE]`, `[C:\GATE]`},
		"until 2h mailbag COMPANY/SALES margb subject hello", "until: not within 2h0m0s; at last: 0 of 0 in COMPANY/SALES margb"},
	"setup_third_program_on_disk": {"the third program is not there", [2]string{"[SMTPGATE.EXE, SMTPGET.EXE, SMTPPUT.EXE]", "[SMTPGATE.EXE, SMTPPUT.EXE]"},
		"until 12h outside to root@example.com", "until: not within 12h0m0s; at last: 0 of 0 in the Internet"},

	"topology_dedicated": {"the sender can do both", [2]string{"site dedicated\n", "site dedicated\nset pcs.GW2.local '[SMTPGATE.EXE, SMTPGET.EXE, SMTPPUT.EXE]'\nset smartHosts[0].routes '{sales.company.com: GW2}'\n"},
		"log GW1 contains 'spawn(SMTPPUT)=0'", `log: no line of GW1:M:\LOG\SMTPGATE.LOG`},
	"topology_dedicated_larger": {"the receiver is off", [2]string{"downstream=6\n", "downstream=6\npc GW1 off\n"},
		"until 2h mailbag COMPANY/PO06 user06 subject hello", "until: not within 2h0m0s; at last: 0 of 1 in COMPANY/PO06 user06"},
	"topology_dedicated_shared_quiet": {"the pair has postoffices of its own", [2]string{"site dedicated-shared\nload", "site dedicated\nload"},
		`until 6h waits 'GW[12]/\S+ waits for file M:.SMTP'`, "until: not within 6h0m0s; at last: no line matches:"},
	"topology_more_than_one_pc_reaches": {"the second transfer PC is off", [2]string{"downstream=20\n", "downstream=20\npc MTA2 off\n"},
		"until 2h mailbag COMPANY/PO20 user20 subject hello", "until: not within 2h0m0s; at last: 0 of 0 in COMPANY/PO20 user20"},
	"topology_multiple": {"the second gateway is off", [2]string{"inject root@example.com annet@legal.company.com in.txt\nsubmit COMPANY/FINANCE", "pc GW2 off\ninject root@example.com annet@legal.company.com in.txt\nsubmit COMPANY/FINANCE"},
		"until 2h mailbag COMPANY/LEGAL annet subject hello", "until: not within 2h0m0s; at last: 0 of 0 in COMPANY/LEGAL annet"},
	"topology_multiple_carries": {"one gateway", [2]string{"site multiple\n", "site single:downstream=4\n"},
		"summary messages.waiting '<250'", "summary: want messages.waiting <250, have "},
	"topology_multiple_dedicated": {"the second pair is off", [2]string{"site multiple-dedicated\n", "site multiple-dedicated\npc GW3 off\npc GW4 off\n"},
		"until 2h screen GW4 'Transmitting message to SMTP'", "until: not within 2h0m0s; at last: the screen is empty"},
	"topology_multiple_larger": {"nobody carries mail between the groups", [2]string{"downstream=12\n", "downstream=12\npc MTA4 off\n"},
		"until 1h mailbag COMPANY/PO12 user12 subject order from /margb/", "until: not within 1h0m0s; at last: 0 of 1 in COMPANY/PO12 user12"},
	"topology_single": {"the gateway is off", [2]string{"site single\n", "site single\npc GW1 off\n"},
		"until 2h mailbag COMPANY/SALES margb subject hello", "until: not within 2h0m0s; at last: 0 of 0 in COMPANY/SALES margb"},
	"topology_single_backlog": {"operations take no time", [2]string{"site single\n", "site single\nset timing none\n"},
		"summary messages.waiting '>200'", "summary: want messages.waiting >200, have "},
	"topology_volumes_divide": {"divided by number", [2]string{"volumes=900/200/300/200/200", "downstream=5"},
		`log GW1 count 1 'spawn\(SMTPPUT\)=0'`, `log: want 1 lines of GW1:M:\LOG\SMTPGATE.LOG like spawn\(SMTPPUT\)=0, have `},

	"shared_both_reboots": {"only one is rebooted", [2]string{"pc GW2 off\n", ""},
		"until 1h outside to user@outside.example count 1", "until: not within 1h0m0s; at last: want 1 of 0 in the Internet, have "},
	"shared_command_f": {"no COMMAND /F", [2]string{"config.commandF true", "config.commandF false"},
		"! violates no_deadlock", "violates: it is so, and should not be: GW1/SMTPGATE waits for FROM_NC.API of GW2/SMTPGATE; GW2/SMTPGATE waits for SMTP_OUT.TXT of GW1/SMTPGATE"},
	"shared_deadlock": {"nobody is asked: COMMAND /F", [2]string{"\nreplay found.schedule", "\nsite dedicated-shared\nset pcs.GW1.config.commandF true\nset pcs.GW2.config.commandF true\nreplay found.schedule"},
		"violates no_deadlock 'GW1/SMTPGATE waits for SMTP_OUT.TXT of GW2/SMTPGATE; GW2/SMTPGATE waits for FROM_NC.API of GW1/SMTPGATE'", "violates: broken are:"},
	"shared_duplicate": {"nobody interrupts the receiver", [2]string{"replay found.schedule", "replay miss.schedule"},
		"violates no_duplicate 'delivered 2 times'", "violates: broken are:"},
	"shared_exhaustive_dedicated": {"postoffices of their own", [2]string{"site dedicated-shared", "site dedicated"},
		"violates no_foreign_part", "violates: no invariant is broken"},
	"shared_foreign_part": {"the sender is not interrupted", [2]string{"let GW2 until find COMPANY/HUB:\\SMTP\\FROM_NC.API #2", "let GW2 while it can"},
		"violates no_foreign_part 'GW1/SMTPGATE opens COMPANY/HUB .SMTP.FROM_NC.API, which GW2/SMTPGET made'", "violates: no invariant is broken"},
	"shared_load_halts": {"postoffices of their own", [2]string{"site dedicated-shared", "site dedicated"},
		"until 6h waits 'GW[12]/SMTPGATE waits for file M:.SMTP'", "until: not within 6h0m0s; at last: no line matches:"},
	"shared_loss": {"no COMMAND /F", [2]string{"config.commandF true", "config.commandF false"},
		"violates no_prompt_forever 'GW1/SMTPGATE waits for FROM_NC.API: Sharing violation'", "violates: broken are:"},
	"shared_one_prompt": {"somebody is there", [2]string{"operator nobody", "operator retry"},
		"violates no_prompt_forever 'FROM_NC.API'", "violates: broken are:"},
	"shared_one_reboot": {"both are rebooted", [2]string{"\npc GW1 reboot\n", "\npc GW1 reboot\npc GW2 reboot\n"},
		`screen GW1 'Abort, Retry, Fail\?$'`, "screen: no line of the screen matches:"},
	"shared_replay_misfit": {"the schedule fits", [2]string{"site dedicated\n", "site dedicated-shared\n"},
		"! replay found.schedule", "replay: it went well, and should have been refused"},
	"shared_search_finds": {"postoffices of their own", [2]string{"site dedicated-shared", "site dedicated"},
		"violates no_deadlock", "violates: no invariant is broken"},
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
			got := r.Scripts[0]
			if got.Verdict != report.Fail {
				t.Fatalf("%s: verdict %s, want fail: %s\n%s", m.off, got.Verdict, got.Reason, got.Log)
			}
			lines := strings.Split(text, "\n")
			if at := lines[min(max(got.Line, 1), len(lines))-1]; at != m.at || !strings.Contains(got.Reason, m.why) {
				t.Errorf("%s: fails for another reason:\nat   %s\nwant %s\nwhy  %s\nwant %s", m.off, at, m.at, got.Reason, m.why)
			}
		})
	}
}
