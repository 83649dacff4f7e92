package cli

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/reconciler"
)

// pendingCode is the exit code of "reconcile --once" where something is held, or
// drains still.
const pendingCode = 2

func newReconcile(build Build) *cobra.Command {
	o := reconciler.Defaults()
	o.Version, o.Getenv = build.Version, os.Getenv
	var insecure, elect bool
	cmd := &cobra.Command{
		Use:   "reconcile",
		Short: "Keep bound pools and routes equal to the cluster, between two applies",
		Long: "Keep every pool of the given partitions that is bound to Kubernetes equal to the live endpoints, until SIGTERM.\n\n" +
			"Pools are bound by what bigipkube_pool writes into their descriptions; there is nothing else to configure. What does\n" +
			"not carry the mark is left alone. What bigipkube_ingress serves follows its Ingress, HTTPRoute or Gateway in the same way.\n\n" +
			"With --once every pool is synced once; the exit code is then 0 if all pools are as they must be, 1 if one could\n" +
			"not be synced, 2 if members are held in service or drain still. With --dry-run what would be written is printed, as JSON: a list of\n" +
			"{pool, writes, held, draining}.\n\n" +
			"A flag goes before its environment variable. The password is BIGIP_PASSWORD or in --password-file, and a token is BIGIP_TOKEN_VALUE:\n" +
			"the arguments of a process are for everybody to read.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("insecure") {
				o.Device.Insecure = &insecure
			}
			if cmd.Flags().Changed("leader-elect") {
				o.LeaderElect = &elect
			}
			o.Out, o.Log = cmd.OutOrStdout(), cmd.ErrOrStderr()
			ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
			defer stop()
			err := reconciler.Run(ctx, o)
			if _, pending := errors.AsType[*reconciler.PendingError](err); pending {
				return &codeError{pendingCode, err}
			}
			return err
		},
	}
	deviceFlags(cmd, &o, &insecure)
	writeFlags(cmd, &o)
	clusterFlags(cmd, &o)
	policyFlags(cmd, &o)
	followFlags(cmd, &o)
	processFlags(cmd, &o, &elect)
	statsFlags(cmd, &o)
	pageFlags(cmd, &o)
	cmd.AddCommand(newExplain(build), newStatus())
	return cmd
}

func deviceFlags(cmd *cobra.Command, o *reconciler.Options, insecure *bool) {
	flags := cmd.Flags()
	flags.StringSliceVar(&o.Device.Addresses, "address", nil, "management address of the BIG-IP; twice for the units of a pair (BIGIP_HOST, two parted by a comma)")
	flags.StringVar(&o.Device.Name, "device-name", "", "a name of your own for the device or the pair; replicas share their work under it (default: its address)")
	flags.IntVar(&o.Device.Port, "port", 0, "management port (BIGIP_PORT; default 443)")
	flags.StringVar(&o.Device.Username, "username", "", "user to log in as: the role Manager in the partitions is enough (BIGIP_USER)")
	flags.StringVar(&o.Device.PasswordFile, "password-file", "", "file with the user's password (BIGIP_PASSWORD has the password itself)")
	flags.StringVar(&o.Device.LoginRef, "login-ref", "", "login provider on the device (BIGIP_LOGIN_REF; default tmos)")
	flags.StringVar(&o.Device.CACertificateFile, "ca-file", "", "file with certificate authorities in PEM form, beside those of the system (BIGIP_TRUSTED_CERT_PATH)")
	flags.BoolVar(insecure, "insecure", false, "do not verify the device's certificate (BIGIP_INSECURE)")
}

func writeFlags(cmd *cobra.Command, o *reconciler.Options) {
	flags := cmd.Flags()
	flags.StringSliceVar(&o.Partitions, "partition", nil, "partition whose pools are followed, repeatable (BIGIP_PARTITION, parted by commas)")
	flags.StringVar(&o.SaveConfig, "save-config", "", "after_apply: save the configuration to disk after changes, every 5 minutes at most; never (BIGIP_SAVE_CONFIG; default never)")
	flags.StringVar(&o.ConfigSyncGroup, "config-sync-group", "", "device group to synchronise changes to, where it does not by itself (BIGIP_CONFIG_SYNC_GROUP)")
}

