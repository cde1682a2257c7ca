package lint

import (
	"fmt"
	"strings"
	"time"
)

// Rules about the times and counts on the command line of SMTPGATE.
var optTimeRules = []Rule{
	{
		ID: "opt.bt", Severity: Warning, Articles: []string{"Q96203"},
		Title:  "-BT without -BD when the time of day may be past at the start: the gateway stops right after it has started",
		Remedy: "add -BDmm-dd-yy, or start the gateway before that time",
		Inputs: "command line; time of the start",
		check: eachGateway(func(j *Judge, pc *PC, c *Command) {
			bt, _, ok := c.Find("BT")
			if _, _, dated := c.Find("BD"); !ok || dated || c.Gateway == nil {
				return
			}
			start, ok := Need(j, pc.Said["startAt"], "the time of day at which %s starts the gateway (startAt)", pc.Name)
			if !ok {
				return
			}
			at, err := time.Parse("15:04", start)
			if err != nil {
				j.Missing("the time of day at which %s starts the gateway as hh:mm (startAt)", pc.Name)
				return
			}
			if sinceMidnight(at) >= c.Gateway.BreakAt {
				j.Find(bt.At, "%s is past when %s starts at %s; the gateway stops at once", bt.Text, pc.Name, start)
			}
		}),
	},
	{
		ID: "opt.bt-loop", Severity: Warning, Articles: []string{"Q140245"},
		Title:    "a batch file that starts SMTPGATE again uses -BT at a time that is not close to midnight; until then it starts and stops without end",
		Remedy:   "put the time of -BT close to midnight",
		Inputs:   "start batch",
		Inferred: "close to midnight is the last half hour of the day",
		check: eachGateway(func(j *Judge, pc *PC, c *Command) {
			bt, _, ok := c.Find("BT")
			if !ok || c.Gateway == nil {
				return
			}
			loop, ok := Need(j, pc.Loop, "the start batch of %s", pc.Name)
			if ok && loop && c.Gateway.BreakAt < 23*time.Hour+30*time.Minute {
				j.Find(bt.At, "%s ends the gateway, and the batch file starts it again on the same day; it ends at once until midnight", bt.Text)
			}
		}),
	},
	{
		ID: "opt.br", Severity: Error, Articles: []string{"Q96126"},
		Title:  "-BR has a value of three parts, as the manual prints it by mistake; the gateway reads hours and minutes",
		Remedy: "write -BRhh:mm",
		Inputs: "command line",
		check: eachGateway(func(j *Judge, pc *PC, c *Command) {
			br, value, ok := c.Find("BR")
			if !ok {
				return
			}
			parts := strings.Split(value, ":")
			if len(parts) == 2 && c.Gateway != nil {
				return
			}
			if len(parts) == 3 {
				j.Find(br.At, "%s has three parts, want hours and minutes: -BRhh:mm", quoted(br.Text))
			} else if len(parts) != 2 {
				j.Find(br.At, "%s has no hours and minutes: -BRhh:mm", quoted(br.Text))
			}
		}),
	},
	{
		ID: "opt.qw", Severity: Info, Articles: []string{"Q99718", "Q129239"},
		Title:    "the time after which the gateway gives up on the smart host, -Q times -W, is outside of the policy",
		Remedy:   "choose -Q and -W so that their product is what is wanted; 180 times 120 seconds, 6 hours, without them",
		Inputs:   "command line; policy.giveUpAfter, policy.giveUpBefore",
		Inferred: "a gateway that is to receive only is spared",
		check:    eachGateway(checkGiveUp),
	},
	{
		ID: "opt.w-capacity", Severity: Warning, Articles: []string{"Q137043", "Q132060"},
		Covers:   []string{"LR41"},
		Title:    "more mail goes out than six messages in each cycle of -W seconds, or -W is so short that inbound mail starves",
		Remedy:   "lower -W, down to about 30 seconds, or add a gateway; see gwcheck capacity",
		Inputs:   "command line; declared outbound volume",
		Inferred: "-W is read as the whole cycle; six messages take 15 seconds, so a -W of 15 or less leaves nothing for inbound mail",
		check:    checkCycle,
	},
}

