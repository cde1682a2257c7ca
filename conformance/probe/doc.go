// Package probe looks at a running deployment from outside: short SMTP
// sessions, files that are only read, and a few marked messages.
//
// Goals: the live checks as data, each with its kind, sentence, articles, what
// it needs and why it is safe; a verdict for each with what was seen, word for
// word; a peer that is no such gateway is named for what it is; every session
// and every opened file is kept for the report; a dry run tells all of them
// beforehand.
//
// Non-goals: judging configuration (that is lint), load, anything that could
// leave a trace in a gateway that works.
//
// # Use
//
//	p := probe.New(deployment, probe.Options{...})
//	rows := p.Run(ctx, probe.Checks)
//
// # What is never done
//
// A real gateway hangs for ever on half a command (Q105289), leaks memory on a
// second Subject line (Q134371), refuses mail while somebody holds
// INQUEUE3.MBG (Q135926) and serves one call at a time. The rules that follow
// are in code, in one place each, and tested: Session sends whole lines of
// known verbs only, at most nine RCPT, QUIT at the end whatever happened, one
// session at a time, within a bound of time and bytes (session.go); a message
// has exactly one Subject and goes only to addresses that the deployment file
// names (message.go); files are opened for reading by package drive, which has
// no other way.
//
// # Why
//
// The client is written anew, on plain connections: what judges shares no
// protocol code with the emulator, and a library would hide the one thing that
// matters here, which bytes were sent. The receiver that catches outbound mail
// (sink.go) is hand-written too, though mhale/smtpd is at hand: the emulator's
// smart host is built on that library, and a sender that both misread alike
// would pass; its traps (time-outs, reverse look-ups, a Received line of its own)
// would have to be removed a second time; and a sink must keep the message as
// it came, byte for byte, in forty lines.
package probe
