package site

import (
	"errors"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestExternalINI(t *testing.T) {
	tests := []struct{ name, instance, text, want string }{
		{"global section", "", "[External]\r\nDrivesDirectPO=MN\r\nLogVerbose\r\n", "/DrivesDirectPO=MN /LogVerbose"},
		{"case and blanks", "", "[external]\n  intervalregular = 3 \n", "/intervalregular=3"},
		{"empty file", "", "", ""},
		{"no section", "", "DrivesDirectPO=MN\n", ""},
		{"sections of others", "", "[Dispatch]\nNonsense\n[External]\nLogSent\n[Externals]\nNonsense\n", "/LogSent"},
		{"instance", "MTA1", "[External-MTA1]\nIntervalRegular=3\n[External]\nIntervalRegular=4\nLogSent\n", "/IntervalRegular=4 /LogSent /IntervalRegular=3"},
		{"instance with blanks", "RemoteUsr1", "[External - RemoteUsr1]\nLogSent\n", "/LogSent"},
		{"other instance", "", "[External]\nLogSent\n[External-MTA2]\nNonsense\n", "/LogSent"},
		{"no instance", "MTA1", "[External]\nLogSent\n[External-MTA2]\nLogSent\n", "no section of that instance"},
		{"two-byte characters", "MTA1", "\xFF\xFE[\x00E\x00x\x00t\x00e\x00r\x00n\x00a\x00l\x00-\x00M\x00T\x00A\x001\x00]\x00", "no section of that instance"},
		{"comment in the first column", "", "[External]\n; LogSent\nLogReceive\n", "/LogReceive"},
		{"comment behind an option", "", "[External]\nIntervalRegular=3 ; often\n", "/IntervalRegular=3"},
		{"comment behind blanks", "", "[External]\nLogSent\n  ; often\n", `line 3: "; often" is no option`},
		{"unknown key", "", "[External]\nLogsent\nLogSend ; x\n", `line 3: "LogSend ; x" is no option`},
		{"bad value", "", "[External]\nIntervalRegular=soon\n", `line 2: "IntervalRegular=soon" is no option`},
		{"end of text", "", "[External]\nLogSent\n\x1ANonsense\n", "/LogSent"},
		{"value with a blank", "", "[External]\nDrivesUNC=\\\\server\\share user\n", `/DrivesUNC=\\server\share user`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			args, err := ParseExternalINI([]byte(tt.text), tt.instance)
			have := strings.Join(args, " ")
			if err != nil {
				have = err.Error()
			}
			if have != tt.want {
				t.Errorf("have %q, want %q", have, tt.want)
			}
		})
	}
}

func TestLongOptionsMeanTheirLetters(t *testing.T) {
	if !sort.SliceIsSorted(longOptions, func(i, j int) bool { return longOptions[i].name < longOptions[j].name }) {
		t.Error("options are not sorted by name")
	}
	tests := []struct{ name, long, short string }{
		{"drives", "/DrivesDirectPO=MP /DriveHomePO=N", "-dmp -hn"},
		{"intervals", "/IntervalRegular=3 /IntervalUpdate=0", "-n3 -u0"},
		{"logs", `/LogSession=C:\S.LOG /LogVerbose /LogSent /LogReceive`, `-lC:\S.LOG -v -ms -mr`},
		{"switches", "/MailerDisable /CompatV20", "-md -v20"},
		{"hyphen", "-MailerDisable", "-md"},
		{"debug", "/DebugMessages /DebugP1 /DebugMessages", "-q13"},
		{"the last counts", "/IntervalRegular=3 -n4", "-n4"},
		{"the last counts, long", "-n4 /IntervalRegular=3", "-n3"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			long, err := ParseExternal(strings.Fields(tt.long))
			short, err2 := ParseExternal(strings.Fields(tt.short))
			if err := errors.Join(err, err2); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(short, long); diff != "" {
				t.Error(diff)
			}
		})
	}
	o, err := ParseExternal(strings.Fields("/LogVerbose=1 /RebootOnCE /DrivesDynamic=QR /Xyzzy=1 /InstanceName=MTA1"))
	if err != nil || o.Instance != "MTA1" || strings.Join(o.Unknown, " ") != "/LogVerbose=1 /RebootOnCE /DrivesDynamic=QR /Xyzzy=1" {
		t.Errorf("have %+v, %v", o, err)
	}
}

func FuzzExternalINI(f *testing.F) {
	f.Add([]byte("[External]\r\nDrivesDirectPO=MN ; all\r\n;x\r\n[External - A]\r\nLogSession=C:\\X\r\n"), "A")
	f.Add([]byte("\xFF\xFE[\x00E\x00"), "")
	f.Fuzz(func(t *testing.T, data []byte, instance string) {
		args, err := ParseExternalINI(data, instance)
		if err != nil {
			var bad *INIError
			if err != ErrNoInstance && (!errors.As(err, &bad) || bad.Line < 1 || bad.Text == "") {
				t.Fatalf("error %v", err)
			}
			return
		}
		if _, err := ParseExternal(args); err != nil {
			t.Fatalf("%q: %v", args, err)
		}
		text := "[External]\n"
		for _, a := range args {
			text += a[1:] + "\n"
		}
		again, err := ParseExternalINI([]byte(text), "")
		if diff := cmp.Diff(args, again); err != nil || diff != "" {
			t.Fatalf("%v\n%s", err, diff)
		}
	})
}
