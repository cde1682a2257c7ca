package deploy

import (
	"bytes"
	"encoding/json"
)

// Schema returns the JSON schema of the deployment file, for editors that
// check YAML by one. It is printed from the same table that the reader uses;
// references between values are checked by Parse only.
func Schema() []byte {
	top := object(fileKeys)
	document := map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"$id":     "urn:gwkit:deploy:1",
		"title":   "deployment file of gwcheck",
	}
	for k, v := range top {
		document[k] = v
	}
	document["required"] = []string{"version"}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(document); err != nil {
		panic("internal error: " + err.Error())
	}
	return b.Bytes()
}

func object(keys []key) map[string]any {
	properties := map[string]any{}
	for i := range keys {
		properties[keys[i].name] = keys[i].schema()
	}
	return map[string]any{"type": "object", "additionalProperties": false, "properties": properties}
}

func (k *key) schema() map[string]any {
	s := map[string]any{"description": k.summary}
	list := func(items map[string]any) {
		s["type"], s["items"] = "array", items
	}
	// YAML reads 3.0 or 25 as a number where a text is meant.
	scalar := []string{"string", "number", "boolean"}
	switch k.kind {
	case kindText:
		s["type"] = scalar
		if k.name == "run" || k.name == "command" {
			s["type"] = "string"
		}
	case kindFile:
		s["type"] = "string"
	case kindWord:
		s["enum"] = k.values
	case kindTexts:
		list(map[string]any{"type": scalar})
	case kindWords:
		list(map[string]any{"enum": k.values})
	case kindNumber:
		s["type"], s["minimum"] = "integer", 0
		if k.name == "version" {
			s["minimum"], s["maximum"] = FileVersion, FileVersion
		}
	case kindShare:
		s["type"], s["minimum"], s["maximum"] = "number", 0, 1
	case kindFactor:
		s["type"], s["exclusiveMinimum"] = "number", 0
	case kindSize:
		s["type"], s["pattern"], s["minimum"] = []string{"integer", "string"}, "^[0-9]+[kKmM]?$", 0
	case kindDuration:
		s["type"], s["pattern"] = "string", `^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`
	case kindBoolean:
		s["type"] = "boolean"
	case kindMap:
		s["type"], s["additionalProperties"] = "object", map[string]any{"type": scalar}
	case kindMapping:
		for name, value := range object(k.of) {
			s[name] = value
		}
	case kindList:
		list(object(k.of))
	case kindUsers:
		user := object(k.of)
		user["required"] = []string{"name"}
		list(map[string]any{"anyOf": []any{map[string]any{"type": scalar}, user}})
	}
	return s
}
