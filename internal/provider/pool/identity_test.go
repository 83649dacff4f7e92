package pool_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/acctest"
)

const typeName = "bigipkube_pool"

// web makes a pool on the device.
func web(device *acctest.Device) {
	device.REST(http.MethodPost, "/mgmt/tm/ltm/pool", map[string]any{
		"name": "web", "partition": "shop", "monitor": "/Common/http",
		"members": []map[string]any{{"name": "192.0.2.1:8080", "address": "192.0.2.1", "ratio": 3}},
	})
}

// management is how the provider knows the device.
func management(device *acctest.Device) string {
	return strings.TrimPrefix(device.ManagementURL(), "https://")
}

func TestAPoolIsImportedByItsIdentityAndWhatIsLeftOutIsTheProviders(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	web(device)
	p := acctest.NewProtocol(t, device, nil)
	device.ClearRequests()
	for _, given := range []map[string]any{
		{"name": "web"},
		{"partition": "shop", "name": "web", "device": management(device)},
	} {
		state, id, diags := p.Import(typeName, given)
		if len(diags) > 0 {
			t.Fatalf("%v: %s: %s", given, diags[0].Summary, diags[0].Detail)
		}
		want := map[string]any{"device": management(device), "partition": "shop", "folder": nil, "name": "web"}
		if diff := cmp.Diff(want, id); diff != "" {
			t.Errorf("the identity of %v: %s", given, diff)
		}
		if state["id"] != "/shop/web" || len(state["members"].(map[string]any)) != 1 {
			t.Errorf("%v has the state %v", given, state)
		}
	}
	reads := 0
	for _, r := range device.Requests() {
		if strings.HasPrefix(r.Path, "/mgmt/tm/") {
			reads++
		}
	}
	if reads != 2 {
		t.Errorf("two imports asked the device %d times, want once each", reads)
	}
}

func TestAnImportByIdentityThatIsAimedAtAnotherDeviceIsRefused(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	web(device)
	p := acctest.NewProtocol(t, device, nil)
	_, _, diags := p.Import(typeName, map[string]any{"device": "192.0.2.99:443", "name": "web"})
	if len(diags) != 1 || diags[0].Summary != "Unable to import pool web" || !strings.Contains(diags[0].Detail, "the device 192.0.2.99:443") {
		t.Errorf("got %+v", diags)
	}
}

func TestAnIdentityThatIsNoPathIsRefused(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	p := acctest.NewProtocol(t, device, nil)
	for _, given := range []map[string]any{{"name": "/shop/web"}, {"name": ""}, {"name": "sub/web"}, {"name": "web", "folder": "/sub"}} {
		if _, _, diags := p.Import(typeName, given); len(diags) != 1 || !strings.HasPrefix(diags[0].Summary, "Unable to import pool") {
			t.Errorf("%v: got %+v", given, diags)
		}
	}
}

// A state of an older CLI has no identity, and the framework refuses a read that
// leaves it so, even of a pool that is gone.
func TestAStateWithoutAnIdentityGetsOneEvenIfThePoolIsGone(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	web(device)
	p := acctest.NewProtocol(t, device, nil)
	state, id, diags := p.Read(typeName, map[string]any{"id": "/shop/web", "partition": "shop", "name": "web"})
	if len(diags) > 0 || state == nil || id["name"] != "web" || id["device"] != management(device) {
		t.Errorf("got %v, %v, %+v", state, id, diags)
	}
	state, _, diags = p.Read(typeName, map[string]any{"id": "/shop/gone", "partition": "shop", "name": "gone"})
	if len(diags) > 0 || state != nil {
		t.Errorf("of a pool that is gone: %v, %+v", state, diags)
	}
}

