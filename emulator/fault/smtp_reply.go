package fault

// smtpReply answers a verb with reply=, one line of a code and a text.
type smtpReply struct {
	match
	reply string
}

func newSMTPReply(m match, a *arguments) Fault {
	w := a.need("reply")
	if s := w.value; !(len(s) == 3 || len(s) > 3 && len(s) <= replyMax && s[3] == ' ') || s[0] < '2' || s[0] > '5' || !digit(s[1]) || !digit(s[2]) {
		a.fail(w.column, `want reply to be a code and a text such as "451 try again later"`)
	}
	return &smtpReply{m, w.value}
}

// replyMax is the longest line of a reply without its end. It is RFC 821's.
const replyMax = 510

func digit(c byte) bool { return '0' <= c && c <= '9' }

func (f *smtpReply) String() string { return f.text("smtp-reply", "reply", f.reply) }

func (f *smtpReply) At(p *Point) Effect {
	if !f.hit(p) {
		return Effect{}
	}
	return Effect{Reply: f.reply}
}
