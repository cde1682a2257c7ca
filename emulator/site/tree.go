package site

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Bounds of a site file: far above any installation, far below what makes the
// YAML parser slow or deep.
const (
	fileMax  = 1 << 20 // bytes
	depthMax = 64      // nested brackets
	lineMax  = 1000    // signs on one line that may open a level
	keysMax  = 10000   // keys; the YAML parser takes quadratic time in those of one mapping
)

// reader walks the syntax tree of one file and collects what is wrong.
type reader struct {
	file      string
	mistakes  Mistakes
	positions map[string]Pos
	meant     map[string]bool // paths that a misspelt key stands for
}

func (r *reader) fail(p Pos, format string, args ...any) {
	r.mistakes = append(r.mistakes, Mistake{p, fmt.Sprintf(format, args...)})
}

// document parses the text and returns its one document, or nil.
func (r *reader) document(data []byte) (body ast.Node) {
	top := Pos{r.file, 1, 1}
	data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	if len(data) > fileMax {
		r.fail(top, "file has %d bytes, want at most %d", len(data), fileMax)
		return nil
	}
	if what, at := r.beyond(data); what != "" {
		r.fail(at, "%s", what)
		return nil
	}
	// The library panics on some texts that are no YAML; that is a mistake
	// in the file, and not one of ours.
	defer func() {
		if x := recover(); x != nil {
			r.fail(top, "the file is not YAML that can be read")
			body = nil
		}
	}()
	file, err := parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		var syntax *yaml.SyntaxError
		if errors.As(err, &syntax) && syntax.Token != nil && syntax.Token.Position != nil {
			at := syntax.Token.Position
			r.fail(Pos{r.file, at.Line, at.Column}, "%s", firstLine(syntax.Message))
		} else {
			r.fail(top, "%s", firstLine(err.Error()))
		}
		return nil
	}
	for _, doc := range file.Docs {
		switch {
		case doc.Body == nil || doc.Body.Type() == ast.CommentType:
		case body != nil:
			r.fail(r.pos(doc.Body), "second document, a site file has one")
		default:
			body = doc.Body
		}
	}
	if body == nil {
		r.fail(top, "the file is empty")
	}
	return body
}

// beyond finds what would exhaust the stack or the time of the YAML parser: open
// brackets, block entries on one line ("- - - a"), and keys. It takes no notice
// of quotes, which only makes it stricter.
func (r *reader) beyond(data []byte) (what string, at Pos) {
	depth, line, column, entries, keys := 0, 1, 0, 0, 0
	comment, blank := false, true // blank: the last character was one
	for i, c := range data {
		column++
		if comment && c != '\n' {
			continue
		}
		switch c {
		case '\n':
			line, column, entries, comment = line+1, 0, 0, false
		case '[', '{':
			depth++
		case ']', '}':
			depth = max(0, depth-1)
		case ' ', '\t':
		case '#':
			comment = blank
		case '-', '?', ':', '!', '&', '*':
			end := i+1 == len(data) || data[i+1] == ' ' || data[i+1] == '\n' || data[i+1] == '\r'
			if end || c == '!' || c == '&' || c == '*' {
				entries++
			}
			if end && (c == ':' || c == '?' || c == '-' && (i+1 == len(data) || data[i+1] != ' ')) {
				keys++ // an entry that begins on the next line costs as much as a key
			}
		}
		blank = c == ' ' || c == '\t' || c == '\n'
		if depth > depthMax || entries > lineMax {
			return "nested too deep", Pos{r.file, line, column}
		}
		if keys > keysMax {
			return fmt.Sprintf("more than %d keys", keysMax), Pos{r.file, line, column}
		}
	}
	return "", Pos{}
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}

