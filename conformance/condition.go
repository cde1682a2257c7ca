package conformance

import (
	"fmt"
	"slices"
	"strings"

	"gwkit/conformance/target"
	"gwkit/emulator/site"
)

// conditionTable describes the conditions of a script line, for the README.
var conditionTable = []struct{ form, summary string }{
	{"[power:NAME]", "the target has a power"},
	{"[shape:NAME]", "the site was made from this built-in site"},
	{"[target:NAME]", "the target has this name"},
	{"[version:NUMBER]", "the site's gateway is this version or a later one"},
}

// conditions judges the conditions of a script.
type conditions struct {
	target target.Target
	site   func() *site.Site // nil before the site command
}

// checkCondition refuses what no run could judge. The conditions of testscript
// itself are refused as well: a verdict does not depend on the host, and
// [short] does not work outside go test.
func checkCondition(cond string) error {
	cond = strings.TrimSpace(strings.TrimPrefix(cond, "!"))
	kind, value, _ := strings.Cut(cond, ":")
	switch kind {
	case "power":
		if _, ok := target.ParsePower(value); !ok {
			return fmt.Errorf("unknown power in condition [%s]: want one of: %s", cond, target.AllPowers)
		}
		return nil
	case "shape":
		if !isShape(value) {
			return fmt.Errorf("unknown shape in condition [%s]", cond)
		}
		return nil
	case "target":
		if value == "" {
			return fmt.Errorf("missing name in condition [%s]", cond)
		}
		return nil
	case "version":
		if !slices.Contains(site.GatewayVersions, value) {
			return fmt.Errorf("unknown version in condition [%s]: want one of: %s", cond, strings.Join(site.GatewayVersions, " "))
		}
		return nil
	}
	return fmt.Errorf("unknown condition [%s]: want power, shape, target or version", cond)
}

// holds judges one condition without a "!".
func (c conditions) holds(cond string) (bool, error) {
	if err := checkCondition(cond); err != nil {
		return false, err
	}
	kind, value, _ := strings.Cut(cond, ":")
	switch kind {
	case "power":
		power, _ := target.ParsePower(value)
		return c.target.Powers().Has(power), nil
	case "target":
		return c.target.Name() == value, nil
	}
	s := c.site()
	if s == nil {
		return false, fmt.Errorf("condition [%s] stands before the site command", cond)
	}
	if kind == "shape" {
		// Without parameters the name speaks of all sites of that shape.
		row := site.ShapeOf(s.Name)
		return s.Name == value || row != nil && row.Name == value, nil
	}
	return site.AtLeast(s.GatewayVersion, value), nil
}

// mayHold reports whether a line can run, as far as that is known before
// there is a site.
func (c conditions) mayHold(conds []string) bool {
	for _, cond := range conds {
		plain := strings.TrimSpace(strings.TrimPrefix(cond, "!"))
		if kind, _, _ := strings.Cut(plain, ":"); kind != "power" && kind != "target" {
			continue
		}
		if ok, err := c.holds(plain); err == nil && ok == strings.HasPrefix(cond, "!") {
			return false
		}
	}
	return true
}

// isShape says whether a name, with or without parameters, is that of a shape.
func isShape(name string) bool { return site.ShapeOf(name) != nil }
