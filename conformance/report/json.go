package report

import (
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

//go:embed schema/*.json
var schemas embed.FS

// Schemas returns the names of the published JSON schemas, sorted.
func Schemas() []string {
	entries, err := schemas.ReadDir("schema")
	if err != nil {
		panic("internal error: " + err.Error())
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".json"))
	}
	slices.Sort(names) // of files explore-timed.json is before explore.json
	return names
}

// Schema returns a published JSON schema.
func Schema(name string) ([]byte, error) {
	data, err := schemas.ReadFile("schema/" + name + ".json")
	if err != nil {
		return nil, fmt.Errorf("cannot print schema %q: want one of: %s", name, strings.Join(Schemas(), ", "))
	}
	return data, nil
}

func writeJSON(w io.Writer, r *Result) error { return JSON(w, r) }

// JSON writes any document of ours the way all of them are written: indented,
// and with characters that HTML knows left alone.
func JSON(w io.Writer, document any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(document)
}
