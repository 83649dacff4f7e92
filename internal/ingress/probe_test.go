package ingress_test

import (
	"bufio"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// probed gives the pods of all Services a probe; nil is none.
func probed(o ingress.Objects, probe *corev1.Probe) ingress.Objects {
	services := o.Services
	o.Services = nil
	for _, s := range services {
		s.Endpoints = true
		s.Pod = &ingress.Pod{Containers: []ingress.Container{{Name: "app", Readiness: probe, Ports: []endpoints.ContainerPort{{Number: 8080}}}}}
		for i := range s.Ports {
			s.Ports[i].TargetPort = "8080"
		}
		o.Services = append(o.Services, s)
	}
	return o
}

func get(path string, headers ...corev1.HTTPHeader) *corev1.Probe {
	return &corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: path, Port: intstr.FromInt32(8080), HTTPHeaders: headers}}}
}

func connect() *corev1.Probe {
	return &corev1.Probe{ProbeHandler: corev1.ProbeHandler{TCPSocket: &corev1.TCPSocketAction{Port: intstr.FromInt32(8080)}}}
}

func withProbes() ingress.Options {
	o := somewhere()
	o.Pool.Probes = true
	return o
}

func monitors(site ltm.Site) string {
	var names []string
	for _, m := range site.Monitors {
		names = append(names, m.Path.String())
	}
	return strings.Join(names, " ")
}

func TestAProbeOfAnotherKindIsAnotherMonitorAndOneThatIsGoneIsNone(t *testing.T) {
	t.Parallel()
	objects := simpleIngress("web", 1, "shop.com", "/")
	site := ltm.Site{}
	expect := func(what string, probe *corev1.Probe, want string) ingress.Built {
		t.Helper()
		built, _ := mustBuild(t, probed(objects, probe), withProbes(), site)
		if got := monitors(built.Site); got != want || built.Site.Pools[0].Monitors.String() != want {
			t.Errorf("%s: monitors %q, of the pool %q, want %q", what, got, built.Site.Pools[0].Monitors, want)
		}
		site = built.Site
		return built
	}
	expect("asked for", get("/healthz"), "/shop/shop_web_http_http")
	before := site.Monitors[0]
	expect("another path", get("/readyz"), "/shop/shop_web_http_http")
	if after := site.Monitors[0]; after.Send == before.Send || !strings.HasPrefix(after.Send, "GET /readyz HTTP/1.1") {
		t.Errorf("it sends %q", after.Send)
	}
	expect("another kind", connect(), "/shop/shop_web_http_tcp")
	if built := expect("none", nil, ""); len(built.Problems) != 0 { // Translate has told it
		t.Errorf("problems %v", built.Problems)
	}
	expect("one again", get("/healthz"), "/shop/shop_web_http_http")

	nobody := objects // there is no pod to ask
	kept, problems := mustBuild(t, nobody, withProbes(), site)
	if diff := cmp.Diff(site, kept.Site); diff != "" || len(problems) != 0 {
		t.Errorf("without pods: problems %v, -before +after\n%s", problems, diff)
	}
	gone, err := ingress.Build(ingress.RouteSet{Owner: ownerOf("web")}, withProbes(), site)
	if diff := cmp.Diff(ltm.Site{}, gone.Site); err != nil || diff != "" {
		t.Errorf("%v: left on the device\n%s", err, diff)
	}
}

func TestMonitorsThatAreGivenComeInPlaceOfThoseOfProbesAndStayWhereTheyAre(t *testing.T) {
	t.Parallel()
	objects := probed(simpleIngress("web", 1, "shop.com", "/"), get("/healthz"))
	given := somewhere()
	theirs := ltm.NewMonitor(ltm.MonitorHTTP, ltm.NewPath("shop", "mine_http"))
	given.Pool.Monitors.Monitors = []ltm.Path{theirs.Path}
	live := ltm.Site{Monitors: []ltm.Monitor{theirs}}
	first, _ := mustBuild(t, objects, withProbes(), live)
	second, _ := mustBuild(t, objects, given, first.Site)
	if got := monitors(second.Site); got != "/shop/mine_http" || second.Site.Pools[0].Monitors.String() != got {
		t.Errorf("there are %s, of the pool %s", got, second.Site.Pools[0].Monitors)
	}
	third, _ := mustBuild(t, simpleIngress("web", 1, "shop.com", "/"), withProbes(), second.Site)
	if !third.Site.Pools[0].Monitors.IsZero() {
		t.Errorf("while no pod is there to be asked, what was given once is of the pool: %s", third.Site.Pools[0].Monitors)
	}
	gone, err := ingress.Build(ingress.RouteSet{Owner: ownerOf("web")}, given, second.Site)
	if diff := cmp.Diff(live, gone.Site); err != nil || diff != "" {
		t.Errorf("%v: -before +after\n%s", err, diff)
	}
}

