package bigipsim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCollectionsAreFilteredSelectedAndPaged(t *testing.T) {
	t.Parallel()
	d := plain(t, "17.1.1")
	d.post("/auth/partition", `{"name":"shop"}`)
	for i := range 5 {
		d.post("/ltm/pool", fmt.Sprintf(`{"name":"p%d","partition":"shop"}`, i))
	}
	d.post("/ltm/pool", `{"name":"elsewhere","partition":"Common"}`)

	var names []string
	path := "/ltm/pool?$filter=partition%20eq%20shop&$select=fullPath&$top=2"
	for range 3 {
		got := d.get(path)
		for _, item := range got["items"].([]any) {
			if len(item.(map[string]any)) != 1 {
				t.Errorf("$select left %v", item)
			}
			names = append(names, at(item, "fullPath").(string))
		}
		if got["totalItems"] != json.Number("5") {
			t.Errorf("totalItems %v", got["totalItems"])
		}
		next, more := got["nextLink"].(string)
		if more != (len(names) < 5) {
			t.Fatalf("nextLink %v after %d", got["nextLink"], len(names))
		}
		if more {
			path = next[len("https://localhost/mgmt/tm"):]
		}
	}
	if diff := cmp.Diff([]string{"/shop/p0", "/shop/p1", "/shop/p2", "/shop/p3", "/shop/p4"}, names); diff != "" {
		t.Errorf("pages:\n%s", diff)
	}
	if got := d.get("/ltm/pool?$select=name,selfLink")["selfLink"]; got != "https://localhost/mgmt/tm/ltm/pool?$select=name%2CselfLink&ver=17.1.1" {
		t.Errorf("selfLink %v", got)
	}
	if got := d.get("/ltm/pool?$skip=99")["items"]; len(got.([]any)) != 0 {
		t.Errorf("beyond the end: %v", got)
	}
}

func TestAnObjectIsFoundByEveryFormOfItsName(t *testing.T) {
	t.Parallel()
	d := plain(t, "17.1.1")
	d.post("/sys/folder", `{"name":"sub","partition":"Common"}`)
	inFolder := d.post("/ltm/pool", `{"name":"x","partition":"Common","subPath":"sub"}`)
	if inFolder["subPath"] != "sub" || inFolder["fullPath"] != "/Common/sub/x" {
		t.Errorf("object in a folder: %v", inFolder)
	}
	d.post("/ltm/pool", `{"name":"/Common/sub/y"}`)
	for _, path := range []string{"~Common~sub~x", "Common~sub~x", "~~Common~sub~x", "~Common~sub~y"} {
		if got := d.get("/ltm/pool/" + path)["partition"]; got != "Common" {
			t.Errorf("%s: partition %v", path, got)
		}
	}
	bare := d.post("/ltm/pool", `{"name":"bare"}`)
	for name, got := range map[string]map[string]any{"POST": bare, "GET": d.get("/ltm/pool/bare")} {
		if _, has := got["partition"]; has || got["fullPath"] != "bare" || got["selfLink"] != "https://localhost/mgmt/tm/ltm/pool/bare?ver=17.1.1" {
			t.Errorf("%s without partition: %v", name, got)
		}
	}
	if got := d.get("/ltm/pool/~Common~bare")["fullPath"]; got != "/Common/bare" {
		t.Errorf("fullPath %v", got)
	}
}

func TestFoldersAndPartitionsAreNamedInTheirOwnWay(t *testing.T) {
	t.Parallel()
	d := plain(t, "17.1.1")
	partition := d.post("/auth/partition", `{"name":"shop","description":"x"}`)
	delete(partition, "generation")
	want := map[string]any{
		"kind": "tm:auth:partition:partitionstate", "name": "shop", "fullPath": "shop", "defaultRouteDomain": json.Number("0"),
		"description": "x", "selfLink": "https://localhost/mgmt/tm/auth/partition/shop?ver=17.1.1",
	}
	if diff := cmp.Diff(want, partition); diff != "" {
		t.Errorf("partition:\n%s", diff)
	}
	for path, want := range map[string][]any{
		"~":              {"/", nil, nil, "/"},
		"~Common":        {"Common", nil, "/", "/Common"},
		"~Common~Drafts": {"Drafts", "Common", nil, "/Common/Drafts"},
		"~shop":          {"shop", nil, "/", "/shop"},
	} {
		got := d.get("/sys/folder/" + path)
		if diff := cmp.Diff(want, []any{got["name"], got["partition"], got["subPath"], got["fullPath"]}); diff != "" {
			t.Errorf("folder %s:\n%s", path, diff)
		}
	}
	d.must(http.MethodDelete, "/auth/partition/shop", "")
	d.refused("GET", "/sys/folder/~shop", "", 404, "3", "01020036:3: The requested folder (/shop) was not found.")
}

