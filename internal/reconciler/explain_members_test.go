package reconciler

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/follow"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// shopFacts are those of a pool with one member that is not ready and held in service,
// and of a slice of the other address family.
func shopFacts(t *testing.T) facts {
	t.Helper()
	backend := engine.Backend{Name: "web", Ref: endpoints.Ref{Namespace: "shop", Service: "web"}, Share: 1}
	snapshot := endpoints.Snapshot{
		Found: true, Family: endpoints.IPv4, Ports: []endpoints.ServicePort{{Name: "http", Number: 80}},
		Slices: []endpoints.Slice{
			{
				Name: "web-4", Family: endpoints.IPv4, Ports: []endpoints.SlicePort{{Name: "http", Number: 8080}},
				Endpoints: []endpoints.SliceEndpoint{{Addresses: []string{"10.0.0.1"}, Pod: "web-1", Node: "n1", Ready: new(false), Serving: new(false)}},
			},
			{
				Name: "web-6", Family: endpoints.IPv6, Ports: []endpoints.SlicePort{{Name: "http", Number: 8080}},
				Endpoints: []endpoints.SliceEndpoint{{Addresses: []string{"2001:db8::1"}, Pod: "web-1", Node: "n1", Ready: new(true)}},
			},
		},
	}
	observed, err := endpoints.Resolve(backend.Ref, snapshot)
	must(t, err)
	explained, err := endpoints.Explain(backend.Ref, snapshot)
	must(t, err)
	key, err := ltm.ParseMemberKey("10.0.0.1:8080")
	must(t, err)
	live := ltm.NewMember(key)
	live.Description, live.Health = "[bigipkube/1 shop/web web-1]", ltm.HealthUp
	all := engine.BackendEndpoints{"web": observed}
	return facts{
		device: "bigip", pool: ltm.Pool{Path: ltm.NewPath("shop", "web"), Members: []ltm.Member{live}},
		bound: engine.Binding{Delete: true}, observed: all, origins: map[string]endpoints.Explanation{"web": explained},
		status: map[ltm.MemberKey]ltm.MemberStatus{key: {Key: key, Health: ltm.HealthDown, Reason: "No response", CurrentConnections: 1}},
		report: engine.FollowReport{
			Backends: []engine.Backend{backend}, Endpoints: all,
			Held: []follow.Held{{Key: key, Reason: follow.Nobody, Until: time.Unix(1, 0)}},
		},
		policy: engine.FollowOptions{MaxDisablePercent: 50, Hold: 30 * time.Second},
	}
}

func TestAnExplanationPrintsWhatIsHeldAndWhatWasLeftOut(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	must(t, shopFacts(t).explain().print(&out))
	want := `pool /shop/web on bigip
  retired     it is to be deleted once no virtual server uses it
  bound to    web (shop/web), share 1

member 10.0.0.1:8080
  backend     web
  endpoint    not-ready
  slice       web-4
  conditions  ready=false serving=false terminating=unknown
  pod         web-1
  node        n1
  asked       forced-offline, ratio 1
  on device   enabled, ratio 1, down, 1 connection (No response)
  why         not ready: takes nothing; held in service for 30s, as nobody would be left enabled

left out 2001:db8::1
  backend     web
  slice       web-6
  conditions  ready=true serving=unknown terminating=unknown
  pod         web-1
  node        n1
  why         it is of the other address family
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestWithPreWarmAMemberThatWasNeverEnabledIsAskedToBeDisabled(t *testing.T) {
	t.Parallel()
	f := shopFacts(t)
	f.policy.PreWarm = true
	f.report.Held = nil
	f.pool.Members[0].Session = ltm.Disabled
	m := f.explain().Members[0]
	if m.Asked.Session != ltm.Disabled || m.Why != "not ready yet: its monitors judge it already, clients come later" {
		t.Errorf("%+v: %s", m.Asked, m.Why)
	}
	f.pool.Members[0].Session = ltm.Enabled
	if m := f.explain().Members[0]; m.Asked.Session != ltm.ForcedOffline {
		t.Errorf("it was enabled: %+v", m.Asked)
	}
}

func TestAMemberIsAlsoFoundAmongWhatWasLeftOut(t *testing.T) {
	t.Parallel()
	left, err := ltm.ParseMemberKey("[2001:DB8::1]:8080")
	must(t, err)
	one, err := shopFacts(t).explain().only(left)
	if err != nil || len(one.Members) != 0 || len(one.LeftOut) != 1 {
		t.Errorf("%v %+v", err, one)
	}
	left.Address.IP = left.Address.IP.Next()
	_, err = shopFacts(t).explain().only(left)
	if want := "[2001:db8::2]:8080 is neither a member of pool /shop/web nor an endpoint of its backends; there are: 10.0.0.1:8080, 2001:db8::1 (left out)"; err == nil || err.Error() != want {
		t.Errorf("%v", err)
	}
}

func TestAMemberWhoseEndpointIsLeftOutIsToldTheReasonOfItsOwnBackend(t *testing.T) {
	t.Parallel()
	f := manyFacts(t, 2)
	gone, err := ltm.ParseMemberKey("[2001:db8::2]:8080")
	must(t, err)
	member := ltm.NewMember(gone)
	member.Description = "[bigipkube/1 shop/web]"
	f.pool.Members = append(f.pool.Members, member)
	other := f.origins["web"]
	other.LeftOut = append([]endpoints.ExplainedLeftOut{}, other.LeftOut...)
	for i := range other.LeftOut {
		other.LeftOut[i].Reason = "of another backend"
	}
	f.origins["api"] = other
	f.report.Backends = append(f.report.Backends, engine.Backend{Name: "api", Ref: endpoints.Ref{Namespace: "shop", Service: "api"}})
	all := f.subjects()
	if s := all[gone]; s.leftOut != "it is of the other address family" || s.backend.Name != "web" || s.endpoint != nil {
		t.Errorf("left out as %q, of %v", s.leftOut, s.backend)
	}
	for key, s := range all {
		if key != gone && s.leftOut != "" {
			t.Errorf("%s is left out as %q", key, s.leftOut)
		}
	}
}
