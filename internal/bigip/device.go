package bigip

import (
	"cmp"
	"context"
	"errors"
	"log/slog"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
)

// Device is one BIG-IP, or the active one of a pair. It is safe for concurrent use.
type Device struct {
	client *icontrol.Client
	name   string // "" is the client's address
	logger *slog.Logger
	holds  holds
}

var _ engine.Device = (*Device)(nil)

// New makes a device of a client. name is how the user knows it, for messages;
// "" is the client's address. A nil logger discards.
func New(client *icontrol.Client, name string, logger *slog.Logger) *Device {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	return &Device{client: client, name: name, logger: logger}
}

// Name is how the user knows the device. A pair without a name of its own is
// called by the address of the unit that was active last.
func (d *Device) Name() string { return cmp.Or(d.name, d.client.Address()) }

// Status reads whether the device serves, and whether its pair is in sync but for
// what this process changed (see [icontrol.SyncStatus]). A role that may not read
// this counts as one whose device serves alone: least rights must be enough for a
// cutover.
func (d *Device) Status(ctx context.Context) (engine.DeviceStatus, error) {
	status, err := d.client.ClusterStatus(ctx)
	if errors.Is(err, icontrol.ErrForbidden) {
		return engine.DeviceStatus{Active: true, InSync: true, Text: "not known: the user's role may not read the status"}, nil
	}
	if err != nil {
		return engine.DeviceStatus{}, d.failed("read", "the status of the device", err)
	}
	return engine.DeviceStatus{
		Active: status.Failover == "ACTIVE",
		InSync: status.Sync.Status == inSync || status.Sync.Status == "Standalone" || status.Sync.Own,
		Text:   status.Failover + ", " + status.Sync.Status,
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
