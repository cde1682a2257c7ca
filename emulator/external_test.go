package emulator

import (
	"testing"

	"gwkit/emulator/internal/postoffice"
	"gwkit/emulator/site"
)

// What EXTERNAL takes further is what its command line and its EXTERNAL.INI come to.
func TestTrialKnowsWhatExternalMoves(t *testing.T) {
	const sales = "COMPANY/SALES"
	type moved struct{ inqueue, outbound bool } // INQUEUE3 of the hub, its mailbag for SALES
	for _, row := range []struct {
		name, run, ini string
		want           moved
	}{
		{"no file", "EXTERNAL", "", moved{true, true}},
		{"no mailer by the command line", "EXTERNAL /MailerDisable", "", moved{false, true}},
		{"no mailer by the file", "EXTERNAL", "[External]\nDrivesDirectPO=MO\nMailerDisable\n", moved{false, true}},
		{"no dispatch by the file", "EXTERNAL", "[External]\nDrivesDirectPO=MO\nDispatchDisable\n", moved{true, false}},
		{"the hub alone", "EXTERNAL", "[External]\nDrivesDirectPO=M\n", moved{true, false}},
		{"only sent to", "EXTERNAL", "[External]\nDrivesDirectPO=M\nDrivesWAN=NO\n", moved{true, true}},
		{"not the hub", "EXTERNAL -hn", "[External]\nDrivesDirectPO=N\nDriveHomePO=N\n", moved{false, false}},
		{"the section of an instance", "EXTERNAL /InstanceName=MTA1", "[External]\nDrivesDirectPO=MO\n[External-MTA1]\nMailerDisable\n", moved{false, true}},
		{"no option", "EXTERNAL", "[External]\nNonsense\n", moved{false, false}}, // it does not start
		{"no such program", "SMTPGATE", "", moved{false, false}},
	} {
		t.Run(row.name, func(t *testing.T) {
			s, err := site.Shape("single")
			if err != nil {
				t.Fatal(err)
			}
			s.PC("MTA1").Run = row.run
			if row.ini != "" {
				for i := range s.Postoffices {
					s.Files = append(s.Files, site.FileOverride{Postoffice: s.Postoffices[i].Ref(), Path: externalINI, Text: row.ini})
				}
			}
			tr, err := NewTrial(s, TrialOptions{PCs: []string{"GW1", "MTA1"}})
			if err != nil {
				t.Fatal(err)
			}
			defer tr.Close()
			have := moved{
				tr.moves("COMPANY/HUB", &postoffice.Mailbag{Name: postoffice.Inqueue3}),
				tr.moves("COMPANY/HUB", &postoffice.Mailbag{Kind: postoffice.ToOffice, Owner: sales}),
			}
			if have != row.want {
				t.Errorf("have %+v, want %+v", have, row.want)
			}
		})
	}
}
