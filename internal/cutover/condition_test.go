package cutover_test

import (
	"errors"
	"math"
	"testing"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
)

func TestConditionsCompare(t *testing.T) {
	t.Parallel()
	for text, holds := range map[string][3]bool{ // for 1, 2 and 3
		"<2": {true, false, false}, "<= 2": {true, true, false}, "> 2": {false, false, true},
		">=2": {false, true, true}, "== 2": {false, true, false}, "!= 2": {true, false, true},
	} {
		condition, err := cutover.ParseCondition(text)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range holds {
			if got := condition.Holds(float64(i + 1)); got != want {
				t.Errorf("%d %s is %v", i+1, condition, got)
			}
		}
		if condition.Holds(math.NaN()) {
			t.Errorf("NaN %s", condition)
		}
	}
	for _, text := range []string{"", "2", "< ", "<> 2", "=< 2", "< two", "< NaN"} {
		_, err := cutover.ParseCondition(text)
		if failure, ok := errors.AsType[*cutover.ConditionError](err); !ok || failure.Text != text {
			t.Errorf("%q: %v", text, err)
		}
	}
}
