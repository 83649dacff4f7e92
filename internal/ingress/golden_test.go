package ingress_test

import (
	"flag"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	gatewayv1beta1 "sigs.k8s.io/gateway-api/apis/v1beta1"
	"sigs.k8s.io/yaml"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

var update = flag.Bool("update", false, "write the testdata/*.out.yaml")

// goldenInput is a testdata/*.in.yaml.
type goldenInput struct {
	Bound   string `json:"bound"` // "ingress shop/web"
	Options struct {
		Name, IngressClass, Fallback, ClientIP, WAFPolicy, ServerSSL string
		Drain                                                        string
		NodePort, NoHTTPSRedirect, Probes                            bool
		Certificates                                                 []ingress.SecretRef
		AllowedSources                                               []netip.Prefix
	} `json:"options"`
	Ingresses      []networkingv1.Ingress          `json:"ingresses"`
	IngressClasses []networkingv1.IngressClass     `json:"ingressClasses"`
	HTTPRoutes     []gatewayv1.HTTPRoute           `json:"httpRoutes"`
	TLSRoutes      []gatewayv1.TLSRoute            `json:"tlsRoutes"`
	Gateways       []gatewayv1.Gateway             `json:"gateways"`
	Grants         []gatewayv1beta1.ReferenceGrant `json:"grants"`
	Services       map[string]map[string]uint16    `json:"services"` // "shop/web": {http: 80}; no port: an external name
	Pods           map[string]goldenPod            `json:"pods"`     // of the Services of these names
	Secrets        map[string]string               `json:"secrets"`  // "shop/web-tls": what is wrong with it
	Namespaces     map[string]map[string]string    `json:"namespaces"`
}

// goldenPod is the pod of a Service, and where the Service's ports lead.
type goldenPod struct {
	Containers []corev1.Container `json:"containers"` // none: the endpoints are no pods
	Targets    map[string]string  `json:"targets"`    // the target port, by the name of the port
	NodePorts  map[string]uint16  `json:"nodePorts"`
}

// goldenOutput is a testdata/*.out.yaml: what is made, in a form for people.
type goldenOutput struct {
	Problems       []string          `json:"problems,omitempty"`
	Policies       []goldenPolicy    `json:"policies,omitempty"`
	Monitors       []string          `json:"monitors,omitempty"`
	Pools          map[string]string `json:"pools,omitempty"`
	Certificates   []string          `json:"certificates,omitempty"`
	ClientSSL      []ltm.ClientSSL   `json:"client_ssl,omitempty"`
	HTTPProfiles   []ltm.HTTPProfile `json:"http_profiles,omitempty"`
	IRules         []string          `json:"irules,omitempty"`
	VirtualServers []goldenServer    `json:"virtual_servers,omitempty"`
}

type goldenPolicy struct {
	Path, Description  string
	Controls, Requires []string
	Rules              []goldenRule
}

type goldenRule struct {
	Name, Description string
	If, Then          []string `json:",omitempty"`
}

type goldenServer struct {
	Path, Destination, Description, SNAT string
	Persistence                          string `json:",omitempty"`
	Profiles, Policies, IRules           []string
}

func TestObjectsBecomeWhatIsExpected(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.in.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no testdata: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".in.yaml"), func(t *testing.T) {
			t.Parallel()
			objects, options := readGolden(t, file)
			built, problems := mustBuild(t, objects, options, ltm.Site{})
			got, err := yaml.Marshal(render(append(problems, built.Problems...), built))
			if err != nil {
				t.Fatal(err)
			}
			out := strings.TrimSuffix(file, ".in.yaml") + ".out.yaml"
			if *update {
				if err := os.WriteFile(out, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			again, _ := mustBuild(t, objects, options, built.Site)
			if diff := cmp.Diff(built.Site, again.Site); diff != "" {
				t.Errorf("built again on what it made, it is another: -first +again\n%s", diff)
			}
		})
	}
}

func readGolden(t *testing.T, file string) (ingress.Objects, ingress.Options) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var in goldenInput
	if err := yaml.UnmarshalStrict(data, &in); err != nil {
		t.Fatal(err)
	}
	objects := ingress.Objects{
		Ingresses: in.Ingresses, IngressClasses: in.IngressClasses, HTTPRoutes: in.HTTPRoutes, TLSRoutes: in.TLSRoutes, Gateways: in.Gateways, Grants: in.Grants, Namespaces: in.Namespaces,
	}
	objects.Bound.Kind, objects.Bound.Name, _ = strings.Cut(in.Bound, " ")
	objects.Bound.Namespace, objects.Bound.Name, _ = strings.Cut(objects.Bound.Name, "/")
	for key, ports := range in.Services {
		s := ingress.Service{ExternalName: len(ports) == 0}
		s.Namespace, s.Name, _ = strings.Cut(key, "/")
		pod, backed := in.Pods[key]
		for _, name := range slices.Sorted(maps.Keys(ports)) {
			s.Ports = append(s.Ports, endpoints.ServicePort{
				Name: name, Number: ports[name], Protocol: "TCP", TargetPort: pod.Targets[name], NodePort: pod.NodePorts[name],
			})
		}
		s.Endpoints, s.Pod = backed, pod.read()
		objects.Services = append(objects.Services, s)
	}
	for key, problem := range in.Secrets {
		s := ingress.Secret{Problem: problem, CertificateChecksum: "SHA1:1:cert-" + key, KeyChecksum: "SHA1:1:key-" + key}
		s.Namespace, s.Name, _ = strings.Cut(key, "/")
		objects.Secrets = append(objects.Secrets, s)
	}
	o := somewhere()
	o.Name, o.IngressClass, o.ClientIP = in.Options.Name, in.Options.IngressClass, ingress.ClientIP(in.Options.ClientIP)
	o.Pool.Probes = in.Options.Probes
	o.AllowedSources = in.Options.AllowedSources
	o.NoHTTPSRedirect, o.Certificates, o.Pool.NodePort = in.Options.NoHTTPSRedirect, in.Options.Certificates, in.Options.NodePort
	o.WAFPolicy, o.Server.ServerSSL = parsePath(t, in.Options.WAFPolicy), parsePath(t, in.Options.ServerSSL)
	switch fallback := in.Options.Fallback; {
	case fallback == "reset":
		o.Fallback.Reset = true
	case strings.HasPrefix(fallback, "/"):
		o.Fallback.Pool = parsePath(t, fallback)
	default:
		o.Fallback.Location = fallback
	}
	return objects, o
}

