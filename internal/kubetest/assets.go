package kubetest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// KubernetesVersion is the version of Kubernetes that internal/tools/controlplane pins.
const KubernetesVersion = "v1.37.2"

// The processes of a control plane, and its client; also the names of their executables.
const (
	Etcd              = "etcd"
	APIServer         = "kube-apiserver"
	ControllerManager = "kube-controller-manager"
	Kwok              = "kwok"
	Kubectl           = "kubectl"
)

// APIServerName is the name of the i-th API server's process, counted from 0: the first one's is APIServer.
func APIServerName(i int) string {
	if i == 0 {
		return APIServer
	}
	return fmt.Sprintf("%s-%d", APIServer, i)
}

// ErrAssetsMissing says that the executables have not been built yet.
var ErrAssetsMissing = errors.New("the Kubernetes executables are missing: run `make kubernetes` once")

const modulePath = "github.com/bigipkube/terraform-provider-bigipkube"

// findAssets returns the folder that holds the executables: the one asked for, else KUBETEST_ASSETS, else the
// repository's cache.
func findAssets(folder string) (string, error) {
	if folder == "" {
		folder = os.Getenv("KUBETEST_ASSETS")
	}
	if folder == "" {
		root, err := repositoryRoot()
		if err != nil {
			return "", err
		}
		folder = filepath.Join(root, ".cache", "kubernetes-"+KubernetesVersion)
	}
	for _, name := range []string{Etcd, APIServer, ControllerManager, Kwok, Kubectl} {
		if _, err := os.Stat(filepath.Join(folder, name)); err != nil {
			return "", fmt.Errorf("%w (no %s in %s)", ErrAssetsMissing, name, folder)
		}
	}
	return filepath.Abs(folder)
}

// Executable is the path of one of the executables.
func (cp *ControlPlane) Executable(name string) string { return filepath.Join(cp.assets, name) }

// repositoryRoot walks up from the working directory, which in a test is the folder of the package, to our go.mod.
func repositoryRoot() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for folder := start; ; folder = filepath.Dir(folder) {
		mod, err := os.ReadFile(filepath.Join(folder, "go.mod"))
		if err == nil && bytes.HasPrefix(mod, []byte("module "+modulePath+"\n")) {
			return folder, nil
		}
		if folder == filepath.Dir(folder) {
			return "", fmt.Errorf("no go.mod of %s above %s: set KUBETEST_ASSETS", modulePath, start)
		}
	}
}
