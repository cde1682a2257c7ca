package site

import (
	"errors"
	"fmt"
	"strings"
)

// Config is what LOCAL.CFG holds. Q112286, Q127733
type Config struct {
	LocalDomain string   // Domain Suffix, with a leading dot
	HostName    string   // Internet Name Of Gateway
	SmartHost   string   // IP Address Of SMTP Router
	Postoffices []string // NET/PO, in order, case kept as typed
}

// invented: no article shows the inside of LOCAL.CFG. Ours is a text of
// "key=value" lines; the keys are the words that the start-up log prints for
// the same values (Q112286). PostOffice occurs once per postoffice. Blank
// lines and lines that start with a semicolon mean nothing.
const (
	keyLocalDomain = "LocalDomain"
	keyHostName    = "HostName"
	keySmartHost   = "SmartHost"
	keyPostOffice  = "PostOffice"
)

// dosEOF ends a DOS text file wherever it stands.
const dosEOF = 0x1A

// FormatLocalCfg prints LOCAL.CFG. Values must not contain line ends.
func FormatLocalCfg(c Config) []byte {
	var b strings.Builder
	line := func(key, value string) {
		b.WriteString(key)
		b.WriteByte('=')
		b.WriteString(value)
		b.WriteString("\r\n")
	}
	line(keyLocalDomain, c.LocalDomain)
	line(keyHostName, c.HostName)
	line(keySmartHost, c.SmartHost)
	for _, po := range c.Postoffices {
		line(keyPostOffice, po)
	}
	return []byte(b.String())
}

// ParseLocalCfg reads LOCAL.CFG. A value that is missing stays empty: what
// that means is for the program that reads it. The error lists every line in
// error as "line N: ...".
func ParseLocalCfg(data []byte) (Config, error) {
	var c Config
	var faults []error
	seen := map[string]bool{}
	eachLine(data, func(n int, line string) {
		key, value, ok := strings.Cut(line, "=")
		if !ok {
			faults = append(faults, fmt.Errorf("line %d: want key=value, have %q", n, line))
			return
		}
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		var field *string
		switch strings.ToLower(key) {
		case strings.ToLower(keyPostOffice):
			if !strings.Contains(value, "/") {
				faults = append(faults, fmt.Errorf("line %d: want network/postoffice, have %q", n, value))
				return
			}
			c.Postoffices = append(c.Postoffices, value)
			return
		case strings.ToLower(keyLocalDomain):
			field = &c.LocalDomain
		case strings.ToLower(keyHostName):
			field = &c.HostName
		case strings.ToLower(keySmartHost):
			field = &c.SmartHost
		default:
			faults = append(faults, fmt.Errorf("line %d: unknown key %q", n, key))
			return
		}
		if seen[strings.ToLower(key)] {
			faults = append(faults, fmt.Errorf("line %d: second %q", n, key))
			return
		}
		seen[strings.ToLower(key)] = true
		*field = value
	})
	if len(faults) > 0 {
		return Config{}, errors.Join(faults...)
	}
	return c, nil
}

// eachLine calls f with the number and the trimmed text of each line of a DOS
// text file that is neither blank nor a comment.
func eachLine(data []byte, f func(n int, line string)) {
	text := string(data)
	if i := strings.IndexByte(text, dosEOF); i >= 0 {
		text = text[:i]
	}
	for n := 1; text != ""; n++ {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		line = strings.TrimSpace(line)
		if line == "" || line[0] == ';' {
			continue
		}
		f(n, line)
	}
}