// pos returns where a node begins.
func (r *reader) pos(n ast.Node) Pos {
	switch x := n.(type) {
	case *ast.MappingNode:
		// The token of a block mapping is a colon; the first key is where a
		// reader looks.
		if !x.IsFlowStyle && len(x.Values) > 0 {
			return r.pos(x.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return r.pos(x.Key)
	}
	if n != nil {
		if t := n.GetToken(); t != nil && t.Position != nil {
			return Pos{r.file, t.Position.Line, t.Position.Column}
		}
	}
	return Pos{r.file, 1, 1}
}

// at remembers where the value of a path was written.
func (r *reader) at(path string, n ast.Node) Pos {
	p := r.pos(n)
	r.positions[path] = p
	return p
}

// refused reports YAML features a site file must not use.
func (r *reader) refused(n ast.Node) bool {
	switch n.(type) {
	case *ast.AnchorNode:
		r.fail(r.pos(n), "anchors are not allowed in a site file")
	case *ast.AliasNode:
		r.fail(r.pos(n), "aliases are not allowed in a site file")
	case *ast.MergeKeyNode:
		r.fail(r.pos(n), "merge keys are not allowed in a site file")
	case *ast.TagNode, *ast.DirectiveNode:
		r.fail(r.pos(n), "tags are not allowed in a site file")
	default:
		return false
	}
	return true
}

// describe names the kind of a node for "want x, have y".
func describe(n ast.Node) string {
	switch x := n.(type) {
	case nil, *ast.NullNode:
		return "nothing"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a mapping"
	case *ast.SequenceNode:
		return "a list"
	case ast.ScalarNode:
		if t := x.GetToken(); t != nil {
			return strconv.Quote(t.Value)
		}
	}
	return "something else"
}

// pair is one entry of a mapping.
type pair struct {
	key   string
	at    Pos
	value ast.Node
}

// mapping returns the entries of a mapping, without those whose key is no
// text or occurs twice (compared without case when foldKeys is set).
func (r *reader) mapping(path string, n ast.Node, foldKeys bool) []pair {
	var values []*ast.MappingValueNode
	switch x := n.(type) {
	case *ast.MappingNode:
		values = x.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{x}
	default:
		if n == nil || !r.refused(n) {
			r.fail(r.pos(n), "%s: want a mapping, have %s", path, describe(n))
		}
		return nil
	}
	var pairs []pair
	seen := map[string]Pos{}
	for _, v := range values {
		if r.refused(v.Key) {
			continue
		}
		key, ok := scalarText(v.Key)
		p := r.pos(v.Key)
		if !ok {
			r.fail(p, "%s: want a plain key, have %s", path, describe(v.Key))
			continue
		}
		name := key
		if foldKeys {
			name = strings.ToLower(name)
		}
		if first, dup := seen[name]; dup {
			r.fail(p, "second key %q, the first is in line %d", key, first.Line)
			continue
		}
		seen[name] = p
		pairs = append(pairs, pair{key, p, v.Value})
	}
	return pairs
}

// fields reads a mapping with fixed keys: it calls set for each known key and
// reports the others.
func (r *reader) fields(path string, n ast.Node, keys []string, set func(key, path string, n ast.Node)) {
	for _, f := range r.mapping(pathOrFile(path), n, false) {
		if !contains(keys, f.key) {
			r.fail(f.at, "unknown key %q%s", f.key, suggest(f.key, keys))
			r.meant[join(path, nearest(f.key, keys))] = true
			continue
		}
		sub := join(path, f.key)
		r.positions[sub] = f.at
		if _, null := f.value.(*ast.NullNode); null || f.value == nil {
			// A key without a value is the same as no key.
			continue
		}
		if r.refused(f.value) {
			continue
		}
		r.at(sub, f.value)
		set(f.key, sub, f.value)
	}
}

func pathOrFile(path string) string {
	if path == "" {
		return "site file"
	}
	return path
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// items calls f for each entry of a list.
func (r *reader) items(path string, n ast.Node, f func(path string, n ast.Node)) {
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		r.fail(r.pos(n), "%s: want a list, have %s", path, describe(n))
		return
	}
	for i, v := range list.Values {
		sub := path + "[" + strconv.Itoa(i) + "]"
		if v == nil || v.Type() == ast.NullType {
			r.fail(r.pos(n), "%s: want a value, have nothing", sub)
			continue
		}
		if r.refused(v) {
			continue
		}
		r.at(sub, v)
		f(sub, v)
	}
}

// scalarText returns the text of a scalar as it was written: "3.0" stays
// "3.0", though YAML reads a number.
func scalarText(n ast.Node) (string, bool) {
	switch x := n.(type) {
	case *ast.StringNode:
		return x.Value, true
	case *ast.LiteralNode:
		if x.Value == nil {
			return "", true
		}
		return x.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		if t := n.GetToken(); t != nil {
			return t.Value, true
		}
	}
	return "", false
}

func (r *reader) text(path string, n ast.Node) (string, bool) {
	s, ok := scalarText(n)
	if !ok && !r.refused(n) {
		r.fail(r.pos(n), "%s: want a text, have %s", path, describe(n))
	}
	return s, ok
}

func (r *reader) texts(path string, n ast.Node) []string {
	var list []string
	r.items(path, n, func(sub string, n ast.Node) {
		if s, ok := r.text(sub, n); ok {
			list = append(list, s)
		}
	})
	return list
}

func (r *reader) number(path string, n ast.Node, low, high int) (int, bool) {
	if x, ok := n.(*ast.IntegerNode); ok {
		if v, err := strconv.Atoi(x.Token.Value); err == nil && v >= low && v <= high {
			return v, true
		}
	}
	r.fail(r.pos(n), "%s: want a number from %d to %d, have %s", path, low, high, describe(n))
	return 0, false
}

func (r *reader) boolean(path string, n ast.Node) (bool, bool) {
	if x, ok := n.(*ast.BoolNode); ok {
		return x.Value, true
	}
	r.fail(r.pos(n), "%s: want true or false, have %s", path, describe(n))
	return false, false
}

func (r *reader) duration(path string, n ast.Node) (time.Duration, bool) {
	if s, ok := scalarText(n); ok {
		if d, err := time.ParseDuration(s); err == nil && d >= 0 {
			return d, true
		}
	}
	r.fail(r.pos(n), "%s: want a duration such as 20ms, have %s", path, describe(n))
	return 0, false
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
