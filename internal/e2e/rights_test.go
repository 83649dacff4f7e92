package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/client-go/kubernetes/scheme"
)

// leastRights are the rules of the Role in examples/least-rights.
func leastRights(t *testing.T) []rbacv1.PolicyRule {
	t.Helper()
	root, err := repositoryRoot()
	must(t, err)
	text, err := os.ReadFile(filepath.Join(root, "examples", "least-rights", "kubernetes.yaml"))
	must(t, err)
	for _, document := range strings.Split(string(text), "\n---\n") {
		object, _, err := scheme.Codecs.UniversalDeserializer().Decode([]byte(document), nil, nil)
		must(t, err)
		if role, ok := object.(*rbacv1.Role); ok {
			return role.Rules
		}
	}
	t.Fatal("the example has no Role")
	return nil
}

func TestACutoverNeedsNoMoreThanTheLeastRights(t *testing.T) {
	t.Parallel()
	s := newShop(t, 2, 2)
	const password = "manages-one-partition"
	must(t, s.Simulator.REST(t.Context(), "POST", "/mgmt/tm/auth/user", map[string]any{
		"name": "terraform", "password": password,
		"partitionAccess": []map[string]string{{"name": "shop", "role": "manager"}},
	}, nil))
	const user = "least" // in Options.Users of the cluster
	must(t, s.Cluster.Grant(t.Context(), user, leastRights(t)...))
	kubeconfig := filepath.Join(s.terraform.Dir, "least.kubeconfig")
	must(t, s.Cluster.UserKubeconfig(kubeconfig, user))
	s.terraform.Env = append(s.terraform.Env, "BIGIP_USER=terraform", "BIGIP_PASSWORD="+password, "KUBE_CONFIG_PATH="+kubeconfig)

	s.apply(t, 100, 0)
	s.during(t, "cutover", 100, func() { s.apply(t, 0, 100) })
	_, err := s.terraform.Destroy(t.Context())
	must(t, err)
	if left := s.pools(t); left != "" {
		t.Errorf("the device still has the pools %s", left)
	}
}

func TestThePipelineOfTheGuideAppliesAndTellsWhenThereIsNothingToDo(t *testing.T) {
	t.Parallel()
	s := newShop(t, 1, 1)
	root, err := repositoryRoot()
	must(t, err)
	pipeline := func(share string) (string, int) {
		command := exec.CommandContext(t.Context(), "sh", filepath.Join(root, "examples", "ci", "pipeline.sh"),
			"-no-color", "-var", "namespace="+s.namespace, "-var", "traffic="+share)
		command.Dir, command.Env = s.terraform.Dir, s.terraform.Command(t.Context()).Env
		command.Env = append(command.Env, "TERRAFORM="+cli)
		output, err := command.CombinedOutput()
		if err != nil && command.ProcessState == nil {
			t.Fatal(err)
		}
		return string(output), command.ProcessState.ExitCode()
	}
	for _, step := range []struct {
		share, says string
		code        int
	}{
		{"{blue=100,green=0}", "done\n", 0},
		{"{blue=100,green=0}", "nothing to do\n", 0},
		{"{blue=0,green=100}", "done\n", 0},
		{"{blue=1,green=100}", "Traffic does not add up to 100", 1},
	} {
		output, code := pipeline(step.share)
		if code != step.code || !strings.Contains(output, step.says) {
			t.Fatalf("%s: exit code %d, want %d and %q:\n%s", step.share, code, step.code, step.says, output)
		}
	}
}
