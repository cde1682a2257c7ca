package lint

import (
	"fmt"
	"io/fs"
	"strings"
	"time"

	"gwkit/conformance/drive"
)

// Rules about SMTPGATE.LOG. All of them see what one reading of the log found
// (see logStory), so a log of any length is read once and not kept.
var logRules = []Rule{
	{
		ID: "log.known", Severity: Info, Articles: []string{"Q112286", "Q129239", "Q100703", "Q129713", "Q128434", "Q115494"},
		Title:  "the log has a line that an article explains",
		Remedy: "read the article that the finding names",
		Inputs: "SMTPGATE.LOG",
		check: func(j *Judge) {
			j.stories(func(l *Log, s *logStory) {
				for i := range knownLines {
					k, seen := &knownLines[i], s.known[i]
					if seen == nil {
						continue
					}
					times := ""
					if seen.count > 1 {
						times = fmt.Sprintf(" (%d times, last in line %d)", seen.count, seen.last)
					}
					severity, means, articles := k.severity, k.means, k.articles
					if lacksOnPurpose(j.roleOf(l), seen.text) {
						severity, means, articles = Info, "as it is meant to be on a gateway of one direction", []string{"Q132060"}
					}
					j.FindAs(severity, seen.at, "%s%s: %s. %s", quoted(seen.text), times, means, strings.Join(articles, ", "))
				}
			})
		},
	},
	{
		ID: "log.repeat", Severity: Error, Articles: []string{"Q98159"},
		Title:  "the same error occurs in cycle after cycle",
		Remedy: "rename *.API in the SMTP directory, and return or delete the first message in the queue with ADMIN",
		Inputs: "SMTPGATE.LOG",
		check: func(j *Judge) {
			j.stories(func(l *Log, s *logStory) {
				for _, r := range s.repeats {
					if lacksOnPurpose(j.roleOf(l), r.text) {
						continue
					}
					j.Find(r.at, "%s in %d cycles in a row", quoted(r.text), r.count)
				}
			})
		},
	},
	{
		ID: "log.hang", Severity: Error, Articles: []string{"Q131150", "Q137041"},
		Title:    "the gateway spawns and idles without waiting for calls: it is hung, and refuses mail from outside",
		Remedy:   "restart the gateway, and correct what the articles name: one network, a relay host, static routes, a 16-bit adapter, one protocol on it",
		Inputs:   "SMTPGATE.LOG",
		Inferred: "five cycles of nothing but the start and end of SMTPGET are a hang",
		check: func(j *Judge) {
			j.stories(func(l *Log, s *logStory) {
				if s.cycles < hangCycles {
					j.Missing("%d cycles in %s", hangCycles, l.File)
					return
				}
				if s.deaf.count >= hangCycles {
					j.Find(s.deaf.at, "%d cycles in a row in which the gateway spawned and idled, and neither waited for calls nor sent", s.deaf.count)
				}
			})
		},
	},
	{
		ID: "log.nospawn", Severity: Error, Articles: []string{"Q111839"},
		Title:    "a gateway that should send does not start SMTPGET",
		Remedy:   "delete FROM_NC.API if it has 0 bytes, and see to it that 40 KB of memory are free in one piece",
		Inputs:   "SMTPGATE.LOG; role of the gateway PC",
		Inferred: "three cycles without are enough; a dedicated receiving gateway need not send",
		check: func(j *Judge) {
			j.stories(func(l *Log, s *logStory) {
				switch role := j.roleOf(l); {
				case s.cycles < nospawnCycles:
					j.Missing("%d cycles in %s", nospawnCycles, l.File)
				case role == RoleReceive:
				case s.mute.count >= nospawnCycles:
					j.Find(s.mute.at, "%d cycles in a row without \"spawning SMTPGET\"", s.mute.count)
				}
			})
		},
	},
	{
		ID: "log.memtrend", Severity: Warning, Articles: []string{"Q134371", "Q108374"},
		Title:    "free memory falls from cycle to cycle",
		Remedy:   "restart the gateway daily with -BR in a batch file that calls itself; look for messages with two Subject lines",
		Inputs:   "SMTPGATE.LOG",
		Inferred: "four falls without a rise in between are a trend",
		check: func(j *Judge) {
			j.stories(func(l *Log, s *logStory) {
				if s.cycles < trendFalls {
					j.Missing("%d \"Idling:\" lines in %s", trendFalls, l.File)
					return
				}
				if t := s.leak; t.falls >= trendFalls {
					j.Find(t.at, "free memory fell %d times without a rise, from %d to %d bytes in line %d", t.falls, t.from, t.to, t.last)
				}
			})
		},
	},
	{
		ID: "log.clock", Severity: Info, Articles: []string{"Q118784", "Q119089", "Q137676"}, Covers: []string{"LR55"},
		Title:    "the clock of the gateway PC differs from that of the server",
		Remedy:   "set the clocks; every date of a message is the DOS time of the gateway PC",
		Inputs:   "SMTPGATE.LOG with the banner of a start, and its time on the server; TZ",
		Inferred: "the server's time of the log is that of its last line; ten minutes are allowed; without TZ whole hours cannot be told from a time zone",
		check:    checkClock,
	},
}

