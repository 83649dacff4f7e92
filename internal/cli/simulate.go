package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim"
)

// closeTime is how long open connections may take to end after SIGTERM.
const closeTime = 5 * time.Second

// ready is the line that simulate prints once both of its servers listen. Its
// form is a contract: scripts read it.
type ready struct {
	Management string `json:"management"`
	Control    string `json:"control"`
	CAFile     string `json:"ca_file"`
	Username   string `json:"username"`
	Peer       *peer  `json:"peer,omitempty"` // with --ha
}

// peer is the second device of a pair; what is not here is as on the first.
type peer struct {
	Management string `json:"management"`
}

// device is what simulate runs: one device, or a pair.
type device interface {
	Start() error
	Close(context.Context) error
}

func newSimulate() *cobra.Command {
	var options bigipsim.Options
	var users, names []string
	var verbose, pair bool
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Run a simulated BIG-IP on loopback, with iControl REST and a data plane",
		Long: "Run a simulated BIG-IP on loopback: iControl REST, pools and virtual servers that carry real traffic, and\n" +
			"monitors that really probe. Try a configuration on it, or test a cutover in CI.\n\n" +
			"Once ready it prints one line of JSON: where its management and its control API are. The control API\n" +
			"(GET /virtual-servers, PUT /members, PUT /dns, PUT /faults, GET /presets, GET and DELETE /requests) is no part of a BIG-IP.\n\n" +
			"With --ha there are two of them, active and standby, in the device group " + bigipsim.DeviceGroup + "; the line then tells the\n" +
			"management address of the second too, and the control API has POST /failover, GET /units, and the second below /peer.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if verbose {
				options.Logger = slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil))
			}
			for _, text := range users {
				user, err := parseUser(text)
				if err != nil {
					return err
				}
				options.Users = append(options.Users, user)
			}
			options.DNS, err = parseNames(names)
			if err != nil {
				return err
			}
			return simulate(cmd, options, pair)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&options.Listen, "listen", "127.0.0.1:8443", "loopback address of the management API; port 0 takes a free one")
	flags.StringVar(&options.Control, "control", "127.0.0.1:8444", "loopback address of the control API; port 0 takes a free one")
	flags.BoolVar(&options.PlainHTTP, "plain-http", false, "serve the management API without TLS")
	flags.StringVar(&options.Username, "username", "admin", "name of the administrator")
	flags.StringVar(&options.Password, "password", "admin", "password of the administrator")
	flags.StringVar(&options.TMOSVersion, "tmos-version", "17.1.1", "TMOS version to behave like")
	flags.StringVar(&options.CAFile, "ca-file", "", "where to write the CA certificate that clients must trust (default: a new temporary file)")
	flags.DurationVar(&options.WriteDelay, "write-delay", 0, "how long each write of the configuration takes")
	flags.BoolVar(&options.SlowRamp, "slow-ramp", false, "ramp members up that come into service, over their pool's slowRampTime, as a device\nmay do; without it shares are exact at once")
	flags.BoolVar(&options.ASM, "asm", false, "provision ASM: the profile /Common/websecurity is there; it looks at no request")
	flags.StringArrayVar(&users, "user", nil, "a further user, as name:password:role or name:password:role:partition; the roles are\nadmin, manager, operator and guest (repeatable)")
	flags.StringArrayVar(&names, "dns", nil, "what a name resolves to, for members that have one: name=address,address, or name= without\nan address (repeatable; PUT /dns of the control API changes it later)")
	flags.StringVar(&options.StateFile, "state", "", "file to keep the configuration in: read at the start if it exists, written by \"save sys config\"\nand at the end")
	flags.BoolVar(&pair, "ha", false, "run a pair of devices, one active and one standby")
	flags.StringVar(&options.PeerListen, "peer-listen", "127.0.0.1:0", "with --ha, loopback address of the second device's management API")
	flags.BoolVar(&verbose, "verbose", false, "log to standard error, with a line for each request that is refused")
	return cmd
}

// simulate serves until SIGINT or SIGTERM.
func simulate(cmd *cobra.Command, options bigipsim.Options, pair bool) (err error) {
	if options.Username == "" || options.Password == "" {
		return errors.New("--username and --password must not be empty")
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if options.PlainHTTP {
		options.CAFile = "" // there is no certificate
	} else if options.CAFile == "" {
		dir, err := os.MkdirTemp("", "bigipkube-simulate-")
		if err != nil {
			return fmt.Errorf("a folder for the CA certificate: %w", err)
		}
		defer os.RemoveAll(dir)
		options.CAFile = filepath.Join(dir, "ca.pem")
	}
	running, line, err := newDevice(options, pair)
	if err != nil {
		return err
	}
	if err := running.Start(); err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), closeTime)
		defer cancel()
		if closeErr := running.Close(ctx); err == nil {
			err = closeErr
		}
	}()
	if err := json.NewEncoder(cmd.OutOrStdout()).Encode(line()); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// newDevice makes what is to run, and the line that tells where it is once it does.
func newDevice(options bigipsim.Options, pair bool) (device, func() ready, error) {
	if !pair {
		simulator, err := bigipsim.New(options)
		if err != nil {
			return nil, nil, err
		}
		return simulator, func() ready {
			return ready{Management: simulator.ManagementURL(), Control: simulator.ControlURL(), CAFile: simulator.CAFile(), Username: options.Username}
		}, nil
	}
	both, err := bigipsim.NewPair(options)
	if err != nil {
		return nil, nil, err
	}
	first, second := both.Units()
	return both, func() ready {
		return ready{
			Management: first.ManagementURL(), Control: both.ControlURL(), CAFile: first.CAFile(), Username: options.Username,
			Peer: &peer{Management: second.ManagementURL()},
		}
	}, nil
}

// parseNames reads name=address,address.
func parseNames(texts []string) (map[string][]string, error) {
	names := map[string][]string{}
	for _, text := range texts {
		name, addresses, ok := strings.Cut(text, "=")
		if !ok {
			return nil, fmt.Errorf("--dns %s: want name=address,address", text)
		}
		names[name] = strings.FieldsFunc(addresses, func(r rune) bool { return r == ',' })
	}
	return names, nil
}

// parseUser reads name:password:role[:partition]. A password has no colon. What is
// wrong is told without the password.
func parseUser(text string) (bigipsim.User, error) {
	parts := strings.Split(text, ":")
	if len(parts) != 3 && len(parts) != 4 {
		return bigipsim.User{}, fmt.Errorf("--user %s…: want name:password:role or name:password:role:partition", parts[0])
	}
	user := bigipsim.User{Name: parts[0], Password: parts[1], Role: bigipsim.Role(parts[2])}
	if len(parts) == 4 {
		user.Partition = parts[3]
	}
	if err := user.Validate(); err != nil {
		return user, fmt.Errorf("--user: %w", err)
	}
	return user, nil
}
