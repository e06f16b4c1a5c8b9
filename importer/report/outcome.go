// Package report is the report file: one CSV line a source row, with what
// became of the row in result.* columns and the row itself, as it was, behind
// them. A plan and an undo have the same shape.
//
// The report is the journal of a run, its state and its result at once, so the
// package writes it to survive a kill and a full disk ([Writer]), reads it back
// torn, edited in a spreadsheet or both ([Reader]), keeps the facts of the run
// beside it ([Facts]), and says in the morning what there is to do ([Summary]).
package report

import (
	"slices"
	"strings"
)

// Outcome is what became of a row.
type Outcome string

// The outcomes of a row, the best first.
const (
	Updated   Outcome = "updated"   // a 2xx answer to our PATCH, read back where that was asked for
	Unchanged Outcome = "unchanged" // nothing to send, or a comparison showed it is already so
	Planned   Outcome = "planned"   // in a plan only: would be sent
	Unsent    Outcome = "unsent"    // the run stopped before it
	Invalid   Outcome = "invalid"   // not sent: the row is wrong
	Missing   Outcome = "missing"   // not sent: a comparison showed no such enrollment
	Conflict  Outcome = "conflict"  // not sent: the record changed behind our back
	Failed    Outcome = "failed"    // the server refused it, or did not take it
	Unknown   Outcome = "unknown"   // sent, and no usable answer came
)

// Outcomes returns every outcome, the best first: the order of summaries.
func Outcomes() []Outcome {
	return []Outcome{Updated, Unchanged, Planned, Unsent, Invalid, Missing, Conflict, Failed, Unknown}
}

// Done reports whether the enrollment holds what the row says, so that a rerun
// has nothing left to do.
func (o Outcome) Done() bool { return o == Updated || o == Unchanged }

// parseOutcome reads an outcome as a person may have typed it. A cell that was
// cleared asks for the row to be sent again.
func parseOutcome(s string) (Outcome, bool) {
	o := Outcome(strings.ToLower(strings.TrimSpace(s)))
	if o == "" {
		return Unsent, true
	}
	return o, slices.Contains(Outcomes(), o)
}

// mayBeRagged reports whether a line of this outcome can hold a row with a cell
// too many or too few: such a row is never sent, and an undo has nothing to put
// back of it.
func (o Outcome) mayBeRagged() bool { return o == Invalid || o == Unsent || o == Unchanged }
