package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func nothing(string) string { return "" }

// newBuilder is a repository in which set "toy" has one executable that builds in a moment.
func newBuilder(t *testing.T) (*builder, set, *bytes.Buffer) {
	t.Helper()
	root := t.TempDir()
	write(t, filepath.Join(root, "internal", "tools", "toy", "go.mod"), "module toy\n\ngo 1.26\n")
	write(t, filepath.Join(root, "internal", "tools", "toy", "go.sum"), "")
	write(t, filepath.Join(root, "internal", "tools", "toy", "main.go"), "package main\n\nfunc main() {}\n")
	out := &bytes.Buffer{}
	toy := set{name: "Toy", folder: "toy-1", module: "toy", env: "TOY", tools: []tool{{name: "toy", pkg: "toy"}}}
	return &builder{root: root, out: out}, toy, out
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
		t.Fatal(err)
	}
}

func TestABuildTellsItsStepsAndASecondOneIsSilent(t *testing.T) {
	t.Parallel()
	b, toy, out := newBuilder(t)
	if err := b.build(t.Context(), toy, nothing); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"==> Toy: toy (1 of 1): building\n", "==> Toy: toy (1 of 1): built in "} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("output %q lacks %q", out, line)
		}
	}
	if info, err := os.Stat(filepath.Join(b.folder(toy), executable("toy"))); err != nil || info.Mode()&0o111 == 0 {
		t.Errorf("executable: %v, %v", info, err)
	}
	out.Reset()
	if err := b.build(t.Context(), toy, nothing); err != nil || out.Len() > 0 {
		t.Errorf("second build: %v, output %q; want silence", err, out)
	}
}

func TestOtherPinsAreBuiltAgain(t *testing.T) {
	t.Parallel()
	b, toy, out := newBuilder(t)
	if err := b.build(t.Context(), toy, nothing); err != nil {
		t.Fatal(err)
	}
	out.Reset()
	write(t, filepath.Join(b.root, "internal", "tools", "toy", "go.mod"), "module toy\n\ngo 1.26.0\n")
	if err := b.build(t.Context(), toy, nothing); err != nil || !strings.Contains(out.String(), "built in") {
		t.Errorf("build: %v, output %q; want a new build", err, out)
	}
}

func TestAFailedOrInterruptedBuildLeavesNoExecutable(t *testing.T) {
	t.Parallel()
	interrupted, cancel := context.WithCancel(t.Context())
	cancel()
	for name, ctx := range map[string]context.Context{"failed": t.Context(), "interrupted": interrupted} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, toy, _ := newBuilder(t)
			write(t, filepath.Join(b.root, "internal", "tools", "toy", "main.go"), "package main\n\nfunc main() { undefined() }\n")
			if err := b.build(ctx, toy, nothing); err == nil {
				t.Fatal("the build succeeded")
			}
			left, err := filepath.Glob(filepath.Join(b.folder(toy), "*toy*"))
			if err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}

func TestTwoBuildsAtOnceBuildOnce(t *testing.T) {
	t.Parallel()
	b, toy, first := newBuilder(t)
	second := &bytes.Buffer{}
	other := &builder{root: b.root, out: second}
	done := make(chan error)
	go func() { done <- other.build(t.Context(), toy, nothing) }()
	if err := b.build(t.Context(), toy, nothing); err != nil {
		t.Error(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if got := strings.Count(first.String()+second.String(), "built in"); got != 1 {
		t.Errorf("built %d times, want 1:\n%s%s", got, first, second)
	}
}

func TestAFolderOfTheUsersIsTakenOrItsLackIsTold(t *testing.T) {
	t.Parallel()
	b, toy, out := newBuilder(t)
	folder := t.TempDir()
	env := func(name string) string { return map[string]string{"TOY": folder}[name] }
	err := b.build(t.Context(), toy, env)
	if err == nil || !strings.Contains(err.Error(), "TOY names a folder without toy") {
		t.Errorf("error = %v", err)
	}
	write(t, filepath.Join(folder, executable("toy")), "")
	if err := b.build(t.Context(), toy, env); err != nil || out.Len() > 0 {
		t.Errorf("build: %v, output %q; want nothing built", err, out)
	}
}

func TestCLIPrefersTheOneThatIsNamed(t *testing.T) {
	t.Parallel()
	b, _, _ := newBuilder(t)
	named := filepath.Join(t.TempDir(), executable("named"))
	write(t, named, "")
	env := func(path string) func(string) string {
		return func(name string) string { return map[string]string{"TF_ACC_TERRAFORM_PATH": path}[name] }
	}
	if got, err := b.cli(t.Context(), env(named)); err != nil || got != named {
		t.Errorf("cli = %q, %v; want %q", got, err, named)
	}
	if got, err := b.cli(t.Context(), env(named+"-absent")); err == nil {
		t.Errorf("cli = %q for a file that does not exist, want an error", got)
	}
}

func TestTofuIsTheOneOfTheCacheWhateverElseIsNamed(t *testing.T) {
	t.Parallel()
	b, _, out := newBuilder(t)
	module := filepath.Join(b.root, "internal", "tools", "opentofu")
	write(t, filepath.Join(module, "go.mod"), "module opentofu\n\ngo 1.26\n")
	write(t, filepath.Join(module, "go.sum"), "")
	pins, err := pinsOf(module)
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(b.root, ".cache", "opentofu-"+openTofuVersion)
	write(t, filepath.Join(folder, executable("tofu")), "")
	write(t, filepath.Join(folder, ".tofu.pins"), pins)
	got, err := b.tofu(t.Context(), func(string) string { return executable("terraform") })
	if want := filepath.Join(folder, executable("tofu")); err != nil || got != want || out.Len() > 0 {
		t.Errorf("tofu = %q, %v, output %q; want %q and nothing built", got, err, out, want)
	}
}

func TestGoFlagsKeepsOnlyWhatDoesNotChangeTheOutcome(t *testing.T) {
	t.Parallel()
	for flags, want := range map[string]string{
		"":                            "",
		"-mod=vendor -p=1":            "-p=1",
		"-buildvcs=false -tags=x":     "-buildvcs=false",
		"--modfile=a.mod -modcacherw": "-modcacherw",
	} {
		if got := goFlags(flags); got != want {
			t.Errorf("goFlags(%q) = %q, want %q", flags, got, want)
		}
	}
}

func TestVersionsInNamesAreTheOnesPinned(t *testing.T) {
	t.Parallel()
	for module, line := range map[string]string{
		"controlplane": "k8s.io/kubernetes " + kubernetesVersion + " ",
		"opentofu":     "github.com/opentofu/opentofu v" + openTofuVersion + " ",
	} {
		mod, err := os.ReadFile(filepath.Join("..", module, "go.mod"))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(mod), line) {
			t.Errorf("%s/go.mod does not contain %q", module, line)
		}
	}
}
