package e2e

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"
)

// web is a static pool behind a virtual server, applied.
type web struct {
	*Lab
	terraform *Terraform
}

func newWeb(t *testing.T) *web {
	t.Helper()
	w := &web{Lab: newLab(t)}
	must(t, w.Simulator.MakePartition(t.Context(), "shop"))
	var err error
	w.terraform, err = w.NewTerraform(t.Context(), cli, "testdata/drift", t.TempDir(), "")
	must(t, err)
	w.apply(t, nil)
	return w
}

// apply applies the variables and makes sure that nothing is left to do.
func (w *web) apply(t *testing.T, vars map[string]any) {
	t.Helper()
	w.terraform.Vars = vars
	_, err := w.terraform.Apply(t.Context())
	must(t, err)
	w.empty(t)
}

func (w *web) empty(t *testing.T) {
	t.Helper()
	if text, changes := w.plan(t); changes {
		t.Errorf("the plan should be empty:\n%s", text)
	}
}

func (w *web) plan(t *testing.T) (text string, changes bool) {
	t.Helper()
	text, changes, err := w.terraform.Plan(t.Context(), "web.tfplan")
	must(t, err)
	return text, changes
}

// get is an object as the device writes it.
func (w *web) get(t *testing.T, path string) []byte {
	t.Helper()
	var text json.RawMessage
	must(t, w.Simulator.REST(t.Context(), http.MethodGet, "/mgmt/tm/ltm/"+path, nil, &text))
	return text
}

// object is the same, read.
func (w *web) object(t *testing.T, path string) map[string]any {
	t.Helper()
	var object map[string]any
	must(t, json.Unmarshal(w.get(t, path), &object))
	return object
}

const (
	webPool    = "pool/~shop~web?expandSubcollections=true"
	webMember  = "pool/~shop~web/members/~shop~192.0.2.1:8080"
	webVirtual = "virtual/~shop~web"
)

// TestAnUpdateThatTheDeviceRefusesLeavesTheLivePoolAndShowsItsWords lets the
// device refuse a setting, a new member and a changed one.
func TestAnUpdateThatTheDeviceRefusesLeavesTheLivePoolAndShowsItsWords(t *testing.T) {
	t.Parallel()
	w := newWeb(t)
	before, virtual := w.get(t, webPool), w.get(t, webVirtual)
	const words = "Configuration error: the words of the device"
	refusal := map[string]any{"status": 400, "body": `{"code":400,"message":"01070734:3: ` + words + `","errorStack":[],"apiError":3}`}
	for _, test := range []struct {
		name  string
		vars  map[string]any
		fault map[string]any // nil: the device refuses by itself
		words string
	}{
		{
			name:  "a monitor that does not exist",
			vars:  map[string]any{"pool": map[string]any{"monitors": []string{"/Common/nowhere"}}},
			words: "/Common/nowhere",
		},
		{
			name:  "a setting",
			vars:  map[string]any{"pool": map[string]any{"slow_ramp_time": 0}},
			fault: map[string]any{"method": "PATCH", "path": "/ltm/pool/~shop~web$"},
			words: words,
		},
		{
			name:  "a member that is added",
			vars:  map[string]any{"members": map[string]any{"192.0.2.1:8080": nil, "192.0.2.2:8080": nil, "192.0.2.3:8080": nil}},
			fault: map[string]any{"method": "POST", "path": "/members$"},
			words: words,
		},
		{
			name:  "all members, in one transaction",
			vars:  map[string]any{"members": map[string]any{"192.0.2.3:8080": nil, "192.0.2.4:8080": nil}},
			fault: map[string]any{"method": "PATCH", "path": "/transaction/"},
			words: words,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.fault != nil {
				maps.Copy(test.fault, refusal)
				must(t, w.Simulator.Control(t.Context(), http.MethodPut, "/faults", test.fault, nil))
			}
			w.terraform.Vars = test.vars
			output, err := w.terraform.Apply(t.Context())
			must(t, w.Simulator.Control(t.Context(), http.MethodDelete, "/faults", nil, nil))
			if err == nil {
				t.Fatalf("the apply went through:\n%s", output)
			}
			text := strings.Join(strings.Fields(strings.ReplaceAll(output, "│", " ")), " ")
			for _, want := range []string{"Unable to update pool /shop/web", test.words} {
				if !strings.Contains(text, want) {
					t.Errorf("the message lacks %q:\n%s", want, output)
				}
			}
			if now := w.get(t, webPool); !bytes.Equal(before, now) {
				t.Errorf("the live pool has changed:\n%s\nnow:\n%s", before, now)
			}
			if now := w.get(t, webVirtual); !bytes.Equal(virtual, now) {
				t.Errorf("the virtual server has changed:\n%s\nnow:\n%s", virtual, now)
			}
			w.terraform.Vars = nil
			w.empty(t) // and the state still tells the truth
		})
	}
}

