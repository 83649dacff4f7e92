package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/reconciler"
)

func newExplain(build Build) *cobra.Command {
	o := reconciler.ExplainOptions{Options: reconciler.Defaults()}
	o.Version, o.Getenv, o.LogLevel = build.Version, os.Getenv, "warn"
	var insecure bool
	cmd := &cobra.Command{
		Use:   "explain {--pool POOL | --route [KIND/][CLUSTER/]NAMESPACE/NAME}",
		Short: "Say why the members of a bound pool, or the routes of an object, are as they are",
		Long: "With --pool, say of each member of a bound pool, and of each endpoint that was left out: where in Kubernetes it\n" +
			"comes from, what is asked, what is on the device, and why.\n\n" +
			"With --route, say of an Ingress, HTTPRoute, TLSRoute or Gateway (ingress/shop/web, httproute/shop/web, gateway/shop/edge): which\n" +
			"rule of which policy each of its routes is, what it matches, where its requests go, and whose rule comes before it;\n" +
			"the certificates and until when they are valid; what of it cannot be served, and why; and what is to change, and when.\n\n" +
			"It reads everything once, writes nothing, and needs no helper that runs. What a running helper remembers it does not\n" +
			"know: since when something is held, and that a watch broke or an EndpointSlice was deleted. Give it the helper's own\n" +
			"flags, so that it decides as the helper does.\n\n" +
			"The exit code is 1 if the pool is not there, is not bound, its mark is not understood,\n" +
			"or a cluster is reached through the pool itself; and if nothing is served of the object.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("insecure") {
				o.Device.Insecure = &insecure
			}
			o.Out, o.Log = cmd.OutOrStdout(), cmd.ErrOrStderr()
			ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
			defer stop()
			return reconciler.Explain(ctx, o)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.Pool, "pool", "", "path of the pool, /shop/web")
	flags.StringVar(&o.Route, "route", "", "the object with the routes: ingress/shop/web; without its kind, whatever of that name is served")
	flags.StringSliceVar(&o.Partitions, "partition", nil, "partition to look for --route in, repeatable (BIGIP_PARTITION, parted by commas)")
	flags.StringVar(&o.Member, "member", "", "only this member, 10.244.0.7:8080 (default: all)")
	flags.StringVarP(&o.Output, "output", "o", "text", "text or json")
	cmd.MarkFlagsOneRequired("pool", "route")
	cmd.MarkFlagsMutuallyExclusive("pool", "route")
	cmd.MarkFlagsMutuallyExclusive("member", "route")
	deviceFlags(cmd, &o.Options, &insecure)
	clusterFlags(cmd, &o.Options)
	policyFlags(cmd, &o.Options)
	return cmd
}
