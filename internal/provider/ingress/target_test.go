package ingress

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	routes "github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

func TestAnApplyRefusesAPlanThatKubernetesHasLeftBehind(t *testing.T) {
	t.Parallel()
	plan := refreshed(t)
	plan.Routes = textsValue(map[string]string{"a/": "shop/web:http", "a/b": "404"})
	plan.TLS = tlsValue(map[string]ltm.Certificate{"a": {Path: ltm.NewPath("shop", "tls"), CertificateChecksum: "SHA1:1:aa"}})
	same := routes.View{
		Routes: map[string]string{"a/": "shop/web:http", "a/b": "404"},
		TLS:    map[string]ltm.Certificate{"a": {Path: ltm.NewPath("shop", "tls"), CertificateChecksum: "SHA1:1:aa"}},
	}
	if diags := (target{wish: wish{view: same}}).refuse(plan); len(diags) > 0 {
		t.Errorf("a plan that is right is answered with %v", diags)
	}
	moved := routes.View{
		Routes: map[string]string{"a/": "shop/api:http", "a/c": "404"},
		TLS:    map[string]ltm.Certificate{"a": {Path: ltm.NewPath("shop", "tls"), CertificateChecksum: "SHA1:1:bb"}},
	}
	diags := target{sought: sought{at: path.Root("ingress")}, wish: wish{view: moved}}.refuse(plan)
	if !diags.HasError() {
		t.Fatal("a plan that is out of date is taken")
	}
	for _, want := range []string{"a/: planned shop/web:http, now shop/api:http", "a/b: planned 404, now none", "a/c: planned none, now 404", "certificate of a: planned"} {
		if !strings.Contains(diags[0].Detail(), want) {
			t.Errorf("it does not say %q:\n%s", want, diags[0].Detail())
		}
	}
	plan.Routes = types.MapUnknown(types.StringType)
	if diags := (target{wish: wish{view: moved}}).refuse(plan); len(diags) > 0 {
		t.Errorf("a plan that knew nothing is answered with %v", diags)
	}
}
