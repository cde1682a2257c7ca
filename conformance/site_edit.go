package conformance

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"gwkit/emulator"
	"gwkit/emulator/site"
)

// node is a piece of a site file, kept as text so that a version such as 3.0
// does not become a number.
type node struct {
	scalar string // as YAML; empty for the others
	list   []*node
	keys   []string // of a mapping, in order
	values []*node
	kind   nodeKind
}

type nodeKind int

const (
	scalarNode nodeKind = iota
	listNode
	mapNode
)

// editSite sets one value of a site. The path is that of Site.Where, except
// that an item of a list may also be named: pcs.GW1.config.files. The value is
// YAML; null takes a key away.
func editSite(s *site.Site, path, value string) (*site.Site, error) {
	root, err := parseNode(string(s.Marshal()))
	if err != nil {
		return nil, internalError{err.Error()}
	}
	v, err := parseNode(value)
	if err != nil {
		return nil, usagef("bad value %q: %v", value, err)
	}
	steps, err := splitPath(path)
	if err != nil {
		return nil, err
	}
	if err := root.set(steps, v); err != nil {
		return nil, usagef("cannot set %s: %v", path, err)
	}
	var b strings.Builder
	root.print(&b)
	edited, err := emulator.ReadSite(s.Name, []byte(b.String()))
	var mistakes site.Mistakes
	switch {
	case errors.As(err, &mistakes) && len(mistakes) > 0:
		return nil, usagef("cannot set %s: %s", path, mistakes[0].Message)
	case err != nil:
		return nil, usagef("cannot set %s: %v", path, err)
	}
	// Positions name a text that nobody has seen.
	edited.Positions = nil
	return edited, nil
}

var pathIndex = regexp.MustCompile(`\[(\d+)\]`)

// splitPath splits pcs[0].run or smtp.COMPANY/HUB.map[1].domain. A key that
// has a point itself stands in double quotes.
func splitPath(path string) ([]string, error) {
	var steps []string
	rest := path
	for rest != "" {
		if rest[0] == '"' {
			end := strings.IndexByte(rest[1:], '"')
			if end < 0 {
				return nil, usagef("bad path %q: missing closing quote", path)
			}
			steps = append(steps, rest[1:1+end])
			rest = strings.TrimPrefix(rest[2+end:], ".")
			continue
		}
		step, after, _ := strings.Cut(rest, ".")
		rest = after
		name := pathIndex.ReplaceAllString(step, "")
		if name != "" {
			steps = append(steps, name)
		}
		for _, m := range pathIndex.FindAllStringSubmatch(step, -1) {
			steps = append(steps, m[1])
		}
	}
	if len(steps) == 0 {
		return nil, usagef("bad path %q", path)
	}
	return steps, nil
}

// parseNode reads YAML. Anchors and tags are refused, as in site files.
func parseNode(text string) (*node, error) {
	file, err := parser.ParseBytes([]byte(text), 0)
	if err != nil {
		return nil, errors.New("it is no YAML")
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return nil, errors.New("want one value")
	}
	return convert(file.Docs[0].Body)
}

func convert(n ast.Node) (*node, error) {
	switch n := n.(type) {
	case *ast.MappingNode:
		m := &node{kind: mapNode}
		for _, v := range n.Values {
			if err := m.add(v); err != nil {
				return nil, err
			}
		}
		return m, nil
	case *ast.MappingValueNode:
		m := &node{kind: mapNode}
		return m, m.add(n)
	case *ast.SequenceNode:
		l := &node{kind: listNode}
		for _, v := range n.Values {
			item, err := convert(v)
			if err != nil {
				return nil, err
			}
			l.list = append(l.list, item)
		}
		return l, nil
	case *ast.StringNode:
		return &node{scalar: strconv.Quote(n.Value)}, nil
	case *ast.LiteralNode:
		return &node{scalar: strconv.Quote(n.Value.Value)}, nil
	case *ast.NullNode:
		return &node{scalar: "null"}, nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return &node{scalar: n.GetToken().Value}, nil
	}
	return nil, fmt.Errorf("cannot use YAML %s here", strings.ToLower(n.Type().String()))
}

func (n *node) add(v *ast.MappingValueNode) error {
	value, err := convert(v.Value)
	if err != nil {
		return err
	}
	n.keys = append(n.keys, v.Key.GetToken().Value)
	n.values = append(n.values, value)
	return nil
}

// set replaces what the path names, adds a key that is missing, and appends to
// a list at the index one past its end.
func (n *node) set(path []string, v *node) error {
	switch n.kind {
	case mapNode:
		at := -1
		for i, key := range n.keys {
			if strings.EqualFold(key, path[0]) {
				at = i
			}
		}
		switch {
		case at < 0 && len(path) == 1:
			n.keys, n.values = append(n.keys, path[0]), append(n.values, v)
		case at < 0:
			return fmt.Errorf("there is no %q", path[0])
		case len(path) == 1 && v.scalar == "null":
			n.keys = append(n.keys[:at], n.keys[at+1:]...)
			n.values = append(n.values[:at], n.values[at+1:]...)
		case len(path) == 1:
			n.values[at] = v
		default:
			return n.values[at].set(path[1:], v)
		}
		return nil
	case listNode:
		at, err := n.index(path[0])
		if err != nil {
			return err
		}
		switch {
		case at == len(n.list) && len(path) == 1:
			n.list = append(n.list, v)
		case at >= len(n.list):
			return fmt.Errorf("there is no item %s", path[0])
		case len(path) == 1 && v.scalar == "null":
			n.list = append(n.list[:at], n.list[at+1:]...)
		case len(path) == 1:
			n.list[at] = v
		default:
			return n.list[at].set(path[1:], v)
		}
		return nil
	}
	return fmt.Errorf("%q is below a plain value", path[0])
}

// index finds an item by number, or by its name.
func (n *node) index(step string) (int, error) {
	for i, item := range n.list {
		for k, key := range item.keys {
			if key == "name" && strings.EqualFold(item.values[k].scalar, strconv.Quote(step)) {
				return i, nil
			}
		}
	}
	i, err := strconv.Atoi(step)
	if err != nil || i < 0 {
		return 0, fmt.Errorf("there is no %q", step)
	}
	return i, nil
}

// print writes YAML in flow style.
func (n *node) print(b *strings.Builder) {
	switch n.kind {
	case mapNode:
		b.WriteByte('{')
		for i, key := range n.keys {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(strconv.Quote(key) + ": ")
			n.values[i].print(b)
		}
		b.WriteByte('}')
	case listNode:
		b.WriteByte('[')
		for i, item := range n.list {
			if i > 0 {
				b.WriteString(", ")
			}
			item.print(b)
		}
		b.WriteByte(']')
	default:
		b.WriteString(n.scalar)
	}
}
