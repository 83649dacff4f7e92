package ingress_test

import (
	"cmp"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
)

func TestTheGuideListsTheAnnotations(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../../templates/guides/annotations.md")
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	for _, a := range ingress.Annotations() {
		fmt.Fprintf(&want, "| `%s` | %s |\n", a.Name, cmp.Or(a.Use, "Not read: "+a.Reason+"."))
	}
	if !strings.Contains(string(guide), "|---|---|\n"+want.String()+"\n") {
		t.Errorf("the guide must have these lines:\n%s", &want)
	}
}
