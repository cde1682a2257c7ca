package smarthost

import (
	"slices"
	"strings"
)

// profile is the voice of a host: what it answers where the library said yes,
// by verb, and where it said no, by code. In the texts {host} is our name,
// {name} what the client gave with HELO, {ip} its address, {path} the path of
// the command with its brackets, {date} the time.
type profile struct {
	own      bool // the library's own words
	extended bool // knows of SMTP extensions
	yes, no  map[string]string
}

var library = &profile{own: true, extended: true, no: sendmail.no}

// sendmail speaks as the host of Q112286.
//
// invented: the replies other than those of its one dialogue, in the words of
// the sendmail of the time; it knew HELO only, so EHLO is one more unknown
// command.
var sendmail = &profile{
	yes: map[string]string{
		"CONNECT": "220 {host} Sendmail 4.1/SMI-4.1 ready at {date}",
		"HELO":    "250 {host} Hello {name} ([{ip}]), pleased to meet you",
		"MAIL":    "250 {path}... Sender ok",
		"RCPT":    "250 {path}... Recipient ok",
		"DATA":    `354 Enter mail, end with "." on a line by itself`,
		".":       "250 Mail accepted",
		"QUIT":    "221 {host} delivering mail",
		"RSET":    "250 Reset state",
		"NOOP":    "200 OK",
	},
	no: map[string]string{
		"421": "421 {host} timeout waiting for input",
		"451": "451 Local error in processing",
		"452": "452 Too many recipients",
		"500": "500 Command unrecognized",
		"501": "501 Syntax error",
		"502": "502 Command not implemented",
		"503": "503 Bad sequence of commands",
		"550": "550 {path}... User unknown",
		"552": "552 Message exceeds maximum fixed size",
	},
}

// What our filter refuses before the library sees it.
//
// invented: see sendmail.
const (
	refuseName     = "501 HELO requires domain address"
	refuseGreeting = "503 Polite people say HELO first"
	refuseNested   = "503 Sender already specified"
	refusePath     = "501 Syntax error in path"
	refuseOption   = "501 Unknown parameter"
	refuseSize     = "552 Message exceeds maximum fixed size"
	refuseLine     = "500 Line too long"
	refuseCommand  = "500 Line ends in LF without CR"
	refuseText     = "554 Message has a line that ends in LF without CR"
	refuseTextLine = "554 Message has a line that is too long"
)

var profiles = map[string]*profile{"": sendmail, ProfileSendmail: sendmail, ProfileLibrary: library}

// expand appends a reply text with its words in place, and CR LF.
func (s *session) expand(dst []byte, text string) []byte {
	dst = slices.Grow(dst, len(text)+64) // most words are shorter
	for i := 0; i < len(text); i++ {
		if text[i] != '{' {
			dst = append(dst, text[i])
			continue
		}
		word := text[i:]
		switch {
		case strings.HasPrefix(word, "{host}"):
			dst = append(dst, s.h.name...)
			i += len("{host}") - 1
		case strings.HasPrefix(word, "{name}"):
			dst = append(dst, s.name...)
			i += len("{name}") - 1
		case strings.HasPrefix(word, "{ip}"):
			dst = append(dst, hostPart(s.peer)...)
			i += len("{ip}") - 1
		case strings.HasPrefix(word, "{path}"):
			dst = append(dst, '<')
			dst = append(dst, s.path...)
			dst = append(dst, '>')
			i += len("{path}") - 1
		case strings.HasPrefix(word, "{date}"):
			dst = s.h.date().AppendFormat(dst, dateForm)
			i += len("{date}") - 1
		default:
			dst = append(dst, '{')
		}
	}
	return append(dst, '\r', '\n')
}
