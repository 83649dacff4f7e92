package e2e

import (
	"slices"
	"strings"
	"testing"
)

func TestAnApplyWritesTheReviewedSetAndNamesWhatMovedSince(t *testing.T) {
	t.Parallel()
	s := newShop(t, 3, 2)
	// A pod that is gone does not count: with one of two, half is all there is.
	s.terraform.Vars["require_available"] = "50%"
	s.apply(t, 100, 0)
	s.share(50, 50)
	_, changes, err := s.terraform.Plan(t.Context(), "reviewed.tfplan")
	must(t, err)
	if !changes {
		t.Fatal("the plan is empty")
	}

	// A green pod goes and another comes, after the review.
	pods, err := s.Cluster.Pods(t.Context(), s.namespace, "shop-green")
	must(t, err)
	gone := pods[0].Status.PodIP + ":8080"
	must(t, s.Cluster.DeletePod(t.Context(), s.namespace, pods[0].Name))
	must(t, s.WaitReady(t.Context(), s.namespace, "shop-green", 2, pods[0].Status.PodIP))

	output, err := s.terraform.ApplyPlan(t.Context(), "reviewed.tfplan")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(output, "inconsistent") {
		t.Errorf("Terraform complains of the provider:\n%s", output)
	}
	if !strings.Contains(output, "Warning:") || !strings.Contains(output, gone) {
		t.Errorf("no warning names %s, which is gone since the plan:\n%s", gone, output)
	}
	if !slices.Contains(s.memberNames(t), gone) {
		t.Errorf("the reviewed member %s was not written", gone)
	}

	// The next plan shows the remainder, and one more apply ends it.
	text, changes, err := s.terraform.Plan(t.Context(), "rest.tfplan")
	must(t, err)
	if !changes || !strings.Contains(text, `- "`+gone+`"`) {
		t.Errorf("the next plan does not remove %s:\n%s", gone, text)
	}
	s.apply(t, 50, 50)
	if slices.Contains(s.memberNames(t), gone) {
		t.Errorf("%s is still a member", gone)
	}
}
