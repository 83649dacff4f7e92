package bigipsim_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim"
)

// couple is a running Pair, and a client of each of its devices.
type couple struct {
	*bigipsim.Pair
	t           *testing.T
	first, peer *device
}

func startPair(t *testing.T, options bigipsim.Options) *couple {
	t.Helper()
	options.PlainHTTP = true
	p, err := bigipsim.NewPair(options)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := p.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	client := &http.Client{Transport: transport}
	a, b := p.Units()
	return &couple{
		Pair: p, t: t,
		first: (&device{Simulator: a, t: t, client: client, header: http.Header{}}).as("admin", "admin"),
		peer:  (&device{Simulator: b, t: t, client: client, header: http.Header{}}).as("admin", "admin"),
	}
}

const syncEntries = "https://localhost/mgmt/tm/cm/sync-status/0"

// syncStatus is status and colour, summary, and the lines of the details.
func (d *device) syncStatus() (status, summary string, lines []string) {
	d.t.Helper()
	entries := at(d.get("/cm/sync-status"), "entries", syncEntries, "nestedStats", "entries")
	text := func(key string) string { return fmt.Sprint(at(entries, key, "description")) }
	details := at(entries, "https://localhost/mgmt/tm/cm/syncStatus/0/details", "nestedStats", "entries")
	for i := 0; ; i++ {
		line := at(details, fmt.Sprintf("https://localhost/mgmt/tm/cm/syncStatus/0/details/%d", i), "nestedStats", "entries", "details", "description")
		if line == nil {
			break
		}
		lines = append(lines, line.(string))
	}
	if text("mode") != "high-availability" {
		d.t.Errorf("mode %s", text("mode"))
	}
	return text("status") + " " + text("color"), text("summary"), lines
}

func (p *couple) waitFor(status string) {
	p.t.Helper()
	for _, d := range []*device{p.first, p.peer} {
		eventually(p.t, status, func() bool {
			got, _, _ := d.syncStatus()
			return got == status
		})
	}
}

func (d *device) has(path string) bool {
	d.t.Helper()
	return d.do(http.MethodGet, "/mgmt/tm"+path, "").status == http.StatusOK
}

func (d *device) failoverStatus() string {
	d.t.Helper()
	entries := at(d.get("/cm/failover-status"), "entries", "https://localhost/mgmt/tm/cm/failover-status/0", "nestedStats", "entries")
	word := fmt.Sprint(at(d.do(http.MethodGet, "/mgmt/shared/bigip-failover-state", "").body, "failoverState"))
	sentence := fmt.Sprint(at(d.get("/sys/failover"), "apiRawValues", "apiAnonymous"))
	if !strings.HasPrefix(sentence, "Failover "+word+" for 0d 00:") {
		d.t.Errorf("%q and %q", word, sentence)
	}
	return fmt.Sprint(at(entries, "status", "description"), ", ", at(entries, "summary", "description"), ", ", word)
}

