package oneroster

import (
	"bytes"
	"encoding/json"
)

// The API's answers are checked once, when they come; after that they are only
// cut up, level by level, which package json would check and copy each time: of
// a list of many thousand records that would be most of the work.

// Member is the value of a key of a JSON object, as it stands there; nil if there
// is none, or object is no object. It must be part of valid JSON.
func Member(object json.RawMessage, key string) (value json.RawMessage) {
	walk(object, func(k, v []byte) bool {
		if name(k) != key {
			return true
		}
		value = v
		return false
	})
	return value
}

// parseObject cuts an object into its members, of two of one key the latter. It
// is nil if text is not a whole object.
func parseObject(text []byte) Record {
	r := make(Record, 16) // as an enrollment has about so many
	if !walk(text, func(k, v []byte) bool { r[name(k)] = v; return true }) {
		return nil
	}
	return r
}

// parseList cuts a list into its elements. It is nil if text is not a whole list.
func parseList(text []byte) []json.RawMessage {
	at := skip(text, 0)
	if at == len(text) || text[at] != '[' {
		return nil
	}
	list := []json.RawMessage{}
	for at = skip(text, at+1); at < len(text); at = skip(text, at) {
		if text[at] == ']' {
			return list
		}
		from := at
		at = end(text, at)
		list = append(list, text[from:at:at])
	}
	return nil
}

// walk yields the members of an object, the keys in their quotes. It is false if
// text is not a whole object, as far as it was walked.
func walk(text []byte, yield func(key, value []byte) bool) bool {
	at := skip(text, 0)
	if at == len(text) || text[at] != '{' {
		return false
	}
	for at = skip(text, at+1); at < len(text); at = skip(text, at) {
		if text[at] == '}' {
			return true
		}
		behindKey := end(text, at)
		from := skip(text, behindKey)
		behind := end(text, from)
		if !yield(text[at:behindKey], text[from:behind:behind]) {
			return true
		}
		at = behind
	}
	return false
}

// skip is where the next key or value starts: behind white space and what stands
// between them.
func skip(text []byte, at int) int {
	for at < len(text) && bytes.IndexByte([]byte(" \t\r\n,:"), text[at]) >= 0 {
		at++
	}
	return at
}

// end is the place just behind the value that starts at start. It always lies
// further on, so that text which is no JSON cannot hold a loop up.
func end(text []byte, start int) int {
	depth := 0
	for at := start; at < len(text); at++ {
		switch text[at] {
		case '"':
			for at++; at < len(text) && text[at] != '"'; at++ {
				if text[at] == '\\' {
					at++
				}
			}
		case '{', '[':
			depth++
			continue
		case '}', ']':
			if depth == 0 {
				return max(at, start+1) // of a number or a word
			}
			depth--
		case ',', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return at
			}
			continue
		default:
			continue
		}
		if depth == 0 {
			return min(at+1, len(text))
		}
	}
	return len(text)
}

// name is a key without its quotes.
func name(quoted []byte) string {
	if len(quoted) < 2 || bytes.IndexByte(quoted, '\\') >= 0 {
		var s string
		if json.Unmarshal(quoted, &s) != nil {
			return ""
		}
		return s
	}
	return string(quoted[1 : len(quoted)-1])
}
