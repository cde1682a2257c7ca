package site

import (
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSplitCommand(t *testing.T) {
	tests := []struct {
		name, run, program string
		args               []string
		fails              bool
	}{
		{"plain", "SMTPGATE -md", "SMTPGATE", []string{"-md"}, false},
		{"two blanks", "SMTPGATE  -w32767 -i63", "SMTPGATE", []string{"-w32767", "-i63"}, false},
		{"path and extension", `c:\gate\smtpgate.exe -DP`, "SMTPGATE", []string{"-DP"}, false},
		{"drive-relative", `c:external.exe`, "EXTERNAL", nil, false},
		{"nothing", "  ", "", nil, false},
		{"directory", `C:\GATE\`, "", nil, true},
		{"longest", "A " + strings.Repeat("x", 125), "A", []string{strings.Repeat("x", 125)}, false},
		{"too long", "A " + strings.Repeat("x", 126), "", nil, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			program, args, err := SplitCommand(tt.run)
			if (err != nil) != tt.fails {
				t.Fatalf("error %v", err)
			}
			if program != tt.program || len(args) != len(tt.args) || strings.Join(args, " ") != strings.Join(tt.args, " ") {
				t.Errorf("have %q %q", program, args)
			}
		})
	}
}

func TestParseGateway(t *testing.T) {
	with := func(f func(*GatewayOptions)) GatewayOptions {
		o := GatewayOptions{Drive: 'M', Attempts: 180, WaitSeconds: 120}
		f(&o)
		return o
	}
	tests := []struct {
		name, version, args string
		want                GatewayOptions
	}{
		{"nothing", "3.0.9", "", with(func(*GatewayOptions) {})},
		{"single gateway", "3.0.9", "-w60 -q10 -md -cd -lacsy -p001", with(func(o *GatewayOptions) {
			o.WaitSeconds, o.Attempts, o.MailerDisable, o.Debug = 60, 10, true, true
			o.Log, o.LogSet, o.Process, o.ProcessNumber = "acsy", true, "001", 1
			o.Unknown = []string{"-p001"}
		})},
		{"receiver as printed", "3.0", "-w32767 -i63 -md -lascy -ci -gascy", with(func(o *GatewayOptions) {
			o.WaitSeconds, o.Items, o.MailerDisable, o.Class = 32767, 63, true, "i"
			o.Log, o.LogSet, o.Screen, o.ScreenSet = "ascy", true, "ascy", true
			o.Unknown = []string{"-i63"}
		})},
		{"sender as printed", "3.0", "-w120 -q180 -063 -md -ln -ci -gascy -ms", with(func(o *GatewayOptions) {
			o.OutItems, o.MailerDisable, o.Class, o.LogSent = 63, true, "i", true
			o.Log, o.LogSet, o.Screen, o.ScreenSet = "n", true, "ascy", true
			o.Unknown = []string{"-063"}
		})},
		{"letter O", "3.0", "-o63", with(func(o *GatewayOptions) { o.OutItems, o.Unknown = 63, []string{"-o63"} })},
		{"every flag", "3.0a", "-MR -MS -HA -F -T -V20 -X -Z -RE", with(func(o *GatewayOptions) {
			o.LogReceived, o.LogSent, o.HiddenAttachments, o.From822, o.KeepReceived = true, true, true, true, true
			o.CompatV20, o.NetBIOSNotify, o.ZoneNumeric, o.NoEncapsulation = true, true, true, true
			o.Unknown = []string{"-X"}
		})},
		{"drive", "3.0", "-dp", with(func(o *GatewayOptions) { o.Drive = 'P' })},
		{"options of later versions", "3.0.8", "-f -z", with(func(o *GatewayOptions) { o.Unknown = []string{"-f", "-z"} })},
		{"-F but no -Z", "3.0.9", "-f -z", with(func(o *GatewayOptions) { o.From822, o.Unknown = true, []string{"-z"} })},
		{"unexplained", "3.0", "-h -rr", with(func(o *GatewayOptions) { o.RR, o.Unknown = true, []string{"-h", "-rr"} })},
		{"no options", "3.0", "-k9 word - -mdx -tt -ü", with(func(o *GatewayOptions) { o.Unknown = []string{"-k9", "word", "-", "-mdx", "-tt", "-ü"} })},
		{"the last counts", "3.0", "-w1 -w2", with(func(o *GatewayOptions) { o.WaitSeconds = 2 })},
		{"log without letters", "3.0", "-l", with(func(o *GatewayOptions) { o.LogSet = true })},
		{"classes", "3.0", "-cnewi", with(func(o *GatewayOptions) { o.Class = "newi" })},
		{"break", "3.0", "-bt03:30 -bd12-31-99 -br01:00", with(func(o *GatewayOptions) {
			o.Break = Break{"03:30", "12-31-99", "01:00", 3*time.Hour + 30*time.Minute, 1999, 12, 31, time.Hour}
		})},
		{"break of three parts", "3.0", "-br00:00:10", with(func(o *GatewayOptions) {
			o.BreakRelative, o.BreakAfter = "00:00:10", 10*time.Minute
		})},
		{"break in this century", "3.0", "-bd01-02-26", with(func(o *GatewayOptions) {
			o.BreakDate, o.BreakYear, o.BreakMonth, o.BreakDay = "01-02-26", 2026, 1, 2
		})},
		{"slash", "3.0", "/md", with(func(o *GatewayOptions) { o.MailerDisable = true })},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			have, err := ParseGateway(strings.Fields(tt.args), tt.version)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, have); diff != "" {
				t.Errorf("options (-want +have):\n%s", diff)
			}
		})
	}
}

func TestBadGatewayValuesAreRefused(t *testing.T) {
	tests := []struct{ arg, want string }{
		{"-w", "want a number from 0 to 32767"},
		{"-w32768", "want a number from 0 to 32767"},
		{"-w-1", "want a number from 0 to 32767"},
		{"-q0", "want a number from 1 to 32767"},
		{"-q9999999", "want a number from 1 to 32767"},
		{"-d1", "want a drive letter"},
		{"-dmm", "want a drive letter"},
		{"-lxyz", `want letters of "acnsy"`},
		{"-gq", `want letters of "acnsy"`},
		{"-c", `want letters of "newi"`},
		{"-cx", `want letters of "newi"`},
		{"-p0", "want a hexadecimal number from 01 to FF"},
		{"-p100", "want a hexadecimal number from 01 to FF"},
		{"-pzz", "want a hexadecimal number from 01 to FF"},
		{"-ixx", "want a number from 0 to 32767"},
		{"-bt25:00", "want a time hh:mm"},
		{"-bt24:00", "want a time hh:mm"},
		{"-bt10", "want a time hh:mm"},
		{"-bt10:60", "want a time hh:mm"},
		{"-br1:2:3:4", "want a span hh:mm"},
		{"-br00:24:00", "want a span hh:mm"},
		{"-br+1:00", "want a span hh:mm"},
		{"-bd31-12-99", "want a date mm-dd-yy"},
		{"-bd", "want a date mm-dd-yy"},
	}
	for _, tt := range tests {
		t.Run(tt.arg, func(t *testing.T) {
			_, err := ParseGateway([]string{"-md", tt.arg}, "3.0.9")
			want := `cannot read option "` + tt.arg + `": ` + tt.want
			if err == nil || err.Error() != want {
				t.Errorf("have %v, want %s", err, want)
			}
		})
	}
}

func TestParseExternal(t *testing.T) {
	with := func(f func(*ExternalOptions)) ExternalOptions {
		o := ExternalOptions{WaitMinutes: 5, UpdateMinutes: 5}
		f(&o)
		return o
	}
	tests := []struct {
		name, args string
		want       ExternalOptions
	}{
		{"nothing", "", with(func(*ExternalOptions) {})},
		{"process", "-p010", with(func(o *ExternalOptions) { o.Process, o.ProcessNumber, o.Unknown = "010", 16, []string{"-p010"} })},
		{"range", "-dmp -hn", with(func(o *ExternalOptions) { o.Drives, o.Home = "MNOP", 'N' })},
		{"one drive", "-dm", with(func(o *ExternalOptions) { o.Drives = "M" })},
		{"times", "-n1 -u0", with(func(o *ExternalOptions) { o.WaitMinutes, o.UpdateMinutes = 1, 0 })},
		{"mailer off", "-md", with(func(o *ExternalOptions) { o.MailerDisable = true })},
		{"mailer off in full", "/MailerDisable", with(func(o *ExternalOptions) { o.MailerDisable = true })},
		{"logs", `-lM:\LOG -v -ms -mr -q13`, with(func(o *ExternalOptions) {
			o.LogSession, o.LogPath, o.Verbose, o.LogSent, o.LogReceived, o.Debug = true, `M:\LOG`, true, true, true, "13"
		})},
		{"one pass with old locks", "-0 -v20", with(func(o *ExternalOptions) { o.OnePass, o.CompatV20 = true, true })},
		{"break in two words", "-bt 03:30:15 -n2", with(func(o *ExternalOptions) {
			o.BreakTime, o.BreakAt, o.WaitMinutes = "03:30:15", 3*time.Hour+30*time.Minute+15*time.Second, 2
		})},
		{"modem and others", "-a -ki -e60 -wq -fst /MinKDiskFull=100 word", with(func(o *ExternalOptions) {
			o.Unknown = []string{"-a", "-ki", "-e60", "-wq", "-fst", "/MinKDiskFull=100", "word"}
		})},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			have, err := ParseExternal(strings.Fields(tt.args))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, have); diff != "" {
				t.Errorf("options (-want +have):\n%s", diff)
			}
		})
	}
	for _, args := range []string{"-dpm", "-dm1", "-d", "-hmn", "-nx", "-u-1", "-bt", "-bt noon", "-p000", "-qx"} {
		if o, err := ParseExternal(strings.Fields(args)); err == nil {
			t.Errorf("%s is accepted: %+v", args, o)
		}
	}
}

func TestDeadline(t *testing.T) {
	zone := time.FixedZone("", -8*3600)
	start := time.Date(1993, 2, 23, 9, 0, 0, 0, zone)
	tests := []struct {
		name, args, want string
	}{
		{"none", "", ""},
		{"later today", "-bt17:00", "1993-02-23T17:00:00-08:00"},
		{"past means at once", "-bt03:00", "1993-02-23T03:00:00-08:00"},
		{"date and time", "-bd02-24-93 -bt03:00", "1993-02-24T03:00:00-08:00"},
		{"date", "-bd02-24-93", "1993-02-24T00:00:00-08:00"},
		{"relative", "-br12:30", "1993-02-23T21:30:00-08:00"},
		{"the earlier one", "-br12:30 -bt17:00", "1993-02-23T17:00:00-08:00"},
		{"the earlier one again", "-br00:30 -bt17:00", "1993-02-23T09:30:00-08:00"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o, err := ParseGateway(strings.Fields(tt.args), "3.0")
			if err != nil {
				t.Fatal(err)
			}
			have := ""
			if at, ok := o.Deadline(start); ok {
				have = at.Format(time.RFC3339)
			}
			if have != tt.want {
				t.Errorf("have %q, want %q", have, tt.want)
			}
		})
	}
}

func TestOptionTable(t *testing.T) {
	if !sort.SliceIsSorted(Options, func(i, j int) bool {
		a, b := Options[i], Options[j]
		return a.Program < b.Program || a.Program == b.Program && a.Letter < b.Letter
	}) {
		t.Error("rows are not sorted by program and letter")
	}
	// A value each argument text accepts.
	values := map[string]string{"": "", "mm-dd-yy": "12-31-99", "hh:mm": "01:00", "dd:hh:mm": "00:01:00", "hh:mm[:ss]": "01:00",
		"newi": "i", "drive": "n", "range": "mn", "acnsy": "a", "nn": "63", "0nn": "001", "0xx": "010", "count": "5",
		"seconds": "5", "minutes": "7", "digits": "1", "[path]": "", "name": "x", "...": "x"}
	for _, o := range Options {
		value, ok := values[o.Argument]
		if !ok || o.Effect == "" || o.Article == "" || o.Default == "" || versionRank(o.Since) < 0 {
			t.Errorf("%s -%s: row is incomplete", o.Program, o.Letter)
			continue
		}
		arg := "-" + strings.ToLower(o.Letter) + value
		if row, _ := OptionFor(o.Program, arg); row.Letter != o.Letter {
			t.Errorf("%s %s finds row %q", o.Program, arg, row.Letter)
		}
		// A row that is not explained, or of which nothing comes here, is listed
		// as unknown; every other row changes what its program reads. Those of
		// EXTERNAL about modems and screens are all of the first kind, and the
		// program itself reads -W there.
		if o.Program == gate {
			have, err := ParseGateway([]string{arg}, "3.0a")
			if err != nil {
				t.Errorf("%s %s: %v", o.Program, arg, err)
			}
			if (len(have.Unknown) > 0) != o.ignored() {
				t.Errorf("%s %s: status %s, unknown %q", o.Program, arg, o.Status, have.Unknown)
			}
			if none, _ := ParseGateway(nil, "3.0a"); !o.ignored() && cmp.Equal(none, have) {
				t.Errorf("%s %s changes nothing", o.Program, arg)
			}
		} else {
			have, err := ParseExternal([]string{arg})
			if err != nil {
				t.Errorf("%s %s: %v", o.Program, arg, err)
			}
			if o.ignored() && len(have.Unknown) == 0 {
				t.Errorf("%s %s has no effect and is not listed", o.Program, arg)
			}
			if none, _ := ParseExternal(nil); len(have.Unknown) == 0 && cmp.Equal(none, have) {
				t.Errorf("%s %s changes nothing", o.Program, arg)
			}
		}
		for _, id := range strings.Fields(o.Article) {
			if !hasArticle(id) {
				t.Errorf("%s -%s: %s is not in kb.txt", o.Program, o.Letter, id)
			}
		}
	}
}

func hasArticle(id string) bool {
	for _, a := range Articles() {
		if a.ID == id {
			return true
		}
	}
	return false
}

func TestVersionsAreOrdered(t *testing.T) {
	tests := []struct {
		version, since string
		want           bool
	}{
		{"3.0", "3.0", true}, {"3.0", "3.0.1", false}, {"3.0.9", "3.0.8", true},
		{"3.0a", "3.0.9", true}, {"3.0.9", "3.0a", false}, {"4.0", "3.0", false},
	}
	for _, tt := range tests {
		if AtLeast(tt.version, tt.since) != tt.want {
			t.Errorf("%s at least %s: want %v", tt.version, tt.since, tt.want)
		}
	}
}

func FuzzParseCommand(f *testing.F) {
	f.Add(receiveCommand)
	f.Add(sendCommand)
	f.Add("EXTERNAL -dmp -bt 03:30 /MailerDisable")
	f.Fuzz(func(t *testing.T, run string) {
		program, args, err := SplitCommand(run)
		if err != nil {
			return
		}
		if strings.ContainsAny(program, `\: `) {
			t.Fatalf("program %q", program)
		}
		for _, version := range []string{"3.0", "3.0a"} {
			o, err := ParseGateway(args, version)
			if err == nil && (o.WaitSeconds < 0 || o.Attempts < 1 || o.Drive < 'A' || o.Drive > 'Z' || len(o.Unknown) > len(args)) {
				t.Fatalf("%q gives %+v", args, o)
			}
		}
		o, err := ParseExternal(args)
		if err == nil && (o.WaitMinutes < 0 || len(o.Drives) > 26) {
			t.Fatalf("%q gives %+v", args, o)
		}
	})
}
