package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
)

// applyFolder is "kubectl apply -k" of a folder of examples/reconciler. The API server
// checks each field, and finds no fault.
func (m *manifests) applyFolder(name string, flags ...string) {
	m.t.Helper()
	root, err := repositoryRoot()
	must(m.t, err)
	m.apply(append(flags, "-k", filepath.Join(root, "examples", "reconciler", name))...)
}

// apply is "kubectl apply".
func (m *manifests) apply(what ...string) {
	m.t.Helper()
	output, err := kubectl(m.t, m.Cluster)(m.t.Context(), append([]string{"apply"}, what...)...)
	must(m.t, err)
	if strings.Contains(output, "Warning") {
		m.t.Errorf("kubectl apply %v: %s", what, output)
	}
}

// applyOwn applies a kustomization of a user's own, with a folder of examples/reconciler and
// components of it. There is no scheduler, so the pods say where they run.
func (m *manifests) applyOwn(folder string, components ...string) {
	m.t.Helper()
	root, err := repositoryRoot()
	must(m.t, err)
	dir := m.t.TempDir()
	at := func(name string) string {
		path, err := filepath.Rel(dir, filepath.Join(root, "examples", "reconciler", name))
		must(m.t, err)
		return path
	}
	text := "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [" + at(folder) + "]\ncomponents:\n"
	for _, name := range components {
		text += "  - " + at(name) + "\n"
	}
	text += fmt.Sprintf(`patches: [{target: {kind: Deployment}, patch: '[{"op": "add", "path": "/spec/template/spec/nodeName", "value": "%s"}]'}]`, kubetest.NodeName(0))
	must(m.t, os.WriteFile(filepath.Join(dir, "kustomization.yaml"), []byte(text), 0o600))
	m.apply("-k", dir)
}

// awaitTrue waits until something is so.
func awaitTrue(t *testing.T, is func() bool, otherwise func() string) {
	t.Helper()
	limit := time.NewTimer(time.Minute)
	defer limit.Stop()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-limit.C:
			t.Fatal(otherwise())
		}
	}
}
