package e2e

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
)

// BlueGreen is the scenario of "make demo": blue serves, green gets a tenth,
// then everything, and then the release is taken back, under a steady load.
type BlueGreen struct {
	Lab       *Lab
	CLI       string // path of terraform or tofu
	Namespace string // is made, and must not exist
	Rate      int    // requests per second
	Requests  int    // at least so many in each phase between two applies
	// Tell gets the story, a sentence or a block of lines at a time.
	Tell func(text string)
}

// The two versions of the shop: different numbers of pods, so that a share
// that depended on them would show.
const (
	bluePods  = 5
	greenPods = 2
)

// Run plays the scenario. The phases are returned also beside an error.
func (s *BlueGreen) Run(ctx context.Context) ([]*Phase, error) {
	terraform, err := s.prepare(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.step(ctx, terraform, 100, 0, "blue serves everything, green stands by"); err != nil {
		return nil, err
	}
	listener, err := s.Lab.Simulator.Listener(ctx, "/shop/shop")
	if err != nil {
		return nil, err
	}
	s.Tell(fmt.Sprintf("Clients now send %d numbered requests a second to the virtual server. They don't stop until the end.", s.Rate))
	phases, err := s.underLoad(ctx, terraform, NewLoad(listener))
	if err != nil {
		return phases, err
	}
	s.Tell(filepath.Base(s.CLI) + " destroy")
	if _, err := terraform.Destroy(ctx); err != nil {
		return phases, err
	}
	return phases, s.nothingLeft(ctx)
}

// prepare deploys both versions and writes the user's working folder.
func (s *BlueGreen) prepare(ctx context.Context) (*Terraform, error) {
	namespace := s.Namespace
	if err := s.Lab.Cluster.NamespaceNamed(ctx, namespace); err != nil {
		return nil, err
	}
	s.Tell(fmt.Sprintf("Kubernetes: deploy blue (v1, %d pods) and green (v2, %d pods) into the namespace %s.", bluePods, greenPods, namespace))
	if err := s.Lab.DeployShop(ctx, namespace, bluePods, greenPods); err != nil {
		return nil, err
	}
	s.Tell("BIG-IP: the network team has made the partition shop. It has no pool and no virtual server yet.")
	if err := s.Lab.Simulator.MakePartition(ctx, "shop"); err != nil {
		return nil, err
	}
	return s.Lab.Shop(ctx, s.CLI, namespace)
}

// underLoad walks through the canary, the cutover and the rollback.
func (s *BlueGreen) underLoad(ctx context.Context, terraform *Terraform, load *Load) ([]*Phase, error) {
	load.Begin("blue")
	running, stop := context.WithCancel(ctx)
	over := make(chan struct{})
	go func() {
		defer close(over)
		load.Run(running, s.Rate)
	}()
	walk := func() error {
		if err := load.Wait(ctx, s.Requests); err != nil {
			return err
		}
		for _, next := range []struct {
			name        string
			blue, green int
			story       string
		}{
			{"canary", 90, 10, "a canary: green gets a tenth, whatever the number of its pods"},
			{"cutover", 0, 100, "the cutover: green serves everything, blue stands by"},
			{"rollback", 100, 0, "the rollback: everything back to blue"},
		} {
			load.Begin("apply " + next.name)
			if err := s.step(ctx, terraform, next.blue, next.green, next.story); err != nil {
				return err
			}
			load.Begin(next.name)
			if err := load.Wait(ctx, s.Requests); err != nil {
				return err
			}
		}
		return nil
	}
	err := walk()
	stop()
	<-over
	return load.End(), err
}

// step plans, shows and applies one pair of shares, and makes sure that the
// next plan is empty.
func (s *BlueGreen) step(ctx context.Context, terraform *Terraform, blue, green int, story string) error {
	terraform.Vars["traffic"] = map[string]int{"blue": blue, "green": green}
	cli := filepath.Base(s.CLI)
	s.Tell(fmt.Sprintf("%s plan && %s apply   # traffic = { blue = %d, green = %d }: %s", cli, cli, blue, green, story))
	plan, changes, err := terraform.Plan(ctx, "step.tfplan")
	if err != nil {
		return err
	}
	if !changes {
		return fmt.Errorf("the plan for %d/%d has no changes", blue, green)
	}
	s.Tell(Essence(plan))
	began := time.Now()
	if _, err := terraform.ApplyPlan(ctx, "step.tfplan"); err != nil {
		return err
	}
	took := time.Since(began)
	again, changes, err := terraform.Plan(ctx, "empty.tfplan")
	if err != nil {
		return err
	}
	if changes {
		return fmt.Errorf("the plan after the apply of %d/%d is not empty:\n%s", blue, green, again)
	}
	s.Tell(fmt.Sprintf("Applied in %.1f s. The next plan says: No changes.", took.Seconds()))
	return nil
}

// nothingLeft proves that destroy has left no object behind.
func (s *BlueGreen) nothingLeft(ctx context.Context) error {
	for _, kind := range []string{"virtual", "virtual-address", "pool", "node"} {
		var answer struct {
			Items []struct {
				FullPath string `json:"fullPath"`
			} `json:"items"`
		}
		path := "/mgmt/tm/ltm/" + kind + "?$filter=partition+eq+shop"
		if err := s.Lab.Simulator.REST(ctx, http.MethodGet, path, nil, &answer); err != nil {
			return err
		}
		if len(answer.Items) > 0 {
			return fmt.Errorf("destroy left a %s: %s", kind, answer.Items[0].FullPath)
		}
	}
	return nil
}

// DeployShop deploys both versions and waits until every pod is ready and
// answers.
func (l *Lab) DeployShop(ctx context.Context, namespace string, blue, green int32) error {
	for _, version := range []struct {
		colour, version string
		pods            int32
	}{{"blue", "v1", blue}, {"green", "v2", green}} {
		name := "shop-" + version.colour
		err := l.Cluster.Deploy(ctx, kubetest.DeploymentSpec{
			Namespace: namespace, Name: name, Replicas: version.pods, Colour: version.colour, Version: version.version,
		})
		if err != nil {
			return err
		}
		if err := l.WaitReady(ctx, namespace, name, int(version.pods)); err != nil {
			return err
		}
	}
	return nil
}

// WaitReady waits until a Service has so many ready endpoints, none of them at
// an address that is to go, and until each of them answers on loopback.
func (l *Lab) WaitReady(ctx context.Context, namespace, service string, pods int, gone ...string) error {
	endpoints, err := l.Cluster.WaitEndpoints(ctx, namespace, service, func(e kubetest.Endpoints) bool {
		return len(e.Ready) == pods && !slices.ContainsFunc(e.Ready, func(address string) bool { return slices.Contains(gone, address) })
	})
	if err != nil {
		return err
	}
	addresses := make([]string, 0, pods)
	for _, address := range endpoints.Ready {
		addresses = append(addresses, address+":8080")
	}
	return l.Backends.Wait(ctx, addresses...)
}

// MakePartition makes a partition, as an administrator would.
func (s *Simulator) MakePartition(ctx context.Context, name string) error {
	return s.REST(ctx, http.MethodPost, "/mgmt/tm/auth/partition", map[string]string{"name": name}, nil)
}

// Shop returns the working folder of a user who has copied examples/blue-green.
func (l *Lab) Shop(ctx context.Context, cli, namespace string) (*Terraform, error) {
	terraform, err := l.Example(ctx, cli, "blue-green")
	if err != nil {
		return nil, err
	}
	terraform.Vars = map[string]any{"namespace": namespace, "traffic": map[string]int{"blue": 100, "green": 0}}
	return terraform, nil
}

// Example returns the working folder of a user who has copied an example.
func (l *Lab) Example(ctx context.Context, cli, name string) (*Terraform, error) {
	root, err := repositoryRoot()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(l.dir, "terraform-")
	if err != nil {
		return nil, err
	}
	kubeconfig := filepath.Join(dir, "kubeconfig")
	if err := l.Cluster.Kubeconfig(kubeconfig); err != nil {
		return nil, err
	}
	return l.NewTerraform(ctx, cli, filepath.Join(root, "examples", name), dir, kubeconfig)
}

// Essence returns the lines of a plan that say what changes: those with a sign
// of Terraform's before them, and the sum. Of what is new, only the names.
func Essence(plan string) string {
	var lines []string
	created := false
	_, body, _ := strings.Cut(plan, "will perform the following actions:")
	for line := range strings.Lines(body) {
		line = strings.TrimRight(line, "\n")
		sign, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch {
		case sign == "#" && strings.HasPrefix(rest, "bigipkube_"):
			created = strings.HasSuffix(rest, "will be created")
			lines = append(lines, line)
		case sign == "Plan:":
			return strings.Join(append(lines, "  "+line), "\n")
		case !created && (sign == "~" || sign == "+" || sign == "-"):
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}
