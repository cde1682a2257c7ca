package site

import "strings"

// Option is one row of the option table: a switch of a program.
type Option struct {
	Letter   string // upper case, without the hyphen: "W", "MD"
	Argument string // what follows the letter directly, as documented; empty: nothing
	Default  string // what holds without the option
	Program  string // the program that takes it: "SMTPGATE" or "EXTERNAL"
	Since    string // first gateway version that has it; EXTERNAL's rows say "3.0" as well
	Status   string // StatusDocumented, StatusInferred or StatusUnknown
	Article  string // where it is described, ids separated by blanks
	Effect   string // one sentence
}

// How much the articles say about an option.
const (
	StatusDocumented = "documented" // the meaning is printed for this program
	StatusInferred   = "inferred"   // the meaning is that of a sibling program
	StatusUnknown    = "unknown"    // listed or used without explanation: accepted, logged, no effect
)

// What the column Program holds.
const (
	gate     = "SMTPGATE"
	external = "EXTERNAL"
)

// Options is the table of all switches, sorted by program and letter. A row
// with StatusUnknown is read by nobody on purpose.
var Options = []Option{
	{"0", "", "loop forever", external, "3.0", StatusInferred, "Q96060 Q134382", "One pass, then end."},
	{"A", "", "off", external, "3.0", StatusDocumented, "Q96060 Q128628", "No modem or X.25 work."},
	{"AH", "", "off", external, "3.0", StatusDocumented, "Q114031", "Only mail queued at the home postoffice uses the communication link."},
	{"BD", "mm-dd-yy", "system date", external, "3.0", StatusDocumented, "Q95972 Q140245", "Stop at a date."},
	{"BR", "dd:hh:mm", "never", external, "3.0", StatusDocumented, "Q101403 Q135232", "Stop after a span."},
	{"BT", "hh:mm[:ss]", "never", external, "3.0", StatusDocumented, "Q140245 Q95972", "Stop at a time; one that is past stops the program at once."},
	{"D", "range", "M", external, "3.0", StatusDocumented, "Q103447 Q96060", "Drive letters mapped to postoffices; two letters are a range."},
	{"E", "seconds", "60", external, "3.0", StatusDocumented, "Q80272", "Acknowledge timeout of the modem protocol."},
	{"F", "range", "none", external, "3.0", StatusDocumented, "Q108809 Q96060", "Drive letters for connections made on demand."},
	{"H", "drive", "first of -D", external, "3.0", StatusDocumented, "Q103447", "Drive of the home postoffice."},
	{"KI", "", "two-way", external, "3.0", StatusDocumented, "Q125328", "The communication link only receives."},
	{"KO", "", "two-way", external, "3.0", StatusDocumented, "Q125328", "The communication link only sends."},
	{"L", "[path]", "off", external, "3.0", StatusDocumented, "Q112255 Q77926", "Write SESSION.LOG."},
	{"MD", "", "off", external, "3.0", StatusDocumented, "Q134952 Q128585", "No mailer in this instance."},
	{"MR", "", "off", external, "3.0", StatusDocumented, "Q122852 Q128512", "Log received messages in RECV.LOG."},
	{"MS", "", "off", external, "3.0", StatusDocumented, "Q111558 Q96060", "Log sent messages in SENT.LOG."},
	{"N", "minutes", "5", external, "3.0", StatusDocumented, "Q148707 Q117562", "Minutes between cycles."},
	{"P", "0xx", "none", external, "3.0", StatusDocumented, "Q119642 Q87189", "Process number, unique on the postoffice; only the locks of version 2.1 have it, so nothing comes of it here."},
	{"Q", "digits", "off", external, "3.0", StatusDocumented, "Q116434 Q92438", "Debug detail: 1 messages, 2 serial protocol, 3 transfer files, 4 memory."},
	{"SM", "...", "colour", external, "3.0", StatusDocumented, "Q130231 Q112284", "Kind of screen."},
	{"T", "name", "from ADMIN", external, "3.0", StatusDocumented, "Q114031", "Modem script."},
	{"U", "minutes", "5", external, "3.0", StatusDocumented, "Q119884 Q121735", "Minutes between checks for changed routing data; 0 is never."},
	{"V", "", "off", external, "3.0", StatusDocumented, "Q117802 Q103383", "Verbose screen and log."},
	{"V20", "", "off", external, "3.0", StatusDocumented, "Q131422 Q103960", "File locks of version 2.0 as well; all programs on a postoffice or none."},
	{"W", "range", "none", external, "3.0", StatusDocumented, "Q100827 Q132547", "Drive letters of postoffices that are only sent to."},

	{"0", "nn", "unknown", gate, "3.0", StatusUnknown, "Q132060", "Printed as -063 in the example of a sending gateway; probably a misprint of -o63."},
	{"BD", "mm-dd-yy", "system date", gate, "3.0", StatusDocumented, "Q96203 Q87042", "Stop at a date."},
	{"BR", "hh:mm", "never", gate, "3.0", StatusDocumented, "Q96126", "Stop after a span."},
	{"BT", "hh:mm", "never", gate, "3.0", StatusDocumented, "Q96203 Q140245", "Stop at a time; one that is past stops the gateway right after it has started."},
	{"C", "newi", "unknown", gate, "3.0", StatusDocumented, "Q87042 Q87043", "Class of messages that are reported."},
	{"CD", "", "off", gate, "3.0", StatusDocumented, "Q105130 Q115494 Q108374", "Debug class: idle, dialogue and address lines."},
	{"D", "drive", "M", gate, "3.0", StatusDocumented, "Q87041 Q87043", "Drive of the mail database."},
	{"F", "", "off", gate, "3.0.9", StatusDocumented, "Q99713", "The originator is taken from the From: header instead of MAIL FROM."},
	{"G", "acnsy", "unknown", gate, "3.0", StatusDocumented, "Q101461 Q105130 Q87042", "What the screen shows."},
	{"H", "", "off", gate, "3.0", StatusUnknown, "Q87042", "Listed without explanation; help in a sibling."},
	{"HA", "", "off", gate, "3.0", StatusDocumented, "Q99696", "Send hidden attachments such as WINMAIL.DAT."},
	{"I", "nn", "unknown", gate, "3.0", StatusUnknown, "Q87042 Q132060", "Listed without explanation; 63 in the example of a receiving gateway."},
	{"L", "acnsy", "none", gate, "3.0", StatusDocumented, "Q87043 Q101461", "What SMTPGATE.LOG gets."},
	{"MD", "", "off", gate, "3.0", StatusDocumented, "Q128512 Q135926 Q156166", "SMTPPUT leaves inbound mail in INQUEUE3.MBG for EXTERNAL."},
	{"MR", "", "off", gate, "3.0", StatusDocumented, "Q128512", "Log received messages in RECV.LOG; not together with -MD."},
	{"MS", "", "off", gate, "3.0", StatusInferred, "Q87042 Q104280 Q87179", "Log sent messages in SENT.LOG."},
	{"O", "nn", "unknown", gate, "3.0", StatusUnknown, "Q132060", "What -063 was probably meant to be."},
	{"P", "0nn", "none", gate, "3.0", StatusDocumented, "Q87043 Q119642", "Process number 01 to FF, unique on the postoffice; only the locks of version 2.1 have it, so nothing comes of it here."},
	{"Q", "count", "180", gate, "3.0", StatusDocumented, "Q99718 Q129239", "Attempts to connect to the smart host for one message."},
	{"RE", "", "off", gate, "3.0", StatusDocumented, "Q87040", "No encapsulation of backbone mail."},
	{"RR", "", "off", gate, "3.0", StatusUnknown, "Q87042", "Listed without explanation; return receipts by analogy with -RE."},
	{"T", "", "off", gate, "3.0", StatusDocumented, "Q115493", "Keep the Received lines of inbound messages."},
	{"V20", "", "off", gate, "3.0", StatusInferred, "Q87042 Q131422 Q103960", "File locks of version 2.0; all programs on a postoffice or none."},
	{"W", "seconds", "120", gate, "3.0", StatusDocumented, "Q99718 Q112286 Q137043", "Seconds to wait for calls between checks for outbound mail."},
	{"X", "", "off", gate, "3.0", StatusInferred, "Q87042 Q87650 Q118787", "Notify clients of new mail by NetBIOS."},
	{"Z", "", "off", gate, "3.0a", StatusDocumented, "Q192054", "Time zones are sent as +hhmm instead of +hh."},
}

