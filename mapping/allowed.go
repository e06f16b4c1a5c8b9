package mapping

import (
	"encoding/json"
	"strings"
)

// Allowed reports whether the API's schema has room for a value at a key of
// metadata.goals or metadata.metrics, such as metadata.goals.dailyXp. Of other
// metadata anything is.
func Allowed(name string, value json.RawMessage) bool {
	group, key, _ := strings.Cut(strings.TrimPrefix(name, "metadata."), ".")
	keys := typedMetadata[group]
	if keys == nil {
		return true
	}
	kind, known := keys[key]
	if !known {
		return false
	}
	var v any
	if json.Unmarshal(value, &v) != nil {
		return false
	}
	switch v.(type) {
	case float64:
		return kind == kindNumber
	case string:
		return kind == kindText
	case bool:
		return kind == kindBoolean
	}
	return false
}
