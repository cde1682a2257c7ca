// Package yamlfile reads a YAML file of ours as a syntax tree and collects
// every mistake with its place.
//
// Goals: positions for everything, all mistakes at once, a suggestion for a
// misspelt key, bounds that keep the YAML parser from using up stack or time,
// text as it was written (3.0 stays 3.0).
//
// Non-goals: knowing what the keys of a file mean; its reader says that with
// Fields, Items and the functions for values.
//
// # Use
//
//	r := yamlfile.NewReader("deploy.yaml", "deployment file")
//	body := r.Document(data)
//	r.Fields("", body, keys, func(key, path string, n ast.Node) { ... })
//	r.Mistakes.Sort()
//
// # Why
//
// The file is walked as a syntax tree instead of being decoded into structs:
// a decoder stops at the first wrong type and cannot point at a dangling
// reference. Anchors, aliases, merge keys and tags are refused because YAML
// libraries disagree about them.
package yamlfile

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

// Bounds of a file: far above any installation, far below what makes the
// YAML parser slow or deep.
const (
	fileMax  = 1 << 20 // bytes
	depthMax = 64      // nested brackets
	lineMax  = 1000    // signs on one line that may open a level
	keysMax  = 10000   // keys; the YAML parser takes quadratic time in those of one mapping
)

// Reader walks the syntax tree of one file and collects what is wrong.
type Reader struct {
	File string // its name in positions
	Kind string // what it is, for messages: "site file"

	Mistakes  Mistakes
	Positions map[string]Pos  // where the value of a path such as "pcs[0].run" was written
	Meant     map[string]bool // paths that a misspelt key stands for
}

// NewReader returns a reader of one file.
func NewReader(file, kind string) *Reader {
	return &Reader{File: file, Kind: kind, Positions: map[string]Pos{}, Meant: map[string]bool{}}
}

// Fail notes a mistake.

func (r *Reader) Fail(p Pos, format string, args ...any) {
	r.Mistakes = append(r.Mistakes, Mistake{p, fmt.Sprintf(format, args...)})
}

// Document parses the text and returns its one document, or nil.
func (r *Reader) Document(data []byte) (body ast.Node) {
	top := Pos{r.File, 1, 1}
	data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	if len(data) > fileMax {
		r.Fail(top, "file has %d bytes, want at most %d", len(data), fileMax)
		return nil
	}
	if what, at := r.beyond(data); what != "" {
		r.Fail(at, "%s", what)
		return nil
	}
	// The library panics on some texts that are no YAML; that is a mistake
	// in the file, and not one of ours.
	defer func() {
		if x := recover(); x != nil {
			r.Fail(top, "the file is not YAML that can be read")
			body = nil
		}
	}()
	file, err := parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		var syntax *yaml.SyntaxError
		if errors.As(err, &syntax) && syntax.Token != nil && syntax.Token.Position != nil {
			at := syntax.Token.Position
			r.Fail(Pos{r.File, at.Line, at.Column}, "%s", firstLine(syntax.Message))
		} else {
			r.Fail(top, "%s", firstLine(err.Error()))
		}
		return nil
	}
	for _, doc := range file.Docs {
		switch {
		case doc.Body == nil || doc.Body.Type() == ast.CommentType:
		case body != nil:
			r.Fail(r.PosOf(doc.Body), "second document, a %s has one", r.Kind)
		default:
			body = doc.Body
		}
	}
	if body == nil {
		r.Fail(top, "the file is empty")
	}
	return body
}

// beyond finds what would exhaust the stack or the time of the YAML parser: open
// brackets, block entries on one line ("- - - a"), and keys. It takes no notice
// of quotes, which only makes it stricter.
func (r *Reader) beyond(data []byte) (what string, at Pos) {
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
			return "nested too deep", Pos{r.File, line, column}
		}
		if keys > keysMax {
			return fmt.Sprintf("more than %d keys", keysMax), Pos{r.File, line, column}
		}
	}
	return "", Pos{}
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}

