package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
)

// One cluster and one build of the program serve all scenarios of a run.
var (
	cluster  = kubetest.Shared{Options: kubetest.Options{Nodes: 2, Users: []string{"least"}}}
	cli      string
	buildDir string
)

func TestMain(m *testing.M) {
	var err error
	if cli, err = findCLI(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if buildDir, err = os.MkdirTemp("", "bigipkube-e2e-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := cluster.Main(m)
	_ = os.RemoveAll(buildDir)
	os.Exit(code)
}

// findCLI looks where "make test" puts it, then on the PATH.
func findCLI() (string, error) {
	if path := os.Getenv("TF_ACC_TERRAFORM_PATH"); path != "" {
		return path, nil
	}
	for _, name := range []string{"terraform", "tofu"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("neither terraform nor tofu is on the PATH: run make test, which builds OpenTofu")
}

var built = sync.OnceValues(func() (string, error) { return BuildProvider(context.Background(), buildDir) })

// newLab returns a lab that ends with the test.
func newLab(t *testing.T) *Lab {
	t.Helper()
	provider, err := built()
	if err != nil {
		t.Fatal(err)
	}
	lab, err := NewLab(t.Context(), cluster.ControlPlane(t), provider)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(lab.Close)
	return lab
}

// shop is the shop of examples/blue-green, deployed, before the first apply.
type shop struct {
	*Lab
	namespace string
	terraform *Terraform
}

// newShop deploys blue and green.
func newShop(t *testing.T, blue, green int32) *shop {
	t.Helper()
	s := &shop{Lab: newLab(t)}
	s.namespace = s.Cluster.NamespaceT(t, "shop")
	must(t, s.DeployShop(t.Context(), s.namespace, blue, green))
	must(t, s.Simulator.MakePartition(t.Context(), "shop"))
	var err error
	s.terraform, err = s.Shop(t.Context(), cli, s.namespace)
	must(t, err)
	return s
}

// apply sets the shares, applies them and makes sure that nothing is left to do.
func (s *shop) apply(t *testing.T, blue, green int) string {
	t.Helper()
	s.share(blue, green)
	output, err := s.terraform.Apply(t.Context())
	must(t, err)
	s.empty(t)
	return output
}

func (s *shop) share(blue, green int) {
	s.terraform.Vars["traffic"] = map[string]int{"blue": blue, "green": green}
}

// empty fails the test unless the plan is.
func (s *shop) empty(t *testing.T) {
	t.Helper()
	text, changes, err := s.terraform.Plan(t.Context(), "empty.tfplan")
	must(t, err)
	if changes {
		t.Fatalf("the plan should be empty:\n%s", text)
	}
}

// load returns a load on the shop's listener.
func (s *shop) load(t *testing.T) *Load {
	t.Helper()
	listener, err := s.Simulator.Listener(t.Context(), "/shop/shop")
	must(t, err)
	return NewLoad(listener)
}

// during runs a load of perSecond requests while the function works, and fails
// the test if a request failed.
func (s *shop) during(t *testing.T, name string, perSecond int, work func()) *Phase {
	t.Helper()
	load := s.load(t)
	phase := load.Begin(name)
	ctx, stop := context.WithCancel(t.Context())
	over := make(chan struct{})
	go func() {
		defer close(over)
		load.Run(ctx, perSecond)
	}()
	defer func() { // also when work ends the test
		stop()
		<-over
	}()
	work()
	stop()
	<-over
	load.End()
	noneFailed(t, phase)
	return phase
}

func noneFailed(t *testing.T, phases ...*Phase) {
	t.Helper()
	for _, p := range phases {
		if p.Requests == 0 {
			t.Errorf("phase %q saw no request", p.Name)
		}
		if p.Failed > 0 {
			t.Errorf("phase %q: %d of %d requests failed: %v", p.Name, p.Failed, p.Requests, p.Errors)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
