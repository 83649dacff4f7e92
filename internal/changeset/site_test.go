package changeset_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

func rule(name string, pool ltm.Path) ltm.PolicyRule {
	return ltm.PolicyRule{Name: name, Actions: []ltm.PolicyAction{{Kind: ltm.Forward, Pool: pool}}}
}

// fullSite has an object of each kind with something in every field.
func fullSite(t *testing.T) ltm.Site {
	t.Helper()
	at := func(name string) ltm.Path { return ltm.NewPath("shop", name) }
	pool := ltm.NewPool(at("blue"))
	pool.Description = "words"
	monitor := ltm.Monitor{
		Path: at("blue_https"), Type: ltm.MonitorHTTPS, DefaultsFrom: ltm.MonitorHTTPS.Root(), Description: "d", Destination: ltm.MonitorAlias{Port: 8081},
		Interval: 10, Timeout: 31, TimeUntilUp: 10, UpInterval: 20, Send: "GET /", Receive: "200", ReceiveDisable: "503",
		Reverse: true, Transparent: true, ManualResume: true, SSLProfile: at("tls"), Username: "u",
	}
	return ltm.Site{
		Certificates: []ltm.Certificate{{Path: at("cert"), CertificateChecksum: "SHA1:3:aa", KeyChecksum: "SHA1:3:bb"}},
		ClientSSL:    []ltm.ClientSSL{{Path: at("tls"), Description: "d", Parent: at("parent"), ServerName: "a.example", Default: true, Certificate: at("cert")}},
		HTTPProfiles: []ltm.HTTPProfile{{Path: at("http"), Description: "d", Parent: at("parent"), InsertXForwardedFor: true}},
		IRules:       []ltm.IRule{{Path: at("rule"), Definition: "when HTTP_REQUEST { }"}},
		Monitors:     []ltm.Monitor{monitor},
		Pools:        []ltm.Pool{pool},
		Policies: []ltm.Policy{{
			Path: at("web"), Description: "d", Controls: []string{"forwarding"}, Requires: []string{"http"},
			Rules: []ltm.PolicyRule{rule("a", at("blue")), rule("b", at("blue"))},
		}},
		VirtualServers: []ltm.VirtualServer{virtualServer(t)},
	}.Canonical()
}

func TestEveryFieldOfASiteIsCompared(t *testing.T) {
	t.Parallel()
	full := fullSite(t)
	for i := range reflect.TypeFor[ltm.Site]().NumField() {
		list := reflect.ValueOf(full).Field(i)
		object := list.Index(0)
		for j := range object.NumField() {
			field := object.Type().Field(j)
			if slices.Contains([]string{"Path", "Members", "Type", "DefaultsFrom"}, field.Name) {
				continue // of a monitor what it is and inherits from are fixed
			}
			other := fullSite(t)
			target := reflect.ValueOf(&other).Elem().Field(i).Index(0).Field(j)
			if target.IsZero() {
				continue // of pools and virtual servers all are compared elsewhere
			}
			target.SetZero()
			change := changeset.ComputeSite(full, other)
			name := strings.Split(field.Tag.Get("json"), ",")[0]
			if change.Empty() || !strings.Contains(changesOf(change), name) {
				t.Errorf("%s.%s is not compared: %s", list.Type(), field.Name, change)
			}
			if !changeset.ComputeSite(other, other).Empty() {
				t.Errorf("%s.%s differs from itself", list.Type(), field.Name)
			}
		}
	}
}

// changesOf are the fields of what a change modifies.
func changesOf(c changeset.SiteChange) string {
	data, err := json.Marshal(c)
	if err != nil {
		return err.Error()
	}
	_, fields, _ := strings.Cut(string(data), `"fields":`)
	return fields
}

func TestObjectsComeStayAndGoByPath(t *testing.T) {
	t.Parallel()
	live, desired := fullSite(t), fullSite(t)
	desired.Pools = append(desired.Pools, ltm.NewPool(ltm.NewPath("shop", "amber")))
	desired.Policies[0].Rules = []ltm.PolicyRule{rule("b", ltm.NewPath("shop", "amber")), rule("c", ltm.NewPath("shop", "blue"))}
	desired.Certificates, desired.ClientSSL = nil, nil
	desired.IRules[0].Definition = "when HTTP_REQUEST { HTTP::close }\n"
	desired.HTTPProfiles[0].InsertXForwardedFor = false
	changed := desired.Monitors[0]
	changed.Interval = 5
	desired.Monitors = []ltm.Monitor{changed, {Type: ltm.MonitorTCP, Path: changed.Path}}
	desired.VirtualServers[0].Profiles = desired.VirtualServers[0].Profiles[1:]
	desired.VirtualServers[0].Description = ""
	want := `routes
  - certificate /shop/cert
  - client-ssl profile /shop/tls
  ~ http profile /shop/http: insert_x_forwarded_for: true -> false
  ~ iRule /shop/rule: definition changes
  + monitor /shop/blue_https
  ~ monitor /shop/blue_https: interval: 10 -> 5
  + pool /shop/amber
  ~ policy /shop/web: ~ rule "b"
  ~ policy /shop/web: + rule "c"
  ~ policy /shop/web: - rule "a"
  ~ virtual server /shop/web: description: "words" -> ""
  ~ virtual server /shop/web: - profile /Common/http (all)`
	change := changeset.ComputeSite(desired, live)
	if diff := cmp.Diff(want, change.String()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if before, after := change.Before(), change.After(); len(before.Certificates) != 1 || len(after.Certificates) != 0 ||
		len(before.Pools) != 0 || len(after.Pools) != 1 || len(before.Policies[0].Rules) != 2 || after.Policies[0].Rules[1].Name != "c" {
		t.Errorf("before %+v\nafter %+v", before, after)
	}
	if got := changeset.ComputeSite(live, live).String(); got != "routes: no change" {
		t.Errorf("got %s", got)
	}
}

func TestWhatOnlyChangesPlacesInAPolicyIsAChangeAndMembersAreNone(t *testing.T) {
	t.Parallel()
	live, desired := fullSite(t), fullSite(t)
	desired.Policies[0].Rules[0], desired.Policies[0].Rules[1] = desired.Policies[0].Rules[1], desired.Policies[0].Rules[0]
	desired.Pools[0].Members = []ltm.Member{member(1)}
	if got := changeset.ComputeSite(desired, live).String(); got != "routes\n  ~ policy /shop/web: ~ order of rules" {
		t.Errorf("got %s", got)
	}
	desired, live = fullSite(t), fullSite(t)
	desired.Pools[0].SlowRampTime, desired.Pools[0].Members = 30, []ltm.Member{member(1)}
	change := changeset.ComputeSite(desired, live)
	if got := change.String(); got != "routes\n  ~ pool /shop/blue: slow_ramp_time: 10 -> 30" || len(changeset.PoolChange(change.Pools.Modify[0]).Add) != 0 {
		t.Errorf("got %s", got)
	}
}

func TestTheInputOfASiteIsLeftAlone(t *testing.T) {
	t.Parallel()
	desired := fullSite(t)
	desired.IRules[0].Definition = " text "
	desired.Pools = append(desired.Pools, ltm.NewPool(ltm.NewPath("shop", "amber")))
	changeset.ComputeSite(desired, ltm.Site{})
	if desired.IRules[0].Definition != " text " || desired.Pools[0].Path.Name != "blue" {
		t.Errorf("computing has changed %+v", desired)
	}
}
