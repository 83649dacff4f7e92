package reconciler

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigip"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/kube"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// Options are the settings of the helper, as flags or the environment have them.
type Options struct {
	Version string
	Getenv  func(string) string

	Device     DeviceOptions
	Partitions []string // empty: BIGIP_PARTITION

	Kubeconfig string   // "" = KUBE_*, else the cluster that the process runs in
	Context    string   // of Kubeconfig
	Clusters   []string // NAME=PATH[:CONTEXT]

	DiscoverInterval time.Duration
	Resync           time.Duration
	Workers          int

	MaxDisablePercent int
	Hold              time.Duration
	PreWarm           bool
	SaveConfig        string // "after_apply" or "never"; "" = BIGIP_SAVE_CONFIG, else never
	ConfigSyncGroup   string // "" = BIGIP_CONFIG_SYNC_GROUP
	ReadinessGate     bool
	AllowLoop         bool // a cluster may be reached through a pool that follows

	LeaderElect    *bool  // nil: in a cluster only
	LeaseNamespace string // "" = the namespace of the pod

	MetricsAddress string // "" = :8080 in a cluster, else 127.0.0.1:8080; "0" = none
	ProbeAddress   string // "" = :8081 in a cluster, else 127.0.0.1:8081; "0" = none
	UnreadyAfter   time.Duration

	Stats StatsOptions
	Page  PageOptions

	Once, DryRun bool

	LogFormat string // "text" or "json"
	LogLevel  string // "debug", "info", "warn", "error"

	Out, Log io.Writer
}

// DeviceOptions say how to reach the device; what is empty, the environment says.
type DeviceOptions struct {
	Addresses         []string
	Name              string
	Port              int
	Username          string
	PasswordFile      string
	LoginRef          string
	Insecure          *bool
	CACertificateFile string
}

// Defaults are the settings of which nothing is said.
func Defaults() Options {
	return Options{
		DiscoverInterval: 30 * time.Second, Resync: 10 * time.Minute, Workers: 4,
		MaxDisablePercent: 50, Hold: 30 * time.Second, UnreadyAfter: time.Minute,
		Stats:     StatsOptions{Interval: 10 * time.Second, Window: time.Minute},
		Page:      PageOptions{Auth: authLoopback},
		LogFormat: "text", LogLevel: "info",
	}
}

// The values of SaveConfig.
const (
	saveAfterApply = "after_apply"
	saveNever      = "never"
)

// settings are Options that were understood.
type settings struct {
	Options
	device   []icontrol.Config
	clusters map[string]kube.Config // "" is the default cluster, if there is one
	commit   bigip.CommitOptions
	elect    bool
}

// settle completes the options with the environment, and tells all that is wrong.
func (o Options) settle() (settings, error) {
	s := settings{Options: o, clusters: map[string]kube.Config{}}
	inCluster := kube.InCluster(o.Getenv)
	s.elect = inCluster
	if o.LeaderElect != nil {
		s.elect = *o.LeaderElect
	}
	s.Once = o.Once || o.DryRun
	s.elect = s.elect && !s.Once
	for address, port := range map[*string]string{&s.MetricsAddress: ":8080", &s.ProbeAddress: ":8081"} {
		switch {
		case *address == "" && inCluster:
			*address = port
		case *address == "":
			*address = "127.0.0.1" + port
		}
	}
	return s, errors.Join(s.readDevice(), s.readPartitions(), s.readClusters(), s.readCommit(), o.ranges(), s.readStats(), s.readPage())
}

// readPartitions takes those of the flags, else those of the environment.
func (s *settings) readPartitions() error {
	names := s.Partitions
	if len(names) == 0 {
		names = strings.Split(s.Getenv("BIGIP_PARTITION"), ",")
	}
	s.Partitions = nil
	for _, name := range names {
		if name = strings.Trim(strings.TrimSpace(name), "/"); name == "" {
			continue
		}
		if _, err := ltm.ParsePath("/" + name + "/x"); err != nil || strings.ContainsAny(name, "/,") {
			return invalid("--partition", fmt.Sprintf("%q is not the name of a partition", name))
		}
		s.Partitions = append(s.Partitions, name)
	}
	slices.Sort(s.Partitions)
	s.Partitions = slices.Compact(s.Partitions)
	if len(s.Partitions) == 0 {
		return missing("--partition", "BIGIP_PARTITION", "the partitions whose pools are to be followed")
	}
	return nil
}

// readCommit reads how changes are made to last.
func (s *settings) readCommit() error {
	s.commit.SyncGroup = cmp.Or(s.ConfigSyncGroup, s.Getenv("BIGIP_CONFIG_SYNC_GROUP"))
	save := cmp.Or(s.SaveConfig, s.Getenv("BIGIP_SAVE_CONFIG"), saveNever)
	if save != saveAfterApply && save != saveNever {
		return invalid("--save-config", fmt.Sprintf("%q is none of %s and %s", save, saveAfterApply, saveNever))
	}
	s.commit.Save = save == saveAfterApply
	return nil
}

// ranges tells which numbers make no sense.
func (o Options) ranges() error {
	var wrong []error
	check := func(ok bool, flag, reason string) {
		if !ok {
			wrong = append(wrong, invalid(flag, reason))
		}
	}
	check(o.MaxDisablePercent >= 1 && o.MaxDisablePercent <= 100, "--max-disable-percent", fmt.Sprintf("%d is not between 1 and 100", o.MaxDisablePercent))
	check(o.Workers >= 1, "--workers", fmt.Sprintf("%d is less than 1", o.Workers))
	check(o.DiscoverInterval >= time.Second, "--discover-interval", fmt.Sprintf("%s is less than 1s", o.DiscoverInterval))
	check(o.Resync >= time.Second, "--resync", fmt.Sprintf("%s is less than 1s", o.Resync))
	check(o.Hold >= 0, "--hold", fmt.Sprintf("%s is negative", o.Hold))
	check(o.UnreadyAfter > 0, "--unready-after", fmt.Sprintf("%s is not more than 0", o.UnreadyAfter))
	return errors.Join(wrong...)
}

// logger makes the logger that the options ask for.
func (o Options) logger() (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(o.LogLevel)); err != nil {
		return nil, invalid("--log-level", fmt.Sprintf("%q is none of debug, info, warn and error", o.LogLevel))
	}
	options := &slog.HandlerOptions{Level: level}
	switch o.LogFormat {
	case "text":
		return slog.New(slog.NewTextHandler(o.Log, options)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(o.Log, options)), nil
	}
	return nil, invalid("--log-format", fmt.Sprintf("%q is none of text and json", o.LogFormat))
}
