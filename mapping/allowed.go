package mapping

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Allowed reports whether a PATCH may say that a field of this name holds a
// value, which is JSON: whatever a server holds, the API's schema has no room
// for other statuses, roles and dates, nor in goals and metrics for other keys
// and types.
func Allowed(name string, value json.RawMessage) bool {
	var v any
	if json.Unmarshal(value, &v) != nil || v == nil {
		return false
	}
	if key, ok := strings.CutPrefix(name, "metadata."); ok {
		return allowedMetadata(key, v)
	}
	at := slices.IndexFunc(coreFields, func(f field) bool { return f.name == name })
	if at < 0 {
		return false
	}
	text, isText := v.(string)
	switch f := coreFields[at]; f.kind {
	case typeChoice:
		return isText && slices.Contains(f.allowed, text)
	case typeBoolean:
		_, isBoolean := v.(bool)
		return isBoolean || text == "true" || text == "false"
	case typeDate:
		_, err := time.Parse(time.DateOnly, text)
		return isText && err == nil
	case typeRef:
		o, _ := v.(map[string]any)
		id, isText := o["sourcedId"].(string)
		return isText && id != ""
	}
	return false
}

func allowedMetadata(key string, value any) bool {
	group, inner, _ := strings.Cut(key, ".")
	keys, typed := typedMetadata[group]
	if !typed {
		return true
	}
	if inner == "" {
		o, isObject := value.(map[string]any)
		for k, v := range o {
			if !allowedMetadata(group+"."+k, v) {
				return false
			}
		}
		return isObject
	}
	kind, known := keys[inner]
	switch value.(type) {
	case float64:
		return known && kind == typeNumber
	case string:
		return known && kind == typeText
	case bool:
		return known && kind == typeBoolean
	}
	return false
}
