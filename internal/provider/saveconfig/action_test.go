package saveconfig_test

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/control"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/acctest"
)

func TestMain(m *testing.M) {
	acctest.Prepare()
	os.Exit(m.Run())
}

func TestTheConfigurationIsSavedOnceAndToldSo(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	p := acctest.NewProtocol(t, device, nil)
	var lines []string
	if diags := p.Invoke("bigipkube_save_config", nil, func(line string) { lines = append(lines, line) }); len(diags) > 0 {
		t.Fatalf("%s: %s", diags[0].Summary, diags[0].Detail)
	}
	address := strings.TrimPrefix(device.ManagementURL(), "https://")
	if len(lines) != 2 || lines[0] != "saving the configuration of BIG-IP "+address || !strings.HasPrefix(lines[1], "saved the configuration of BIG-IP "+address+" in ") {
		t.Errorf("progress was %q", lines)
	}
	saves := 0
	for _, r := range device.Requests() {
		if r.Method == http.MethodPost && r.Path == "/mgmt/tm/sys/config" {
			saves++
		}
	}
	if saves != 1 {
		t.Errorf("the device was told to save %d times", saves)
	}
}

func TestASaveThatTheDeviceRefusesIsAnErrorInItsWords(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	if err := device.SetFaults([]control.Fault{{Path: "/mgmt/tm/sys/config", Status: http.StatusBadRequest, Body: `{"code":400,"message":"01070734:3: the disk is full"}`}}); err != nil {
		t.Fatal(err)
	}
	p := acctest.NewProtocol(t, device, nil)
	diags := p.Invoke("bigipkube_save_config", nil, func(string) {})
	if len(diags) != 1 || diags[0].Summary != "Unable to save the configuration" || !strings.Contains(diags[0].Detail, "disk is full") {
		t.Errorf("got %+v", diags)
	}
}