// TestAnObjectThatWasRemovedByHandIsPlannedToBeCreated needs no "state rm".
func TestAnObjectThatWasRemovedByHandIsPlannedToBeCreated(t *testing.T) {
	t.Parallel()
	w := newWeb(t)
	for _, test := range []struct {
		name, virtual, pool, member string // what is removed
		want                        string
	}{
		{name: "the virtual server", virtual: webVirtual, want: "Plan: 1 to add, 0 to change, 0 to destroy"},
		{name: "the virtual server and its pool", virtual: webVirtual, pool: "pool/~shop~web", want: "Plan: 2 to add, 0 to change, 0 to destroy"},
		{name: "a member", member: webMember, want: "Plan: 0 to add, 1 to change, 0 to destroy"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, path := range []string{test.virtual, test.pool, test.member} {
				if path != "" {
					must(t, w.remove(t, path))
				}
			}
			text, _ := w.plan(t)
			if !strings.Contains(text, test.want) {
				t.Errorf("the plan lacks %q:\n%s", test.want, text)
			}
			_, err := w.terraform.ApplyPlan(t.Context(), "web.tfplan")
			must(t, err)
			w.empty(t)
			if got := len(w.object(t, "pool/~shop~web/members")["items"].([]any)); got != 2 {
				t.Errorf("the pool has %d members, want 2", got)
			}
			w.get(t, webVirtual)
		})
	}
}

// remove deletes an object by hand. The device answers nothing.
func (w *web) remove(t *testing.T, path string) error {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, w.Simulator.Management+"/mgmt/tm/ltm/"+path, http.NoBody)
	if err != nil {
		return err
	}
	request.SetBasicAuth(w.Simulator.Username, w.Simulator.Password)
	response, err := w.Simulator.client.Do(request)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		t.Errorf("DELETE %s: %s", path, response.Status)
	}
	return response.Body.Close()
}

// TestAMemberThatWasDisabledByHandIsDriftOfAStaticPoolAndRepaired also forces it
// offline, and changes its ratio.
func TestAMemberThatWasDisabledByHandIsDriftOfAStaticPoolAndRepaired(t *testing.T) {
	t.Parallel()
	w := newWeb(t)
	before := w.object(t, webMember)
	for _, test := range []struct {
		name string
		body map[string]any
		want string
	}{
		{"disabled", map[string]any{"session": "user-disabled"}, `~ session = "disabled" -> "enabled"`},
		{"forced offline", map[string]any{"session": "user-disabled", "state": "user-down"}, `~ session = "forced-offline" -> "enabled"`},
		{"another ratio", map[string]any{"ratio": 7}, "~ ratio = 7 -> 1"},
		{"a limit", map[string]any{"connectionLimit": 7}, "~ connection_limit = 7 -> 0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			must(t, w.Simulator.REST(t.Context(), http.MethodPatch, "/mgmt/tm/ltm/"+webMember, test.body, nil))
			text, _ := w.plan(t)
			if compact := strings.Join(strings.Fields(text), " "); !strings.Contains(compact, test.want) {
				t.Errorf("the plan lacks %q:\n%s", test.want, text)
			}
			_, err := w.terraform.ApplyPlan(t.Context(), "web.tfplan")
			must(t, err)
			w.empty(t)
			after := w.object(t, webMember)
			for _, property := range []string{"session", "state", "ratio", "connectionLimit"} {
				if after[property] != before[property] {
					t.Errorf("%s is %v, was %v before", property, after[property], before[property])
				}
			}
		})
	}
	// Configured so, it is no drift.
	w.apply(t, map[string]any{"members": map[string]any{"192.0.2.1:8080": map[string]any{"session": "disabled"}, "192.0.2.2:8080": nil}})
	if got := w.object(t, webMember)["session"]; got != "user-disabled" {
		t.Errorf("the configured session is %v, want user-disabled", got)
	}
}

// TestAValueThatIsSetBackToZeroOrNothingIsSent sets every setting, and takes all
// of them out of the configuration again. Then the device has what it would have
// had if they had never been there.
func TestAValueThatIsSetBackToZeroOrNothingIsSent(t *testing.T) {
	t.Parallel()
	w := newWeb(t)
	paths := []string{"pool/~shop~web", webMember, webVirtual}
	var bare []map[string]any
	for _, path := range paths {
		bare = append(bare, w.object(t, path))
	}
	w.apply(t, map[string]any{
		"pool": map[string]any{
			"description": "Checkout", "monitors": []string{"/Common/http", "/Common/tcp"}, "monitors_required": 1, "load_balancing_mode": "ratio-member",
			"min_active_members": 1, "slow_ramp_time": 30, "service_down_action": "reselect",
		},
		"members": map[string]any{
			"192.0.2.1:8080": map[string]any{"ratio": 5, "priority_group": 2, "connection_limit": 100, "session": "disabled", "description": "first"},
			"192.0.2.2:8080": nil,
		},
		"virtual_server": map[string]any{
			"description": "Checkout", "persistence": "/Common/cookie", "fallback_persistence": "/Common/source_addr",
			"source_address_translation": map[string]any{"type": "automap"}, "enabled": false,
		},
	})
	for i, path := range paths {
		if changed := different(bare[i], w.object(t, path)); len(changed) < 5 {
			t.Errorf("only %v of %s are set, the test proves little", changed, path)
		}
	}
	w.apply(t, nil)
	for i, path := range paths {
		if changed := different(bare[i], w.object(t, path)); len(changed) > 0 {
			t.Errorf("%s of %s are not what they were before they were set", changed, path)
		}
	}
}

// different are the properties in which two answers differ, the device's own
// book-keeping and what its monitors found apart.
func different(a, b map[string]any) []string {
	var names []string
	all := map[string]bool{}
	for _, object := range []map[string]any{a, b} {
		for name := range object {
			all[name] = true
		}
	}
	for name := range all {
		switch name {
		case "generation", "vsIndex", "lastModifiedTime", "state":
			continue
		}
		x, _ := json.Marshal(a[name])
		y, _ := json.Marshal(b[name])
		if !bytes.Equal(x, y) {
			names = append(names, name)
		}
	}
	return names
}
