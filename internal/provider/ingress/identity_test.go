package ingress_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/acctest"
)

const typeName = "bigipkube_ingress"

// serve makes a virtual server with a policy that has the marks of owners.
func serve(device *acctest.Device, address string, marks ...string) {
	name := address + "_80"
	var rules []map[string]any
	for i, mark := range marks {
		rules = append(rules, map[string]any{"name": fmt.Sprintf("rule-%d", i), "ordinal": i, "description": mark, "actions": []map[string]any{{"name": "0", "forward": true, "reset": true, "request": true}}})
	}
	device.REST(http.MethodPost, "/mgmt/tm/ltm/policy", map[string]any{
		"name": name, "partition": "shop", "description": "[bigipkube/1 site]", "strategy": "first-match", "legacy": true,
		"requires": []string{"http"}, "controls": []string{"forwarding"}, "rules": rules,
	})
	device.REST(http.MethodPost, "/mgmt/tm/ltm/virtual", map[string]any{
		"name": name, "partition": "shop", "description": "[bigipkube/1 site]", "destination": "/shop/" + address + ":80", "ipProtocol": "tcp",
		"profiles": []string{"/Common/tcp", "/Common/http"}, "policies": []string{"/shop/" + name},
	})
}

func TestWhomADeviceServesIsListedWithoutACluster(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	serve(device, "203.0.113.10", "[bigipkube/1 route ingress/shop/web 1700000000 0.0.0 fallback]", "[bigipkube/1 route gateway/east/edge/public 1700000000 0.0.0 fallback]")
	serve(device, "203.0.113.11", "[bigipkube/1 route ingress/shop/web 1700000000 0.0.0 fallback strict]")
	p := acctest.NewProtocol(t, device, map[string]any{"device_name": "west"})
	listed, diags := p.List(typeName, nil, 0, false)
	var names []string
	for _, one := range listed {
		names = append(names, one.DisplayName)
	}
	if diff := cmp.Diff([]string{
		"gateway east/edge/public at 203.0.113.10 in shop", "ingress shop/web at 203.0.113.10 in shop", "ingress shop/web at 203.0.113.11 in shop",
	}, names); diff != "" || len(diags) > 0 {
		t.Fatalf("%s%v", diff, diags)
	}
	want := map[string]any{
		"device": "west", "partition": "shop", "folder": nil, "address": "203.0.113.10", "kind": "gateway", "cluster": "east", "namespace": "edge", "name": "public",
	}
	if diff := cmp.Diff(want, listed[0].Identity); diff != "" {
		t.Error(diff)
	}
	if some, _ := p.List(typeName, map[string]any{"name": "edge/*"}, 0, false); len(some) != 1 || some[0].DisplayName != names[0] {
		t.Errorf("of edge are listed %+v", some)
	}
	if one, _ := p.List(typeName, nil, 1, false); len(one) != 1 {
		t.Errorf("one was asked for: %+v", one)
	}
}

func TestAnImportSaysWhyThereIsNothingToImport(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	serve(device, "203.0.113.10", "[bigipkube/1 route ingress/shop/web 1700000000 0.0.0 fallback]")
	serve(device, "203.0.113.12", "[bigipkube/1 route ingress/shop/new 1700000000 0.0.0 fallback later=x]")
	p := acctest.NewProtocol(t, device, map[string]any{"device_name": "west"})
	identity := func(change ...any) map[string]any {
		id := map[string]any{"address": "203.0.113.10", "kind": "ingress", "namespace": "shop", "name": "web"}
		for i := 0; i < len(change); i += 2 {
			id[change[i].(string)] = change[i+1]
		}
		return id
	}
	for _, test := range []struct {
		id   map[string]any
		want string
	}{
		{identity("device", "east"), "Unable to import ingress shop/web: Its identity says the device east"},
		{identity("kind", "service"), "Unable to import ingress service/shop/web@/shop/203.0.113.10: "},
		{identity("address", "shop"), "Unable to import ingress ingress/shop/web@/shop/shop: "},
		{identity("address", "203.0.113.12", "name", "new"), "Unable to read what ingress/shop/new@/shop/203.0.113.12 is bound to: The mark of a rule in policy /shop/203.0.113.12_80"},
	} {
		_, _, diags := p.Import(typeName, test.id)
		if len(diags) != 1 || !strings.HasPrefix(diags[0].Summary+": "+diags[0].Detail, test.want) {
			t.Errorf("want %s, got %+v", test.want, diags)
		}
	}
	// What is not served is gone, as every CLI says in its own words.
	if state, _, diags := p.Import(typeName, identity("name", "other")); state != nil || len(diags) > 0 {
		t.Errorf("got %v, %+v", state, diags)
	}
}