func sinceMidnight(t time.Time) time.Duration {
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
}

func checkGiveUp(j *Judge, pc *PC, c *Command) {
	if c.Gateway == nil || pc.Role.Value == RoleReceive {
		return
	}
	most, least := j.Said["giveUpAfter"], j.Said["giveUpBefore"]
	if !most.Known && !least.Known {
		j.Missing("how long the gateway should try to reach the smart host (policy.giveUpAfter, policy.giveUpBefore)")
		return
	}
	span := time.Duration(c.Gateway.Attempts) * time.Duration(c.Gateway.WaitSeconds) * time.Second
	at := c.At
	for _, letter := range []string{"W", "Q"} {
		if arg, _, ok := c.Find(letter); ok {
			at = arg.At
		}
	}
	if d, err := time.ParseDuration(most.Value); err == nil && span > d {
		j.Find(at, "%d attempts %d seconds apart take %s, the policy wants at most %s", c.Gateway.Attempts, c.Gateway.WaitSeconds, hours(span), hours(d))
	}
	if d, err := time.ParseDuration(least.Value); err == nil && span < d {
		j.Find(at, "%d attempts %d seconds apart take %s, the policy wants at least %s", c.Gateway.Attempts, c.Gateway.WaitSeconds, hours(span), hours(d))
	}
}

// hours words a span: "6h", "1h30m", "40m".
func hours(d time.Duration) string {
	h, m := int(d.Hours()), int(d.Minutes())%60
	switch {
	case h == 0:
		return fmt.Sprintf("%dm", m)
	case m == 0:
		return fmt.Sprintf("%dh", h)
	}
	return fmt.Sprintf("%dh%dm", h, m)
}

// The outbound phase of a cycle. Q137043
const (
	cycleMessages = 6
	activeSeconds = 15 // of six messages
)

func checkCycle(j *Judge) {
	senders := 0
	for _, pc := range j.GatewayPCs() {
		if pc.Role.Value != RoleReceive {
			senders++
		}
	}
	eachGateway(func(j *Judge, pc *PC, c *Command) {
		if c.Gateway == nil || pc.Role.Value == RoleReceive {
			return
		}
		wait := c.Gateway.WaitSeconds
		at := c.At
		if arg, _, ok := c.Find("W"); ok {
			at = arg.At
		}
		if wait <= activeSeconds && pc.Role.Value != RoleSend {
			j.Find(at, "a wait of %d seconds is used up by the six messages of a cycle, so calls from outside wait", wait)
		}
		out, where, ok := j.outbound(pc, senders)
		if !ok {
			j.Missing("the declared outbound volume (volume.out)")
			return
		}
		carries := cycleMessages * 24 * 3600 / max(wait, activeSeconds)
		if out > carries {
			j.Find(at, "%d messages a day go out through %s (%s), %d seconds of wait carry %d", out, pc.Name, where, wait, carries)
		}
	})(j)
}

// outbound returns the declared outbound messages a day of a gateway: those of
// the postoffices it serves, or an equal share of all.
func (j *Judge) outbound(pc *PC, senders int) (n int, where string, ok bool) {
	if po := j.Database(pc); po != nil {
		for _, p := range j.Postoffices {
			if p.Volume.Known && (p == po || strings.EqualFold(p.Via.Value, po.Ref())) {
				n, ok, where = n+p.Volume.Value.Out, true, "of "+po.Ref()+" and those behind it"
			}
		}
	}
	if !ok && j.Volume.Known && senders > 0 {
		n, ok, where = (j.Volume.Value.Out+senders-1)/senders, true, "its share of the whole"
	}
	if ok && n > 0 {
		j.Looked()
	}
	return n, where, ok
}