// PosOf returns where a node begins.
func (r *Reader) PosOf(n ast.Node) Pos {
	switch x := n.(type) {
	case *ast.MappingNode:
		// The token of a block mapping is a colon; the first key is where a
		// reader looks.
		if !x.IsFlowStyle && len(x.Values) > 0 {
			return r.PosOf(x.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return r.PosOf(x.Key)
	}
	if n != nil {
		if t := n.GetToken(); t != nil && t.Position != nil {
			return Pos{r.File, t.Position.Line, t.Position.Column}
		}
	}
	return Pos{r.File, 1, 1}
}

// At remembers where the value of a path was written.
func (r *Reader) At(path string, n ast.Node) Pos {
	p := r.PosOf(n)
	r.Positions[path] = p
	return p
}

// Refused reports YAML features a file of ours must not use.
func (r *Reader) Refused(n ast.Node) bool {
	switch n.(type) {
	case *ast.AnchorNode:
		r.Fail(r.PosOf(n), "anchors are not allowed in a %s", r.Kind)
	case *ast.AliasNode:
		r.Fail(r.PosOf(n), "aliases are not allowed in a %s", r.Kind)
	case *ast.MergeKeyNode:
		r.Fail(r.PosOf(n), "merge keys are not allowed in a %s", r.Kind)
	case *ast.TagNode, *ast.DirectiveNode:
		r.Fail(r.PosOf(n), "tags are not allowed in a %s", r.Kind)
	default:
		return false
	}
	return true
}

// Describe names the kind of a node for "want x, have y".
func Describe(n ast.Node) string {
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

// Pair is one entry of a mapping.
type Pair struct {
	Key   string
	At    Pos
	Value ast.Node
}

// Mapping returns the entries of a mapping, without those whose key is no
// Text or occurs twice (compared without case when foldKeys is set).
func (r *Reader) Mapping(path string, n ast.Node, foldKeys bool) []Pair {
	var values []*ast.MappingValueNode
	switch x := n.(type) {
	case *ast.MappingNode:
		values = x.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{x}
	default:
		if n == nil || !r.Refused(n) {
			r.Fail(r.PosOf(n), "%s: want a mapping, have %s", path, Describe(n))
		}
		return nil
	}
	var pairs []Pair
	seen := map[string]Pos{}
	for _, v := range values {
		if r.Refused(v.Key) {
			continue
		}
		key, ok := ScalarText(v.Key)
		p := r.PosOf(v.Key)
		if !ok {
			r.Fail(p, "%s: want a plain key, have %s", path, Describe(v.Key))
			continue
		}
		name := key
		if foldKeys {
			name = strings.ToLower(name)
		}
		if first, dup := seen[name]; dup {
			r.Fail(p, "second key %q, the first is in line %d", key, first.Line)
			continue
		}
		seen[name] = p
		pairs = append(pairs, Pair{key, p, v.Value})
	}
	return pairs
}

// Fields reads a mapping with fixed keys: it calls set for each known key and
// reports the others.
func (r *Reader) Fields(path string, n ast.Node, keys []string, set func(key, path string, n ast.Node)) {
	for _, f := range r.Mapping(r.pathOrFile(path), n, false) {
		if !Contains(keys, f.Key) {
			r.Fail(f.At, "unknown key %q%s", f.Key, Suggest(f.Key, keys))
			r.Meant[Join(path, Nearest(f.Key, keys))] = true
			continue
		}
		sub := Join(path, f.Key)
		r.Positions[sub] = f.At
		if _, null := f.Value.(*ast.NullNode); null || f.Value == nil {
			// A key without a value is the same as no key.
			continue
		}
		if r.Refused(f.Value) {
			continue
		}
		r.At(sub, f.Value)
		set(f.Key, sub, f.Value)
	}
}

func (r *Reader) pathOrFile(path string) string {
	if path == "" {
		return r.Kind
	}
	return path
}

// Join returns the path of a key.
func Join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// Items calls f for each entry of a list.
func (r *Reader) Items(path string, n ast.Node, f func(path string, n ast.Node)) {
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		r.Fail(r.PosOf(n), "%s: want a list, have %s", path, Describe(n))
		return
	}
	for i, v := range list.Values {
		sub := path + "[" + strconv.Itoa(i) + "]"
		if v == nil || v.Type() == ast.NullType {
			r.Fail(r.PosOf(n), "%s: want a value, have nothing", sub)
			continue
		}
		if r.Refused(v) {
			continue
		}
		r.At(sub, v)
		f(sub, v)
	}
}

// ScalarText returns the text of a scalar as it was written: "3.0" stays
// "3.0", though YAML reads a number.
func ScalarText(n ast.Node) (string, bool) {
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

// Text reads a text.
func (r *Reader) Text(path string, n ast.Node) (string, bool) {
	s, ok := ScalarText(n)
	if !ok && !r.Refused(n) {
		r.Fail(r.PosOf(n), "%s: want a text, have %s", path, Describe(n))
	}
	return s, ok
}

// Texts reads a list of texts.
func (r *Reader) Texts(path string, n ast.Node) []string {
	var list []string
	r.Items(path, n, func(sub string, n ast.Node) {
		if s, ok := r.Text(sub, n); ok {
			list = append(list, s)
		}
	})
	return list
}

// Number reads a whole number from low to high.
func (r *Reader) Number(path string, n ast.Node, low, high int) (int, bool) {
	if x, ok := n.(*ast.IntegerNode); ok {
		if v, err := strconv.Atoi(x.Token.Value); err == nil && v >= low && v <= high {
			return v, true
		}
	}
	r.Fail(r.PosOf(n), "%s: want a number from %d to %d, have %s", path, low, high, Describe(n))
	return 0, false
}

// Boolean reads true or false.
func (r *Reader) Boolean(path string, n ast.Node) (bool, bool) {
	if x, ok := n.(*ast.BoolNode); ok {
		return x.Value, true
	}
	r.Fail(r.PosOf(n), "%s: want true or false, have %s", path, Describe(n))
	return false, false
}

// Duration reads a duration that is not negative.
func (r *Reader) Duration(path string, n ast.Node) (time.Duration, bool) {
	if s, ok := ScalarText(n); ok {
		if d, err := time.ParseDuration(s); err == nil && d >= 0 {
			return d, true
		}
	}
	r.Fail(r.PosOf(n), "%s: want a duration such as 20ms, have %s", path, Describe(n))
	return 0, false
}

// Contains reports whether a list has a text.
func Contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
