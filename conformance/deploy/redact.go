package deploy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// private are the keys whose values are nobody's business, wherever they stand.
var private = map[string]bool{
	"account": true, "attach": true, "command": true, "fullName": true, "internetGroups": true, "serialNumber": true, "sharedGroups": true,
}

// everybodys are mailboxes and local parts that tell nothing: those that each
// postoffice has, and those of gwcheck's own probes. Q128444, Q136116
var everybodys = []string{"ADMIN", "POSTMASTER", "XXENC", "GWCHECK", "GWCHECKPROBE"}

var (
	localPart = regexp.MustCompile(`[^\s@<>(),;:"'/\\=]+(?:'[^\s@<>(),;:"'/\\=]+)*@`)
	// //account:password@server/share, also as the account alone
	credentials = regexp.MustCompile(`([/\\]{2})[^\s/\\@]+@`)
	homeOf      = regexp.MustCompile(`(?i)([/\\](?:home|users)[/\\])([^/\\\s:"']+)`)
	word        = regexp.MustCompile(`[A-Za-z0-9_]+`)
)

// Redactor leaves out of texts what a deployment file says and is nobody's
// business: a result folder, which people send around, has users, the local
// parts of addresses, commands, passwords and home folders by other names. A
// user is the same userN wherever he is named, so that the texts still say what
// belongs together.
//
// It knows what the file names and what looks like an address or a home
// folder; a name that only a drive holds it cannot know. A word that the file
// uses in public as well, such as a mailbox with the name of its postoffice, is
// left.
type Redactor struct {
	tree   any
	users  map[string]string // in capitals
	words  map[string]string // in capitals, of letters and digits alone
	odd    *regexp.Regexp    // of those that are not; nil: none
	public map[string]bool   // in capitals
	home   string
}

// NewRedactor reads a deployment file.
func NewRedactor(file []byte) (*Redactor, error) {
	r := &Redactor{users: map[string]string{}, words: map[string]string{}, public: map[string]bool{}}
	if err := yaml.UnmarshalWithOptions(file, &r.tree, yaml.UseOrderedMap()); err != nil {
		return nil, fmt.Errorf("cannot leave out of a deployment file what is private: %w", err)
	}
	if home, err := os.UserHomeDir(); err == nil && len(home) > 1 {
		r.home = home
	}
	var secrets []string
	r.collect("", r.tree, &secrets)
	var odd []string
	for _, s := range secrets {
		s = strings.ToUpper(strings.TrimSpace(s))
		switch {
		case s == "" || r.public[s] || slices.Contains(everybodys, s) || len(s) <= 3 && strings.Trim(s, "0123456789") == "":
		case word.FindString(s) == s:
			if r.words[s] = "redacted"; r.users[s] != "" {
				r.words[s] = r.users[s]
			}
		default:
			odd = append(odd, regexp.QuoteMeta(s))
		}
	}
	if odd != nil {
		slices.SortFunc(odd, func(a, b string) int { return len(b) - len(a) }) // the longest of several first
		r.odd = regexp.MustCompile(`(?i)` + strings.Join(odd, "|"))
	}
	return r, nil
}

// collect gathers what is private and which words the file uses in public.
func (r *Redactor) collect(key string, v any, secrets *[]string) {
	switch v := v.(type) {
	case yaml.MapSlice:
		for _, item := range v {
			r.publish(fmt.Sprint(item.Key))
			r.collect(keyOf(key, item.Key), item.Value, secrets)
		}
		return
	case []any:
		for _, x := range v {
			r.collect(key, x, secrets)
		}
		return
	case nil:
		return
	}
	text := fmt.Sprint(v)
	for _, m := range localPart.FindAllString(credentials.ReplaceAllString(text, "//"), -1) {
		local := strings.TrimSuffix(m, "@")
		r.user(local)
		*secrets = append(*secrets, local, local[:min(len(local), nameMax)]) // what a mailbag has of it
	}
	for _, m := range credentials.FindAllString(text, -1) {
		*secrets = append(*secrets, strings.FieldsFunc(m, func(c rune) bool { return strings.ContainsRune(`/\:@`, c) })...)
	}
	for _, m := range homeOf.FindAllStringSubmatch(text, -1) {
		*secrets = append(*secrets, m[2])
	}
	switch {
	case key == "user" || key == "users":
		r.user(text)
		*secrets = append(*secrets, text)
	case key == "command" || key == "attach":
		*secrets = append(*secrets, text)
		for _, w := range strings.FieldsFunc(text, func(c rune) bool { return c <= ' ' || strings.ContainsRune(`'"=`, c) }) {
			if !strings.HasPrefix(w, "-") && !strings.HasPrefix(w, "{") {
				*secrets = append(*secrets, w)
			}
		}
	case key == "account": // a word such as "full"
	case private[key]:
		*secrets = append(*secrets, text)
	default:
		r.publish(r.shapes(text))
	}
}

