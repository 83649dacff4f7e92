package cutover

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Condition is a comparison with a number: "< 0.01".
type Condition struct {
	operator string
	number   float64
}

// operators, the longer ones first.
var operators = []string{"<=", ">=", "==", "!=", "<", ">"}

// ConditionError is a text that is no condition.
type ConditionError struct {
	Text string
}

// Error tells what to write.
func (e *ConditionError) Error() string {
	return fmt.Sprintf("%q is no condition: write an operator and a number, such as \"< 0.01\"", e.Text)
}

// ParseCondition reads an operator (<, <=, >, >=, ==, !=) and a number. err is a
// *ConditionError.
func ParseCondition(text string) (Condition, error) {
	trimmed := strings.TrimSpace(text)
	at := slices.IndexFunc(operators, func(o string) bool { return strings.HasPrefix(trimmed, o) })
	if at < 0 {
		return Condition{}, &ConditionError{Text: text}
	}
	number, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimPrefix(trimmed, operators[at])), 64)
	if err != nil || math.IsNaN(number) {
		return Condition{}, &ConditionError{Text: text}
	}
	return Condition{operator: operators[at], number: number}, nil
}

// String is the condition as it is written.
func (c Condition) String() string {
	return c.operator + " " + strconv.FormatFloat(c.number, 'g', -1, 64)
}

// Holds tells whether a value fulfils the condition. No comparison holds for NaN,
// which is what a rate without a request divides to.
func (c Condition) Holds(value float64) bool {
	switch c.operator {
	case "<":
		return value < c.number
	case "<=":
		return value <= c.number
	case ">":
		return value > c.number
	case ">=":
		return value >= c.number
	case "==":
		return value == c.number
	default:
		return !math.IsNaN(value) && value != c.number
	}
}
