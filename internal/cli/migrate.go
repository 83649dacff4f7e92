package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kube"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/migrate"
)

// notedCode is the exit code of "migrate" where something has no equal.
const notedCode = 2

func newMigrate(build Build) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Translate the configuration of another controller",
		Args:  cobra.NoArgs,
	}
	cmd.AddCommand(newMigrateCIS(build))
	return cmd
}

// cisMigration is one run of "migrate cis".
type cisMigration struct {
	migrate.Options

	kubeconfig, context, namespace, manifests string

	build          Build
	stdin          io.Reader
	stdout, stderr io.Writer
}

func newMigrateCIS(build Build) *cobra.Command {
	m := cisMigration{build: build}
	cmd := &cobra.Command{
		Use:   "cis [FILE | FOLDER | -]...",
		Short: "Translate the configuration of F5's controller CIS",
		Long: "Translate the configuration of F5's controller CIS into one for this provider: its VirtualServers, TransportServers,\n" +
			"TLSProfiles and Policies, Ingresses with its annotations, and AS3 ConfigMaps with the Services that they mean.\n\n" +
			"It reads files, folders (*.yaml, *.yml, *.json), standard input (-), or a cluster (--kubeconfig). HCL goes to standard\n" +
			"output. A VirtualServer becomes a bigipkube_ingress and the Ingress or HTTPRoute that it binds: these manifests go into the\n" +
			"folder --manifests, else they are comments at the end. What has no equal goes to standard error, a line for each, with its\n" +
			"file and line, and nothing is left out in silence.\n\n" +
			"It writes nothing to a cluster or to a device. The exit code is 0 if all of it was translated, 2 if something has no equal,\n" +
			"1 if it could not be read.",
		RunE: func(cmd *cobra.Command, args []string) error {
			m.stdin, m.stdout, m.stderr = cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr()
			ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
			defer stop()
			return m.run(ctx, args)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&m.kubeconfig, "kubeconfig", "", "kubeconfig file of the cluster to read")
	flags.StringVar(&m.context, "context", "", "context of --kubeconfig (default: its current one)")
	flags.StringVarP(&m.namespace, "namespace", "n", "", "the namespace to read in a cluster (default: all); that of objects in files which name none (default: default)")
	flags.StringVar(&m.manifests, "manifests", "", "folder that the manifests are written into")
	flags.BoolVar(&m.NodePort, "node-port", false, "the controller runs with --pool-member-type=nodeport: members are node ports")
	return cmd
}

func (m cisMigration) run(ctx context.Context, args []string) error {
	inputs, err := m.inputs(ctx, args)
	if err != nil {
		return err
	}
	m.Namespace = m.namespace
	result, err := migrate.Translate(inputs, m.Options)
	if err != nil {
		return err
	}
	if len(result.HCL) == 0 && len(result.Notes) == 0 {
		return errors.New("there is no configuration of CIS in the input")
	}
	if err := m.write(result); err != nil {
		return err
	}
	for _, note := range result.Notes {
		fmt.Fprintln(m.stderr, note)
	}
	if n := len(result.Notes); n > 0 {
		return &codeError{notedCode, fmt.Errorf("notes: %d", n)}
	}
	return nil
}

// inputs reads what is named.
func (m cisMigration) inputs(ctx context.Context, args []string) ([]migrate.Input, error) {
	switch {
	case m.kubeconfig != "" && len(args) > 0:
		return nil, errors.New("read files or a cluster, not both: --kubeconfig does not go with arguments")
	case m.kubeconfig != "":
		return m.cluster(ctx)
	case m.context != "":
		return nil, errors.New("--context is one of --kubeconfig: set that as well")
	case len(args) == 0:
		return nil, errors.New("name files or folders, - for standard input, or a cluster with --kubeconfig")
	}
	var out []migrate.Input
	for _, arg := range args {
		found, err := m.files(arg)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

func (m cisMigration) cluster(ctx context.Context) ([]migrate.Input, error) {
	config := kube.Config{ConfigPath: m.kubeconfig, ConfigContext: m.context}
	objects, err := kube.ReadCIS(ctx, config, kube.Options{UserAgent: "terraform-provider-bigipkube/" + m.build.Version + " (migrate)"}, m.namespace)
	if wrong, ok := errors.AsType[*kube.ConfigError](err); ok { // which names the provider's attribute
		flag := "--kubeconfig"
		if wrong.Field == "config_context" {
			flag = "--context"
		}
		return nil, fmt.Errorf("%s: %w", flag, wrong.Err)
	}
	if err != nil {
		return nil, err
	}
	var out []migrate.Input
	for _, object := range objects {
		out = append(out, migrate.Input{Name: m.kubeconfig, Data: object, Live: true})
	}
	return out, nil
}

// files reads one argument; a folder with all below it, in order.
func (m cisMigration) files(arg string) ([]migrate.Input, error) {
	if arg == "-" {
		data, err := io.ReadAll(m.stdin)
		return []migrate.Input{{Name: "stdin", Data: data}}, err
	}
	var paths []string
	err := filepath.WalkDir(arg, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if path == arg || slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(path)) {
			paths = append(paths, path)
		}
		return nil
	})
	var out []migrate.Input
	for _, path := range paths {
		data, readErr := os.ReadFile(path)
		err = errors.Join(err, readErr)
		out = append(out, migrate.Input{Name: path, Data: data})
	}
	return out, err
}

// write writes the manifests where they are wanted, and the rest to standard output.
func (m cisMigration) write(result migrate.Result) error {
	out := bytes.NewBuffer(slices.Clone(result.HCL))
	if m.manifests == "" {
		comment(out, result.Manifests)
		_, err := m.stdout.Write(out.Bytes())
		return err
	}
	if err := os.MkdirAll(m.manifests, 0o755); err != nil { //nolint:gosec // manifests are for everybody
		return err
	}
	for _, manifest := range result.Manifests {
		name := strings.ToLower(manifest.Kind) + "_" + manifest.Namespace + "_" + manifest.Name + ".yaml"
		if err := os.WriteFile(filepath.Join(m.manifests, name), manifest.YAML, 0o644); err != nil { //nolint:gosec // see above
			return err
		}
	}
	_, err := m.stdout.Write(out.Bytes())
	return err
}

// comment writes manifests as comments of HCL, so that what is written is still HCL.
func comment(out *bytes.Buffer, manifests []migrate.Manifest) {
	if len(manifests) == 0 {
		return
	}
	out.WriteString("\n# Manifests for the cluster, which --manifests writes into a folder:\n")
	for _, manifest := range manifests {
		out.WriteString("# ---\n")
		for line := range strings.Lines(string(manifest.YAML)) {
			out.WriteString("# " + line)
		}
	}
}
