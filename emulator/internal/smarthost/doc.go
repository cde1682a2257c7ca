// Package smarthost is the UNIX smart host of a site: the one host to which
// the gateways send, and the one that sends to them.
//
// # Goals
//
// The server is github.com/mhale/smtpd, unforked, run in lock-step by
// sim.Foreign. In front of it stands a filter that reads the client's stream
// line by line and lets only well-formed commands and whole messages through,
// so the library's traps are not the host's. Behind it stand routing, a queue
// with retries, returned mail, and a client written by hand. The host speaks
// as the Sendmail of Q112286, or in the library's own words.
//
// All time is virtual, all state belongs to one kernel, and nothing here is
// decided by chance or by the order of a map.
//
// # Non-goals
//
// No mailboxes: mail for a local user or for the Internet is counted, handed
// to OnDeliver and forgotten. No MX look-up, no .forward, no "user%host"
// routing, no 8-bit conversion, no TLS, no authentication. The host itself
// never loses its power; its failures are faults.
//
// # How to begin
//
//	h, err := smarthost.New(k, smarthost.Config{
//		Name: "company.com", IP: "11.1.16.15",
//		Routes: []smarthost.Route{{Domain: "hub.company.com", IP: "11.1.16.16"}},
//	})
//	h.OnDeliver(func(m *smarthost.Message, to string) { ... })
//	h.Submit("root@company.com", []string{"admin@hub.company.com"}, data)
//	k.Run(until)
//	h.Close()
//
// session.go, command.go and body.go are the filter, in the order in which a
// client meets them; profile.go is the voice; route.go decides where mail
// goes, queue.go when, call.go how, dialect.go in what manner; bounce.go gives
// back what cannot go.
//
// # Where mail goes
//
// A recipient loses its source route, then aliases apply, then the domain is
// looked up: the exact domain, the host's own domains, the longest entry that
// starts with a dot. What is in no table is the Internet: it goes to
// Config.Relay, or rests here. Mail for a destination is tried at once, then
// after QueueInterval, then at intervals that double. A destination that does
// not answer is put off as a whole; a message that is put off waits alone.
//
// A refusal with 5xx, or MaxAge, returns the mail to its sender; for mail with
// the null sender it ends with the postmaster here (Counters.Dropped). When
// the connection is lost between the final dot and its reply, the mail is
// tried again, which can make a second copy: the event "uncertain".
//
// # Events
//
// Who is the host's name. LABEL is Message.Label, TO a recipient.
//
//	accept PEER            a session of a client began
//	lost PEER: WHY         it broke off; also a call that did
//	pipeline PEER: VERB    the client did not wait for a reply
//	refuse PEER: REPLY     a message, or for a call a greeting, was refused
//	fault VERB: WHAT       a fault of the run was performed
//	receive LABEL          a message was accepted over SMTP
//	submit LABEL           a message came without SMTP, or was made here
//	queue LABEL TO: DEST   it waits for a destination
//	call DEST              a session of ours began
//	send LABEL TO          the destination took it
//	defer LABEL: WHY       it stays in the queue
//	uncertain LABEL: WHY   the destination may have taken it
//	deliver LABEL TO       it rests here
//	return LABEL TO: WHY   it cannot be delivered
//
// # Traps of the library
//
// Removed, with tests in traps_test.go: fixed replies, EHLO always known,
// refusals that only RCPT and the end of data can make, percent signs in
// refusals and in names, refusals that leave the envelope behind, commands out
// of sequence, paths without brackets, parameters other than SIZE, control
// characters, the rest of a message that is too long run as commands, lines
// without a limit, no time-outs, three Received lines with the real date,
// bare LF, XCLIENT, pipelining that nobody notices, a Shutdown that does not
// wait. Removed by how the server is set up: a default that sessions race for,
// names looked up while nobody else can connect, a log that is one for all
// servers, accept errors tried again without a pause.
//
// Left, because no client of the time can tell or because it does no harm:
//
//   - HELO in mid-transaction ends the transaction, and so does a MAIL that is
//     refused.
//   - Blanks around a command line are dropped; what follows RSET, NOOP, DATA
//     and QUIT is ignored.
//   - VRFY, EXPN and HELP are never implemented.
//   - NUL and lone CR in a text pass through.
//   - With BareLFLibrary a lone LF ends lines as in the library, so one message
//     can be taken for two.
//   - With ProfileLibrary enhanced status codes come without being asked for,
//     and our own refusals stand among them without one.
//
// # Why
//
// The text of a message reaches the library only when its final dot is there.
// So every refusal has its place after the dot, and a fault, a size or a line
// end needs no second path. The alternative, to feed the library as bytes
// come, leaves it in the middle of a message that we want to refuse. The price
// is memory, which MaxSize bounds.
//
// The hooks of the library run on its goroutine while the session's process
// waits. They copy and return; everything else happens in the process.
package smarthost
