package mapping

import (
	"fmt"
	"testing"
	"time"
)

// isDay says what package time says.
func TestIsDay(t *testing.T) {
	texts := []string{"", "2027-6-01", "2027-06-1x", "2027/06/01", "2027-06-011", "+027-06-01", "2027-06--1", "٢027-06-01", "20270-6-01"}
	for _, year := range []int{0, 1900, 2000, 2024, 2027, 9999} {
		for month := range 14 {
			for day := range 34 {
				texts = append(texts, fmt.Sprintf("%04d-%02d-%02d", year, month, day))
			}
		}
	}
	for _, text := range texts {
		if _, err := time.Parse(time.DateOnly, text); isDay(text) != (err == nil) {
			t.Errorf("%q: %v, but package time says %v", text, isDay(text), err)
		}
	}
}
