// Package internal_test holds the layering of the house: which package may
// import which. The reasons are in DESIGN.md.
package internal_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/bigipkube/terraform-provider-bigipkube"

// A layer is what the packages of one folder, and of those below, may import.
// The deepest folder that fits a package is its layer; "." is main alone.
type layer struct {
	folder  string
	ours    []string // our folders, with those below
	foreign []string // other modules, by the beginning of the import path
	pure    bool     // no I/O, logger or context of the standard library
}

var (
	framework  = []string{"github.com/hashicorp/terraform-plugin-framework", "github.com/hashicorp/terraform-plugin-go", "github.com/hashicorp/terraform-plugin-log"}
	kubernetes = []string{"k8s.io/", "sigs.k8s.io/controller-runtime", "sigs.k8s.io/gateway-api/", "golang.org/x/sync/"}
	all        = []string{""}
	// The types of what routes are made from: plain data, of which a mirror would be twice the code.
	routeTypes = []string{"k8s.io/api/core/v1", "k8s.io/api/networking/v1", "k8s.io/apimachinery/pkg/", "sigs.k8s.io/gateway-api/apis/"}

	core = []string{"internal/binding", "internal/changeset", "internal/cutover", "internal/endpoints", "internal/follow", "internal/ingress", "internal/ltm", "internal/traffic"}
	// What the folders of the provider's types share. They never import each other.
	shared = []string{
		"internal/provider/customtypes", "internal/provider/cutoverattr", "internal/provider/diagnostics", "internal/provider/f5state",
		"internal/provider/identity", "internal/provider/listing", "internal/provider/pinned", "internal/provider/providerdata", "internal/provider/serverattr", "internal/provider/shortcut", "internal/provider/structs",
	}
)

var layers = []layer{
	{folder: ".", ours: []string{"internal/cli"}},

	// Core: values in, values out; downwards only.
	{folder: "internal/ltm", pure: true},
	{folder: "internal/endpoints", ours: []string{"internal/ltm"}, pure: true},
	{folder: "internal/traffic", ours: []string{"internal/ltm", "internal/endpoints"}, pure: true},
	{folder: "internal/binding", ours: []string{"internal/ltm", "internal/endpoints", "internal/traffic"}, pure: true},
	{folder: "internal/changeset", ours: []string{"internal/ltm"}, pure: true},
	{folder: "internal/cutover", ours: []string{"internal/ltm", "internal/changeset"}, pure: true},
	{folder: "internal/follow", ours: []string{"internal/ltm", "internal/changeset", "internal/endpoints"}, pure: true},
	{folder: "internal/ingress", ours: []string{"internal/ltm", "internal/endpoints", "internal/binding"}, foreign: routeTypes, pure: true},

	// From another controller's configuration to ours: values too, but of two formats, whose decoder ends with io.EOF.
	{folder: "internal/migrate", ours: []string{"internal/ingress"}, foreign: []string{"github.com/hashicorp/hcl/v2", "github.com/zclconf/go-cty/cty", "go.yaml.in/yaml/v3"}},

	// Application.
	{folder: "internal/engine", ours: core},

	// Adapters: one per outside system, none knows another one's.
	{folder: "internal/kube", ours: append([]string{"internal/engine"}, core...), foreign: kubernetes},
	{folder: "internal/icontrol", foreign: []string{"github.com/hashicorp/go-cleanhttp"}},
	{folder: "internal/bigip", ours: append([]string{"internal/engine", "internal/icontrol"}, core...), foreign: []string{"golang.org/x/sync/"}},
	{folder: "internal/check", ours: append([]string{"internal/engine"}, core...), foreign: []string{"github.com/hashicorp/go-cleanhttp"}},

	// Shells. Only provider.go and reconciler.go build adapters.
	{folder: "internal/provider", ours: append([]string{"internal/engine", "internal/kube", "internal/icontrol", "internal/bigip", "internal/check", "internal/provider"}, core...), foreign: framework},
	{folder: "internal/provider/*", ours: slices.Concat([]string{"internal/engine"}, shared, core), foreign: framework},
	{folder: "internal/reconciler", ours: append([]string{"internal/engine", "internal/kube", "internal/icontrol", "internal/bigip", "internal/reconciler"}, core...), foreign: all},
	{folder: "internal/reconciler/shards", foreign: kubernetes},
	{folder: "internal/reconciler/stats", ours: append([]string{"internal/engine"}, core...), foreign: []string{"github.com/prometheus/"}},
	{folder: "internal/reconciler/page"},
	{folder: "internal/reconciler/externalmetrics", ours: []string{"internal/reconciler/stats"}, foreign: append([]string{"sigs.k8s.io/custom-metrics-apiserver/"}, kubernetes...)},
	{folder: "internal/cli", ours: []string{"internal/provider", "internal/reconciler", "internal/bigipsim", "internal/kube", "internal/migrate"}, foreign: append([]string{"github.com/spf13/"}, framework...)},

	// Doubles and proofs. The simulator shares no type with what it tests.
	{folder: "internal/bigipsim", ours: []string{"internal/bigipsim"}},
	{folder: "internal/kubetest", foreign: kubernetes},
	{folder: "internal/browser", foreign: []string{"golang.org/x/net/websocket"}},
	{folder: "internal/conformance", ours: []string{"internal/conformance"}},
	{folder: "internal/provider/acctest", ours: []string{"internal"}, foreign: all},
	{folder: "internal/e2e", ours: []string{"internal"}, foreign: all},
	{folder: "internal/tools"},
	{folder: "internal/tools/generate", ours: []string{"internal/provider"}, foreign: framework},
}

