package e2e

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigip"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// crowdAddress is where all Ingresses of a crowd are served.
const crowdAddress = "203.0.113.10"

// adoptIngresses takes the Ingresses of testdata/ingresses into the state without a
// write.
const adoptIngresses = `
import {
  for_each = local.ingresses
  to       = bigipkube_ingress.many[each.key]
  id       = "ingress/${var.namespace}/${each.key}@/shop/203.0.113.10"
}
`

// crowd is many Ingresses on one address, all of them served.
type crowd struct {
	*shop
	size int
}

// newCrowd serves the first Ingress by an apply. The others come in one transaction, as
// so many applies would leave them, and are imported: each apply reads the policy of
// all, which is the device's work, and not what is measured here.
func newCrowd(t *testing.T, size, paths int) crowd {
	t.Helper()
	c := crowd{shop: &shop{Lab: newLab(t)}, size: size}
	c.namespace = c.Cluster.NamespaceT(t, "shop")
	must(t, c.Simulator.MakePartition(t.Context(), "shop"))
	c.deploy(t, c.Cluster, c.Backends, kubetest.DeploymentSpec{Namespace: c.namespace, Name: "web", Replicas: 2, Colour: "web"})
	var work errgroup.Group
	work.SetLimit(8)
	for i := range size {
		work.Go(func() error { return c.Cluster.Ingress(t.Context(), c.namespace, c.ingress(i, paths)) })
	}
	must(t, work.Wait())
	var err error
	c.terraform, err = c.NewTerraform(t.Context(), cli, "testdata/ingresses", t.TempDir(), c.Cluster.KubeconfigT(t))
	must(t, err)
	c.terraform.Vars = map[string]any{"namespace": c.namespace, "size": "1"}
	_, err = c.terraform.Apply(t.Context())
	must(t, err)
	c.serveAll(t)
	c.terraform.Vars["size"] = fmt.Sprint(size)
	imports := filepath.Join(c.terraform.Dir, "imports.tf")
	must(t, os.WriteFile(imports, []byte(adoptIngresses), 0o600))
	must(t, c.Simulator.ClearJournal(t.Context()))
	_, err = c.terraform.Apply(t.Context())
	must(t, err)
	journal, err := c.Simulator.Journal(t.Context())
	must(t, err)
	if wrote := writes(journal); len(wrote) > 0 {
		t.Fatalf("the import wrote: %+v", wrote)
	}
	must(t, os.Remove(imports))
	return c
}

// ingress is the i-th: a host of its own, with so many paths.
func (c crowd) ingress(i, paths int) *networkingv1.Ingress {
	prefix := networkingv1.PathTypePrefix
	rule := networkingv1.HTTPIngressRuleValue{}
	for p := range paths {
		rule.Paths = append(rule.Paths, networkingv1.HTTPIngressPath{
			Path: fmt.Sprintf("/part-%d", p), PathType: &prefix,
			Backend: networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{Name: "web", Port: networkingv1.ServiceBackendPort{Name: "http"}}},
		})
	}
	return &networkingv1.Ingress{
		ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("web-%d", i)},
		Spec: networkingv1.IngressSpec{Rules: []networkingv1.IngressRule{{
			Host: fmt.Sprintf("host-%d.example.com", i), IngressRuleValue: networkingv1.IngressRuleValue{HTTP: &rule},
		}}},
	}
}

// serveAll puts the rules of all Ingresses on the device.
func (c crowd) serveAll(t *testing.T) {
	t.Helper()
	device := c.device(t)
	at := func(name string) []ltm.Path { return []ltm.Path{ltm.NewPath("shop", name)} }
	paths := ltm.SitePaths{
		VirtualServers: at(crowdAddress + "_80"), Policies: at(crowdAddress + "_80"), Pools: at(c.namespace + "_web_http"),
		HTTPProfiles: at("bigipkube_xff"), IRules: append(at("bigipkube_status"), at("bigipkube_unavailable")...),
	}
	live, err := device.Site(t.Context(), paths)
	must(t, err)
	address, err := ltm.ParseAddress(crowdAddress)
	must(t, err)
	options := ingress.Options{Partition: "shop", Address: address, ClientIP: ingress.ForwardedFor}
	list, err := c.Cluster.Client().NetworkingV1().Ingresses(c.namespace).List(t.Context(), metav1.ListOptions{})
	must(t, err)
	all := live
	for _, item := range list.Items {
		set, problems := ingress.Translate(ingress.Objects{
			Bound: binding.Object{Kind: ingress.KindIngress, Namespace: c.namespace, Name: item.Name}, Ingresses: []networkingv1.Ingress{item},
			Services: []ingress.Service{{Namespace: c.namespace, Name: "web", Ports: []endpoints.ServicePort{{Name: "http", Number: 80, TargetPort: "8080", Protocol: "TCP"}}}},
		}, options)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		built, err := ingress.Build(set, options, all)
		must(t, err)
		built.Site.Pools = live.Pools // with its members
		all = built.Site
	}
	must(t, device.ApplySite(t.Context(), changeset.ComputeSite(all, live), nil))
}

