package main

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
)

// set is a folder of executables that one nested module builds.
type set struct {
	name   string // of the set, for messages
	folder string // below .cache; it carries the version, so that a new one is built beside the old
	module string // below internal/tools
	env    string // the variable that names a folder which has them, "" for none
	tools  []tool
}

// tool is one executable.
type tool struct {
	name, pkg string
	stamp     string // linker flags that tell it its version
}

const (
	kubernetesVersion = "v1.37.2"
	openTofuVersion   = "1.12.6"

	kubernetesStamp = "-X k8s.io/component-base/version.gitVersion=" + kubernetesVersion +
		" -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=37" +
		" -X k8s.io/component-base/version.gitTreeState=clean"
)

var sets = map[string]set{
	"kubernetes": {
		name: "Kubernetes " + kubernetesVersion, folder: "kubernetes-" + kubernetesVersion,
		module: "controlplane", env: "KUBETEST_ASSETS",
		tools: []tool{
			// The largest first: the others find most of their packages compiled.
			{name: "kube-apiserver", pkg: "k8s.io/kubernetes/cmd/kube-apiserver", stamp: kubernetesStamp},
			{name: "kube-controller-manager", pkg: "k8s.io/kubernetes/cmd/kube-controller-manager", stamp: kubernetesStamp},
			{name: "kubectl", pkg: "k8s.io/kubernetes/cmd/kubectl", stamp: kubernetesStamp},
			{name: "etcd", pkg: "go.etcd.io/etcd/server/v3"},
			{name: "kwok", pkg: "sigs.k8s.io/kwok/cmd/kwok"},
		},
	},
	"opentofu": {
		name: "OpenTofu " + openTofuVersion, folder: "opentofu-" + openTofuVersion, module: "opentofu",
		tools: []tool{{
			name: "tofu", pkg: "github.com/opentofu/opentofu/cmd/tofu",
			stamp: "-X github.com/opentofu/opentofu/version.dev=no",
		}},
	},
	"lint": {
		name: "the linters", folder: "tools", module: "lint",
		tools: []tool{
			{name: "golangci-lint", pkg: "github.com/golangci/golangci-lint/v2/cmd/golangci-lint"},
			{name: "gofumpt", pkg: "mvdan.cc/gofumpt"},
		},
	},
	"docs": {
		name: "the generator of docs/", folder: "tools", module: "docs",
		tools: []tool{{name: "tfplugindocs", pkg: "github.com/hashicorp/terraform-plugin-docs/cmd/tfplugindocs"}},
	},
}

// cli returns the path of a Terraform CLI: the one named by TF_ACC_TERRAFORM_PATH, else terraform or tofu on PATH, else
// an OpenTofu that it builds.
func (b *builder) cli(ctx context.Context, getenv func(string) string) (string, error) {
	if path := getenv("TF_ACC_TERRAFORM_PATH"); path != "" {
		path, err := exec.LookPath(path)
		if err != nil {
			return "", err
		}
		return filepath.Abs(path)
	}
	for _, name := range []string{"terraform", "tofu"} {
		if path, err := exec.LookPath(name); err == nil {
			return filepath.Abs(path)
		}
	}
	return b.tofu(ctx, getenv)
}

// tofu returns the path of the OpenTofu that it builds.
func (b *builder) tofu(ctx context.Context, getenv func(string) string) (string, error) {
	set := sets["opentofu"]
	if err := b.build(ctx, set, getenv); err != nil {
		return "", err
	}
	return filepath.Join(b.folder(set), executable("tofu")), nil
}

// repositoryRoot is where the go command finds our go.mod, whatever the working directory below it.
func repositoryRoot(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return "", err
	}
	return filepath.Dir(strings.TrimSpace(string(out))), nil
}
