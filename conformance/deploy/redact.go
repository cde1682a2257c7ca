package deploy

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"
)

// private are the keys whose values are nobody's business, wherever they stand.
var private = map[string]bool{
	"account": true, "command": true, "fullName": true, "internetGroups": true, "serialNumber": true, "sharedGroups": true,
}

// localPart is what stands before the @ of an address.
var localPart = regexp.MustCompile(`[^\s@<>(),;:"]+@`)

// Redact returns a deployment file without users, the local parts of
// addresses, commands and comments: what a result folder, which people send
// around, may tell. A user is the same userN wherever he is named, so that the
// file still says what belongs together. Anchors and all other forms of YAML are
// written out.
func Redact(data []byte) ([]byte, error) {
	var tree any
	if err := yaml.UnmarshalWithOptions(data, &tree, yaml.UseOrderedMap()); err != nil {
		return nil, fmt.Errorf("cannot leave out of a deployment file what is private: %w", err)
	}
	r := &redaction{users: map[string]string{}}
	out, err := yaml.Marshal(r.value("", tree))
	if err != nil {
		return nil, fmt.Errorf("cannot leave out of a deployment file what is private: %w", err)
	}
	return append([]byte("# Written by gwcheck: users, addresses, commands and comments are left out.\n"), out...), nil
}

type redaction struct{ users map[string]string }

// user returns the name that stands for a user or a local part.
func (r *redaction) user(name string) string {
	name = strings.ToUpper(strings.TrimSpace(name)) // mailboxes know no case
	if r.users[name] == "" {
		r.users[name] = fmt.Sprintf("user%d", len(r.users)+1)
	}
	return r.users[name]
}

// value returns what may be told of the value of a key.
func (r *redaction) value(key string, v any) any {
	switch v := v.(type) {
	case yaml.MapSlice:
		out := make(yaml.MapSlice, len(v))
		for i, item := range v {
			k := fmt.Sprint(item.Key)
			if key == "users" && k == "name" {
				k = "user" // of {name, fullName, external}
			}
			out[i] = yaml.MapItem{Key: r.text(fmt.Sprint(item.Key)), Value: r.value(k, item.Value)}
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
			return r.text(s)
		}
		return v
	}
}

func (r *redaction) text(s string) string {
	return localPart.ReplaceAllStringFunc(s, func(m string) string { return r.user(m[:len(m)-1]) + "@" })
}
