package postoffice

import (
	"strings"
)

// Postmaster is the sender of reports. A mailbox of that name need not exist. Q147471 Q175447
const Postmaster = "POSTMASTER"

// diagnostics are the texts of reports and of SYSTEM.LOG. 6, 10, 11, 14, 15, 19, 20, 22
// and 23 appear in no document and are never written.
var diagnostics = map[int]string{
	1:  "unable to deliver.",                                                    // Q264331
	2:  "Mail was received that was addressed to unknown addresses.",            // Q127919
	3:  "Message hop count exceeded. Message followed the following route:",     // Q147471
	4:  "Message circular route detected...",                                    // Q128627
	5:  "Mail retry count exceeded sending to:",                                 // Q119884
	7:  "Message addressed to group that no longer exists.",                     // Q117895
	8:  "Failure delivering mail due to mailbag contention.",                    // Q111558
	9:  "Mail maximum size exceeded sending to:",                                // Q131852
	12: "This corrupt message cannot be delivered. Contact your administrator.", // Q99204
	16: "Message was not sent due to missing message file.",                     // Q126750
	17: "Unable to deliver user mail due to a full mailbag.",                    // Q138054
	18: "Message was not sent due to missing attachment.",                       // Q118675
	21: "Message was not delivered due to missing routing file.",                // Q103960
	24: "Message was not delivered: routing file was corrupted.",                // Q194549
}

// Texts of FFAPI programs for the same, without a number.
const (
	textFFAPIUnknown    = "User mail received addressed to the following unknown addresses:" // Q119685
	textFFAPIContention = "User mail failed mailing to mailbag (file contention):"           // Q147253
)

const (
	reportRule    = "----------------------------------------------------------------"    // 64, Q147471
	systemLogRule = "-------------------------------------------------------------------" // 67, Q99204
	notDelivered  = "Mail item was not delivered to:"                                     // Q127919
	notDelivered1 = "Message was not delivered to "                                       // Q138054
	notDelivered3 = "while attempting to send to the following addresses:"                // Q147471
)

// Failure is one diagnosis of a message.
type Failure struct {
	Code      int // 0: Text is all there is
	Text      string
	Detail    []string  // lines below the text, such as a route
	Addresses []Address // those who did not get it
}

// Lines returns the text of a diagnosis as reports show it.
func (f *Failure) Lines() []string {
	lines, names := f.lines()
	if n := len(lines) - 1; f.Code == 9 && n > 0 {
		lines[n] += "." // in the report, not in the log. Q131852
	}
	return append(lines, names...)
}

// lines returns the text of a diagnosis, and apart from it those who did not get the mail:
// the log prints the one indented, the other not. Q99204
func (f *Failure) lines() (lines, names []string) {
	text := f.Text
	if f.Code != 0 {
		text = "[" + string([]byte{byte('0' + f.Code/100%10), byte('0' + f.Code/10%10), byte('0' + f.Code%10)}) + "] " + diagnostics[f.Code]
	}
	if f.Code == 2 {
		text += " " + notDelivered // one line in the sample. Q127919
	}
	lines = append([]string{text}, f.Detail...)
	if len(f.Addresses) == 0 {
		return lines, nil
	}
	switch f.Code {
	case 0, 2, 5, 9:
	case 17:
		for _, a := range f.Addresses {
			name := a.Friendly
			if name == "" {
				name = shortName(a)
			}
			lines = append(lines, notDelivered1+name+" ("+a.String()+")")
		}
		return lines, nil
	case 3, 4:
		lines = append(lines, "", notDelivered3)
	default:
		lines = append(lines, notDelivered)
	}
	// Who did not get the mail is named as in an address list (Q111558 Q127919 Q99204),
	// but not below a route (Q147471) nor by a gateway program (Q119685).
	friendly := f.Code != 0 && f.Code != 3 && f.Code != 4
	for _, a := range f.Addresses {
		if friendly && a.Friendly != "" {
			names = append(names, a.Friendly)
		} else {
			names = append(names, a.String())
		}
	}
	return lines, names
}

// Failed is a message that could not be delivered or sent on.
type Failed struct {
	From     Address // who gets the report
	Subject  string
	Message  *Message // nil when it could not be read
	Failures []Failure
}

