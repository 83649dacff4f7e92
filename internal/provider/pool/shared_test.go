package pool_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/acctest"
)

// between is a plan check that checks nothing: plugin-testing saves the plan,
// runs the checks, and applies the saved plan, so it acts between both.
type between struct{ act func() }

func after(act func()) plancheck.PlanCheck { return between{act} }

func (b between) CheckPlan(context.Context, plancheck.CheckPlanRequest, *plancheck.CheckPlanResponse) {
	b.act()
}

// journal counts the requests that the device has answered. Each want is
// "METHOD path-part count".
func journal(device *acctest.Device, wants ...string) error {
	for _, want := range wants {
		var method, part string
		var count int
		if _, err := fmt.Sscan(want, &method, &part, &count); err != nil {
			return err
		}
		var seen []string
		for _, r := range device.Requests() {
			if r.Method == method && strings.Contains(r.Path, part) {
				seen = append(seen, r.Method+" "+r.Path)
			}
		}
		if len(seen) != count {
			return fmt.Errorf("%d requests %s %s, want %d:\n%s", len(seen), method, part, count, strings.Join(seen, "\n"))
		}
	}
	return nil
}

func deleteNow() metav1.DeleteOptions { return metav1.DeleteOptions{} }
