package schedule

import (
	"fmt"
	"strconv"
	"strings"
)

// Choices is a schedule as the machine keeps it: the option taken at each
// decision. Beyond the last one the default is taken. Its text is numbers with
// dots between, a run of equal ones as "0x17": "0x17.2.1".
type Choices []uint16

// choicesMax bounds the decisions that a text may stand for.
const choicesMax = 1 << 20

// String prints the choices without the defaults at the end; "0" when nothing
// is left.
func (c Choices) String() string { return string(c.appendText(nil)) }

func (c Choices) appendText(b []byte) []byte {
	n := len(c)
	for n > 0 && c[n-1] == 0 {
		n--
	}
	if n == 0 {
		return append(b, '0')
	}
	for i := 0; i < n; {
		j := i + 1
		for j < n && c[j] == c[i] {
			j++
		}
		if i > 0 {
			b = append(b, '.')
		}
		b = strconv.AppendUint(b, uint64(c[i]), 10)
		if j-i > 1 {
			b = append(b, 'x')
			b = strconv.AppendInt(b, int64(j-i), 10)
		}
		i = j
	}
	return b
}

// ParseChoices reads what String prints.
func ParseChoices(text string) (Choices, error) {
	var c Choices
	for i, w := range strings.Split(text, ".") {
		value, times, many := strings.Cut(w, "x")
		v, err := strconv.ParseUint(value, 10, 16)
		if err != nil {
			return nil, fmt.Errorf("cannot read choices: want a number from 0 to 65535 as part %d, not %q", i+1, w)
		}
		n := uint64(1)
		if many {
			if n, err = strconv.ParseUint(times, 10, 32); err != nil || n == 0 {
				return nil, fmt.Errorf("cannot read choices: want a count behind x in part %d, not %q", i+1, w)
			}
		}
		if uint64(len(c))+n > choicesMax {
			return nil, fmt.Errorf("cannot read choices: more than %d", choicesMax)
		}
		for ; n > 0; n-- {
			c = append(c, uint16(v))
		}
	}
	for len(c) > 0 && c[len(c)-1] == 0 {
		c = c[:len(c)-1]
	}
	return c, nil
}

// MarshalText implements encoding.TextMarshaler.
func (c Choices) MarshalText() ([]byte, error) { return c.appendText(nil), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (c *Choices) UnmarshalText(b []byte) error {
	d, err := ParseChoices(string(b))
	if err == nil {
		*c = d
	}
	return err
}

// Deviations counts the choices that are not the default.
func (c Choices) Deviations() int {
	n := 0
	for _, v := range c {
		if v != 0 {
			n++
		}
	}
	return n
}

// Playback is the Decider that takes recorded choices, then the default.
type Playback struct {
	choices Choices
	at      int
	err     error
}

// NewPlayback returns a Decider for choices.
func NewPlayback(c Choices) *Playback { return &Playback{choices: c} }

// Decide implements Decider. A choice that there is no option for
// becomes the default and is noted.
func (p *Playback) Decide(options []Option, _ bool) int {
	if len(options) < 2 {
		return 0
	}
	p.at++
	if p.at > len(p.choices) {
		return 0
	}
	i := int(p.choices[p.at-1])
	if i >= len(options) {
		if p.err == nil {
			p.err = fmt.Errorf("decision %d: the schedule takes option %d of %d", p.at, i, len(options))
		}
		return 0
	}
	return i
}

// Err says where the run first differed from the schedule; nil when it did not.
func (p *Playback) Err() error {
	if p.err == nil && p.at < len(p.choices) && p.choices[p.at:].Deviations() > 0 {
		return fmt.Errorf("the run ended after %d decisions of %d", p.at, len(p.choices))
	}
	return p.err
}
