package ingress_test

import (
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// boundIn reads what a site says of an owner: from marks alone.
func boundIn(t *testing.T, site ltm.Site, owner binding.Object) (ingress.Key, ingress.Binding) {
	t.Helper()
	var marks ltm.Site
	for _, p := range site.Policies {
		light := ltm.Policy{Path: p.Path, Description: p.Description}
		for _, r := range p.Rules {
			light.Rules = append(light.Rules, ltm.PolicyRule{Name: r.Name, Description: r.Description})
		}
		marks.Policies = append(marks.Policies, light)
	}
	for _, v := range site.VirtualServers {
		marks.VirtualServers = append(marks.VirtualServers, ltm.VirtualServer{Path: v.Path, Description: v.Description, Destination: v.Destination, Source: v.Source})
	}
	all, unreadable := ingress.Bindings(marks)
	if len(unreadable) > 0 {
		t.Fatalf("not readable: %v", unreadable)
	}
	for key, bound := range all {
		if key.Owner == owner {
			return key, bound
		}
	}
	t.Fatalf("the site does not say that it serves %s", owner)
	return ingress.Key{}, ingress.Binding{}
}

// Who follows an owner knows nothing but the device, and makes of the same objects what an
// apply has made of them.
func TestWhatIsReadBackFromTheDeviceMakesTheSameOfTheSameObjects(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.in.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no testdata: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".in.yaml"), func(t *testing.T) {
			t.Parallel()
			objects, options := readGolden(t, file)
			applied, want := mustBuild(t, objects, options, ltm.Site{})
			if len(applied.VirtualServers) == 0 {
				return // nothing is served, and so nothing is followed
			}
			_, bound := boundIn(t, applied.Site, objects.Bound)
			followed, problems := mustBuild(t, objects, bound.Options, applied.Site)
			if diff := cmp.Diff(applied.Site, followed.Site) + cmp.Diff(want, problems); diff != "" {
				t.Errorf("-applied +followed\n%s", diff)
			}
		})
	}
}

// followed is what the helper makes of a site whose objects are others.
func TestAFollowedChangeIsWhatAnApplyWouldMakeOfIt(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		p := pick{rand.New(rand.NewPCG(7, seed))}
		before, after := p.tenants(), p.tenants()
		var site ltm.Site
		for i := range before {
			built, _ := mustBuild(t, before[i], optionsOf(before[i]), site)
			site = built.Site
		}
		for i := range min(len(before), len(after)) {
			owner := after[i].Bound
			if before[i].Bound != owner {
				continue
			}
			set, _ := ingress.Translate(before[i], optionsOf(before[i]))
			now, _ := ingress.Translate(after[i], optionsOf(after[i]))
			if len(set.Servers) == 0 || len(now.Servers) == 0 {
				continue
			}
			applied, _ := mustBuild(t, after[i], optionsOf(after[i]), site)
			_, bound := boundIn(t, site, owner)
			followed, _ := mustBuild(t, after[i], bound.Options, site)
			// Settings of virtual servers are the apply's alone.
			if diff := cmp.Diff(rulesAndFiles(applied.Site), rulesAndFiles(followed.Site)); diff != "" {
				t.Fatalf("seed %d, %s: -applied +followed\n%s", seed, owner, diff)
			}
		}
	}
}

func rulesAndFiles(s ltm.Site) ltm.Site {
	s.HTTPProfiles, s.VirtualServers = nil, nil
	return s
}

func TestAnOwnerThatIsGoneKeepsItsBindingAndComesBack(t *testing.T) {
	t.Parallel()
	objects, options := readGolden(t, "testdata/ingress.in.yaml")
	options.Strict, options.Pool.MinMembers = true, 2
	applied, _ := mustBuild(t, objects, options, ltm.Site{})
	key, bound := boundIn(t, applied.Site, objects.Bound)
	if pools := ingress.Targets(key, applied.Site); len(pools[objects.Bound]) == 0 {
		t.Fatalf("it serves %v", pools)
	}
	kept, err := ingress.Build(ingress.Kept(key, bound, applied.Site), bound.Options, applied.Site)
	if err != nil {
		t.Fatal(err)
	}
	if pools := ingress.Targets(key, kept.Site); len(pools) > 0 || len(kept.Site.Pools) > 0 || len(kept.Site.VirtualServers) != len(applied.Site.VirtualServers) {
		t.Errorf("there are left %v: %+v", pools, kept.Site)
	}
	_, again := boundIn(t, kept.Site, objects.Bound)
	if !again.Options.Equal(bound.Options) {
		t.Errorf("%+v has become %+v", bound.Options, again.Options)
	}
	back, _ := mustBuild(t, objects, again.Options, kept.Site)
	if diff := cmp.Diff(applied.Site, back.Site); diff != "" {
		t.Errorf("-before +after\n%s", diff)
	}
}

func TestAPortMoreIsLikeTheOnesThatAreThere(t *testing.T) {
	t.Parallel()
	objects, options := readGolden(t, "testdata/ingress.in.yaml")
	options.Server.Source, options.Server.VLANs = "192.0.2.0/24", ltm.VLANs{Only: true, List: []ltm.Path{ltm.NewPath("Common", "external")}}
	options.Server.Profiles = []ltm.Profile{{Path: ltm.NewPath("Common", "oneconnect"), Context: ltm.ContextAll}}
	plain := objects
	plain.Ingresses = append(plain.Ingresses[:0:0], objects.Ingresses...)
	for i := range plain.Ingresses {
		plain.Ingresses[i].Spec.TLS = nil
	}
	before, _ := mustBuild(t, plain, options, ltm.Site{})
	_, bound := boundIn(t, before.Site, objects.Bound)
	want, _ := mustBuild(t, objects, options, before.Site)
	got, _ := mustBuild(t, objects, bound.Options, before.Site)
	if diff := cmp.Diff(want.Site, got.Site); diff != "" || len(got.Site.VirtualServers) != 2 {
		t.Errorf("%d virtual servers, -applied +followed\n%s", len(got.Site.VirtualServers), diff)
	}
}
