package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/reconciler"
)

func newStatus() *cobra.Command {
	o := reconciler.StatusOptions{Getenv: os.Getenv}
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show what a running helper knows, as a tree",
		Long: "Show what a running helper knows: the device and the clusters, each virtual server with its pools, backends and members,\n" +
			"why each member is as it is, what drains and what is held, and the last changes. It is what the page at / shows.\n\n" +
			"It asks the helper's port and nothing else. In a cluster:\n\n" +
			"  kubectl -n bigipkube port-forward deployment/bigipkube 8080 &\n" +
			"  terraform-provider-bigipkube reconcile status --watch\n\n" +
			"Where the helper asks for a token, it is BIGIPKUBE_PAGE_TOKEN or in --token-file.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Out, o.Log = cmd.OutOrStdout(), cmd.ErrOrStderr()
			if file, ok := o.Out.(*os.File); ok {
				info, err := file.Stat()
				o.Terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
			}
			ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
			defer stop()
			return reconciler.Status(ctx, o)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.Helper, "helper", "http://127.0.0.1:8080", "URL of the helper's port: its --metrics-bind-address")
	flags.StringVar(&o.TokenFile, "token-file", "", "file with the token that the helper asks for (BIGIPKUBE_PAGE_TOKEN)")
	flags.StringVarP(&o.Output, "output", "o", "text", "text or json; with --watch json is a line each time")
	flags.BoolVarP(&o.Watch, "watch", "w", false, "go on, and show it again whenever it changes")
	return cmd
}

// pageFlags are about who may look.
func pageFlags(cmd *cobra.Command, o *reconciler.Options) {
	flags := cmd.Flags()
	flags.StringVar(&o.Page.Auth, "page-auth", o.Page.Auth, "who may look at the page at / of --metrics-bind-address: none-on-loopback (who comes from the loopback, and nobody else), "+
		"token (who has the one of --page-token-file), kubernetes (who has a token of the cluster, and may get the non-resource URL /bigipkube/status)")
	flags.StringVar(&o.Page.TokenFile, "page-token-file", "", "file with the token of the page (BIGIPKUBE_PAGE_TOKEN)")
}