// impure are the packages of the standard library that do more than compute.
// net/netip and net/url are parsers.
var impure = []string{"bufio", "context", "database", "embed", "io", "log", "net", "os", "plugin", "runtime", "syscall", "testing"}

var parsers = []string{"net/netip", "net/url"}

type listed struct {
	ImportPath string
	Imports    []string // of the package itself, not of its tests
}

func TestImportsPointOneWay(t *testing.T) {
	t.Parallel()
	packages := listPackages(t)
	if len(packages) < len(core) {
		t.Fatalf("go list names %d packages only", len(packages))
	}
	for _, p := range packages {
		if ours(p.ImportPath) == "internal" {
			continue // this test
		}
		for _, problem := range problems(p) {
			t.Error(problem)
		}
	}
}

// The test above sees nothing wrong; this one shows that it would.
func TestAnImportAgainstTheRulesIsNamed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ from, imported, want string }{
		{"internal/ltm", module + "/internal/endpoints", "internal/ltm must not import internal/endpoints; of ours it may import: nothing"},
		{"internal/ltm", "context", "internal/ltm is core and must not import context: values in, values out"},
		{"internal/ltm", "log/slog", "internal/ltm is core and must not import log/slog: values in, values out"},
		{"internal/ltm", "net/netip", ""},
		{"internal/endpoints", "k8s.io/api/core/v1", "internal/endpoints must not import k8s.io/api/core/v1; of other modules it may import: nothing"},
		{"internal/endpoints", module + "/internal/ltm", ""},
		{"internal/icontrol", module + "/internal/ltm", "internal/icontrol must not import internal/ltm; of ours it may import: nothing"},
		{"internal/engine", module + "/internal/kube", "internal/engine must not import internal/kube; of ours it may import: " + strings.Join(core, ", ")},
		{"internal/provider/pool", module + "/internal/provider/virtualserver", "internal/provider/pool must not import internal/provider/virtualserver; of ours it may import: internal/engine, " + strings.Join(slices.Concat(shared, core), ", ")},
		{"internal/provider/pool", module + "/internal/provider/diagnostics", ""},
		{"internal/provider/pool", module + "/internal/ltmx", "internal/provider/pool must not import internal/ltmx; of ours it may import: internal/engine, " + strings.Join(slices.Concat(shared, core), ", ")},
		{"internal/provider", module + "/internal/kube", ""},
		{"internal/bigipsim/rest", module + "/internal/bigipsim/config", ""},
		{"internal/helpers", "fmt", "internal/helpers has no layer: give it one in internal/imports_test.go"},
	} {
		got := strings.Join(problems(listed{ImportPath: module + "/" + tt.from, Imports: []string{tt.imported}}), "; ")
		if got != tt.want {
			t.Errorf("%s imports %s:\ngot  %q\nwant %q", tt.from, tt.imported, got, tt.want)
		}
	}
}

func listPackages(t *testing.T) []listed {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", "list", "-e", "-json=ImportPath,Imports", "./...")
	command.Dir = ".."
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	var packages []listed
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

// problems says what is wrong with a package's imports, and what would be right.
func problems(p listed) []string {
	folder := ours(p.ImportPath)
	l, ok := layerOf(folder)
	if !ok {
		return []string{folder + " has no layer: give it one in internal/imports_test.go"}
	}
	var out []string
	for _, path := range p.Imports {
		switch {
		case path == module || strings.HasPrefix(path, module+"/"):
			if !slices.ContainsFunc(l.ours, func(o string) bool { return within(ours(path), o) }) {
				out = append(out, fmt.Sprintf("%s must not import %s; of ours it may import: %s", folder, ours(path), list(l.ours)))
			}
		case strings.Contains(strings.Split(path, "/")[0], "."):
			if !slices.ContainsFunc(l.foreign, func(f string) bool { return strings.HasPrefix(path, f) }) {
				out = append(out, fmt.Sprintf("%s must not import %s; of other modules it may import: %s", folder, path, list(l.foreign)))
			}
		case l.pure && !slices.Contains(parsers, path) && slices.ContainsFunc(impure, func(i string) bool { return within(path, i) }):
			out = append(out, fmt.Sprintf("%s is core and must not import %s: values in, values out", folder, path))
		}
	}
	return out
}

// layerOf finds the deepest layer; "/*" stands for the folders below one.
func layerOf(folder string) (layer, bool) {
	var found layer
	for _, l := range layers {
		parent, below := strings.CutSuffix(l.folder, "/*")
		fits := within(folder, l.folder) || below && folder != parent && within(folder, parent)
		if fits && len(l.folder) > len(found.folder) {
			found = l
		}
	}
	return found, found.folder != ""
}

func within(path, folder string) bool { return path == folder || strings.HasPrefix(path, folder+"/") }

// ours is the folder of an import path of our module.
func ours(path string) string {
	if path == module {
		return "."
	}
	return strings.TrimPrefix(path, module+"/")
}

func list(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", ")
}
