package probe

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"gwkit/conformance/deploy"
	"gwkit/conformance/message"
)

// mailboxesMax bounds how many test mailboxes get a message of each kind.
const mailboxesMax = 4

// poll is how often a drive or a sink is looked at.
const poll = time.Second

// copiesWait is how long to look for a second copy once the first is there, in
// pauses between two sessions: 3 s.
const copiesWait = 15

// may reports whether the deployment file names an address for tests.
func (p *Prober) may(address string) bool {
	if strings.EqualFold(address, p.d.Test.Outside) {
		return address != ""
	}
	return slices.ContainsFunc(p.d.Test.Mailboxes, func(m deploy.Mailbox) bool { return m.Address != "" && strings.EqualFold(m.Address, address) })
}

// wait asks look about once a second until it is done, with a countdown. look
// returns where things are.
func (e *exam) wait(what string, of time.Duration, look func() (done bool, where string)) (where string, ok bool) {
	end := time.Now().Add(of)
	for {
		done, now := look()
		if e.ctx.Err() != nil {
			return where, done // a look that was cut short knows less than the one before
		}
		where = now
		left := time.Until(end)
		if done {
			return where, true
		}
		if left <= 0 {
			return where, false
		}
		if e.o.Waiting != nil {
			text := what
			if where != "" {
				text += ": " + where
			}
			e.o.Waiting(Pending{Check: e.check.ID, For: text, Left: left, Of: of})
		}
		sleep(e.ctx, min(poll, left))
	}
}

// sinkOf opens the sink once.
func (p *Prober) sinkOf() (sink, error) {
	if p.sink == nil && p.o.Plan == nil {
		s, err := openSink(p.d)
		if err != nil {
			return nil, err
		}
		p.sink = s
	}
	return p.sink, nil
}

// Close ends what a prober has open.
func (p *Prober) Close() error {
	if p.sink == nil {
		return nil
	}
	err := p.sink.Close()
	p.sink = nil
	return err
}

func inbound(e *exam) {
	address := e.relay()
	if address == "" {
		e.skip("the deployment file gives no address of a smart host to send through")
		return
	}
	n := 0
	for _, box := range e.d.Test.Mailboxes {
		if e.ctx.Err() != nil {
			return
		}
		po := e.d.Postoffice(box.Postoffice)
		switch {
		case box.Address == "":
			e.skip("%s/%s has no address", box.Postoffice, box.User)
			continue
		case po.Drive == "":
			e.skip("%s: %v", po.Ref(), errNoDrive)
			continue
		}
		if n++; n > mailboxesMax {
			e.skip("test mailboxes beyond the first %d", mailboxesMax)
			return
		}
		e.inboundTo(address, box, po)
	}
}

// route returns the postoffices that a message for a mailbox passes, its own
// first.
func route(d *deploy.Deployment, po *deploy.Postoffice) (list []*deploy.Postoffice) {
	for po != nil && len(list) <= len(d.Postoffices) && !slices.Contains(list, po) {
		list = append(list, po)
		po = d.Postoffice(po.Via)
	}
	return list
}

// inRoute returns where a message from outside may be seen on its way to a
// postoffice: that of a dedicated receiver too, which no via names. Q132060
func inRoute(d *deploy.Deployment, po *deploy.Postoffice) []*deploy.Postoffice {
	list := route(d, po)
	for i := range d.PCs {
		if d.RoleOf(&d.PCs[i]) != deploy.RoleReceive {
			continue
		}
		for _, ref := range gatewayPostoffices(d, &d.PCs[i]) {
			if g := d.Postoffice(ref); !slices.Contains(list, g) {
				list = append(list, g)
			}
		}
	}
	return list
}

