package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
)

// providerName is the provider as types and addresses name it.
const providerName = "bigipkube"

// renderedName is the provider as its documentation names it.
const renderedName = "BIG-IP for Kubernetes"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop has been called
	}
}

func run(ctx context.Context) error {
	root, err := repository(ctx)
	if err != nil {
		return err
	}
	temporary, err := os.MkdirTemp("", "generate-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temporary) //nolint:errcheck // nothing to do about it

	cli, err := findCLI(ctx, root)
	if err != nil {
		return err
	}
	fmt.Println("==> formatting examples/ with", filepath.Base(cli))
	if _, err := command(ctx, root, cli, "fmt", "-recursive", "examples"); err != nil {
		return err
	}
	fmt.Println("==> reading the schemas of the provider")
	schema, err := readSchema(ctx, cli, root, temporary)
	if err != nil {
		return err
	}
	file := filepath.Join(temporary, "schema.json")
	if err := os.WriteFile(file, schema, 0o600); err != nil {
		return err
	}
	fmt.Println("==> writing docs/")
	return docs(ctx, root, file)
}

// repository is the folder of the main module.
func repository(ctx context.Context) (string, error) {
	file, err := command(ctx, "", "go", "env", "GOMOD")
	if err != nil {
		return "", err
	}
	return filepath.Dir(strings.TrimSpace(file)), nil
}

// findCLI returns the path of terraform or tofu. Where neither is there, OpenTofu
// is built, which takes minutes.
func findCLI(ctx context.Context, root string) (string, error) {
	if cli := os.Getenv("TF_ACC_TERRAFORM_PATH"); cli != "" {
		return cli, nil
	}
	return assets(ctx, root, "cli")
}

// assets builds a set of tools unless it is there, telling its progress, and
// returns what it prints.
func assets(ctx context.Context, root, set string) (string, error) {
	c := exec.CommandContext(ctx, "go", "run", "./internal/tools/assets", set)
	c.Dir, c.Stderr = root, os.Stderr
	output, err := c.Output()
	return strings.TrimSpace(string(output)), err
}

// behaviourPage tells what is known of a device; its source is the conformance suite.
const behaviourPage = "docs/guides/device-behaviour.md"

// docs generates docs/ and checks it. tfplugindocs makes the folder anew, so the
// page of the conformance suite comes after it.
func docs(ctx context.Context, root, schema string) error {
	if _, err := assets(ctx, root, "docs"); err != nil {
		return err
	}
	tfplugindocs := filepath.Join(root, ".cache", "tools", "tfplugindocs")
	common := []string{"--provider-dir", root, "--provider-name", providerName, "--providers-schema", schema}
	for _, words := range [][]string{
		append([]string{tfplugindocs, "generate", "--rendered-provider-name", renderedName}, common...),
		{"go", "run", "./internal/conformance/page", behaviourPage},
		append([]string{tfplugindocs, "validate"}, common...),
	} {
		if _, err := command(ctx, root, words[0], words[1:]...); err != nil {
			return err
		}
	}
	return nil
}

// command runs a program and returns its standard output. What it prints to
// standard error is shown when it fails.
func command(ctx context.Context, dir, name string, arguments ...string) (string, error) {
	c := exec.CommandContext(ctx, name, arguments...)
	c.Dir = dir
	c.Env = environment()
	var output, problems strings.Builder
	c.Stdout, c.Stderr = &output, &problems
	if err := c.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s%s", filepath.Base(name), strings.Join(arguments, " "), err, output.String(), problems.String())
	}
	return output.String(), nil
}

// environment is ours without the settings of a user's Terraform, which could
// change what is generated, or stop it.
func environment() []string {
	var kept []string
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "TF_") {
			kept = append(kept, variable)
		}
	}
	return append(kept, "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1")
}
