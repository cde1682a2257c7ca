package drive

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLocalCfg(t *testing.T) {
	got, err := ParseLocal([]byte("; remark\r\nLocalDomain=.company.com\r\n  HOSTNAME = gw.company.com\r\nSmartHost=11.1.16.15\r\n\r\nPostOffice=NET/PO\r\nPostOffice=NET/PO2\r\n\x1Arest"))
	want := Local{
		Domain: Value{".company.com", 2, 13}, HostName: Value{"gw.company.com", 3, 14}, SmartHost: Value{"11.1.16.15", 4, 11},
		Postoffices: []Value{{"NET/PO", 6, 12}, {"NET/PO2", 7, 12}},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	for _, tt := range []struct{ name, data, want string }{
		{"another syntax", "LocalDomain=x\nSomething else\n", `line 2: syntax unknown: "Something else"`},
		{"an unknown key", "Key=1\n", `line 1: syntax unknown: "Key=1"`},
		{"a binary file", "\x00\x01\x02\x03", `line 1: syntax unknown: "\x00\x01\x02\x03"`},
	} {
		_, err := ParseLocal([]byte(tt.data))
		if _, ok := err.(*SyntaxUnknown); !ok || err.Error() != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
}

func TestAddrMap(t *testing.T) {
	got, problems := ParseAddrMap([]byte("MYNET/MYPO   mypo.mynet.mycompany.com\r\n\tA/B c\nonly\nno.slash x\na/b c d\n"))
	want := []MapEntry{
		{Value{"MYNET/MYPO", 1, 1}, Value{"mypo.mynet.mycompany.com", 1, 14}},
		{Value{"A/B", 2, 2}, Value{"c", 2, 6}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	wantProblems := []LineProblem{
		{3, 1, `want a postoffice and a domain, have "only"`},
		{4, 1, `want network/postoffice, have "no.slash"`},
		{5, 1, `want a postoffice and a domain, have "a/b c d"`},
	}
	if diff := cmp.Diff(wantProblems, problems); diff != "" {
		t.Error(diff)
	}
}

// The lines of Q112286, Q118970, Q107087 and Q131150.
const sampleLog = `08:50:03 - Tue Feb 23 08:50:03 1993 Microsoft Mail Gateway to SMTP V3.0
08:50:04 -   Local Domain = ".company.com"
08:58:04 - Idling:  48258 bytes, largest 47234
08:58:04 - spawning SMTPGET
08:58:05 - Spawn(SMTPGET)=-1
08:58:05 - SMTP_accept(socket=256, timeout=120)
08:58:22 - Connection accepted.
  [tx] 220 All set, fire away
[rx] HELO company.com
08:58:23 - Header: Subject: ERROR in all
08:58:24 - WARNING getline: NL with no CR
07:33:24 - ERROR close: (9) Bad file number
>Incoming SMTP connection from [192.245.59.139]
00:00:01 - Idling: 46350 bytes, largest 45326
25:00:01 - Idling: 46350 bytes
no log at all
`

func TestGatewayLog(t *testing.T) {
	var got []string
	err := ReadLog(strings.NewReader(strings.ReplaceAll(sampleLog, "\n", "\r\n")), func(l LogLine) error {
		s := fmt.Sprintf("%d@%d %d %s %q", l.Number, l.Offset, l.Column, l.Class, l.Text)
		if at, ok := l.Time(); ok {
			s += at.Format(" 2006-01-02T15:04:05")
		}
		switch l.Class {
		case Idling:
			s += fmt.Sprint(" ", l.Free, " ", l.Largest)
		case Spawning, Spawned:
			s += fmt.Sprint(" ", l.Program, " ", l.Code)
		case Accept:
			s += fmt.Sprint(" ", l.Timeout)
		}
		got = append(got, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`1@0 12 banner "Tue Feb 23 08:50:03 1993 Microsoft Mail Gateway to SMTP V3.0" 1993-02-23T08:50:03`,
		`2@73 14 other "Local Domain = \".company.com\"" 1993-02-23T08:50:04`,
		`3@117 12 idling "Idling:  48258 bytes, largest 47234" 1993-02-23T08:58:04 48258 47234`,
		`4@165 12 spawning "spawning SMTPGET" 1993-02-23T08:58:04 SMTPGET 0`,
		`5@194 12 spawned "Spawn(SMTPGET)=-1" 1993-02-23T08:58:05 SMTPGET -1`,
		`6@224 12 accept "SMTP_accept(socket=256, timeout=120)" 1993-02-23T08:58:05 120`,
		`7@273 12 call "Connection accepted." 1993-02-23T08:58:22`,
		`8@306 8 tx "220 All set, fire away"`,
		`9@337 6 rx "HELO company.com"`,
		`10@360 12 header "Header: Subject: ERROR in all" 1993-02-23T08:58:23`,
		`11@402 12 warning "WARNING getline: NL with no CR" 1993-02-23T08:58:24`,
		`12@445 12 error "ERROR close: (9) Bad file number" 1993-02-23T07:33:24`,
		`13@490 2 other "Incoming SMTP connection from [192.245.59.139]"`,
		`14@539 12 idling "Idling: 46350 bytes, largest 45326" 1993-02-23T00:00:01 46350 45326`,
		`15@586 1 no log "25:00:01 - Idling: 46350 bytes"`,
		`16@618 1 no log "no log at all"`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheDateMovesOnAtMidnight(t *testing.T) {
	var days []string
	log := "23:59:58 - Tue Feb 23 23:59:58 1993 Microsoft Mail Gateway to SMTP V3.0\n23:59:59 - x\n00:00:03 - y\n23:50:00 - z\n23:40:00 - clock set back\n00:10:00 - w\n"
	err := ReadLog(strings.NewReader(log), func(l LogLine) error {
		at, _ := l.Time()
		days = append(days, at.Format("02T15:04"))
		return nil
	})
	if diff := cmp.Diff([]string{"23T23:59", "23T23:59", "24T00:00", "24T23:50", "24T23:40", "25T00:10"}, days); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestALineWithoutEndIsCut(t *testing.T) {
	var got []string
	in := "08:00:00 - ERROR " + strings.Repeat("x", 3<<20) + "\r\n08:00:01 - next"
	err := ReadLog(strings.NewReader(in), func(l LogLine) error {
		got = append(got, fmt.Sprintf("%d %s %d %v", l.Number, l.Class, len(l.Text), l.Long))
		return nil
	})
	if diff := cmp.Diff([]string{fmt.Sprintf("1 error %d true", LogLineMax-11), "2 other 4 false"}, got); err != nil || diff != "" {
		t.Error(diff, err)
	}
}

func TestMailLogs(t *testing.T) {
	in := `DATE RECEIVED   SIZE  FROM                   TO
05/17/96 09:39  1239  NETWORK/REMOTEPO/ADMIN NETWORK/LOCALPO/ADMIN * 00000306
31-12-99 23:52       772  BENSNET/TEAZLE/Admin     BENSNET/CACTUS/Admin
01-01-100 00:02      772  BENSNET/TEAZLE/Admin     BENSNET/CACTUS/Admin
99-99-93 00:02      772  BENSNET/TEAZLE/Admin     BENSNET/CACTUS/Admin
`
	var got, other []string
	err := ReadMailLog(strings.NewReader(in), func(m MailLine) error {
		got = append(got, fmt.Sprintf("%d %s %d %s %s %v", m.Number, m.Time.Format("2006-01-02 15:04"), m.Size, m.From, m.To, m.MAI))
		return nil
	}, func(n int, text string) error { other = append(other, fmt.Sprint(n)); return nil })
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"2 1996-05-17 09:39 1239 NETWORK/REMOTEPO/ADMIN NETWORK/LOCALPO/ADMIN [00000306]",
		"3 1999-12-31 23:52 772 BENSNET/TEAZLE/Admin BENSNET/CACTUS/Admin []",
		"4 2000-01-01 00:02 772 BENSNET/TEAZLE/Admin BENSNET/CACTUS/Admin []",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"1", "5"}, other); diff != "" {
		t.Error(diff)
	}
}
