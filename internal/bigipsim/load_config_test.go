package bigipsim_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim"
)

const loadConfig = `{"command":"load"}`

func TestALoadReturnsToWhatWasSaved(t *testing.T) {
	t.Parallel()
	d := furnish(plain(t, "17.1.1"))
	d.pod("pod", "10.0.0.2:80")
	d.post("/sys/config", `{"command":"save"}`)
	before := d.everything("/ltm/pool?expandSubcollections=true", "/ltm/virtual", "/ltm/node", "/auth/partition")
	d.patch("/ltm/pool/~shop~web", `{"members":["10.0.0.9:80"],"loadBalancingMode":"ratio-member"}`)
	d.must(http.MethodDelete, "/ltm/virtual/~shop~web", "")
	d.post("/auth/partition", `{"name":"unsaved"}`)
	if diff := cmp.Diff(map[string]any{"kind": "tm:sys:config:loadstate", "command": "load"}, d.post("/sys/config", loadConfig)); diff != "" {
		t.Errorf("answer:\n%s", diff)
	}
	after := d.everything("/ltm/pool?expandSubcollections=true", "/ltm/virtual", "/ltm/node", "/auth/partition")
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("after the load:\n%s", diff)
	}
	if d.Listener("/shop/web") == "" {
		t.Error("the virtual server does not listen again")
	}
	generation := d.patch("/ltm/pool/~shop~web", describe)["generation"]
	if again := d.patch("/ltm/pool/~shop~web", describe)["generation"]; again == generation {
		t.Errorf("generation stays %v", again)
	}
}

func TestALoadOfANeverSavedDeviceIsThatOfANewOne(t *testing.T) {
	t.Parallel()
	d := furnish(plain(t, "17.1.1"))
	d.post("/sys/config", loadConfig)
	d.refused("GET", "/ltm/pool/~shop~web", "", 404, "3", "01020036:3:")
	d.refused("GET", "/auth/partition/shop", "", 404, "3", "01020036:3:")
	furnish(d)
}

func TestALoadOfADeviceWithAStateFileIsThatOfTheFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "device.json")
	furnish(keeping(t, file)).post("/util/bash", `{"command":"run","utilCmdArgs":"-c 'tmsh save sys config'"}`)
	d := keeping(t, file)
	d.must(http.MethodDelete, "/ltm/virtual/~shop~web", "")
	d.post("/sys/config", loadConfig)
	d.get("/ltm/virtual/~shop~web")
}

func TestALoadIsVerifiedOrRefusedByItsOptions(t *testing.T) {
	t.Parallel()
	d := furnish(plain(t, "17.1.1"))
	d.post("/sys/config", `{"command":"load","options":[{"verify":""}]}`)
	for _, test := range []struct{ options, message string }{
		{`[{"merge":"","file":"/var/config/rest/downloads/x"}]`, `"file" may not be specified with "load"`},
		{`[{"file":"x"}]`, `"file" may not be specified with "load"`},
		{`[{"verify":""},{"default":""}]`, `"default" may not be specified with "load"`},
		{`"merge"`, `invalid property value "options"`},
		{`["merge"]`, `invalid property value "options"`},
	} {
		d.refused("POST", "/sys/config", `{"command":"load","options":`+test.options+`}`, 400, "26214401", test.message)
	}
	d.refused("POST", "/sys/config", `{"command":"boot"}`, 400, "26214401", `invalid property value "command":"boot"`)
	inside, _ := d.begin()
	inside.refused("POST", "/sys/config", loadConfig, 400, "1", "is not allowed to be added to transaction.")
	d.get("/ltm/pool/~shop~web") // nothing of it loaded anything
	staffed(t).as("shopkeeper", "p").refused("POST", "/sys/config", loadConfig, 400, "3", "01070822:3: Access Denied: user (shopkeeper)")
}

func TestALoadDoesNotPartAPair(t *testing.T) {
	t.Parallel()
	p := startPair(t, bigipsim.Options{})
	p.first.post("/ltm/pool", `{"name":"unsynced","partition":"Common"}`)
	p.waitFor("Changes Pending yellow")
	p.first.post("/sys/config", loadConfig)
	p.waitFor("In Sync green")
	p.Failover()
	eventually(t, "the first device notes that it is standby", func() bool { return p.first.deviceState() == "standby" })
	p.first.post("/sys/config", loadConfig)
	if got := p.first.deviceState(); got != "standby" {
		t.Errorf("after the load of what was saved before the failover: %s", got)
	}
	if got := p.first.get("/cm/device-group/~Common~" + bigipsim.DeviceGroup)["type"]; got != "sync-failover" {
		t.Errorf("device group: %v", got)
	}
}

func (d *device) deviceState() string {
	d.t.Helper()
	return fmt.Sprint(d.get("/cm/device/~Common~bigip.example.com")["failoverState"])
}