// Reporter writes reports to senders and to SYSTEM.LOG.
type Reporter struct {
	Office  *Office
	Routes  *Routes
	Program string            // as the log names it: External, VMGATE. Q99204 Q128462
	Line    func(text string) // session log; nil for none
}

// Report sends a report to the sender and logs it. Mail of a postmaster or of *SPECIAL
// is only logged, which ends loops; so is mail whose report cannot be sent. Q99204 Q118675
func (p *Reporter) Report(f *Failed) error {
	err := p.send(f)
	if lerr := p.log(f, err != nil); lerr != nil {
		return lerr
	}
	return nil
}

type noReport struct{}

func (noReport) Error() string { return "cannot report to the sender: it takes no reports" }

func (p *Reporter) send(f *Failed) error {
	if _, _, box, ok := f.From.Split(); ok && (strings.EqualFold(box, Postmaster) || strings.EqualFold(box, "*SPECIAL")) || f.From.Addr == "" {
		return noReport{}
	}
	t := p.Routes.Resolve(f.From)
	if t.Bag == "" {
		return &UnknownError{[]Address{f.From}}
	}
	m := &Message{
		HopLimit: p.Routes.HopLimit,
		From:     Address{Addr: p.Routes.Local() + "/" + Postmaster},
		To:       []Address{f.From},
		Subject:  "Mail failure", // Q147471 Q99204
		Text:     p.body(f),
	}
	sent, err := p.Office.sendTo(p.Routes, m, []posting{{t.Bag, f.From}})
	if err == nil && len(sent.Failed) > 0 {
		err = sent.Failed[0].Err
	}
	return err
}

// body is the text of a report: a header block, the diagnosis, the original. Q147471 Q131852
func (p *Reporter) body(f *Failed) []byte {
	var b strings.Builder
	line := func(s ...string) {
		for _, t := range s {
			b.WriteString(t)
		}
		b.WriteByte('\r')
	}
	when := p.Office.Task.Now()
	to := ""
	if m := f.Message; m != nil {
		if !m.Date.IsZero() {
			when = m.Date
		}
		var all []Address
		m.Recipients(func(a *Address) { all = append(all, *a) })
		to = joinAddresses(all, ", ")
	}
	line("FROM: ", f.From.String())
	line("TO: ", to)
	line("DATE: ", when.Format("01-02-06"))
	line("TIME: ", when.Format("15:04"))
	line()
	line("SUBJECT: ", f.Subject)
	line()
	line(reportRule)
	line()
	for i := range f.Failures {
		for _, s := range f.Failures[i].Lines() {
			line(s)
		}
		line()
	}
	if f.Message != nil {
		line(reportRule)
		line()
		f.Message.unseal()
		b.Write(f.Message.Text)
	}
	return []byte(b.String())
}

// log writes the entry of SYSTEM.LOG. Q99204 Q118675 Q127919
func (p *Reporter) log(f *Failed, unsent bool) error {
	var b strings.Builder
	line := func(s ...string) {
		for _, t := range s {
			b.WriteString(t)
		}
		b.WriteString("\r\n")
	}
	problem := p.Program + " program has detected a mail problem."
	when := p.Office.Task.Now()
	line("System log entry on: ", when.Format(logTime))
	line(problem)
	if unsent {
		line("Failure queuing diagnostic data back to sender due to:")
		line(" ", problem)
	}
	line()
	line("Message data:")
	line()
	if f.Message != nil && !f.Message.Date.IsZero() {
		when = f.Message.Date
	}
	line("From: ", f.From.String())
	line("Date: ", when.Format("01-02-06"))
	line("Time: ", when.Format("15:04"))
	line("Subject: ", f.Subject)
	for i := range f.Failures {
		text, names := f.Failures[i].lines()
		for _, s := range text {
			line(" ", s)
		}
		for _, s := range names {
			line(s)
		}
	}
	line()
	line(systemLogRule)
	if p.Line != nil {
		p.Line(`Notice in LOG\SYSTEM.LOG on: ` + string([]byte{p.Office.Drive}) + ": " + p.Routes.Local()) // Q99204
	}
	return p.Office.AppendLog("SYSTEM", b.String())
}
