package oneroster

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

var octets = regexp.MustCompile("%..")

// spellings are a secret as it is, and as URLs, JSON, HTML and base64 may have it.
func spellings(secret string) []string {
	escaped, _ := json.Marshal(secret) // a string always marshals
	quoted := strconv.Quote(secret)
	query, path := url.QueryEscape(secret), url.PathEscape(secret)
	return []string{
		secret, string(escaped[1 : len(escaped)-1]), quoted[1 : len(quoted)-1], strings.ReplaceAll(secret, "/", `\/`), html.EscapeString(secret),
		base64.StdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)),
		query, path, octets.ReplaceAllStringFunc(query, strings.ToLower), octets.ReplaceAllStringFunc(path, strings.ToLower),
	}
}

// bareSpellings are the letters and digits of a secret, of its hexadecimal digits,
// and of its base64 inside of a longer text, in which it may start at the first,
// second or third byte of a group. They are found whatever stands between: spaces,
// line ends, soft hyphens, the two more characters of either alphabet of base64.
func bareSpellings(secret string) (bare []string) {
	digits := hex.EncodeToString([]byte(secret))
	all := []string{secret, digits, strings.ToUpper(digits)}
	for before := range 3 {
		inside := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("\x00", before) + secret))
		if (before+len(secret))%3 != 0 {
			inside = inside[:len(inside)-1] // which holds bits of what comes behind
		}
		all = append(all, inside[(8*before+5)/6:]) // and what came before
	}
	for _, s := range all {
		if s = lettersAndDigits(s); len(s) >= cutSecret { // less might be anything
			bare = append(bare, s)
		}
	}
	return bare
}

// lettersAndDigits are those of s, as far as they are ASCII.
func lettersAndDigits(s string) string {
	b := make([]byte, 0, len(s))
	for _, c := range []byte(s) {
		if '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' {
			b = append(b, c)
		}
	}
	return string(b)
}

// decodings are what comes of s when it is decoded, once and twice, as URLs, JSON
// and HTML are. It need be none of them as a whole.
func decodings(s string) (all []string) {
	decoders := []func(string) string{decodeURL, decodeJSON, html.UnescapeString}
	for _, first := range decoders {
		once := first(s)
		if once == s {
			continue
		}
		all = append(all, once)
		for _, second := range decoders {
			if twice := second(once); twice != once {
				all = append(all, twice)
			}
		}
	}
	return all
}

// decodeURL undoes the escapes of URLs.
func decodeURL(s string) string {
	return unescaped(s, '%', func(after string) (char string, used int) {
		if len(after) < 2 {
			return "", 0
		}
		b, err := strconv.ParseUint(after[:2], 16, 8)
		if err != nil {
			return "", 0
		}
		return string([]byte{byte(b)}), 2
	})
}

// decodeJSON undoes the escapes of JSON strings.
func decodeJSON(s string) string {
	return unescaped(s, '\\', func(after string) (char string, used int) {
		switch {
		case after == "":
		case after[0] == '"', after[0] == '\\', after[0] == '/':
			return after[:1], 1
		case after[0] == 'u' && len(after) >= 5:
			if c, err := strconv.ParseUint(after[1:5], 16, 16); err == nil {
				return string(rune(c)), 5
			}
		}
		return "", 0
	})
}

// unescaped is s with each escape in the place of which decode, shown what stands
// behind its mark, puts a character; of what is no escape it uses nothing.
func unescaped(s string, mark byte, decode func(after string) (char string, used int)) string {
	at := strings.IndexByte(s, mark)
	if at < 0 {
		return s
	}
	var b strings.Builder
	for ; at >= 0; at = strings.IndexByte(s, mark) {
		char, used := decode(s[at+1:])
		if used == 0 {
			char = s[at : at+1]
		}
		b.WriteString(s[:at])
		b.WriteString(char)
		s = s[at+1+used:]
	}
	b.WriteString(s)
	return b.String()
}