func TestAPairIsOneActiveAndOneStandbyDeviceInADeviceGroup(t *testing.T) {
	t.Parallel()
	p := startPair(t, bigipsim.Options{})
	if got := p.first.failoverStatus(); got != "ACTIVE, 1/1 active, active" {
		t.Error(got)
	}
	if got := p.peer.failoverStatus(); got != "STANDBY, 1/1 standby, standby" {
		t.Error(got)
	}
	for d, want := range map[*device][]string{
		p.first: {"bigip.example.com true active", "bigip2.example.com false standby"},
		p.peer:  {"bigip.example.com false active", "bigip2.example.com true standby"},
	} {
		var got []string
		for _, item := range d.get("/cm/device")["items"].([]any) {
			got = append(got, fmt.Sprint(at(item, "name"), " ", at(item, "selfDevice"), " ", at(item, "failoverState")))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		group := d.get("/cm/device-group/~Common~" + bigipsim.DeviceGroup + "?expandSubcollections=true")
		if group["type"] != "sync-failover" || group["autoSync"] != "disabled" || len(at(group, "devicesReference", "items").([]any)) != 2 {
			t.Errorf("device group %v", group)
		}
	}
	status, summary, lines := p.first.syncStatus()
	want := []string{
		"bigip2.example.com: connected",
		"failover-group (In Sync): All devices in the device group are in sync",
		"device_trust_group (In Sync): All devices in the device group are in sync",
	}
	if diff := cmp.Diff(want, lines); diff != "" || status != "In Sync green" || summary != "All devices in the device group are in sync" {
		t.Errorf("%s: %s: %s", status, summary, diff)
	}
}

func TestAChangeIsPendingUntilItIsSynchronised(t *testing.T) {
	t.Parallel()
	p := startPair(t, bigipsim.Options{})
	furnish(p.first)
	for _, d := range []*device{p.first, p.peer} {
		status, summary, lines := d.syncStatus()
		if status != "Changes Pending yellow" || !strings.Contains(summary, "bigip.example.com") ||
			!strings.Contains(strings.Join(lines, "\n"), "Recommended action: Synchronize bigip.example.com to group failover-group") {
			t.Errorf("%s: %s: %v", status, summary, lines)
		}
	}
	if p.peer.has("/ltm/pool/~shop~web") {
		t.Fatal("the peer has it without a sync")
	}
	p.first.refused("POST", "/cm", `{"command":"run","utilCmdArgs":"config-sync to-group nope"}`, 400, "3", "01070734:3: Configuration error: Device group (nope) not found")
	answer := p.first.post("/cm", `{"command":"run","utilCmdArgs":"config-sync to-group failover-group"}`)
	if diff := cmp.Diff(map[string]any{"kind": "tm:cm:runstate", "command": "run", "utilCmdArgs": "config-sync to-group failover-group"}, answer); diff != "" {
		t.Error(diff)
	}
	p.waitFor("In Sync green")
	paths := []string{"/auth/partition", "/ltm/pool?expandSubcollections=true", "/ltm/virtual?expandSubcollections=true", "/ltm/node", "/ltm/virtual-address"}
	if diff := cmp.Diff(p.first.everything(paths...), p.peer.everything(paths...)); diff != "" {
		t.Error(diff)
	}

	p.peer.patch("/ltm/pool/~shop~web", `{"description":"by the peer"}`)
	p.first.post("/cm", `{"command":"run","utilCmdArgs":"config-sync from-group failover-group"}`)
	p.waitFor("In Sync green")
	if got := p.first.get("/ltm/pool/~shop~web")["description"]; got != "by the peer" {
		t.Errorf("description %v", got)
	}
	p.first.must("DELETE", "/ltm/virtual/~shop~web", "")
	p.first.post("/cm", `{"command":"run","utilCmdArgs":"config-sync force-full-load-push to-group failover-group"}`)
	p.waitFor("In Sync green")
	if p.peer.has("/ltm/virtual/~shop~web") {
		t.Error("what was deleted is still on the peer")
	}
}

func TestChangesOnBothDevicesAreAConflictThatTheDirectionDecides(t *testing.T) {
	t.Parallel()
	p := startPair(t, bigipsim.Options{})
	p.first.post("/ltm/pool", `{"name":"one","partition":"Common"}`)
	p.peer.post("/ltm/pool", `{"name":"two","partition":"Common"}`)
	if status, summary, _ := p.peer.syncStatus(); status != "Changes Pending yellow" || !strings.HasPrefix(summary, "There is a possible change conflict between") {
		t.Errorf("%s: %s", status, summary)
	}
	p.peer.post("/cm", `{"command":"run","utilCmdArgs":"config-sync to-group failover-group"}`)
	p.waitFor("In Sync green")
	if p.first.has("/ltm/pool/~Common~one") || !p.first.has("/ltm/pool/~Common~two") {
		t.Error("the direction did not decide")
	}
}

func TestWithAutoSyncTheOtherDeviceFollowsByItself(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "pair.json")
	p := startPair(t, bigipsim.Options{StateFile: file})
	// The device group itself is shared at once.
	p.peer.patch("/cm/device-group/~Common~failover-group", `{"autoSync":"enabled","saveOnAutoSync":"true"}`)
	eventually(t, "the device group is shared", func() bool {
		return p.first.get("/cm/device-group/~Common~failover-group")["autoSync"] == "enabled"
	})
	furnish(p.first)
	eventually(t, "the pool is on the peer", func() bool { return p.peer.has("/ltm/virtual/~shop~web") })
	p.peer.patch("/ltm/pool/~shop~web", `{"description":"back"}`)
	eventually(t, "the change is on the first", func() bool { return p.first.get("/ltm/pool/~shop~web")["description"] == "back" })
	p.waitFor("In Sync green")
	text, err := os.ReadFile(file) // of the first, which nobody but the sync told to save
	if err != nil || !strings.Contains(string(text), `"description": "back"`) {
		t.Errorf("saveOnAutoSync: %v: %s", err, text)
	}
}