func TestPoolsAreListedByPartitionFolderAndPatternAsFarAsTheLimit(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	device.REST(http.MethodPost, "/mgmt/tm/sys/folder", map[string]any{"name": "sub", "partition": "shop"})
	web(device)
	for _, object := range []map[string]any{
		{"name": "api", "partition": "shop"},
		{"name": "api-2", "partition": "shop"},
		{"name": "api-3", "partition": "shop", "subPath": "sub"},
		{"name": "other", "partition": "Common"},
	} {
		device.REST(http.MethodPost, "/mgmt/tm/ltm/pool", object)
	}
	p := acctest.NewProtocol(t, device, nil)
	for name, tt := range map[string]struct {
		config map[string]any
		limit  int64
		want   []string
	}{
		"all of the provider's partition": {nil, 0, []string{"/shop/api", "/shop/api-2", "/shop/web", "/shop/sub/api-3"}},
		"another partition":               {map[string]any{"partition": "Common"}, 0, []string{"/Common/other"}},
		"a folder":                        {map[string]any{"folder": "sub"}, 0, []string{"/shop/sub/api-3"}},
		"no folder":                       {map[string]any{"folder": ""}, 0, []string{"/shop/api", "/shop/api-2", "/shop/web"}},
		"a pattern":                       {map[string]any{"name": "api*"}, 0, []string{"/shop/api", "/shop/api-2", "/shop/sub/api-3"}},
		"a pattern and a limit":           {map[string]any{"name": "api*"}, 2, []string{"/shop/api", "/shop/api-2"}},
		"nothing":                         {map[string]any{"name": "nobody"}, 5, nil},
	} {
		listed, diags := p.List(typeName, tt.config, tt.limit, false)
		var got []string
		for _, one := range listed {
			got = append(got, one.DisplayName)
			if one.Resource != nil {
				t.Errorf("%s: %s comes with its resource, which nobody asked for", name, one.DisplayName)
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" || len(diags) > 0 {
			t.Errorf("%s: %s %+v", name, diff, diags)
		}
	}
}

func TestAListedPoolIsWhatAnImportReads(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	web(device)
	p := acctest.NewProtocol(t, device, nil)
	listed, diags := p.List(typeName, nil, 100, true)
	if len(listed) != 1 || len(diags) > 0 {
		t.Fatalf("listed %v, %+v", listed, diags)
	}
	state, id, _ := p.Import(typeName, listed[0].Identity)
	if diff := cmp.Diff(state, listed[0].Resource); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(id, listed[0].Identity); diff != "" {
		t.Error(diff)
	}
}

func TestAListThatCannotBeReadIsAnError(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	p := acctest.NewProtocol(t, device, nil)
	for name, tt := range map[string]struct {
		config map[string]any
		want   string
	}{
		"no such partition": {map[string]any{"partition": "nowhere"}, "Unable to read the pools of partition nowhere"},
		"a bad pattern":     {map[string]any{"name": "["}, "Invalid pattern"},
	} {
		listed, diags := p.List(typeName, tt.config, 100, false)
		if len(listed) > 0 || len(diags) != 1 || diags[0].Summary != tt.want {
			t.Errorf("%s: %v %+v", name, listed, diags)
		}
	}
}

func TestPoolsArePagedAHundredAtATime(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	for i := range 120 {
		device.REST(http.MethodPost, "/mgmt/tm/ltm/pool", map[string]any{"name": "p" + string(rune('a'+i/26)) + string(rune('a'+i%26)), "partition": "shop"})
	}
	p := acctest.NewProtocol(t, device, nil)
	device.ClearRequests()
	listed, diags := p.List(typeName, nil, 0, true)
	if len(listed) != 120 || len(diags) > 0 {
		t.Fatalf("listed %d pools, %+v", len(listed), diags)
	}
	reads := 0
	for _, r := range device.Requests() {
		if strings.HasPrefix(r.Path, "/mgmt/tm/ltm/pool?") {
			reads++
		}
	}
	if reads != 2 {
		t.Errorf("120 pools took %d requests, want 2", reads)
	}
}