// stories calls fn with the story of each SMTPGATE.LOG.
func (j *Judge) stories(fn func(*Log, *logStory)) {
	any := false
	for i := range j.Logs {
		l := &j.Logs[i]
		if l.Name != "SMTPGATE.LOG" {
			continue
		}
		any = true
		s := j.story(l)
		if s.err != nil {
			j.Missing("%s: %v", l.File, s.err)
			continue
		}
		j.Looked()
		fn(l, s)
	}
	if !any && (len(j.Gateways()) > 0 || len(j.GatewayPCs()) > 0) {
		j.Missing("SMTPGATE.LOG of the gateways")
	}
}

// roleOf returns the role of the PC that writes a log: the only one whose
// drive the log lies on.
func (j *Judge) roleOf(l *Log) Role {
	role, n := Role(""), 0
	for _, pc := range j.GatewayPCs() {
		if po := j.Database(pc); po == nil || l.Postoffice == "" || strings.EqualFold(po.Ref(), l.Postoffice) {
			role, n = pc.Role.Value, n+1
		}
	}
	if n != 1 {
		return ""
	}
	return role
}

// lacksOnPurpose reports whether a line says that a program was not found which
// a gateway of this role is not to have. Q132060
func lacksOnPurpose(role Role, text string) bool {
	program := drive.NotFound(text)
	return role == RoleReceive && program == "SMTPGET" || role == RoleSend && program == "SMTPPUT"
}

// clockSlack is how far the last line of a log may be from the file's time.
const clockSlack = 10 * time.Minute

// firstYear is before every release of the gateway, and after the year that a
// PC shows whose battery is empty, 1980. copyAge is how far a file's time may
// be from its last line before it is that of a copy.
const (
	firstYear = 1990
	copyAge   = 48 * time.Hour
)

func checkClock(j *Judge) {
	j.stories(func(l *Log, s *logStory) {
		switch {
		case s.modified.IsZero():
			j.Missing("the server's time of %s", l.File)
			return
		case s.lastTime.IsZero():
			j.Missing("a banner with the date in %s", l.File)
			return
		}
		off := s.lastTime.Sub(s.modified)
		if s.lastTime.Year() < firstYear {
			j.Find(s.lastAt, "the last line is of %s: the PC has lost its date", s.lastTime.Format("2006-01-02 15:04"))
			return
		}
		if off.Abs() > copyAge {
			j.Missing("the server's time of %s: it is %s from its last line, as that of a copy", l.File, span(off.Abs()))
			return
		}
		zone, daylight, known := j.zoneOf(l)
		off += zone // the log has local time
		wrong := off
		limit := clockSlack
		if !known && off.Abs() <= 14*time.Hour+clockSlack {
			// A zone is whole quarters of an hour.
			const quarter = 15 * time.Minute
			if wrong = off % quarter; wrong < 0 {
				wrong += quarter
			}
			if wrong > quarter/2 {
				wrong -= quarter
			}
			limit = 5 * time.Minute
		}
		if daylight && (wrong-time.Hour).Abs() <= limit {
			return // a PC follows summer time when somebody sets its clock
		}
		if wrong.Abs() > limit {
			word := "ahead of"
			if off < 0 {
				word = "behind"
			}
			severity := Info
			if wrong.Abs() >= time.Hour {
				severity = Warning // every date of a message is off by as much. inferred
			}
			j.FindAs(severity, s.lastAt, "the last line is of %s, %s %s the server's time of the file", s.lastTime.Format("2006-01-02 15:04"), span(off.Abs()), word)
		}
	})
}

// zoneOf returns how far west of Greenwich the PC is that writes a log, and
// whether it has summer time, from TZ as DOS has it: "PST8PDT", "CET-1". Q115452
func (j *Judge) zoneOf(l *Log) (west time.Duration, daylight, known bool) {
	for _, pc := range j.GatewayPCs() {
		if po := j.Database(pc); po != nil && l.Postoffice != "" && !strings.EqualFold(po.Ref(), l.Postoffice) {
			continue
		}
		if west, daylight, known = readTZ(pc.TZ.Value); known {
			return west, daylight, true
		}
	}
	return 0, false, false
}

func readTZ(tz string) (west time.Duration, daylight, ok bool) {
	if len(tz) < 4 {
		return 0, false, false
	}
	rest, sign := tz[3:], time.Duration(1)
	switch rest[0] {
	case '-':
		sign, rest = -1, rest[1:]
	case '+':
		rest = rest[1:]
	}
	n, digits := 0, 0
	for digits < len(rest) && rest[digits] >= '0' && rest[digits] <= '9' && digits < 2 {
		n = n*10 + int(rest[digits]-'0')
		digits++
	}
	return sign * time.Duration(n) * time.Hour, len(rest) > digits, digits > 0 && n <= 14
}

// stater is a file that knows when it was changed.
type stater interface{ Stat() (fs.FileInfo, error) }
