package cutover_test

import (
	"errors"
	"testing"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

func TestAGateTellsHowManyOfHowManyAndWhoIsMissing(t *testing.T) {
	t.Parallel()
	broken := candidate("green", 4, down)
	broken.Reason = "/Common/http: No successful responses received before deadline"
	for want, gate := range map[string]cutover.Gate{
		"backend green: 1 of 2 members available, 2 needed: 10.0.0.4:80 is down: /Common/http: No successful responses received before deadline": {
			Backend: "green", Available: 1, Needed: 2, Of: 2, Missing: []cutover.Candidate{broken},
		},
		"0 of 2 members available, 1 needed: 10.0.0.1:80 is not checked by its monitors yet; 10.0.0.2:80 is forced offline": {
			Needed: 1, Of: 2, Missing: []cutover.Candidate{candidate("", 1, checking), candidate("", 2, ltm.HealthForcedDown)},
		},
		"pool /shop/green: 0 of 0 members available, 1 needed": {Backend: "/shop/green", Needed: 1},
		"backend green: 0 of 5 members available, 1 needed: 10.0.0.1:80 is down; 10.0.0.2:80 is down; 10.0.0.3:80 is not on the device; and 2 more": {
			Backend: "green", Needed: 1, Of: 5,
			Missing: greens(down, down, "", down, down),
		},
		"backend green: 2 of 3 members available, 2 needed": {
			Backend: "green", Available: 2, Needed: 2, Of: 3, Missing: []cutover.Candidate{broken},
		},
	} {
		if got := gate.String(); got != want {
			t.Errorf("\n got %s\nwant %s", got, want)
		}
	}
}

func TestAPoolThatWouldBeBareAsksForWhatIsRequired(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		require cutover.Requirement
		want    string
	}{
		{cutover.Requirement{}, "0 of 0 members available, 1 needed"},
		{cutover.Requirement{Percent: 80}, "0 of 0 members available, 1 needed"},
		{cutover.Requirement{Count: 2}, "0 of 0 members available, 2 needed"},
	} {
		step := cutover.Next(cutover.Spec{Require: test.require}, cutover.Observation{Prepared: true, Bare: true}, cutover.Progress{}, noon)
		if len(step.Gates) != 1 || step.Gates[0].String() != test.want {
			t.Errorf("%v: got %v, want %s", test.require, step.Gates, test.want)
		}
	}
}

func TestAPercentageIsRoundedUp(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		requirement string
		of, want    int
	}{
		{"80%", 5, 4},
		{"80%", 4, 4},
		{"80%", 1, 1},
		{"80%", 0, 0},
		{"1%", 1, 1},
		{"1%", 100, 1},
		{"1%", 101, 2},
		{"100%", 7, 7},
		{"50%", 3, 2},
		{"33%", 3, 1},
		{"34%", 3, 2},
		{"2", 1, 2},
		{"2", 5, 2},
	} {
		requirement, err := cutover.ParseRequirement(test.requirement)
		if err != nil {
			t.Fatal(err)
		}
		if got := requirement.Needed(test.of); got != test.want {
			t.Errorf("%s of %d is %d, want %d", test.requirement, test.of, got, test.want)
		}
		if requirement.String() != test.requirement || requirement.IsZero() {
			t.Errorf("%s prints as %s", test.requirement, requirement)
		}
	}
}

func TestNoRequirementAsksForNothing(t *testing.T) {
	t.Parallel()
	var none cutover.Requirement
	if !none.IsZero() || none.String() != "" || none.Needed(10) != 0 {
		t.Errorf("it asks for %d, as %q", none.Needed(10), none)
	}
}

func TestWhatIsNoRequirementIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "0", "0%", "101%", "-1", "-1%", "+2", "02", "2.5", "50.5%", "%", "%50", " 2", "2 ", "50 %", "two", "99999999999999999999"} {
		requirement, err := cutover.ParseRequirement(text)
		failure, ok := errors.AsType[*cutover.RequirementError](err)
		if !ok || failure.Text != text || !requirement.IsZero() {
			t.Errorf("%q is read as %v, %v", text, requirement, err)
		}
	}
	_, err := cutover.ParseRequirement("most")
	if want := `"most" is neither a number of members ("2") nor a percentage of them ("80%", at most "100%")`; err.Error() != want {
		t.Errorf("got %v", err)
	}
}

func FuzzParseRequirement(f *testing.F) {
	for _, seed := range []string{"2", "80%", "0", "101%", "-1", "1e3", "%"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		requirement, err := cutover.ParseRequirement(text)
		if err != nil {
			return
		}
		if requirement.IsZero() || requirement.String() != text || requirement.Percent > 100 || requirement.Needed(100) < 1 {
			t.Errorf("%q is read as %+v, which prints as %q", text, requirement, requirement)
		}
	})
}
