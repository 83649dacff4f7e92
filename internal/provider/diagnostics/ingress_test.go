package diagnostics_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
)

func TestWhatIsWrongWithRoutesIsSaidWithTheWayOut(t *testing.T) {
	t.Parallel()
	at := path.Root("ingress")
	var many []string
	for i := range 12 {
		many = append(many, fmt.Sprintf("line %d", i))
	}
	for name, test := range map[string]struct {
		got  diag.Diagnostic
		want string
	}{
		"nothing there": {
			diagnostics.NothingToServe(at, "ingress shop/web", []string{"ingress shop/web: it does not exist (left out)"}),
			`Error at ingress: Unable to serve ingress shop/web

It does not exist, or has nothing that can be served. Nothing was changed.

Kubernetes has this:

  ingress shop/web: it does not exist (left out)

Check namespace and name, and that the provider talks to the cluster you mean. If this configuration makes it, refer to the resource that does, or name that in 'depends_on', so that it comes first.`,
		},
		"out of date": {
			diagnostics.RoutesMoved(at, "ingress shop/web", []string{"a/: planned shop/a:http, now none"}),
			`Error at ingress: Unable to apply a plan of ingress shop/web that is out of date

It has changed in Kubernetes, or another one on the address has, since the plan:

  a/: planned shop/a:http, now none

Nothing was changed on the device.

Plan again: the new plan shows what is wanted now.`,
		},
		"strict": {
			diagnostics.StrictProblems(path.Root("strict"), "ingress shop/web", many),
			`Error at strict: Unable to serve all of ingress shop/web

'strict' is set, and not all of it can be served as it asks:

  line 0
  line 1
  line 2
  line 3
  line 4
  line 5
  line 6
  line 7
  line 8
  line 9
  and 2 more

Nothing was changed on the device.

Change it in Kubernetes, or remove 'strict': then the rest is served.`,
		},
		"in the way": {
			diagnostics.InTheWay(&ingress.ForeignError{Kind: "virtual server", Path: ltm.NewPath("shop", "old"), Reason: "it has no mark"}),
			`Error at address: Unable to use the place of virtual server /shop/old

It is not ours: it has no mark.

Nothing was changed on the device.

Choose another 'address' or 'name', or remove it from the device.`,
		},
		"a cluster that does not answer": {
			diagnostics.NoRoutesSource(at, errors.New("no answer")),
			`Error at ingress: Unable to read from Kubernetes

no answer.

Nothing was changed.

Check the 'kubernetes' (or 'clusters') setting of the provider: address, credentials and rights. It must get and list ingresses and ingressclasses, or httproutes (or tlsroutes), gateways and referencegrants; get services and secrets, and list endpointslices.`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := strings.ReplaceAll(text(test.got), "`", "'"); got != test.want {
				t.Errorf("it says:\n%s\nwant:\n%s", got, test.want)
			}
		})
	}
}
