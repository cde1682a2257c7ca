package program

import "gwkit/emulator/internal/sim"

// stack is what SMTPGATE shows of the TCP/IP it runs on. The numbers in
// parentheses are those of the stack: 52 and 57 come with Berkeley's texts, 110 to
// 123 with none of their own.
type stack struct {
	name        string
	socket      int    // number of a call's socket; that for listening is 256 everywhere: invented for Novell
	read        string // a read fails
	write       string // a write fails, because the connection is gone
	unreachable string // a write fails, because nothing gets out to the smart host
	closing     string // said twice when a socket is closed, after receiving or sending; "": nothing
}

// stacks are those of site.Stacks behind the one without a name, which has what
// articles print and name no stack for.
//
// inferred: a stack answers every failing read alike, and every write; that
// Novell reads fail with Berkeley's text, as its writes do.
// invented: which LAN Manager prints which of the two forms; the remedy of Q123826
// and Q123827 is the TCPTSR.EXE of 2/1/94, so theirs is the older one here.
var stacks = []stack{
	{"", 257, msgRead, msgWrite, msgWriteNull, ""},                             // Q100706, Q100707, Q99857
	{"lanman", 257, msgReadLanman, msgWriteLanman, msgWriteLanman, ""},         // Q100708
	{"lanman-old", 257, msgRead116, msgWrite119, msgWrite119, ""},              // Q123826, Q123827
	{"novell", 2, msgRead, msgWriteNovell, msgWriteNovell, ""},                 // Q105289, Q118970
	{"novell-old", 2, msgRead, msgWriteNovell, msgWriteNovell, msgCloseNovell}, // Q118970
}

// stackOf returns the row of a stack; an unknown one is the first.
func stackOf(name string) *stack {
	for i := range stacks {
		if stacks[i].name == name {
			return &stacks[i]
		}
	}
	return &stacks[0]
}

// closed logs what the stack says of a socket that was closed.
func (g *gate) closed() {
	if text := g.stack.closing; text != "" {
		g.log.say(classError, text)
		g.log.say(classError, text)
	}
}

// writeFailed logs a write that failed.
func (g *gate) writeFailed(err error) {
	if err == sim.ErrUnreachable {
		g.log.say(classError, g.stack.unreachable)
		return
	}
	g.log.say(classError, g.stack.write)
}
