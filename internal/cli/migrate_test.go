package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
)

const (
	transport = "apiVersion: cis.f5.com/v1\nkind: TransportServer\nmetadata: {name: db}\nspec: {virtualServerAddress: 203.0.113.1, virtualServerPort: 80, pool: {service: db, servicePort: 80}}\n"
	virtual   = "apiVersion: cis.f5.com/v1\nkind: VirtualServer\nmetadata: {name: web}\nspec: {virtualServerAddress: 203.0.113.2, odd: 1, pools: [{path: /, service: web, servicePort: 80}]}\n"
)

// migrated runs "migrate cis".
func migrated(t *testing.T, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, problems bytes.Buffer
	root := newRoot(Build{Version: "1.2.3"})
	root.SetIn(strings.NewReader(stdin))
	code = execute(root, append([]string{"migrate", "cis"}, args...), &out, &problems)
	return code, out.String(), problems.String()
}

func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFilesFoldersAndStandardInputAreTranslated(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"b.yaml": transport, "a/deep.yml": virtual, "README.md": "no YAML: ["})
	code, stdout, stderr := migrated(t, "", dir)
	if want := filepath.Join(dir, "a", "deep.yml") + ":4: VirtualServer default/web: spec.odd: not known to this command\nnotes: 1\n"; code != 2 || stderr != want {
		t.Errorf("code %d, stderr %q, want %q", code, stderr, want)
	}
	for _, part := range []string{
		"# VirtualServer default/web\nresource \"bigipkube_ingress\" \"default_web\" {\n", "resource \"bigipkube_virtual_server\" \"default_db\" {\n",
		"\n# Manifests for the cluster, which --manifests writes into a folder:\n# ---\n# apiVersion: networking.k8s.io/v1\n# kind: Ingress\n",
	} {
		if !strings.Contains(stdout, part) {
			t.Errorf("%q is not in\n%s", part, stdout)
		}
	}
	if code, _, stderr := migrated(t, transport, "-"); code != 0 || stderr != "" {
		t.Errorf("standard input: code %d, stderr %q", code, stderr)
	}
	if code, stdout, _ := migrated(t, transport, "-", "-n", "shop", "--node-port"); code != 0 || !strings.Contains(stdout, `db = { namespace = "shop", service = "db", port = "80", node_port = true }`) {
		t.Errorf("flags: code %d\n%s", code, stdout)
	}
	if code, _, stderr := migrated(t, "", filepath.Join(dir, "README.md")); code != 1 || !strings.HasPrefix(stderr, "Error: "+filepath.Join(dir, "README.md")+": yaml: ") {
		t.Errorf("a file that is named is read, whatever its name: code %d, stderr %q", code, stderr)
	}
}

func TestManifestsAreWrittenIntoAFolder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "manifests")
	code, stdout, _ := migrated(t, virtual, "-", "--manifests", dir)
	written, err := os.ReadFile(filepath.Join(dir, "ingress_default_web.yaml"))
	if err != nil || code != 2 || !strings.HasPrefix(string(written), "apiVersion: networking.k8s.io/v1\nkind: Ingress\n") || strings.Contains(stdout, "apiVersion") {
		t.Errorf("code %d, %v\n%s\n%s", code, err, written, stdout)
	}
}

func TestWhatCannotBeReadIsRefusedInOneSentence(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"Error: name files or folders, - for standard input, or a cluster with --kubeconfig\n": nil,
		"Error: read files or a cluster, not both: --kubeconfig does not go with arguments\n":  {"-", "--kubeconfig", "x"},
		"Error: --context is one of --kubeconfig: set that as well\n":                          {"--context", "x"},
		"Error: there is no configuration of CIS in the input\n":                               {"-"},
		"Error: lstat /nowhere/at-all: no such file or directory\n":                            {"/nowhere/at-all"},
		"Error: --kubeconfig: stat /nowhere/kubeconfig: no such file or directory\n":           {"--kubeconfig", "/nowhere/kubeconfig"},
	} {
		if code, stdout, stderr := migrated(t, "kind: Pod\n", args...); code != 1 || stdout != "" || stderr != want {
			t.Errorf("%v: code %d, stdout %q\nstderr %q\nwant   %q", args, code, stdout, stderr, want)
		}
	}
}

func TestAClusterIsTranslated(t *testing.T) {
	t.Parallel()
	cp := kubetest.StartT(t, kubetest.Options{})
	for _, ns := range []string{cp.NamespaceT(t, "shop"), cp.NamespaceT(t, "lab")} {
		_, err := cp.Client().NetworkingV1().Ingresses(ns).Create(t.Context(), &networkingv1.Ingress{
			ObjectMeta: metav1.ObjectMeta{Name: "web", Annotations: map[string]string{"virtual-server.f5.com/ip": "203.0.113.10", "virtual-server.f5.com/odd": "1"}},
			Spec: networkingv1.IngressSpec{DefaultBackend: &networkingv1.IngressBackend{
				Service: &networkingv1.IngressServiceBackend{Name: "web", Port: networkingv1.ServiceBackendPort{Number: 80}},
			}},
		}, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		kubeconfig := cp.KubeconfigT(t)
		code, stdout, stderr := migrated(t, "", "--kubeconfig", kubeconfig, "--context", "kubetest", "-n", ns)
		want := kubeconfig + ": Ingress " + ns + "/web: metadata.annotations.virtual-server.f5.com/odd: not known to this command\nnotes: 1\n"
		if code != 2 || stderr != want || !strings.Contains(stdout, `ingress     = { namespace = "`+ns+`", name = "web" }`) || strings.Count(stdout, "resource ") != 1 {
			t.Errorf("code %d, stderr %q\n%s", code, stderr, stdout)
		}
	}
	if code, _, stderr := migrated(t, "", "--kubeconfig", cp.KubeconfigT(t), "--context", "none"); code != 1 || stderr != "Error: --context: there is no context \"none\"; there are: kubetest\n" {
		t.Errorf("another context: code %d, stderr %q", code, stderr)
	}
	code, stdout, _ := migrated(t, "", "--kubeconfig", cp.KubeconfigT(t))
	if all := slices.Collect(strings.SplitSeq(stdout, "resource ")); code != 2 || len(all) != 3 {
		t.Errorf("all namespaces: code %d\n%s", code, stdout)
	}
}
