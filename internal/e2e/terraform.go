package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// providerVersion is the version under which the folder mirror offers the
// program. Any version would do.
const providerVersion = "0.0.1"

// Terraform is a working folder with a configuration, and a CLI to run in it.
type Terraform struct {
	CLI string   // path of terraform or tofu
	Dir string   // the working folder
	Env []string // added to the environment
	// Vars are given to every command, as a user's terraform.tfvars would be.
	Vars map[string]any
}

// NewTerraform copies a configuration into dir and initialises it with the
// lab's program as the provider, taken from a folder mirror like a release.
func (l *Lab) NewTerraform(ctx context.Context, cli, configuration, dir, kubeconfig string) (*Terraform, error) {
	files, err := filepath.Glob(filepath.Join(configuration, "*.tf"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no configuration in %s: %w", configuration, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(file)), text, 0o600); err != nil {
			return nil, err
		}
	}
	mirror := filepath.Join(l.dir, "mirror")
	if err := l.mirrorProvider(mirror); err != nil {
		return nil, err
	}
	t := &Terraform{CLI: cli, Dir: dir, Env: l.environment(kubeconfig)}
	if _, err := t.run(ctx, "init", "-plugin-dir="+mirror); err != nil {
		return nil, err
	}
	return t, nil
}

// environment configures the provider without a word of HCL. What the user's
// own environment says of devices and clusters must not leak in.
func (l *Lab) environment(kubeconfig string) []string {
	host := l.Simulator.Management
	if l.Simulator.Peer != "" {
		host += "," + l.Simulator.Peer
	}
	return []string{
		"BIGIP_HOST=" + host, "BIGIP_USER=" + l.Simulator.Username, "BIGIP_PASSWORD=" + l.Simulator.Password,
		"BIGIP_TRUSTED_CERT_PATH=" + l.Simulator.CAFile, "KUBE_CONFIG_PATH=" + kubeconfig,
		"TF_IN_AUTOMATION=1", "TF_INPUT=0", "CHECKPOINT_DISABLE=1",
	}
}

// mirrorProvider lays the program out as a provider mirror, for both registries
// that a short source address can mean.
func (l *Lab) mirrorProvider(mirror string) error {
	for _, host := range []string{"registry.terraform.io", "registry.opentofu.org"} {
		dir := filepath.Join(mirror, host, "bigipkube", "bigipkube", providerVersion, Platform())
		if err := os.MkdirAll(dir, 0o750); err != nil {
			return err
		}
		err := os.Symlink(l.Provider, filepath.Join(dir, providerName+"_v"+providerVersion))
		if err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
	}
	return nil
}

// CommandError is a CLI command that failed, with all that it printed.
type CommandError struct {
	Args   []string
	Output string
	Err    error
}

// Error shows the command and its output.
func (e *CommandError) Error() string {
	return fmt.Sprintf("terraform %s: %v\n%s", strings.Join(e.Args, " "), e.Err, e.Output)
}

// Unwrap returns the *exec.ExitError.
func (e *CommandError) Unwrap() error { return e.Err }

// Command prepares a CLI command without starting it.
func (t *Terraform) Command(ctx context.Context, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, t.CLI, args...)
	command.Dir = t.Dir
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		switch {
		case strings.HasPrefix(name, "BIGIP_"), strings.HasPrefix(name, "KUBE"), strings.HasPrefix(name, "TF_"):
		default:
			command.Env = append(command.Env, variable)
		}
	}
	command.Env = append(command.Env, t.Env...)
	endWithParent(command)
	return command
}

// run returns what the command printed, on both streams.
func (t *Terraform) run(ctx context.Context, args ...string) (string, error) {
	command := t.Command(ctx, args...)
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	if err := command.Run(); err != nil {
		return output.String(), &CommandError{Args: args, Output: output.String(), Err: err}
	}
	return output.String(), nil
}

// WithVars appends -no-color and the variables to a command's arguments.
func (t *Terraform) WithVars(args ...string) ([]string, error) {
	args = append(args, "-no-color")
	for name, value := range t.Vars {
		text, ok := value.(string)
		if !ok {
			encoded, err := json.Marshal(value)
			if err != nil {
				return nil, err
			}
			text = string(encoded)
		}
		args = append(args, "-var", name+"="+text)
	}
	return args, nil
}

// Plan saves a plan to the file and returns what a user reads, and whether
// there is anything to do.
func (t *Terraform) Plan(ctx context.Context, file string) (text string, changes bool, err error) {
	args, err := t.WithVars("plan", "-detailed-exitcode", "-out="+file)
	if err != nil {
		return "", false, err
	}
	text, err = t.run(ctx, args...)
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 2 {
		return text, true, nil
	}
	return text, false, err
}

// ApplyPlan applies a saved plan.
func (t *Terraform) ApplyPlan(ctx context.Context, file string) (string, error) {
	return t.run(ctx, "apply", "-no-color", file)
}

// Apply plans and applies in one go.
func (t *Terraform) Apply(ctx context.Context) (string, error) {
	args, err := t.WithVars("apply", "-auto-approve")
	if err != nil {
		return "", err
	}
	return t.run(ctx, args...)
}

// Destroy removes everything.
func (t *Terraform) Destroy(ctx context.Context) (string, error) {
	args, err := t.WithVars("destroy", "-auto-approve")
	if err != nil {
		return "", err
	}
	return t.run(ctx, args...)
}
