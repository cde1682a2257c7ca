package fault

import "testing"

func TestAFaultNamesWhatIsThere(t *testing.T) {
	names := &Names{
		PCs:       []PC{{"GW1", "CM"}, {"MTA1", "CMN"}},
		Hosts:     []string{"mail.company.com"},
		Addresses: []string{"11.1.16.16", "11.1.16.15"},
	}
	const nobody = " names nobody: want one of "
	tests := []struct{ name, text, want string }{
		{"nothing named", "disk-full", ""},
		{"drive", "disk-full at=N:", ""},
		{"local disk", `disk-full at=C:\GATE\`, ""},
		{"lower case", `lost-write at=m:\mbg\*.mbg who=gw1`, ""},
		{"any drive", `disk-full at=?:\SMTP\*`, ""},
		{"any folder", "disk-full at=*.API", ""},
		{"drive nobody has", "disk-full at=Q:", "at=Q: names nothing: want a file on C:, M:, N:"},
		{"folder of a drive nobody has", `disk-full at=Q:\SMTP\`, `at=Q:\SMTP\ names nothing: want a file on C:, M:, N:`},
		{"drive of another PC", "drive-lost at=N: who=GW1", "at=N: names nothing: want a file on C:, M:"},
		{"file without a drive", "disk-full at=FROM_NC.API", "at=FROM_NC.API names nothing: want a file on C:, M:, N:"},
		{"program", "out-of-memory at=SMTPPUT* who=GW1", ""},
		{"spawn among files", "dos-error code=8 at=SMTPGET.EXE", ""},
		{"no program", "out-of-memory at=SMTPUT.EXE", "at=SMTPUT.EXE names nothing: want a program such as SMTPPUT.EXE"},
		{"file where programs are meant", `crash at=M:\SMTP\TO_NC.API op=spawn`, `at=M:\SMTP\TO_NC.API names nothing: want a program such as SMTPPUT.EXE`},
		{"PC", "crash who=GW1", ""},
		{"program of a PC", "crash who=GW1/SMTPGATE", ""},
		{"program of any PC", "crash who=*/smtpgate", ""},
		{"PCs by pattern", "crash who=GW?", ""},
		{"no PC", "crash at=M: who=NOPC", "who=NOPC" + nobody + "GW1, MTA1, mail.company.com"},
		{"no such program", "crash who=GW1/SMTPGAT", "who=GW1/SMTPGAT" + nobody + "GW1, MTA1, mail.company.com"},
		{"part of a PC", "crash who=GW", "who=GW" + nobody + "GW1, MTA1, mail.company.com"},
		{"address", "net-refuse at=11.1.16.15:25", ""},
		{"any port", "net-stall at=11.1.16.15:*", ""},
		{"host of a smart host as PC", "net-unreachable who=mail.company.com", ""},
		{"process of a smart host", `net-unreachable who="mail.company.com/smtp 11.1.16.16:25"`, ""},
		{"longer than a smart host", "net-unreachable who=mail.company.community", "who=mail.company.community" + nobody + "GW1, MTA1, mail.company.com"},
		{"no address", "net-refuse at=9.9.9.9:25", "at=9.9.9.9:25 names nothing: want an address of 11.1.16.16:25, 11.1.16.15:25"},
		{"name for an address", "net-refuse at=GW1", "at=GW1 names nothing: want an address of 11.1.16.16:25, 11.1.16.15:25"},
		{"caller from elsewhere", "net-reset at=127.0.0.1:* op=recv", ""},
		{"nobody calls from there", "net-reset at=9.9.9.9:25", "at=9.9.9.9:25 names nothing: want an address of 11.1.16.16:25, 11.1.16.15:25"},
		{"verb", "smtp-stall at=.", ""},
		{"session", "smtp-speak as=ehlo at=11.1.16.16:25", ""},
		{"no verb", `smtp-reply reply="451 no" at=DTA`, "at=DTA names nothing: want a verb of CONNECT, HELO, EHLO, MAIL, RCPT, DATA, ., RSET, QUIT, NOOP, HELP, VRFY, EXPN, STARTTLS, AUTH, UNKNOWN"},
		{"verbs of a PC", "smtp-stall who=GW1", "who=GW1" + nobody + "mail.company.com"},
		{"files of a smart host", "disk-full who=mail.company.com", "who=mail.company.com" + nobody + "GW1, MTA1"},
		{"object of a clock", "clock offset=1h at=M:", "at=M: names nothing: want no at=, this fault has no object"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := Parse(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			have := ""
			if err := names.Check(f); err != nil {
				have = err.Error()
			}
			if have != tt.want {
				t.Errorf("have %q\nwant %q", have, tt.want)
			}
		})
	}
}
