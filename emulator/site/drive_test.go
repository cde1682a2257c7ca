package site

import "testing"

func TestDriveNamesThePostofficeBehindALetter(t *testing.T) {
	s := &Site{
		Postoffices: []Postoffice{{Network: "COMPANY", Name: "HUB"}, {Network: "COMPANY", Name: "SALES"}},
		PCs:         []PC{{Name: "GW1", Drives: []DriveMap{{'M', "COMPANY/HUB"}, {'N', "company/sales"}, {'O', "COMPANY/GONE"}}}},
	}
	for _, row := range []struct {
		name, pc string
		letter   byte
		want     string
	}{
		{"as the site says", "GW1", 'M', "COMPANY/HUB"},
		{"in one spelling", "gw1", 'n', "COMPANY/SALES"},
		{"a postoffice that is not there", "GW1", 'O', "COMPANY/GONE"},
		{"its own disk", "GW1", 'C', ""},
		{"the workstation", "WS2", 'M', "COMPANY/SALES"},
		{"a workstation too many", "WS3", 'M', ""},
		{"no workstation's name", "WS02", 'M', ""},
		{"a workstation's disk", "WS1", 'C', ""},
		{"nobody", "GW9", 'M', ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := s.Drive(row.pc, row.letter); got != row.want {
				t.Errorf("Drive(%s, %c) = %q, want %q", row.pc, row.letter, got, row.want)
			}
		})
	}
}