func TestAMonitorOfSomebodyElseIsNamedAndLeftAlone(t *testing.T) {
	t.Parallel()
	options := withProbes()
	routes, _ := ingress.Translate(probed(simpleIngress("web", 1, "shop.com", "/"), get("/")), options)
	_, err := ingress.Build(routes, options, ltm.Site{Monitors: []ltm.Monitor{ltm.NewMonitor(ltm.MonitorHTTP, ltm.NewPath("shop", "shop_web_http_http"))}})
	var foreign *ingress.ForeignError
	if want := "monitor /shop/shop_web_http_http is in the way: it was not made for routes"; !errors.As(err, &foreign) || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestTheOldestOwnerOfAPoolDecidesOnItsMonitorAndAnotherOneIsToldIfItDiffers(t *testing.T) {
	t.Parallel()
	old, young := simpleIngress("old", 1, "old.com", "/"), simpleIngress("young", 2, "young.com", "/")
	young.Services = append(young.Services, serviceOf("old"))
	young.Ingresses[0].Spec.Rules[0].HTTP.Paths[0].Backend.Service.Name = "old"
	old, young = probed(old, get("/healthz")), probed(young, get("/healthz"))
	given := somewhere()
	given.Pool.Monitors.Monitors = []ltm.Path{ltm.NewPath(ltm.Common, "tcp")}
	for name, test := range map[string]struct {
		old, young ingress.Options
		monitor    string // of the pool
		conflict   bool
	}{
		"both":                      {withProbes(), withProbes(), "/shop/shop_old_http_http", false},
		"neither":                   {somewhere(), somewhere(), "", false},
		"the older":                 {withProbes(), somewhere(), "/shop/shop_old_http_http", true},
		"the younger":               {somewhere(), withProbes(), "", true},
		"the older has another one": {given, withProbes(), "/Common/tcp", true},
	} {
		first, _ := mustBuild(t, old, test.old, ltm.Site{})
		both, _ := mustBuild(t, young, test.young, first.Site)
		if got := both.Site.Pools[0].Monitors.String(); got != test.monitor {
			t.Errorf("%s: the pool has %q", name, got)
		}
		var want []ingress.Problem
		if test.conflict {
			want = []ingress.Problem{{
				Object: ownerOf("young"), Effect: ingress.Conflict, With: ownerOf("old"),
				Reason: "ingress shop/old shares pool /shop/shop_old_http, is older, and has other monitors",
			}}
		}
		if diff := cmp.Diff(want, both.Problems); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
		turned, _ := mustBuild(t, young, test.young, ltm.Site{})
		turned, _ = mustBuild(t, old, test.old, turned.Site)
		again, _ := mustBuild(t, young, test.young, turned.Site)
		if diff := cmp.Diff(both.Site, again.Site); diff != "" {
			t.Errorf("%s: -the older first +the younger first\n%s", name, diff)
		}
	}
}

// unescaped is what a device sends for a send string (F5's K4186).
func unescaped(send string) string {
	var out strings.Builder
	for i := 0; i < len(send); i++ {
		if send[i] != '\\' {
			out.WriteByte(send[i])
			continue
		}
		i++
		switch send[i] {
		case 'r':
			out.WriteByte('\r')
		case 'n':
			out.WriteByte('\n')
		case 'x':
			code, err := strconv.ParseUint(send[i+1:i+3], 16, 8)
			if err != nil {
				return err.Error()
			}
			out.WriteByte(byte(code))
			i += 2
		default:
			out.WriteByte(send[i])
		}
	}
	return out.String()
}

func FuzzNothingOfAProbeBreaksOutOfItsRequest(f *testing.F) {
	f.Add("/healthz", "x-a", "1")
	f.Add("/a b\r\nX: y\\r\\n\"'", "x-a", `say "no" \r\n\`)
	f.Add("?%zz#\x00\xff", "Host", `\x0d\x0a`)
	f.Fuzz(func(t *testing.T, path, name, value string) {
		objects := probed(simpleIngress("web", 1, "shop.com", "/"), get(path, corev1.HTTPHeader{Name: name, Value: value}))
		built, problems := mustBuild(t, objects, withProbes(), ltm.Site{})
		if len(built.Site.Monitors) == 0 {
			if len(problems) != 1 {
				t.Errorf("there is no monitor, and problems are %v", problems)
			}
			return
		}
		sent := unescaped(built.Site.Monitors[0].Send)
		reader := bufio.NewReader(strings.NewReader(sent))
		request, err := http.ReadRequest(reader)
		if err != nil || reader.Buffered() != 0 {
			t.Fatalf("%q is not one request: %v", sent, err)
		}
		if strings.Count(sent, "\n") > 5 || len(request.Header) > 2 || request.Header.Get("Connection") != "close" {
			t.Errorf("%q has more than it was given", sent)
		}
		got := request.Header.Get(name)
		if strings.EqualFold(name, "Host") {
			got = request.Host
		}
		if want := strings.TrimSpace(value); got != want && want != "" && !strings.EqualFold(name, "Connection") && len(request.Header[http.CanonicalHeaderKey(name)]) > 0 {
			t.Errorf("header %q is %q, was given %q", name, got, want)
		}
	})
}