func TestAFolderWithoutDeviceGroupIsNotSynchronised(t *testing.T) {
	t.Parallel()
	p := startPair(t, bigipsim.Options{})
	p.first.post("/auth/partition", `{"name":"mine"}`)
	p.first.post("/cm", `{"command":"run","utilCmdArgs":"config-sync to-group failover-group"}`)
	p.waitFor("In Sync green")
	for _, d := range []*device{p.first, p.peer} {
		if got := d.get("/sys/folder/~mine")["deviceGroup"]; got != "/Common/failover-group" {
			t.Errorf("inherited device group %v", got)
		}
		folder := d.patch("/sys/folder/~mine", `{"deviceGroup":"none"}`)
		if folder["deviceGroup"] != "none" || folder["inheritedDevicegroup"] != "false" {
			t.Errorf("folder %v", folder)
		}
	}
	p.waitFor("In Sync green")
	p.first.post("/ltm/pool", `{"name":"p","partition":"mine"}`)
	p.waitFor("In Sync green")
	p.first.post("/cm", `{"command":"run","utilCmdArgs":"config-sync to-group failover-group"}`)
	p.waitFor("In Sync green")
	if p.peer.has("/ltm/pool/~mine~p") {
		t.Error("it was synchronised")
	}
}

func TestFailoverByRESTIsForTheActiveDevice(t *testing.T) {
	t.Parallel()
	p := startPair(t, bigipsim.Options{})
	const run = `{"command":"run","standby":true,"trafficGroup":"traffic-group-1"}`
	p.peer.post("/sys/failover", run)
	if got := p.first.failoverStatus(); !strings.HasPrefix(got, "ACTIVE") {
		t.Errorf("the standby device took the traffic away: %s", got)
	}
	answer := p.first.post("/sys/failover", run)
	want := map[string]any{"kind": "tm:sys:failover:runstate", "command": "run", "standby": true, "trafficGroup": "traffic-group-1"}
	if diff := cmp.Diff(want, answer); diff != "" {
		t.Error(diff)
	}
	if first, peer := p.first.failoverStatus(), p.peer.failoverStatus(); !strings.HasPrefix(first, "STANDBY") || !strings.HasPrefix(peer, "ACTIVE") {
		t.Errorf("%s and %s", first, peer)
	}
	eventually(t, "cm device tells", func() bool {
		return p.first.get("/cm/device/~Common~bigip2.example.com")["failoverState"] == "active"
	})
	p.first.refused("POST", "/sys/failover", `{"command":"run","standby":true,"trafficGroup":"nope"}`, 404, "3", "01020036:3: The requested Traffic Group (/Common/nope) was not found.")
	p.first.refused("POST", "/sys/failover", `{"command":"run"}`, 400, "26214401", "one or more properties must be specified")
	p.waitFor("In Sync green") // a failover is no change of the configuration
}

func TestADeviceThatStandsAloneStaysActive(t *testing.T) {
	t.Parallel()
	d := plain(t, "17.1.1")
	d.post("/sys/failover", `{"command":"run","standby":true}`)
	if got := d.failoverStatus(); got != "ACTIVE, 1/1 active, active" {
		t.Error(got)
	}
}

func TestTokensFaultsAndTheJournalAreThoseOfOneDevice(t *testing.T) {
	t.Parallel()
	p := startPair(t, bigipsim.Options{})
	holder, token := p.first.login(credentials)
	holder.get("/ltm/pool")
	p.peer.with("Authorization", "").with("X-F5-Auth-Token", token).refused("GET", "/ltm/pool", "", 401, "", "X-F5-Auth-Token does not exist.")

	p.peer.ClearRequests()
	p.peer.get("/sys/version")
	_, text := p.first.askControl(p.ControlURL(), http.MethodGet, "/peer/requests")
	var journal []struct{ Path string }
	if err := json.Unmarshal([]byte(text), &journal); err != nil || len(journal) != 1 || journal[0].Path != "/mgmt/tm/sys/version" {
		t.Errorf("%v: %s", err, text)
	}
}

func TestAPairKeepsItsStateInTwoFiles(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "pair.json")
	before := startPair(t, bigipsim.Options{StateFile: file})
	furnish(before.first)
	before.first.post("/cm", `{"command":"run","utilCmdArgs":"config-sync to-group failover-group"}`)
	before.waitFor("In Sync green")
	before.first.post("/sys/config", `{"command":"save"}`)
	before.peer.post("/sys/config", `{"command":"save"}`)

	after := startPair(t, bigipsim.Options{StateFile: file, TMOSVersion: "16.1.4"})
	if got := after.peer.get("/cm/device/~Common~bigip2.example.com")["version"]; got != "16.1.4" {
		t.Errorf("the device says it has version %v", got)
	}
	after.waitFor("In Sync green")
	if !after.first.has("/ltm/virtual/~shop~web") || !after.peer.has("/ltm/virtual/~shop~web") {
		t.Error("the configuration did not come back")
	}
}

// askControl talks to a control API that is not the device's own.
func (d *device) askControl(base, method, path string) (int, string) {
	d.t.Helper()
	r, err := http.NewRequestWithContext(d.t.Context(), method, base+path, http.NoBody)
	if err != nil {
		d.t.Fatal(err)
	}
	response, err := d.client.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return response.StatusCode, string(text)
}
