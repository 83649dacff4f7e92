package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/conformance"
)

func TestThePageIsUpToDate(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "page.md")
	if err := run([]string{file}); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	committed, err := os.ReadFile("../../../docs/guides/device-behaviour.md")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(committed), string(got)); diff != "" {
		t.Errorf("run make generate:\n%s", diff)
	}
}

func TestThePageTellsEachCaseAndListsWhatIsInferred(t *testing.T) {
	t.Parallel()
	groups := []conformance.Group{{Title: "Pools", Cases: []conformance.Case{
		{Name: "A pool is there", Must: "Say a|b.", Confidence: conformance.Recorded, Versions: conformance.Versions{From: "13.0"}},
		{Name: "A pool is not there", Must: "Say\n\tno.", Confidence: conformance.Inferred},
	}}}
	page, err := render(groups)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"as 2 cases",
		"| recorded | seen in the answers of a real device | 1 |\n",
		"\n## Pools\n\n| case | a device must | TMOS | how sure |\n|---|---|---|---|\n",
		`| A pool is there | Say a\|b. | from 13.0 | recorded |` + "\n| A pool is not there | Say no. | all | inferred |\n",
		"\n* A pool is not there. Say",
		"tmsh create auth partition bigipkube-conformance\n",
	} {
		if !strings.Contains(string(page), want) {
			t.Errorf("%q is not on the page:\n%s", want, page)
		}
	}
	if strings.Contains(string(page), "* A pool is there") {
		t.Error("a recorded fact is listed as inferred")
	}
}

func TestThePageNeedsAFile(t *testing.T) {
	t.Parallel()
	if err := run(nil); err == nil {
		t.Error("no error")
	}
}
