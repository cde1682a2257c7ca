package conformance

import (
	"strings"
	"testing"

	"gwkit/emulator/site"
)

func TestEditSite(t *testing.T) {
	tests := []struct {
		name, path, value string
		check             func(*site.Site) bool
		mistake           string
	}{
		{"number", "pcs.GW1.config.files", "8", func(s *site.Site) bool { return s.PC("GW1").Config.Files == 8 }, ""},
		{"version that looks like a number", "gatewayVersion", "3.0", func(s *site.Site) bool { return s.GatewayVersion == "3.0" }, ""},
		{"item by number", "pcs[0].run", "SMTPGATE -w60", func(s *site.Site) bool { return s.PCs[0].Run == "SMTPGATE -w60" }, ""},
		{"list", "pcs.GW1.local", "[SMTPGATE.EXE]", func(s *site.Site) bool { return len(s.PC("GW1").Local) == 1 }, ""},
		{"nested key with a slash", "smtp.COMPANY/HUB.map[0].domain", "new.company.com", func(s *site.Site) bool { return s.SMTP[0].Map[0].Domain == "new.company.com" }, ""},
		{"new key", "pcs.GW1.loop", "true", func(s *site.Site) bool { return s.PC("GW1").Loop }, ""},
		{"append", "faults[0]", `"drive-lost at=M:"`, func(s *site.Site) bool { return len(s.Faults) == 1 }, ""},
		{"remove", "pcs.MTA1", "null", func(s *site.Site) bool { return s.PC("MTA1") == nil }, ""},
		{"quoted key", `smartHosts[0].aliases."a@b.com"`, "c@hub.company.com", func(s *site.Site) bool { return len(s.SmartHosts[0].Aliases) == 2 }, ""},
		{"no such PC", "pcs.GW9.run", "X", nil, `there is no "GW9"`},
		{"no such key", "pcz.GW1", "X", nil, `there is no "pcz"`},
		{"bad value", "pcs.GW1.config.files", "many", nil, "cannot set pcs.GW1.config.files"},
		{"unknown key", "pcs.GW1.colour", "red", nil, "colour"},
		{"below a value", "gatewayVersion.major", "3", nil, "below a plain value"},
		{"no YAML", "gatewayVersion", "[", nil, "bad value"},
		{"anchor", "gatewayVersion", "&a x", nil, "bad value"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, _ := site.Shape("single")
			edited, err := editSite(s, tt.path, tt.value)
			switch {
			case tt.mistake != "":
				if err == nil || !strings.Contains(err.Error(), tt.mistake) {
					t.Errorf("got %v, want %q", err, tt.mistake)
				}
			case err != nil:
				t.Error(err)
			case !tt.check(edited):
				t.Errorf("%s is not there:\n%s", tt.value, edited.Marshal())
			}
		})
	}
}

func TestEditSiteKeepsTheRest(t *testing.T) {
	for _, row := range site.Shapes {
		s, _ := site.Shape(row.Name)
		edited, err := editSite(s, "gatewayVersion", s.GatewayVersion)
		if err != nil {
			t.Errorf("%s: %v", row.Name, err)
		} else if string(edited.Marshal()) != string(s.Marshal()) {
			t.Errorf("%s changes when a value is set to itself", row.Name)
		}
	}
}
