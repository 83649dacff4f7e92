package e2e

import (
	"strings"
	"testing"
)

// warned tells how often a text warns of traffic that moves, and whether it does
// so in the given words, which a terminal may have broken into lines.
func warned(text, words string) (times int, said bool) {
	flat := strings.Join(strings.Fields(strings.NewReplacer("│", " ", "\n", " ").Replace(text)), " ")
	return strings.Count(text, "Warning: Live traffic moves"), strings.Contains(flat, words)
}

// once fails the test unless the text warns once, in the given words.
func once(t *testing.T, what, text, words string) {
	t.Helper()
	if times, said := warned(text, words); times != 1 || !said {
		t.Errorf("%s warns %d times, of %q: %t\n%s", what, times, words, said, text)
	}
}

// silent fails the test if the text warns.
func silent(t *testing.T, what, text string) {
	t.Helper()
	if times, _ := warned(text, ""); times > 0 {
		t.Errorf("%s warns\n%s", what, text)
	}
}

func TestAPlanWarnsOnceThatTheDialMovesLiveTrafficAndTheApplyIsSilent(t *testing.T) {
	t.Parallel()
	s := newShop(t, 2, 1)
	silent(t, "the create", s.apply(t, 100, 0))
	s.share(0, 100)
	text, _, err := s.terraform.Plan(t.Context(), "saved.tfplan")
	must(t, err)
	once(t, "the plan", text, "shop: blue 100% -> 0%, green 0% -> 100%, 1 of 1 green member available")
	text, err = s.terraform.ApplyPlan(t.Context(), "saved.tfplan")
	must(t, err)
	silent(t, "the apply of the saved plan", text)
	once(t, "plan and apply in one", s.apply(t, 50, 50), "shop: blue 0% -> 50%, green 100% -> 50%, 2 of 2 blue members available")
}

func TestAPlanWarnsOnceThatTheSwitchMovesLiveTrafficUnlessItIsToldNotTo(t *testing.T) {
	t.Parallel()
	lab := newLab(t)
	ctx := t.Context()
	must(t, lab.Simulator.MakePartition(ctx, "shop"))
	terraform, err := lab.NewTerraform(ctx, cli, "testdata/switch", t.TempDir(), "")
	must(t, err)
	text, err := terraform.Apply(ctx)
	must(t, err)
	silent(t, "the create", text)

	terraform.Vars = map[string]any{"live": "green"}
	must(t, lab.Simulator.ClearJournal(ctx))
	text, _, err = terraform.Plan(ctx, "saved.tfplan")
	must(t, err)
	once(t, "the plan", text, "shop: pool /shop/blue -> /shop/green, 1 of 1 member available")
	loud, err := lab.Simulator.Journal(ctx)
	must(t, err)

	terraform.Vars["warn"] = false
	must(t, lab.Simulator.ClearJournal(ctx))
	text, _, err = terraform.Plan(ctx, "quiet.tfplan")
	must(t, err)
	silent(t, "a plan that is told not to", text)
	quiet, err := lab.Simulator.Journal(ctx)
	must(t, err)
	if len(loud) != len(quiet)+1 {
		t.Errorf("a plan takes %d requests, and %d with a warning: want one more", len(quiet), len(loud))
	}

	text, err = terraform.ApplyPlan(ctx, "saved.tfplan")
	must(t, err)
	silent(t, "the apply of the saved plan", text)
}
