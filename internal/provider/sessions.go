package provider

import (
	"context"
	"log/slog"
	"os"
	"reflect"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
)

// open holds the clients of this process. It is the only variable of the
// provider: Terraform makes and drops providers as it likes, while a device
// gives a user a hundred tokens and no more (icontrol-rest 1.3).
var open sessions

// New returns what makes a provider of that version.
func New(version string) func() provider.Provider {
	return func() provider.Provider { return newProvider(version) }
}

func newProvider(version string) *bigipkube { return &bigipkube{version: version, getenv: os.Getenv} }

// Shutdown gives back the tokens that this process got from devices. Main calls
// it when Terraform has ended the provider; a later call of a provider logs in
// again. What fails is logged: nobody is left to tell.
func Shutdown(ctx context.Context) { open.logout(ctx) }

// sessions holds one client for each configuration.
type sessions struct {
	mu   sync.Mutex
	open []session
}

type session struct {
	config icontrol.Config
	client *icontrol.Client
}

// client returns the client of a configuration. It does not log in: the first
// request does.
func (s *sessions) client(config icontrol.Config) (*icontrol.Client, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, known := range s.open {
		if reflect.DeepEqual(known.config, config) { // it has a function, nil here, so == is not for it
			return known.client, nil
		}
	}
	client, err := icontrol.New(config)
	if err != nil {
		return nil, err
	}
	s.open = append(s.open, session{config, client})
	return client, nil
}

// logout ends all sessions side by side: Terraform does not wait long.
func (s *sessions) logout(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all sync.WaitGroup
	for _, known := range s.open {
		all.Go(func() {
			if err := known.client.Logout(ctx); err != nil {
				slog.WarnContext(ctx, "logout failed", "device", known.client.Address(), "error", err)
			}
		})
	}
	all.Wait()
}

// logger hands what adapters log to Terraform's log, under the request that it
// belongs to.
var logger = slog.New(logHandler{})

// logHandler is a slog.Handler on top of tflog.
type logHandler struct{ fields []slog.Attr }

// Enabled leaves the choice to TF_LOG_PROVIDER.
func (h logHandler) Enabled(context.Context, slog.Level) bool { return true }

// Handle writes one record.
func (h logHandler) Handle(ctx context.Context, record slog.Record) error {
	fields := map[string]any{}
	for _, attr := range h.fields {
		fields[attr.Key] = attr.Value.Resolve().Any()
	}
	record.Attrs(func(attr slog.Attr) bool {
		fields[attr.Key] = attr.Value.Resolve().Any()
		return true
	})
	switch {
	case record.Level >= slog.LevelError:
		tflog.Error(ctx, record.Message, fields)
	case record.Level >= slog.LevelWarn:
		tflog.Warn(ctx, record.Message, fields)
	case record.Level >= slog.LevelInfo:
		tflog.Info(ctx, record.Message, fields)
	default:
		tflog.Debug(ctx, record.Message, fields)
	}
	return nil
}

// WithAttrs returns a handler that adds fields to each record.
func (h logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return logHandler{fields: append(h.fields[:len(h.fields):len(h.fields)], attrs...)}
}

// WithGroup is not used by the adapters; groups are left out.
func (h logHandler) WithGroup(string) slog.Handler { return h }