// withoutEffect says why the emulator takes a documented option and does nothing:
// it is listed with the unknown ones, so that the program says so.
//
// Process numbers tell locks of version 2.1 apart, <mailbag>.0XX (Q119642), and no
// program here makes such locks; nor is a list of the running processes known:
// PROCESS.GLB holds the schedule of Dir-Sync (Q119111), whose programs are not here.
var withoutEffect = map[[2]string]string{
	{external, "P"}: "only the locks of version 2.1 have process numbers",
	{gate, "P"}:     "only the locks of version 2.1 have process numbers",
	{gate, "X"}:     "no client listens to NetBIOS", // SMTPPUT gets it as well
}

// ignored says whether a row is listed with the unknown ones.
func (o *Option) ignored() bool {
	return o.Status == StatusUnknown || withoutEffect[[2]string{o.Program, o.Letter}] != ""
}

// OptionFor returns the row of a program for an argument such as "-w120": the
// longest letter that the argument begins with.
func OptionFor(program, arg string) (Option, bool) {
	o, _, ok := matchOption(program, arg)
	return o, ok
}

// matchOption finds the row and the value that follows the letter. A row that
// takes no value matches only when nothing follows it, so "-mdx" is unknown
// rather than "-md".
func matchOption(program, arg string) (option Option, value string, ok bool) {
	if len(arg) < 2 || arg[0] != '-' && arg[0] != '/' {
		return Option{}, "", false
	}
	text := arg[1:]
	upper := strings.ToUpper(text)
	if len(upper) != len(text) {
		return Option{}, "", false // letters outside ASCII
	}
	for _, o := range Options {
		if o.Program != program || len(o.Letter) < len(option.Letter) || !strings.HasPrefix(upper, o.Letter) {
			continue
		}
		if rest := text[len(o.Letter):]; o.Argument != "" || rest == "" {
			option, value, ok = o, rest, true
		}
	}
	return option, value, ok
}
