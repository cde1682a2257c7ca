package lint

import "strings"

// Rules about hand-made messages in the format of FFAPI.
var mmffRules = []Rule{
	{
		ID: "mmff.terminator", Severity: Error, Articles: []string{"Q85055", "Q118533"},
		Title:    "a hand-made message ends its lines otherwise than -F of the program that reads it says",
		Remedy:   "end lines by CR for -F0, which is the default, by LF for -F1, by CR LF for -F2",
		Inputs:   "hand-made messages; command line of the FFAPI program that reads them",
		Inferred: "programs whose names end in PUT read messages; a file with several ends of lines is wrong for each of them",
		check:    checkTerminator,
	},
	{
		ID: "mmff.address", Severity: Error, Articles: []string{"Q106623", "Q118787"},
		Title:    "a hand-made message has an address of a type that the gateway's mailbag does not serve, or a malformed one",
		Remedy:   "write NETWORK/POSTOFFICE/MAILBOX, with CSI: or without, or SMTP:user@domain",
		Inputs:   "hand-made messages",
		Inferred: "the service of this mailbag is SMTP",
		check: func(j *Judge) {
			for i := range j.Messages {
				j.Looked()
				j.addresses(&j.Messages[i])
			}
		},
	},
}

// terminators are the values of -F. Q85055
var terminators = map[string]string{"0": "CR", "1": "LF", "2": "CR LF"}

func checkTerminator(j *Judge) {
	if len(j.Messages) == 0 {
		return
	}
	want, at, known := "", Place{}, false
	for _, pc := range j.PCs {
		for i := range pc.Start.Value {
			s := &pc.Start.Value[i]
			if !strings.HasSuffix(s.Name(), "PUT") {
				continue
			}
			want, at, known = "CR", s.At, true
			for _, w := range s.Words[1:] {
				text := strings.ToLower(w.Text)
				if len(text) == 3 && (text[:2] == "-f" || text[:2] == "/f") && terminators[text[2:]] != "" {
					want, at = terminators[text[2:]], w.At
				}
			}
		}
	}
	for i := range j.Messages {
		t := &j.Messages[i]
		switch {
		case t.Ends == "mixed":
			j.Find(t.At(t.EndsLine, 1), "lines of the message end in different ways, from this line on")
		case !known:
			j.Missing("the command line of the program that reads %s (a batch file of its PC)", t.File)
		case t.Ends != "" && t.Ends != want:
			j.Find(t.At(1, 1), "lines of the message end by %s, and %s says %s", t.Ends, at, want)
		default:
			j.Looked()
		}
	}
}

// addresses looks at the TO: and FROM: lines of a message, up to its text.
func (j *Judge) addresses(t *Text) {
	for i, line := range t.Lines {
		key, value, ok := strings.Cut(line, ":")
		key = strings.ToUpper(strings.TrimSpace(key))
		if key == "TEXT" || key == "XTEXT" {
			return
		}
		if !ok || key != "TO" && key != "FROM" && key != "CC" {
			continue
		}
		at := t.At(i+1, len(line)-len(strings.TrimLeft(value, " \t"))+1)
		address := strings.TrimSpace(value)
		kind, rest, typed := strings.Cut(address, ":")
		if !typed {
			kind, rest = "CSI", address
		}
		switch strings.ToUpper(kind) {
		case "CSI":
			if !isMailbox(rest) {
				j.Find(at, "%s is no NETWORK/POSTOFFICE/MAILBOX of at most 10 characters each", quoted(rest))
			}
		case "SMTP":
			if rest == "" || strings.ContainsAny(rest, " \t") {
				j.Find(at, "%s is no address", quoted(address))
			}
		default:
			j.Find(at, "type %s is neither CSI nor SMTP, the service of the mailbag", quoted(kind))
		}
	}
}

// isMailbox says whether an address has three parts of at most ten characters.
func isMailbox(s string) bool {
	parts := strings.Split(s, "/")
	if len(parts) != 3 {
		return false
	}
	for _, p := range parts {
		if p == "" || len(p) > 10 {
			return false
		}
	}
	return true
}
