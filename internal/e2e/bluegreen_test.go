package e2e

import (
	"math"
	"strings"
	"testing"
)

func TestTheDemoLosesNoRequestAndLeavesNothing(t *testing.T) {
	t.Parallel()
	var told strings.Builder
	namespace := "demo-scenario"
	scenario := BlueGreen{
		Lab: newLab(t), CLI: cli, Namespace: namespace, Rate: 200, Requests: 600,
		Tell: func(text string) { told.WriteString(text + "\n") },
	}
	phases, err := scenario.Run(t.Context())
	if err != nil {
		t.Fatalf("%v\n%s", err, told.String())
	}
	noneFailed(t, phases...)
	for _, want := range []struct {
		phase string
		blue  float64
	}{{"blue", 100}, {"canary", 90}, {"cutover", 0}, {"rollback", 100}} {
		for _, p := range phases {
			if p.Name == want.phase && math.Abs(p.Share("blue")-want.blue) > 1 {
				t.Errorf("phase %s: blue got %.2f %% of %d requests, want %.0f %%", p.Name, p.Share("blue"), p.Requests, want.blue)
			}
		}
	}
	if len(phases) != 7 {
		t.Errorf("the scenario has %d phases, want 7", len(phases))
	}
}

func TestThePlanOfTheCanaryShowsSharesAndMembersByAddress(t *testing.T) {
	t.Parallel()
	s := newShop(t, 5, 2)
	s.apply(t, 100, 0)

	s.share(90, 10)
	plan, changes, err := s.terraform.Plan(t.Context(), "canary.tfplan")
	must(t, err)
	if !changes {
		t.Fatal("the plan is empty")
	}
	t.Log(plan)
	compact := strings.Join(strings.Fields(plan), " ")
	if want := `~ traffic = { ~ "blue" = 100 -> 90 ~ "green" = 0 -> 10 }`; !strings.Contains(compact, want) {
		t.Errorf("the plan lacks %s", want)
	}
	if got := strings.Count(compact, `:8080" = { ~ ratio = 1 -> 18`); got != 5 {
		t.Errorf("%d blue members change their ratio from 1 to 18, want 5", got)
	}
	if got := strings.Count(compact, `:8080" = { ~ ratio = 1 -> 5 ~ session = "disabled" -> "enabled"`); got != 2 {
		t.Errorf("%d green members are enabled with ratio 5, want 2", got)
	}
	if strings.Contains(plan, "known after apply") {
		t.Error("the plan hides something behind (known after apply)")
	}
	if !strings.Contains(plan, "0 to add, 1 to change, 0 to destroy") {
		t.Error("the canary should change one object and nothing else")
	}
}

func TestSharesHoldOverTwentyThousandRequestsAndTheCutoverLosesNone(t *testing.T) {
	t.Parallel()
	s := newShop(t, 5, 2)
	s.apply(t, 100, 0)
	s.apply(t, 90, 10)

	load := s.load(t)
	canary := load.Begin("canary")
	load.Send(20_000, 16)
	load.End()
	noneFailed(t, canary)
	if got := canary.Share("green"); math.Abs(got-10) > 1 {
		t.Errorf("green got %.2f %% of %d requests, want 10 %%", got, canary.Requests)
	}
	t.Logf("green got %.2f %% of %d requests in %s", canary.Share("green"), canary.Requests, canary.Took)

	s.during(t, "cutover", 200, func() { s.apply(t, 0, 100) })
	s.during(t, "rollback", 200, func() { s.apply(t, 100, 0) })
}