// device is the simulator as the provider sees it.
func (c crowd) device(t *testing.T) *bigip.Device {
	t.Helper()
	client, err := icontrol.New(icontrol.Config{
		Address: c.Simulator.Management, Username: c.Simulator.Username, Password: icontrol.Secret(c.Simulator.Password), CAFile: c.Simulator.CAFile,
	})
	must(t, err)
	return bigip.New(client, "lab", nil)
}

// plan makes a plan while the device takes 20 ms for each answer, and returns what was
// asked of it.
func (c crowd) plan(t *testing.T, want ...string) []Request {
	t.Helper()
	ctx := t.Context()
	must(t, c.Simulator.Control(ctx, http.MethodPut, "/faults", map[string]any{"delay": "20ms"}, nil))
	must(t, c.Simulator.ClearJournal(ctx))
	args, err := c.terraform.WithVars("plan", "-detailed-exitcode", "-out=plan.tfplan")
	must(t, err)
	plan := c.terraform.Command(ctx, args...)
	start := time.Now()
	text, err := plan.CombinedOutput()
	took := time.Since(start)
	must(t, c.Simulator.Control(context.WithoutCancel(ctx), http.MethodDelete, "/faults", nil, nil))
	if code := plan.ProcessState.ExitCode(); code != map[bool]int{false: 0, true: 2}[len(want) > 0] {
		t.Fatalf("the plan ends with %d: %v\n%s", code, err, text)
	}
	for _, word := range want {
		if !strings.Contains(string(text), word) {
			t.Errorf("the plan lacks %q:\n%s", word, text)
		}
	}
	journal, err := c.Simulator.Journal(ctx)
	must(t, err)
	worked := plan.ProcessState.UserTime() + plan.ProcessState.SystemTime() // the CLI's, and that of the provider, which it waits for
	t.Logf("a plan of %d Ingresses, 20 ms for each answer: %d requests, %s in all, of the processors %s",
		c.size, len(journal), took.Round(time.Millisecond), worked.Round(time.Millisecond))
	if wrote := writes(journal); len(wrote) > 0 {
		t.Errorf("the plan wrote %+v", wrote)
	}
	return journal
}

func TestThePlanOfTwoHundredIngressesOnOneAddressIsAHandfulOfReads(t *testing.T) {
	t.Parallel()
	few := newCrowd(t, 5, 1).plan(t)
	many := newCrowd(t, 200, 5)
	journal := many.plan(t)
	if len(journal) != len(few) || len(journal) > 10 {
		t.Errorf("the plan of 5 Ingresses with one path took %d requests, that of 200 with five %d, want the same few", len(few), len(journal))
	}
	// What is spent beside these reads is work, and how long that takes is the machine's.
	const most = 10 * time.Second
	if waited := journal[len(journal)-1].Time.Sub(journal[0].Time); waited > most {
		t.Errorf("the reads took %s, want at most %s", waited, most)
	}
	many.changeOnePath(t)
}

// changeOnePath changes a path of one Ingress among all, and applies that.
func (c crowd) changeOnePath(t *testing.T) {
	t.Helper()
	client := c.Cluster.Client().NetworkingV1().Ingresses(c.namespace)
	live, err := client.Get(t.Context(), "web-77", metav1.GetOptions{})
	must(t, err)
	live.Spec.Rules[0].HTTP.Paths[2].Path = "/moved"
	_, err = client.Update(t.Context(), live, metav1.UpdateOptions{})
	must(t, err)
	c.plan(t, `+ "host-77.example.com/moved"`, `- "host-77.example.com/part-2"`, "0 to add, 1 to change, 0 to destroy")
	must(t, c.Simulator.ClearJournal(t.Context()))
	_, err = c.terraform.ApplyPlan(t.Context(), "plan.tfplan")
	must(t, err)
	c.onlyThePolicy(t)
}
