package schedule

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"
)

// Schedule is an explored run as a person reads it: what runs, and who runs
// until when.
type Schedule struct {
	Site     string   // shape or site file
	Timed    bool     // latencies drawn from Seed decide; there are no steps
	Operator string   // who answers critical errors: "retry" or "nobody"
	PCs      []string // that are switched on
	In, Out  int      // messages each way
	Size     int      // bytes of text of each
	Seed     uint64
	For      string  // span of a timed run, over which its messages come: "48h"
	Arrivals string  // of a timed run, as in emulator.Load; "": even
	Jitter   float64 // of a timed run, as in emulator.Options
	Faults   []string
	Shared   []string // files and addresses whose operations are decision points; nil: those that show under the steps
	Steps    []Step

	// Choices are there instead of Steps when no steps lead to the run; they
	// count the options at operations on Shared, so they hold for one version of
	// the programs. nil: none.
	Choices Choices
}

// Step lets one PC run until it is about to do an operation for the nth time
// since the step began. Without Op it runs until it can do no more; a sleep is
// such an end. Wake ends its sleep before its time, and nothing else.
type Step struct {
	PC     string
	Op     string
	Object string
	Nth    int // from 1
	Wake   bool
}

// String prints a step as in a schedule file.
func (s Step) String() string {
	if s.Wake {
		return s.PC + " wake early"
	}
	if s.Op == "" {
		return s.PC + " while it can"
	}
	t := s.PC + " until " + s.Op + " " + s.Object
	if s.Nth > 1 || strings.Contains(s.Object, " #") { // else the end of the object would be taken for the number
		t += " #" + strconv.Itoa(s.Nth)
	}
	return t
}

// The bounds of a schedule file.
const (
	FileMax  = 1 << 20 // bytes
	stepsMax = 10_000
	countMax = 1_000_000
)

const header = "gwkit schedule 1"

// Is reports whether data looks like a schedule file.
func Is(data []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(data), []byte(header)) }

// Marshal prints a schedule file.
func (s *Schedule) Marshal() []byte {
	var b bytes.Buffer
	b.WriteString(header + "\n")
	fmt.Fprintf(&b, "site %s\n", s.Site)
	if s.Timed {
		fmt.Fprintf(&b, "timed seed %d for %s", s.Seed, s.For)
		if s.Arrivals != "" {
			fmt.Fprintf(&b, " arrivals %s", s.Arrivals)
		}
		if s.Jitter != 0 {
			fmt.Fprintf(&b, " jitter %g", s.Jitter)
		}
		b.WriteByte('\n')
	} else if s.Seed != 0 {
		fmt.Fprintf(&b, "seed %d\n", s.Seed)
	}
	fmt.Fprintf(&b, "messages %d in %d out", s.In, s.Out)
	if s.Size != 0 {
		fmt.Fprintf(&b, " of %d bytes", s.Size)
	}
	b.WriteByte('\n')
	fmt.Fprintf(&b, "operator %s\n", s.Operator)
	if len(s.PCs) > 0 {
		fmt.Fprintf(&b, "pcs %s\n", strings.Join(s.PCs, " "))
	}
	for _, f := range s.Faults {
		fmt.Fprintf(&b, "fault %s\n", f)
	}
	for _, o := range s.Shared {
		fmt.Fprintf(&b, "shared %s\n", o)
	}
	for _, st := range s.Steps {
		fmt.Fprintf(&b, "let %s\n", st)
	}
	if s.Choices != nil {
		fmt.Fprintf(&b, "choices %s\n", s.Choices)
	}
	return b.Bytes()
}

// Elsewhere says what a schedule file is to a program that wants a list of
// choices instead, and which command runs it. file is its name as a shell reads
// it.
func Elsewhere(name, file string, data []byte) error {
	s, err := Parse(name, data)
	switch {
	case err != nil:
		return fmt.Errorf("want choices such as 0.2.1, have a schedule that gwcheck explore saves, and that is damaged: %w", err)
	case s.Timed:
		return fmt.Errorf("%s: want choices such as 0.2.1, have a timed run that gwcheck explore saved; this repeats it: %s", name, s.Command(Beside(name, s.Site)))
	}
	return fmt.Errorf("%s: want choices such as 0.2.1, have an explored run that gwcheck explore saved: its steps take the place of the clock; this repeats and draws it: gwcheck explore %s --trace run.html --trace-format html", name, file)
}

// Beside is the name of a schedule's site as its reader finds it: a shape, which
// has no extension, as it is, a file beside the schedule file.
func Beside(schedule, site string) string {
	if filepath.Ext(site) == "" || filepath.IsAbs(site) {
		return site
	}
	return filepath.ToSlash(filepath.Join(filepath.Dir(schedule), site))
}

// Command is the command that repeats the run of a timed schedule; site is its
// site as a shell reads it.
func (s *Schedule) Command(site string) string {
	t := fmt.Sprintf("gwemu run %s --for %s --seed %d --in %d --out %d", site, s.For, s.Seed, s.In, s.Out)
	if s.Size != 0 {
		t += fmt.Sprintf(" --size %d", s.Size)
	}
	if s.Arrivals != "" {
		t += " --arrivals " + s.Arrivals
	}
	if s.Jitter != 0 {
		t += fmt.Sprintf(" --jitter %g", s.Jitter)
	}
	return t + " --operator " + s.Operator
}

