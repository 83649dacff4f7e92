package cutover

import (
	"fmt"
	"strconv"
	"strings"
)

// RequirementError is a text that is no requirement.
type RequirementError struct {
	Text string
}

// Error tells what to write.
func (e *RequirementError) Error() string {
	return fmt.Sprintf("%q is neither a number of members (\"2\") nor a percentage of them (\"80%%\", at most \"100%%\")", e.Text)
}

// ParseRequirement reads "2" or "80%". A requirement of nothing is not written
// as 0 but left out. err is a *RequirementError.
func ParseRequirement(text string) (Requirement, error) {
	digits, percent := strings.CutSuffix(text, "%")
	number, err := strconv.Atoi(digits)
	if err != nil || number < 1 || strconv.Itoa(number) != digits || percent && number > 100 {
		return Requirement{}, &RequirementError{Text: text}
	}
	if percent {
		return Requirement{Percent: number}, nil
	}
	return Requirement{Count: number}, nil
}

// IsZero tells that r asks for nothing.
func (r Requirement) IsZero() bool { return r == Requirement{} }

// String is the inverse of ParseRequirement; "" for the zero Requirement.
func (r Requirement) String() string {
	switch {
	case r.IsZero():
		return ""
	case r.Percent > 0:
		return strconv.Itoa(r.Percent) + "%"
	default:
		return strconv.Itoa(r.Count)
	}
}

// Needed is how many of so many members r asks for. A count may be more than
// there are: then r cannot be met.
func (r Requirement) Needed(of int) int {
	return max(r.Count, (of*r.Percent+99)/100)
}
