package cli

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"
	"github.com/spf13/cobra"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider"
)

// Address is where registries know the provider.
const Address = "registry.terraform.io/bigipkube/bigipkube"

// logoutTime is less than the 2 s that Terraform gives a plugin to end before
// it kills it.
const logoutTime = 1500 * time.Millisecond

// collectAt is the garbage, in percent of what is in use, at which it is collected. A
// provider lives for one command and keeps little: at Go's own 100 a plan of a thousand
// pools is more than half as much work again, at 400 it has 80 MB more at its peak.
const collectAt = 400

// magicCookie is the variable by which Terraform tells a plugin that it is its
// parent. A person at a terminal has not set it and is shown the help.
const magicCookie = "TF_PLUGIN_MAGIC_COOKIE"

func newServe(build Build) *cobra.Command {
	var debug bool
	root := &cobra.Command{
		Use:   "terraform-provider-bigipkube",
		Short: "Puts Kubernetes workloads behind an F5 BIG-IP",
		Long: "terraform-provider-bigipkube puts Kubernetes workloads behind an F5 BIG-IP.\n\n" +
			"Without arguments it is a Terraform provider: Terraform or OpenTofu starts it.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !debug && os.Getenv(magicCookie) == "" {
				return cmd.Help()
			}
			return serve(context.Background(), build, debug)
		},
	}
	root.Flags().BoolVar(&debug, "debug", false, "serve for a debugger, and print what to set TF_REATTACH_PROVIDERS to")
	return root
}

// serve runs the provider until Terraform ends it, then gives the device its
// token back: a BIG-IP has room for 100 of them per user (icontrol-rest 1.3).
// Ctrl-C is Terraform's to handle; it stops the provider through the protocol.
func serve(ctx context.Context, build Build, debug bool) error {
	if !debug && unread(os.Environ()) {
		_ = os.Setenv("TF_LOG_SDK", "OFF") // fails for a name that is none
	}
	collectLess()
	defer logout(ctx)
	go func() {
		waitForEnd()
		logout(ctx)
		os.Exit(1)
	}()
	server, err := provider.NewServer(ctx, build.Version)
	if err != nil {
		return err
	}
	var options []tf6server.ServeOpt
	if debug {
		options = append(options, tf6server.WithManagedDebug())
	}
	return tf6server.Serve(Address, func() tfprotov6.ProviderServer { return server }, options...)
}

// collectLess leaves the garbage longer, unless the user's GOGC says how long.
func collectLess() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
}

// unread tells that Terraform drops what its plugins log. The framework's own trace
// is then a third of the work of a plan of a thousand pools, on both sides.
func unread(environment []string) bool {
	return !slices.ContainsFunc(environment, func(variable string) bool { return strings.HasPrefix(variable, "TF_LOG") })
}

// waitForEnd returns on SIGTERM, and when the parent is gone: a Terraform that
// was killed can't tell its plugins to end, and they would stay for ever.
func waitForEnd() {
	terminated := make(chan os.Signal, 1)
	signal.Notify(terminated, syscall.SIGTERM)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for parent := os.Getppid(); os.Getppid() == parent; {
		select {
		case <-tick.C:
		case <-terminated:
			return
		}
	}
}

func logout(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, logoutTime)
	defer cancel()
	provider.Shutdown(ctx)
}
