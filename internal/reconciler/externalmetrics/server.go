package externalmetrics

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"time"

	genericapiserver "k8s.io/apiserver/pkg/server"
	genericoptions "k8s.io/apiserver/pkg/server/options"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/custom-metrics-apiserver/pkg/apiserver"
	"sigs.k8s.io/custom-metrics-apiserver/pkg/provider"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/reconciler/stats"
)

const (
	// retry is after a start that the cluster did not let happen.
	retry = 5 * time.Second
	// closeTime is how long requests that have begun may go on at the end.
	closeTime = 500 * time.Millisecond
)

// Source is where values come from: a *stats.History.
type Source interface {
	Values(metric string) ([]stats.Value, error)
}

// Config of a Server.
type Config struct {
	Listener net.Listener // open; the Server speaks TLS on it, and closes it
	// CertFile and KeyFile are the Server's certificate; they are read again when
	// they change. "" = one that signs itself, for a listener on loopback or an
	// APIService that does not verify.
	CertFile, KeyFile string
	Client            kubernetes.Interface // of the cluster whose API server asks
	Source            Source
	Metrics           []string // the names that Source knows
	Logger            *slog.Logger
}

// Server is the external metrics API.
type Server struct {
	config  Config
	serving *genericapiserver.SecureServingInfo
	base    *genericapiserver.Config
}

// New makes a Server. The error is that the certificate cannot be used. The cluster is
// not asked before Run.
func New(config Config) (*Server, error) {
	s := &Server{config: config, base: genericapiserver.NewConfig(apiserver.Codecs)}
	options := genericoptions.NewSecureServingOptions()
	options.Listener = config.Listener
	if address, ok := config.Listener.Addr().(*net.TCPAddr); ok {
		options.BindAddress, options.BindPort = address.IP, address.Port
	}
	options.ServerCert.CertDirectory = "" // a certificate that signs itself stays in memory
	options.ServerCert.CertKey.CertFile, options.ServerCert.CertKey.KeyFile = config.CertFile, config.KeyFile
	if err := options.MaybeDefaultWithSelfSignedCerts("localhost", nil, []net.IP{net.IPv4(127, 0, 0, 1)}); err != nil {
		return nil, fmt.Errorf("make a certificate: %w", err)
	}
	if err := options.WithLoopback().ApplyToConfig(s.base); err != nil {
		return nil, fmt.Errorf("use the certificate: %w", err)
	}
	s.serving = s.base.SecureServing
	s.base.EnableMetrics, s.base.EnableProfiling, s.base.EnableIndex = false, false, false
	return s, nil
}

// Run serves until ctx ends. It begins once the cluster has said whose certificates to
// trust.
func (s *Server) Run(ctx context.Context) error {
	for {
		err := s.authenticate(ctx)
		if err == nil {
			return s.serve(ctx)
		}
		if ctx.Err() != nil {
			return s.config.Listener.Close()
		}
		s.config.Logger.WarnContext(ctx, "the external metrics API waits for the cluster", "error", err)
		timer := time.NewTimer(retry)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

func (s *Server) serve(ctx context.Context) error {
	config := apiserver.Config{GenericConfig: s.base}
	server, err := config.Complete(nil).New("bigipkube", nil, values{s.config})
	if err != nil {
		return fmt.Errorf("make the external metrics API: %w", err)
	}
	server.GenericAPIServer.ShutdownTimeout = closeTime
	s.config.Logger.InfoContext(ctx, "the external metrics API is served", "address", s.config.Listener.Addr().String())
	return server.GenericAPIServer.PrepareRun().RunWithContext(ctx)
}

var _ provider.ExternalMetricsProvider = values{}
