package virtualserver_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/acctest"
)

const typeName = "bigipkube_virtual_server"

func web(device *acctest.Device, name, port string) {
	device.REST(http.MethodPost, "/mgmt/tm/ltm/virtual", map[string]any{
		"name": name, "partition": "shop", "destination": "/shop/203.0.113.10:" + port, "ipProtocol": "tcp", "profiles": []string{"/Common/tcp"},
	})
}

func TestAVirtualServerIsImportedByItsIdentity(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	web(device, "web", "80")
	p := acctest.NewProtocol(t, device, nil)
	state, id, diags := p.Import(typeName, map[string]any{"name": "web"})
	if len(diags) > 0 {
		t.Fatalf("%s: %s", diags[0].Summary, diags[0].Detail)
	}
	if state["id"] != "/shop/web" || state["destination"] != "203.0.113.10:80" || id["partition"] != "shop" || id["name"] != "web" {
		t.Errorf("got the state %v and the identity %v", state, id)
	}
	if _, _, diags := p.Import(typeName, map[string]any{"name": "web", "device": "another"}); len(diags) != 1 || diags[0].Summary != "Unable to import virtual server web" {
		t.Errorf("another device: %+v", diags)
	}
}

func TestAVirtualServerThatIsGoneIsReadAsGone(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	p := acctest.NewProtocol(t, device, nil)
	state, _, diags := p.Read(typeName, map[string]any{"id": "/shop/gone", "partition": "shop", "name": "gone"})
	if len(diags) > 0 || state != nil {
		t.Errorf("got %v, %+v", state, diags)
	}
}

func TestVirtualServersAreListedAndAListedOneIsWhatAnImportReads(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	web(device, "web", "80")
	web(device, "api", "81")
	web(device, "api-2", "82")
	p := acctest.NewProtocol(t, device, nil)
	listed, diags := p.List(typeName, map[string]any{"name": "api*"}, 1, true)
	if len(listed) != 1 || len(diags) > 0 || listed[0].DisplayName != "/shop/api" {
		t.Fatalf("listed %v, %+v", listed, diags)
	}
	state, id, _ := p.Import(typeName, listed[0].Identity)
	if diff := cmp.Diff(state, listed[0].Resource); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(id, listed[0].Identity); diff != "" {
		t.Error(diff)
	}
	all, diags := p.List(typeName, nil, 0, false)
	if len(all) != 3 || len(diags) > 0 || all[2].DisplayName != "/shop/web" || all[2].Resource != nil {
		t.Errorf("listed %v, %+v", all, diags)
	}
}