func TestTheBoxAnswersAboutItself(t *testing.T) {
	t.Parallel()
	d := plain(t, "17.1.1")
	for _, test := range []struct {
		path string
		keys []any
		want any
	}{
		{"/sys/ready", []any{"entries", "https://localhost/mgmt/tm/sys/ready/0", "nestedStats", "entries", "configReady", "description"}, "yes"},
		{"/sys/mcp-state", []any{"entries", "https://localhost/mgmt/tm/sys/mcp-state/0", "nestedStats", "entries", "phase", "description"}, "running"},
		{"/cm/sync-status", []any{"entries", "https://localhost/mgmt/tm/cm/sync-status/0", "nestedStats", "entries", "status", "description"}, "Standalone"},
		{"/cm/failover-status", []any{"entries", "https://localhost/mgmt/tm/cm/failover-status/0", "nestedStats", "entries", "status", "description"}, "ACTIVE"},
		{"/cm/device", []any{"items", 0, "failoverState"}, "active"},
		{"/cm/device-group/~Common~device_trust_group", []any{"type"}, "sync-only"},
		{"/ltm/monitor", []any{"items", 0, "reference", "link"}, "https://localhost/mgmt/tm/ltm/monitor/http?ver=17.1.1"},
		{"/sys/provision/ltm", []any{"level"}, "nominal"},
	} {
		if got := at(d.get(test.path), test.keys...); got != test.want {
			t.Errorf("%s: %v, want %v", test.path, got, test.want)
		}
	}
	saved := d.post("/sys/config", `{"command":"save"}`)
	if diff := cmp.Diff(map[string]any{"kind": "tm:sys:config:savestate", "command": "save"}, saved); diff != "" {
		t.Errorf("save:\n%s", diff)
	}
	if got := d.do(http.MethodGet, "/mgmt/shared/bigip-failover-state", ""); got.body["failoverState"] != "active" {
		t.Errorf("failover state: %s", got.text)
	}
}

func TestStatisticsAreKeyedByVersion(t *testing.T) {
	t.Parallel()
	const object = "https://localhost/mgmt/tm/ltm/pool/~Common~p"
	for _, test := range []struct {
		version string
		keys    []any
	}{
		{"11.6.0", []any{"entries"}},
		{"12.1.2", []any{"entries", object + "/~Common~p/stats", "nestedStats", "entries"}},
		{"17.1.1", []any{"entries", object + "/stats", "nestedStats", "entries"}},
	} {
		d := plain(t, test.version)
		d.post("/ltm/pool", `{"name":"p","partition":"Common","members":["10.0.0.1:8090","10.0.0.2:8090"]}`)
		d.patch("/ltm/pool/~Common~p/members/~Common~10.0.0.2:8090", `{"session":"user-disabled","state":"user-down"}`)
		entries := at(d.get("/ltm/pool/~Common~p/stats"), test.keys...)
		for key, want := range map[string]any{"memberCnt": json.Number("2"), "activeMemberCnt": json.Number("1"), "serverside.curConns": json.Number("0")} {
			if got := at(entries, key, "value"); got != want {
				t.Errorf("%s: %s is %v", test.version, key, got)
			}
		}
		if got := at(entries, "status.availabilityState", "description"); got != "unknown" {
			t.Errorf("%s: availability %v", test.version, got)
		}
		for path, kind := range map[string]string{
			"/ltm/pool/stats": "tm:ltm:pool:poolcollectionstats", "/ltm/virtual/stats": "tm:ltm:virtual:virtualcollectionstats",
			"/ltm/node/stats": "tm:ltm:node:nodecollectionstats", "/ltm/pool/~Common~p/members/stats": "tm:ltm:pool:members:memberscollectionstats",
		} {
			if got := d.get(path)["kind"]; got != kind {
				t.Errorf("%s: kind %v", path, got)
			}
		}
		members := at(d.get("/ltm/pool/~Common~p/members/stats"), "entries", object+"/members/~Common~10.0.0.2:8090/stats", "nestedStats", "entries")
		if at(members, "monitorStatus", "description") != "forced-down" || at(members, "status.statusReason", "description") != "Forced down" || at(members, "sessionStatus", "description") != "disabled" {
			t.Errorf("%s: member forced offline: %v", test.version, members)
		}
	}
}