func (r *Redactor) publish(text string) {
	for _, w := range word.FindAllString(text, -1) {
		r.public[strings.ToUpper(w)] = true
	}
}

// keyOf is the key of a value; the name of a user is one of a user.
func keyOf(outer string, k any) string {
	key := fmt.Sprint(k)
	if outer == "users" && key == "name" {
		return "user" // of {name, fullName, external}
	}
	return key
}

// user returns the name that stands for a user or a local part.
func (r *Redactor) user(name string) string {
	name = strings.ToUpper(strings.TrimSpace(name)) // mailboxes know no case
	if slices.Contains(everybodys, name) {
		return strings.ToLower(name)
	}
	if r.users[name] == "" {
		r.users[name] = fmt.Sprintf("user%d", len(r.users)+1)
	}
	return r.users[name]
}

// shapes leaves out what is private by its form.
func (r *Redactor) shapes(text string) string {
	text = credentials.ReplaceAllString(text, "${1}redacted@")
	text = localPart.ReplaceAllStringFunc(text, func(m string) string {
		if m == "redacted@" {
			return m
		}
		return r.user(strings.TrimSuffix(m, "@")) + "@"
	})
	if r.home != "" {
		text = strings.ReplaceAll(text, r.home, "~")
	}
	return homeOf.ReplaceAllString(text, "${1}redacted")
}

// Text returns a text without what is private.
func (r *Redactor) Text(text string) string {
	text = r.shapes(text)
	if r.odd != nil {
		text = r.odd.ReplaceAllStringFunc(text, func(m string) string {
			if u := r.users[strings.ToUpper(m)]; u != "" {
				return u
			}
			return "redacted"
		})
	}
	return word.ReplaceAllStringFunc(text, func(m string) string {
		if other := r.words[strings.ToUpper(m)]; other != "" {
			return other
		}
		return m
	})
}

// ours are keys of JSON documents whose values come from tables of ours.
var ours = map[string]bool{"article": true, "articles": true, "digest": true, "for": true, "id": true, "rule": true, "severity": true, "tags": true, "verdict": true}

// JSON returns a document whose texts are without what is private. Keys and the
// words of our own tables stay.
func (r *Redactor) JSON(data []byte) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("internal error: cannot redact what is no JSON: %w", err)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(r.json("", v)); err != nil {
		return nil, fmt.Errorf("internal error: %w", err)
	}
	return b.Bytes(), nil
}

func (r *Redactor) json(key string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			v[k] = r.json(k, x)
		}
	case []any:
		for i, x := range v {
			v[i] = r.json(key, x)
		}
	case string:
		if !ours[key] {
			return r.Text(v)
		}
	}
	return v
}

var betweenTags = regexp.MustCompile(`(?s)<style.*?</style>|<[^>]*>|[^<]+`)

// HTML returns a page whose text is without what is private.
func (r *Redactor) HTML(page []byte) []byte {
	return betweenTags.ReplaceAllFunc(page, func(m []byte) []byte {
		if m[0] == '<' {
			return m
		}
		return []byte(r.Text(string(m)))
	})
}

// YAML returns the deployment file itself, without its comments. Anchors and
// all other forms of YAML are written out.
func (r *Redactor) YAML() ([]byte, error) {
	out, err := yaml.Marshal(r.value("", r.tree))
	if err != nil {
		return nil, fmt.Errorf("cannot leave out of a deployment file what is private: %w", err)
	}
	return append([]byte("# Written by gwcheck: users, addresses, commands and comments are left out.\n"), out...), nil
}

// value returns what may be told of the value of a key.
func (r *Redactor) value(key string, v any) any {
	switch v := v.(type) {
	case yaml.MapSlice:
		out := make(yaml.MapSlice, len(v))
		for i, item := range v {
			out[i] = yaml.MapItem{Key: r.shapes(fmt.Sprint(item.Key)), Value: r.value(keyOf(key, item.Key), item.Value)}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = r.value(key, x)
		}
		return out
	case nil:
		return nil
	}
	switch text := fmt.Sprint(v); {
	case key == "user" || key == "users":
		return r.user(text)
	case private[key]:
		return "redacted"
	default:
		if s, ok := v.(string); ok {
			return r.Text(s)
		}
		return v
	}
}
