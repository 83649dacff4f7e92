package ingress_test

import (
	"net/netip"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

func common(name string) ltm.Path { return ltm.NewPath(ltm.Common, name) }

// profileTypes is what the device knows of the profiles of these tests.
var profileTypes = map[ltm.Path]ltm.ProfileType{
	common("tcp"): ltm.ProfileTCP, common("f5-tcp-lan"): ltm.ProfileTCP, common("http"): ltm.ProfileHTTP, common("http-explicit"): ltm.ProfileHTTP,
	common("serverssl"): ltm.ProfileServerSSL,
}

// everyOption has all that can be set at once.
func everyOption() ingress.Options {
	o := somewhere()
	o.Name, o.HTTPPort, o.HTTPSPort, o.IngressClass, o.NoHTTPSRedirect, o.Strict = "front", 8080, 8443, "bigip", true, true
	o.Certificates = []ingress.SecretRef{{Namespace: "shop", Name: "spare", Host: "spare.example.com"}, {Namespace: "shop", Name: "any"}}
	o.Fallback = ingress.Fallback{Location: "https://www.example.com/"}
	o.ClientIP, o.WAFPolicy, o.AllowedSources = ingress.ForwardedFor, common("baseline"), []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	o.Pool = ingress.PoolOptions{
		LoadBalancingMode: "least-connections-member", Monitors: ltm.MonitorRule{Monitors: []ltm.Path{common("http")}}, Probes: true, NodePort: true,
		Family: endpoints.IPv4, RouteDomain: 2, Drain: time.Minute, MinMembers: 1,
	}
	o.Server = ingress.ServerOptions{
		TCPProfile: common("f5-tcp-lan"), HTTPProfile: common("http-explicit"), ServerSSL: common("serverssl"), ClientSSL: common("clientssl-secure"),
		Profiles: []ltm.Profile{{Path: common("http2"), Context: ltm.ContextClientSide}, {Path: common("oneconnect"), Context: ltm.ContextAll}},
		IRules:   []ltm.Path{common("b"), common("a")}, Persistence: common("cookie"), FallbackPersistence: common("source_addr"), SNATPool: common("out"),
		VLANs: ltm.VLANs{Only: true, List: []ltm.Path{common("external")}}, Source: "192.0.2.0/24",
		FirewallEnforcedPolicy: common("enforced"), FirewallStagedPolicy: common("staged"), SecurityLogProfiles: []string{"/Common/Log all requests"},
	}
	return o
}

// isZero are the fields that a value leaves at zero, by their paths.
func zeroFields(v reflect.Value, at string) (zero []string) {
	for i := range v.NumField() {
		field, name := v.Field(i), at+v.Type().Field(i).Name
		switch {
		case field.Kind() == reflect.Struct && slices.Contains([]string{"Pool", "Server"}, name):
			zero = append(zero, zeroFields(field, name+".")...)
		case field.IsZero():
			zero = append(zero, name)
		}
	}
	return zero
}

func TestEveryOptionIsRecalledFromWhatItHasMadeOfTheDevice(t *testing.T) {
	t.Parallel()
	// A new option has to be set in everyOption, and so to be recalled.
	if zero := zeroFields(reflect.ValueOf(everyOption()), ""); !slices.Equal(zero, []string{"Folder", "Follow"}) {
		t.Errorf("everyOption leaves out %v", zero)
	}
	objects, _ := readGolden(t, "testdata/ingress.in.yaml")
	for name, change := range map[string]func(*ingress.Options){
		"every option":         func(*ingress.Options) {},
		"none":                 func(o *ingress.Options) { *o = somewhere(); o.ClientIP = ingress.ForwardedFor },
		"in a folder":          func(o *ingress.Options) { o.Folder = "app" },
		"clients are kept":     func(o *ingress.Options) { o.ClientIP, o.Server.SNATPool = ingress.Preserve, ltm.Path{} },
		"clients are hidden":   func(o *ingress.Options) { o.ClientIP = ingress.SNAT },
		"another http profile": func(o *ingress.Options) { o.Server.HTTPProfile = ltm.Path{} },
		"a reset":              func(o *ingress.Options) { o.Fallback = ingress.Fallback{Reset: true} },
		"a pool":               func(o *ingress.Options) { o.Fallback = ingress.Fallback{Pool: common("sorry")} },
		"all but some VLANs":   func(o *ingress.Options) { o.Server.VLANs.Only = false },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := everyOption()
			change(&want)
			objects := objects
			objects.Ingresses = slices.Clone(objects.Ingresses)
			for i := range objects.Ingresses {
				objects.Ingresses[i].Spec.IngressClassName = &want.IngressClass
				if want.IngressClass == "" {
					objects.Ingresses[i].Spec.IngressClassName = nil
				}
			}
			applied, _ := mustBuild(t, objects, want, ltm.Site{})
			_, bound := boundIn(t, applied.Site, objects.Bound)
			for _, server := range applied.Site.VirtualServers {
				got := ingress.Recalled(bound.Options, server, applied.Site, profileTypes)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s: -given +recalled\n%s", server.Path, diff)
				}
				again, _ := mustBuild(t, objects, got, applied.Site)
				if diff := cmp.Diff(applied.Site, again.Site); diff != "" {
					t.Errorf("%s: -applied +applied again\n%s", server.Path, diff)
				}
			}
			if len(applied.Site.VirtualServers) != 2 {
				t.Errorf("%d virtual servers", len(applied.Site.VirtualServers))
			}
		})
	}
}