func clusterFlags(cmd *cobra.Command, o *reconciler.Options) {
	flags := cmd.Flags()
	flags.StringVar(&o.Kubeconfig, "kubeconfig", "", "kubeconfig file of the default cluster (KUBE_CONFIG_PATH, KUBE_HOST …; default: the cluster that the process runs in)")
	flags.StringVar(&o.Context, "context", "", "context of --kubeconfig (KUBE_CTX)")
	flags.StringArrayVar(&o.Clusters, "cluster", nil, "a further cluster, as NAME=PATH or NAME=PATH:CONTEXT, repeatable")
}

// policyFlags are how carefully a pool follows.
func policyFlags(cmd *cobra.Command, o *reconciler.Options) {
	flags := cmd.Flags()
	flags.IntVar(&o.MaxDisablePercent, "max-disable-percent", o.MaxDisablePercent, "a change that takes more of a pool's members out of service, at once or within --hold, is held")
	flags.DurationVar(&o.Hold, "hold", o.Hold, "how long what may be a mistake is held")
	flags.BoolVar(&o.PreWarm, "pre-warm", false, "add pods, disabled, before they are ready, so that monitors have judged them when they are")
	flags.BoolVar(&o.AllowLoop, "allow-loop", false, "follow a pool also where a cluster is reached through the pool itself, by its virtual server")
	flags.BoolVar(&o.ReadinessGate, "readiness-gate", false, "set the condition bigipkube.io/pool-member on pods that ask for it")
	flags.BoolVar(&o.RouteStatus, "route-status", false, "write the status of Ingresses, HTTPRoutes, TLSRoutes and Gateways that are served, and accept GatewayClasses of bigipkube.io/reconcile")
}

func followFlags(cmd *cobra.Command, o *reconciler.Options) {
	flags := cmd.Flags()
	flags.DurationVar(&o.DiscoverInterval, "discover-interval", o.DiscoverInterval, "how often the device is asked which pools are bound")
	flags.DurationVar(&o.Resync, "resync", o.Resync, "how often each pool is compared with the device")
	flags.IntVar(&o.Workers, "workers", o.Workers, "pools that are synced at the same time")
	flags.BoolVar(&o.Once, "once", false, "sync every pool once, and end")
	flags.BoolVar(&o.DryRun, "dry-run", false, "print what --once would write, as JSON, and write nothing")
}

func processFlags(cmd *cobra.Command, o *reconciler.Options, elect *bool) {
	flags := cmd.Flags()
	flags.BoolVar(elect, "leader-elect", false, "share the partitions with other replicas, by Leases (default: in a cluster)")
	flags.StringVar(&o.LeaseNamespace, "lease-namespace", "", "namespace of the Leases (default: that of the pod)")
	flags.StringVar(&o.MetricsAddress, "metrics-bind-address", "", "address of /metrics and of the page at /; 0 for none (default 127.0.0.1:8080, in a cluster :8080)")
	flags.StringVar(&o.ProbeAddress, "health-probe-bind-address", "", "address of /healthz and /readyz; 0 for none (default 127.0.0.1:8081, in a cluster :8081)")
	flags.DurationVar(&o.UnreadyAfter, "unready-after", o.UnreadyAfter, "not ready when the device or a cluster has not answered for so long")
	flags.StringVar(&o.LogFormat, "log-format", o.LogFormat, "text or json")
	flags.StringVar(&o.LogLevel, "log-level", o.LogLevel, "debug, info, warn or error")
}

// statsFlags are about what the device counts.
func statsFlags(cmd *cobra.Command, o *reconciler.Options) {
	flags := cmd.Flags()
	flags.DurationVar(&o.Stats.Interval, "stats-interval", o.Stats.Interval, "how long the device's counters are kept before they are read again")
	flags.BoolVar(&o.Stats.AllPools, "all-pools", false, "tell the counters of pools that are not bound, too")
	flags.StringVar(&o.Stats.ExternalAddress, "external-metrics-bind-address", "", "address of external.metrics.k8s.io, over TLS, for the HPA (default: none)")
	flags.DurationVar(&o.Stats.Window, "metrics-window", o.Stats.Window, "the time over which the external metrics are rates")
	flags.StringVar(&o.Stats.CertFile, "external-metrics-tls-cert-file", "", "file with the certificate of the external metrics API, with its chain (default: one that signs itself)")
	flags.StringVar(&o.Stats.KeyFile, "external-metrics-tls-key-file", "", "file with the key of that certificate")
}
