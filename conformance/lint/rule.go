package lint

import (
	"slices"
	"strings"
)

// Severity says what follows when a rule fires.
type Severity string

// The severities.
const (
	Error   Severity = "error"   // mail stops or is lost, or the shape is forbidden
	Warning Severity = "warning" // a documented risk: delay, duplicates, wrong reports
	Info    Severity = "info"    // advice
)

// Severities are sorted from harmless to grave.
var Severities = []Severity{Info, Warning, Error}

// AtLeast reports whether s is as grave as t.
func (s Severity) AtLeast(t Severity) bool {
	return slices.Index(Severities, s) >= slices.Index(Severities, t)
}

// Rule is one row of Rules.
type Rule struct {
	// ID is stable: "family.topic".
	ID       string
	Severity Severity
	Articles []string // "Q132060", the one that says most first

	// Covers are the candidate rules of the EXTERNAL documents that this
	// rule judges as well, such as "LR40".
	Covers []string

	Title  string // the condition that fires, a sentence without its full stop
	Remedy string // what to change, an imperative sentence without its full stop
	Inputs string // what it needs, for people: "ADDR_MAP.CFG; DNS zone"

	// Inferred says which part follows from an article without being said
	// in it, or is invented; empty: all is documented.
	Inferred string

	check func(*Judge)
}

// Rules is the table of all rules, sorted by id.
var Rules = table(
	aliasRules,
	cfgRules,
	dbRules,
	deployDiskRules,
	deployRules,
	dnsRules,
	extOptionRules,
	extPCRules,
	extRules,
	hostsRules,
	logRules,
	mapRules,
	mmffRules,
	netRules,
	optRules,
	optTimeRules,
	peerRules,
	poRules,
	routeRules,
	serverRules,
	sysRules,
	tblRules,
	tcpRules,
	userRules,
	verRules,
)

func table(families ...[]Rule) []Rule {
	rules := slices.Concat(families...)
	slices.SortFunc(rules, func(a, b Rule) int { return strings.Compare(a.ID, b.ID) })
	return rules
}

// RuleByID returns the row of an id or of a candidate id it covers, or nil.
func RuleByID(id string) *Rule {
	for i := range Rules {
		if Rules[i].ID == id || slices.Contains(Rules[i].Covers, id) {
			return &Rules[i]
		}
	}
	return nil
}
