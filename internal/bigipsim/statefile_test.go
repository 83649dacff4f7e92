package bigipsim_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim"
)

// keeping starts a device that keeps its configuration in a file.
func keeping(t *testing.T, file string) *device {
	t.Helper()
	return start(t, bigipsim.Options{PlainHTTP: true, StateFile: file})
}

// everything is what a device has, as its REST interface prints it.
func (d *device) everything(paths ...string) map[string]any {
	d.t.Helper()
	all := map[string]any{}
	for _, path := range paths {
		all[path] = d.get(path)
	}
	return all
}

func TestAStateFileBringsTheWholeConfigurationBack(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "device.json")
	first := policies(keeping(t, file))
	first.post("/ltm/monitor/http", `{"name":"health","partition":"shop","send":"GET /health\\r\\n","interval":3,"timeout":3600}`)
	first.post("/ltm/pool", `{"name":"kept","partition":"shop","monitor":"min 1 of /Common/tcp /shop/health","minActiveMembers":1,
		"metadata":[{"name":"owner","value":"us"}],"members":[{"name":"10.9.9.1:80","ratio":3,"session":"user-disabled"},{"name":"10.9.9.2:80","priorityGroup":5}]}`)
	first.post("/ltm/profile/http", `{"name":"own","partition":"shop","insertXforwardedFor":"enabled"}`)
	first.post("/auth/user", `{"name":"robot","password":"secret","partitionAccess":[{"name":"shop","role":"manager"}]}`)
	first.post("/ltm/data-group/internal", `{"name":"weights","partition":"shop","type":"string","records":[{"name":"a","data":"web,1.000"}]}`)
	first.post("/ltm/rule", `{"name":"r","partition":"shop","apiAnonymous":"when HTTP_REQUEST { pool /shop/web }"}`)
	first.post("/ltm/policy", `{"name":"x","partition":"shop","subPath":"Drafts","controls":["forwarding"],"requires":["http"],"strategy":"first-match","rules":[`+canary+`]}`)
	first.publish("/shop/Drafts/x")
	first.post("/ltm/virtual/~shop~web/policies", `{"name":"x","partition":"shop"}`)
	cert, key := pair(t, "shop.example.com")
	first.install("shop", cert, key)
	first.post("/ltm/profile/client-ssl", `{"name":"tls","partition":"shop","certKeyChain":[{"name":"default","cert":"/Common/shop.crt","key":"/Common/shop.key"}]}`)
	first.post("/sys/config", `{"command":"save"}`)

	paths := []string{
		"/auth/partition", "/auth/user/robot", "/sys/folder", "/ltm/node", "/ltm/virtual?expandSubcollections=true", "/ltm/virtual-address",
		"/ltm/pool?expandSubcollections=true", "/ltm/monitor/http", "/ltm/profile/http", "/ltm/profile/tcp",
		"/ltm/data-group/internal", "/ltm/rule", "/ltm/policy?expandSubcollections=true", "/ltm/policy/~shop~x/rules/canary?expandSubcollections=true",
		"/sys/file/ssl-cert/~Common~shop.crt", "/sys/file/ssl-key/~Common~shop.key", "/ltm/profile/client-ssl/~shop~tls",
	}
	second := keeping(t, file)
	if diff := cmp.Diff(first.everything(paths...), second.everything(paths...)); diff != "" {
		t.Error(diff)
	}
	second.as("robot", "secret").patch("/ltm/pool/~shop~kept", `{"description":"still works"}`)
	if second.Listener("/shop/web") == "" {
		t.Error("the virtual server does not listen")
	}
	second.must("DELETE", "/ltm/pool/~shop~kept", "")
}

func TestAStateFileIsReadableAndSaysWhatItIs(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "device.json")
	d := keeping(t, file)
	d.post("/ltm/pool", `{"name":"web","partition":"Common"}`)
	if _, err := os.Stat(file); err == nil {
		t.Error("it was written before anybody saved")
	}
	d.post("/sys/config", `{"command":"save"}`)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"format": "bigipsim-state", "version": 1.0, "tmos": "17.1.1", "generation": got["generation"],
		"objects": map[string]any{"ltm/pool": []any{map[string]any{"path": "/Common/web", "generation": got["generation"], "epoch": got["generation"]}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s\n%s", diff, text)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestClosingKeepsTheConfiguration(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "device.json")
	first, err := bigipsim.New(bigipsim.Options{PlainHTTP: true, StateFile: file})
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	d := &device{Simulator: first, t: t, client: http.DefaultClient, header: http.Header{}}
	d.as("admin", "admin").post("/ltm/pool", `{"name":"web","partition":"Common"}`)
	if err := first.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	keeping(t, file).get("/ltm/pool/~Common~web")
}

func TestAStateFileThatIsNotUnderstoodIsRefusedInASentence(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, message string }{
		{``, "it is not the JSON of a saved configuration"},
		{`{"members":`, "it is not the JSON of a saved configuration"},
		{`{"version":4,"terraform_version":"1.11.4"}`, `its format is "", not "bigipsim-state"`},
		{`{"format":"bigipsim-state","version":2}`, "it has version 2 of its format; this program understands version 1"},
		{`{"format":"bigipsim-state","version":1,"tmos":"19.0","objects":{"ltm/quantum":[]}}`, `saved by TMOS 19.0, it does not fit 17.1.1: there is no kind "ltm/quantum"`},
		{`{"format":"bigipsim-state","version":1,"objects":{"ltm/pool":[{"path":"/Common/p","set":{"colour":"blue"}}]}}`, `ltm/pool /Common/p: there is no property "colour"`},
		{`{"format":"bigipsim-state","version":1,"objects":{"ltm/pool":[{"path":"/Common/p","set":{"monitor":"/Common/nowhere"}}]}}`, "/Common/nowhere"},
		{`{"format":"bigipsim-state","version":1,"objects":{"ltm/pool":[{"path":"/Common/p","items":{"fish":[]}}]}}`, `there are no items "fish"`},
	} {
		file := filepath.Join(t.TempDir(), "device.json")
		if err := os.WriteFile(file, []byte(test.text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := bigipsim.New(bigipsim.Options{StateFile: file})
		if err == nil || !strings.Contains(err.Error(), test.message) || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: %v", test.text, err)
		}
	}
}