// Parse reads a schedule file. name stands in errors, which name the line.
func Parse(name string, data []byte) (*Schedule, error) {
	if len(data) > FileMax {
		return nil, fmt.Errorf("%s: cannot read schedule: larger than %d bytes", name, FileMax)
	}
	s := &Schedule{Operator: "retry"}
	started := false
	for n, line := range strings.Split(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n") {
		bad := func(format string, args ...any) error {
			return fmt.Errorf("%s:%d: %s", name, n+1, fmt.Sprintf(format, args...))
		}
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if !started {
			if line != header {
				return nil, bad("want %q in the first line", header)
			}
			started = true
			continue
		}
		key, rest, _ := strings.Cut(line, " ")
		rest = strings.TrimSpace(rest)
		words := strings.Fields(rest)
		switch key {
		case "site":
			if rest == "" {
				return nil, bad("site without a name")
			}
			s.Site = rest
		case "timed":
			if !s.parseTimed(words) {
				return nil, bad("want: timed seed N for SPAN [arrivals HOW] [jitter FACTOR]")
			}
		case "seed":
			seed, ok := number[uint64](words, 0, 1<<63)
			if !ok || len(words) != 1 {
				return nil, bad("want: seed N")
			}
			s.Seed = seed
		case "messages":
			in, ok1 := number[int](words, 0, countMax)
			out, ok2 := number[int](words, 2, countMax)
			ok := ok1 && ok2 && len(words) >= 4 && words[1] == "in" && words[3] == "out"
			size := 0
			if ok && len(words) > 4 {
				size, ok = number[int](words, 5, 64<<20)
				ok = ok && len(words) == 7 && words[4] == "of" && words[6] == "bytes"
			}
			if !ok {
				return nil, bad("want: messages N in N out [of N bytes]")
			}
			s.In, s.Out, s.Size = in, out, size
		case "operator":
			if rest != "retry" && rest != "nobody" {
				return nil, bad("unknown operator %q: want retry or nobody", rest)
			}
			s.Operator = rest
		case "pcs":
			if s.PCs = words; len(words) == 0 {
				return nil, bad("pcs without a name")
			}
		case "fault":
			if rest == "" {
				return nil, bad("fault without its text")
			}
			s.Faults = append(s.Faults, rest)
		case "shared":
			if rest == "" {
				return nil, bad("shared without a file")
			}
			if s.Shared = append(s.Shared, rest); len(s.Shared) > stepsMax {
				return nil, bad("more than %d shared files", stepsMax)
			}
		case "let":
			st, err := parseStep(rest)
			if err != nil {
				return nil, bad("%v", err)
			}
			if s.Steps = append(s.Steps, st); len(s.Steps) > stepsMax {
				return nil, bad("more than %d steps", stepsMax)
			}
		case "choices":
			c, err := ParseChoices(rest)
			if err != nil {
				return nil, bad("%v", err)
			}
			if s.Choices != nil {
				return nil, bad("a second line of choices")
			}
			s.Choices = c
		default:
			return nil, bad("unknown word %q: want site, timed, seed, messages, operator, pcs, fault, shared, let or choices", key)
		}
	}
	switch {
	case !started:
		return nil, fmt.Errorf("%s: cannot read schedule: empty, want %q in the first line", name, header)
	case s.Site == "":
		return nil, fmt.Errorf("%s: cannot read schedule: no line with the site", name)
	case s.Timed && (len(s.Steps) > 0 || s.Choices != nil):
		return nil, fmt.Errorf("%s: cannot read schedule: a timed run has no steps", name)
	case len(s.Steps) > 0 && s.Choices != nil:
		return nil, fmt.Errorf("%s: cannot read schedule: want steps or choices, not both", name)
	}
	return s, nil
}

// parseTimed reads what follows the word timed.
func (s *Schedule) parseTimed(words []string) bool {
	seed, ok := number[uint64](words, 1, 1<<63)
	if len(words) < 4 || words[0] != "seed" || !ok || words[2] != "for" {
		return false
	}
	s.Timed, s.Seed, s.For, s.Arrivals, s.Jitter = true, seed, words[3], "", 0
	for words = words[4:]; len(words) > 0; words = words[2:] {
		switch {
		case len(words) > 1 && words[0] == "arrivals":
			s.Arrivals = words[1]
		case len(words) > 1 && words[0] == "jitter":
			f, err := strconv.ParseFloat(words[1], 64)
			if err != nil || !(f >= 0 && f <= 1) {
				return false
			}
			s.Jitter = f
		default:
			return false
		}
	}
	return true
}

// number reads words[i] as a number from 0 to most.
func number[T int | uint64](words []string, i int, most uint64) (T, bool) {
	if i >= len(words) {
		return 0, false
	}
	n, err := strconv.ParseUint(words[i], 10, 64)
	return T(n), err == nil && n <= most
}

var errStep = errors.New("want: let PC until OPERATION OBJECT [#N], let PC while it can, or let PC wake early")

func parseStep(text string) (Step, error) {
	pc, rest, _ := strings.Cut(text, " ")
	if pc == "" {
		return Step{}, errStep
	}
	switch rest {
	case "while it can":
		return Step{PC: pc}, nil
	case "wake early":
		return Step{PC: pc, Wake: true}, nil
	}
	until, rest, _ := strings.Cut(rest, " ")
	op, object, _ := strings.Cut(rest, " ")
	if until != "until" || op == "" || object == "" {
		return Step{}, errStep
	}
	s := Step{PC: pc, Op: op, Object: object, Nth: 1}
	if i := strings.LastIndex(object, " #"); i >= 0 {
		n, err := strconv.Atoi(object[i+2:])
		if err != nil || n < 1 || n > countMax {
			return Step{}, fmt.Errorf("want a number from 1 behind #, not %q", object[i+2:])
		}
		s.Object, s.Nth = strings.TrimRightFunc(object[:i], unicode.IsSpace), n
		if s.Object == "" {
			return Step{}, errStep
		}
	}
	return s, nil
}