func (e *exam) inboundTo(address string, box deploy.Mailbox, po *deploy.Postoffice) {
	who := box.Postoffice + "/" + box.User
	mark := e.mark()
	from := e.d.Test.Outside
	if from == "" {
		from = box.Address
	}
	file := testFile()
	l := &letter{from: from, to: box.Address, subject: mark, date: time.Now(), body: []string{"This message was sent by gwcheck to see whether mail arrives.", "It may be deleted."}, file: &file}
	// A sink that is gwcheck's own must be there before mail can come back.
	back, err := e.sinkOf()
	if err != nil {
		e.unsure("%v", err)
	}
	var r Reply
	err = e.phone.call(e.ctx, e.check.ID, address, e.session(), func(s *Session) (err error) {
		r, err = s.deliver(l, e.helo, e.may)
		return err
	})
	switch {
	case trouble(err) == Interrupted:
		return
	case trouble(err) != "":
		e.fail("the smart host %s %s, so no message could be sent through it (Q99852)", address, err)
		return
	case err != nil:
		e.unsure("%v", err)
		return
	case r.Code/100 != 2:
		e.fail("the smart host refuses a message for %s: %q (Q100705, Q99856)", box.Address, r)
		return
	}
	offices := inRoute(e.d, po)
	patience := e.patience(po.Ref(), false)
	if e.o.Plan != nil {
		for _, o := range offices {
			e.find(o, mark)
		}
		e.asDelivered(who, po, l, place{})
		e.o.Plan("wait at most " + patience.String())
		return
	}
	e.log = append(e.log, "waiting at most "+patience.String())
	began := time.Now()
	var last []place
	var trouble error
	arrived := func() (bool, string) {
		last, trouble = nil, nil
		for _, o := range offices {
			found, err := e.find(o, mark)
			if err != nil && trouble == nil {
				trouble = err
			}
			last = append(last, found...)
		}
		return len(delivered(last, po)) > 0, places(last)
	}
	where, ok := e.wait("mail for "+who, patience.Wait, arrived)
	if e.ctx.Err() != nil {
		e.unsure("%s: interrupted while the message was %s", who, elsewhere(where))
		return
	}
	if !ok {
		e.say(who, "delivered", "no")
		e.fail("%s: a message accepted by the smart host has not arrived within %s: %s", who, round(patience.Wait), e.inboundCause(po, last, trouble, back, mark))
		return
	}
	e.say(who, "delivered", "yes")
	e.unnamed(who, "arrived", deploy.RoleReceive, inRoute(e.d, po))
	e.measure(who, "seconds until delivery", "%.0f", time.Since(began).Seconds())
	sleep(e.ctx, copiesWait*e.phone.pause)
	if done, _ := arrived(); done {
		copies := len(delivered(last, po))
		e.say(who, "copies", "%d", copies)
		if copies > 1 {
			e.fail("%s: %d copies of one message have arrived (Q132060, Q101458)", who, copies)
		}
		e.asDelivered(who, po, l, delivered(last, po)[0])
	}
}

func elsewhere(where string) string {
	if where == "" {
		return "nowhere to be seen"
	}
	return where
}

// delivered returns the places that are mailboxes of a postoffice.
func delivered(list []place, po *deploy.Postoffice) (out []place) {
	for _, p := range list {
		if p.ref == po.Ref() && !p.inqueue && !p.file {
			out = append(out, p)
		}
	}
	return out
}

func places(list []place) string {
	var words []string
	for _, p := range list {
		words = append(words, p.String())
	}
	return strings.Join(words, ", ")
}

