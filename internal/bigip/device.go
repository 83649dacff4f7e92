package bigip

import (
	"context"
	"log/slog"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
)

// Device is one BIG-IP. It is safe for concurrent use.
type Device struct {
	client *icontrol.Client
	name   string
	logger *slog.Logger
}

var _ engine.Device = (*Device)(nil)

// New makes a device of a client. name is how the user knows it, for messages;
// "" is the client's address. A nil logger discards.
func New(client *icontrol.Client, name string, logger *slog.Logger) *Device {
	if name == "" {
		name = client.Address()
	}
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	return &Device{client: client, name: name, logger: logger}
}

// Name is how the user knows the device.
func (d *Device) Name() string { return d.name }

// Status reads whether the device serves, and whether its pair is in sync.
func (d *Device) Status(ctx context.Context) (engine.DeviceStatus, error) {
	status, err := d.client.ClusterStatus(ctx)
	if err != nil {
		return engine.DeviceStatus{}, d.failed("read", "the status of the device", err)
	}
	return engine.DeviceStatus{
		Active: status.Failover == "ACTIVE",
		InSync: status.Sync == "In Sync" || status.Sync == "Standalone",
		Text:   status.Failover + ", " + status.Sync,
	}, nil
}

// Save writes the running configuration of all partitions to the device's disk.
// Without it, changes are gone after a reboot; traffic does not need it.
func (d *Device) Save(ctx context.Context) error {
	if err := d.client.Save(ctx); err != nil {
		return d.failed("save", "the configuration", err)
	}
	return nil
}

// Close deletes the session's token.
func (d *Device) Close(ctx context.Context) error {
	if err := d.client.Logout(ctx); err != nil {
		return d.failed("end", "the session", err)
	}
	return nil
}
