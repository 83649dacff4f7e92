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
}

func newSimulate() *cobra.Command {
	var options bigipsim.Options
	var verbose bool
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Run a simulated BIG-IP on loopback, with iControl REST and a data plane",
		Long: "Run a simulated BIG-IP on loopback: iControl REST, pools and virtual servers that carry real traffic, and\n" +
			"monitors that really probe. Try a configuration on it, or test a cutover in CI.\n\n" +
			"Once ready it prints one line of JSON: where its management and its control API are. The control API\n" +
			"(GET /virtual-servers, PUT /members, PUT /faults, GET and DELETE /requests) is no part of a BIG-IP.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if verbose {
				options.Logger = slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil))
			}
			return simulate(cmd, options)
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
	flags.BoolVar(&verbose, "verbose", false, "log to standard error")
	return cmd
}

// simulate serves until SIGINT or SIGTERM.
func simulate(cmd *cobra.Command, options bigipsim.Options) (err error) {
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
	simulator, err := bigipsim.New(options)
	if err != nil {
		return err
	}
	if err := simulator.Start(); err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), closeTime)
		defer cancel()
		if closeErr := simulator.Close(ctx); err == nil {
			err = closeErr
		}
	}()
	line := ready{Management: simulator.ManagementURL(), Control: simulator.ControlURL(), CAFile: simulator.CAFile(), Username: options.Username}
	if err := json.NewEncoder(cmd.OutOrStdout()).Encode(line); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}