// inboundCause says why a message has not arrived, by where it was seen last.
func (e *exam) inboundCause(po *deploy.Postoffice, last []place, trouble error, back sink, mark string) string {
	if back != nil {
		if list, err := back.with(mark); err == nil && len(list) > 0 {
			return "it has come back: " + reportOf(list[0])
		}
	}
	for _, p := range last {
		switch {
		case p.inqueue:
			return "it waits in " + p.bag + ".MBG of " + p.ref + ": no mailer empties it; with -MD an EXTERNAL must serve this postoffice (Q128512, Q156166)"
		case p.file:
			return `it is in \SMTP\` + p.bag + " of " + p.ref + ": SMTPPUT has not put it into the database (Q115493, Q115495)"
		case p.ref != po.Ref():
			return "it waits in mailbag " + p.bag + " of " + p.ref + ": no EXTERNAL carries it to " + po.Ref() + " (Q87030, Q87023)"
		}
	}
	if trouble != nil {
		return trouble.Error()
	}
	return "it is on no drive that can be seen: it waits at the smart host because the gateway does not take it, or it was returned (live.tcp25, live.rcpt and live.dns say more; Q131150, Q99856)"
}

// reportOf returns the line of a returned message that says why.
func reportOf(message []byte) string {
	for line := range strings.SplitSeq(string(message), "\n") {
		line = strings.TrimSpace(line)
		for _, word := range []string{"550 ", "552 ", "554 ", "5.1.1", "unknown", "Diagnostic-Code:", "could not"} {
			if strings.Contains(line, word) {
				return printable(line)
			}
		}
	}
	return "a report without a reason"
}

func outbound(e *exam) {
	t := &e.d.Test
	switch {
	case t.Outside == "":
		e.skip("the deployment file names no test.outside")
		return
	case t.Submit.Command == "" && !t.Submit.Person && e.o.Submit == nil:
		e.skip("the deployment file says nothing of test.submit")
		return
	case t.Catch == (deploy.Catch{}):
		e.skip("the deployment file says nothing of test.catch")
		return
	case e.person() && e.o.Ask == nil && e.o.Plan == nil:
		e.skip("a person is to send mail, and nobody is there to be asked")
		return
	}
	caught, err := e.sinkOf()
	if err != nil {
		e.unsure("%v", err)
		return
	}
	if e.o.Plan != nil {
		switch {
		case t.Catch.Listen != "":
			e.o.Plan("listen on " + t.Catch.Listen)
		default:
			e.o.Plan("watch " + e.d.Path(t.Catch.Maildir+t.Catch.Mbox))
		}
	}
	var list []*sending
	done := map[string]bool{}
	for _, box := range t.Mailboxes {
		ref := strings.ToUpper(box.Postoffice)
		if done[ref] {
			continue // one of each postoffice
		}
		if done[ref] = true; len(done) > mailboxesMax {
			e.skip("postoffices beyond the first %d", mailboxesMax)
			break
		}
		list = append(list, e.sendingOf(box))
	}
	for _, s := range e.submitAll(list) {
		e.outboundFrom(s, caught)
	}
}

// sending is a marked message from a test mailbox.
type sending struct {
	box      deploy.Mailbox
	who      string
	po       *deploy.Postoffice
	m        Outgoing // its subject is the mark
	at       time.Time
	person   bool // at is when he was asked
	patience Patience
}

func (e *exam) sendingOf(box deploy.Mailbox) *sending {
	s := &sending{box: box, who: box.Postoffice + "/" + box.User, po: e.d.Postoffice(box.Postoffice), person: e.person()}
	s.patience = e.patience(s.po.Ref(), true)
	s.m = Outgoing{From: s.who, To: e.d.Test.Outside, Subject: e.mark(), Text: "This message was sent by gwcheck to see whether mail leaves."}
	if e.attaches() {
		s.m.Attachments = append(s.m.Attachments, testFile())
	}
	return s
}

// submitAll sends messages, or asks a person for all of them at once, and
// returns those that are to be waited for.
func (e *exam) submitAll(list []*sending) (sent []*sending) {
	if e.person() {
		var all []Outgoing
		for _, s := range list {
			all = append(all, s.m)
		}
		if err := e.askFor(all); err != nil {
			e.unsure("%v", err)
			return nil
		}
	}
	for _, s := range list {
		if s.at = time.Now(); !s.person {
			err := e.submit(e.ctx, s.m)
			if e.ctx.Err() != nil {
				break
			}
			if err != nil {
				e.unsure("%s: %v", s.who, err)
				continue
			}
		}
		if e.o.Plan != nil {
			for _, o := range route(e.d, s.po) {
				e.find(o, s.m.Subject)
			}
			e.o.Plan("wait at most " + s.patience.String())
			continue
		}
		sent = append(sent, s)
	}
	return sent
}

// personWait is how long a person may take to send what he was asked for, of our
// clock.
const personWait = 15 * time.Minute

// awaitPerson waits until a message is seen anywhere, and reports whether it
// is. The time is the same for all that were asked for at once.
func (e *exam) awaitPerson(s *sending, look func() (left bool, where string)) bool {
	limit := min(personWait, e.d.Patience)
	_, ok := e.wait("a person who sends "+s.m.Subject+" from "+s.who, time.Until(s.at.Add(limit)), func() (bool, string) {
		left, where := look()
		return left || where != "", "not sent yet"
	})
	switch {
	case ok:
		s.at = time.Now()
	case e.ctx.Err() == nil:
		e.unsure("%s: the message %s was not sent yet: no drive and no sink has shown it for %s", s.who, s.m.Subject, round(limit))
	default:
		e.unsure("%s: interrupted before anybody sent the message %s", s.who, s.m.Subject)
	}
	return ok
}

func (e *exam) outboundFrom(s *sending, caught sink) {
	who, box, po, patience := s.who, s.box, s.po, s.patience
	var list [][]byte
	var last []place
	var trouble error
	look := func() (bool, string) {
		if list, trouble = caught.with(s.m.Subject); len(list) > 0 {
			return true, ""
		}
		last = nil
		for _, o := range route(e.d, po) {
			if found, err := e.find(o, s.m.Subject); err == nil {
				last = append(last, found...)
			} else if trouble == nil && err != errNoDrive {
				trouble = err
			}
		}
		return false, places(last)
	}
	if s.person && !e.awaitPerson(s, look) {
		return
	}
	e.log = append(e.log, "waiting at most "+patience.String())
	began := s.at
	where, ok := e.wait("mail from "+who, time.Until(s.at.Add(patience.Wait)), look)
	if e.ctx.Err() != nil {
		e.unsure("%s: interrupted while the message was %s", who, elsewhere(where))
		return
	}
	if !ok {
		e.say(who, "left", "no")
		e.fail("%s: a message for %s has not arrived at %s within %s: %s", who, e.d.Test.Outside, caught.where(), round(patience.Wait), outboundCause(last, trouble))
		return
	}
	e.say(who, "left", "yes")
	e.unnamed(who, "left", deploy.RoleSend, route(e.d, po))
	e.measure(who, "seconds until it left", "%.0f", time.Since(began).Seconds())
	sleep(e.ctx, copiesWait*e.phone.pause)
	if again, err := caught.with(s.m.Subject); err == nil {
		list = again
	}
	e.say(who, "copies outside", "%d", len(list))
	if len(list) > 1 {
		e.fail("%s: %d copies of one message have left (Q132060, Q101458)", who, len(list))
	}
	left := message.Read(list[0])
	e.form(who, box, &s.m, &left)
}

// unnamed fails when mail has passed and the gateways that the file names do
// not carry it in this direction: another one works there, and two on one
// postoffice halt each other. Q132060
func (e *exam) unnamed(who, passed, role string, offices []*deploy.Postoffice) {
	var others []string
	for _, po := range offices {
		for _, pc := range gatewaysOf(e.d, po.Ref()) {
			r := e.d.RoleOf(pc)
			if r == role || r == deploy.RoleBoth || r == "" {
				return
			}
			others = append(others, fmt.Sprintf("%s of %s only %s", pc.Name, po.Ref(), map[string]string{deploy.RoleReceive: "receives", deploy.RoleSend: "sends"}[r]))
		}
	}
	if len(others) == 0 {
		return // the file says nothing of gateways
	}
	e.say(who, "a gateway for it in the file", "no")
	e.fail("%s: the message has %s, and no gateway that the deployment file names does that: %s; another gateway works there, and two on one postoffice halt each other (Q132060)", who, passed, strings.Join(others, ", "))
}

func outboundCause(last []place, trouble error) string {
	for _, p := range last {
		switch {
		case p.file && p.bag == "OUTBAD.API":
			return `it is in \SMTP\OUTBAD.API of ` + p.ref + ": it could not be sent and was given up (Q129239, Q129713)"
		case p.file:
			return `it is in \SMTP\` + p.bag + " of " + p.ref + ": the gateway has fetched it and cannot send it to the smart host (Q99852, Q98159)"
		case p.inqueue:
			return "it waits in " + p.bag + ".MBG of " + p.ref + ": no mailer empties it (Q128512)"
		}
	}
	if len(last) > 0 {
		return "it waits in mailbag " + last[0].bag + " of " + last[0].ref + ": no EXTERNAL carries it, or the gateway does not fetch it (Q87030, Q111839)"
	}
	if trouble != nil {
		return trouble.Error()
	}
	return "it is on no drive that can be seen and has not arrived: the smart host has it, or it was returned (Q127727)"
}

var (
	zoneHours   = regexp.MustCompile(`[ (][-+]\d{2}\)?\s*$`)
	zoneNumeric = regexp.MustCompile(`[-+]\d{4}(\s*\(.*\))?\s*$`)
)

// form looks at a message that has left.
func (e *exam) form(who string, box deploy.Mailbox, sent *Outgoing, have *message.Message) {
	from := domainOf(have.First("From"))
	e.say(who, "From domain", "%s", none(from))
	want := domainOf(box.Address)
	if v := e.d.Policy.Visible; v != "" && v != "postoffice" {
		want = strings.ToLower(v)
	}
	if want != "" && from != "" && from != want {
		e.fail("%s: mail leaves from the domain %s, want %s: the first entry of ADDR_MAP.CFG for a postoffice is the one that others see (Q111840)", who, from, want)
	}
	date := have.First("Date")
	form := "another form"
	switch {
	case date == "":
		form = "none"
	case zoneNumeric.MatchString(date):
		form = "zone as +hhmm"
	case zoneHours.MatchString(date):
		form = "zone as +hh"
	}
	e.say(who, "Date", "%s", form) // Q192054, Q115452
	e.say(who, "Subject lines", "%d", len(have.Values("Subject")))
	e.say(who, "body begins with an empty line", "%s", yes(strings.HasPrefix(have.Body, "\n"))) // Q98209
	longest := 0
	for line := range strings.SplitSeq(have.Body, "\n") {
		longest = max(longest, len(line))
	}
	e.say(who, "body lines of at most 78 characters", "%s", yes(longest <= 78)) // Q111860
	e.asReceived(who, sent, have)
}

// domainOf returns the domain of the first address of a field, in small
// letters.
func domainOf(field string) string {
	i := strings.IndexByte(field, '@')
	if i < 0 {
		return ""
	}
	rest := field[i+1:]
	if j := strings.IndexAny(rest, " \t>,;)\""); j >= 0 {
		rest = rest[:j]
	}
	return strings.ToLower(rest)
}
