package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rosterpatch/mapping"
)

// TestParseEnv holds that a value is taken as it stands: secrets hold anything.
func TestParseEnv(t *testing.T) {
	got, err := parseEnv("\ufeff# a comment\r\n\r\nA=ab$CDe\r\nexport B = \"a b\" \nC='it''s'\nD=\nE=x # not a comment\nF=a=b\n")
	want := map[string]string{"A": "ab$CDe", "B": "a b", "C": "it''s", "D": "", "E": "x # not a comment", "F": "a=b"}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for text, want := range map[string]string{
		"A=1\nthe-secret": "2: the line is not KEY=VALUE",
		"=the-secret":     "1: the line is not KEY=VALUE",
		"\n\na b=secret":  "3: the line is not KEY=VALUE",
	} {
		if _, err := parseEnv(text); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestFinishBy(t *testing.T) {
	now := time.Date(2027, 6, 10, 22, 30, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"":                     {},
		"90m":                  now.Add(90 * time.Minute),
		"23:00":                time.Date(2027, 6, 10, 23, 0, 0, 0, time.UTC),
		"06:00":                time.Date(2027, 6, 11, 6, 0, 0, 0, time.UTC),
		"22:30":                time.Date(2027, 6, 11, 22, 30, 0, 0, time.UTC),
		"2027-06-11T05:00:00Z": time.Date(2027, 6, 11, 5, 0, 0, 0, time.UTC),
	} {
		if got, err := finishBy(text, now); err != nil || !got.Equal(want) {
			t.Errorf("%q: %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"soon", "25:00", "-1h", "2027-06-09T05:00:00Z"} {
		if got, err := finishBy(text, now); err == nil {
			t.Errorf("%q is taken for %v", text, got)
		}
	}
}

// The example of a mapping file in the help is one.
func TestMappingExample(t *testing.T) {
	spec, err := mapping.Parse("mapping.yaml", []byte(mappingExample))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := spec.Compile([]string{"Enrollment ID", "Exit Date", "XP Goal", "Student", "Year", "role", "School", "metadata.seat"}); err != nil {
		t.Error(err)
	}
}