func (p goldenPod) read() *ingress.Pod {
	if len(p.Containers) == 0 {
		return nil
	}
	pod := &ingress.Pod{}
	for _, c := range p.Containers {
		container := ingress.Container{Name: c.Name, Readiness: c.ReadinessProbe}
		for _, port := range c.Ports {
			container.Ports = append(container.Ports, endpoints.ContainerPort{Name: port.Name, Number: uint16(port.ContainerPort)})
		}
		pod.Containers = append(pod.Containers, container)
	}
	return pod
}

func parsePath(t *testing.T, text string) (path ltm.Path) {
	t.Helper()
	if err := path.UnmarshalText([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return path
}

func render(problems []ingress.Problem, built ingress.Built) goldenOutput {
	out := goldenOutput{ClientSSL: built.Site.ClientSSL, HTTPProfiles: built.Site.HTTPProfiles, Pools: map[string]string{}}
	for _, p := range problems {
		out.Problems = append(out.Problems, p.String())
	}
	for _, p := range built.Site.Policies {
		policy := goldenPolicy{Path: p.Path.String(), Description: p.Description, Controls: p.Controls, Requires: p.Requires}
		for _, r := range p.Rules {
			policy.Rules = append(policy.Rules, renderRule(r))
		}
		out.Policies = append(out.Policies, policy)
	}
	for _, m := range built.Site.Monitors {
		out.Monitors = append(out.Monitors, fmt.Sprintf("%s %s of %s at %s, %d/%d s, up after %d s, send %q, recv %q, %s",
			m.Type, m.Path, m.DefaultsFrom, m.Destination, m.Interval, m.Timeout, m.TimeUntilUp, m.Send, m.Receive, m.Description))
	}
	for _, p := range built.Site.Pools {
		out.Pools[p.Path.String()] = strings.TrimSpace(p.LoadBalancingMode + " " + p.Monitors.String() + ": " + p.Description)
	}
	for _, c := range built.Site.Certificates {
		out.Certificates = append(out.Certificates, fmt.Sprint(c.Path, " ", c.CertificateChecksum, " ", c.KeyChecksum))
	}
	for _, r := range built.Site.IRules {
		out.IRules = append(out.IRules, r.Path.String())
	}
	for _, v := range built.Site.VirtualServers {
		s := goldenServer{
			Path: v.Path.String(), Destination: v.Destination.String(), Description: v.Description, SNAT: v.SourceAddressTranslation.Type, Persistence: v.Persistence.String(), Policies: texts(v.Policies), IRules: texts(v.IRules),
		}
		for _, p := range v.Profiles {
			s.Profiles = append(s.Profiles, p.Path.String()+" "+string(p.Context))
		}
		out.VirtualServers = append(out.VirtualServers, s)
	}
	return out
}

func texts(paths []ltm.Path) (list []string) {
	for _, p := range paths {
		list = append(list, p.String())
	}
	return list
}

func renderRule(r ltm.PolicyRule) goldenRule {
	out := goldenRule{Name: r.Name, Description: r.Description}
	for _, c := range r.Conditions {
		words := []string{c.Operand, c.Selector, c.Name, map[bool]string{true: "not"}[c.Not], c.Operator, strings.Join(c.Values, " or ")}
		if c.CaseSensitive {
			words = append(words, "(case)")
		}
		out.If = append(out.If, strings.Join(strings.Fields(strings.Join(words, " ")), " "))
	}
	for _, a := range r.Actions {
		words := []string{string(a.Kind), a.Pool.String(), a.Policy.String(), a.Location, a.Name, a.Value}
		if a.Code != 0 {
			words = append(words, fmt.Sprint(a.Code))
		}
		if a.Response {
			words = append(words, "(of the response)")
		}
		out.Then = append(out.Then, strings.Join(strings.Fields(strings.Join(words, " ")), " "))
	}
	return out
}

// ownerOf is a bound Ingress.
func ownerOf(name string) binding.Object {
	return binding.Object{Kind: ingress.KindIngress, Namespace: "shop", Name: name}
}
