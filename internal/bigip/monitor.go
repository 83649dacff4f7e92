package bigip

import (
	"context"
	"fmt"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// Monitor reads a monitor of a type.
func (d *Device) Monitor(ctx context.Context, kind ltm.MonitorType, path ltm.Path) (ltm.Monitor, error) {
	wire, err := d.client.Monitors(string(kind)).Get(ctx, path.String(), nil)
	if err != nil {
		return ltm.Monitor{}, d.failed("read", monitorObject(path), err)
	}
	monitor, err := monitorFromWire(kind, wire)
	if err != nil {
		return ltm.Monitor{}, d.notUnderstood(monitorObject(path), err)
	}
	return monitor, nil
}

// CreateMonitor makes a monitor in one request, with a password unless it is "".
// What the parent has is not written, so that the device goes on inheriting it.
func (d *Device) CreateMonitor(ctx context.Context, m, parent ltm.Monitor, password ltm.Secret) error {
	body := monitorToWire(m, parent)
	if password != "" {
		body.Password = new(password.Reveal())
	}
	if _, err := d.client.Monitors(string(m.Type)).Create(ctx, m.Path.String(), body); err != nil {
		return d.createFailed(ctx, monitorObject(m.Path), m.Path, err)
	}
	return nil
}

// UpdateMonitor writes the changed fields in one request; none for none.
func (d *Device) UpdateMonitor(ctx context.Context, change changeset.MonitorChange) error {
	if change.Empty() {
		return nil
	}
	path, monitors := change.To.Path, d.client.Monitors(string(change.To.Type))
	if _, err := monitors.Patch(ctx, path.String(), monitorChangeToWire(change)); err != nil {
		return updateFailed(ctx, d, monitorObject(path), monitors, path, err)
	}
	return nil
}

// DeleteMonitor deletes a monitor. The device refuses while a pool, a member or a
// node needs it (icontrol-rest 6.2).
func (d *Device) DeleteMonitor(ctx context.Context, kind ltm.MonitorType, path ltm.Path) error {
	if err := d.client.Monitors(string(kind)).Delete(ctx, path.String()); err != nil {
		return d.failed("delete", monitorObject(path), err)
	}
	return nil
}

func monitorObject(path ltm.Path) string { return "monitor " + path.String() }

func monitorFromWire(kind ltm.MonitorType, wire icontrol.Monitor) (ltm.Monitor, error) {
	path, err := objectPath(wire.Object)
	if err != nil {
		return ltm.Monitor{}, err
	}
	m := ltm.Monitor{
		Path: path, Type: kind, Description: wire.Description,
		Interval: int(wire.Interval), Timeout: int(wire.Timeout), TimeUntilUp: int(wire.TimeUntilUp), UpInterval: int(wire.UpInterval),
		Send: unset(wire.Send), Receive: unset(wire.Recv), ReceiveDisable: unset(wire.RecvDisable),
		Reverse: bool(wire.Reverse), Transparent: bool(wire.Transparent), ManualResume: bool(wire.ManualResume),
		Username: unset(wire.Username),
	}
	if wire.Destination != "" {
		if m.Destination, err = ltm.ParseMonitorAlias(wire.Destination); err != nil {
			return ltm.Monitor{}, fmt.Errorf("destination: %w", err)
		}
	}
	if m.DefaultsFrom, err = optionalPath(string(wire.DefaultsFrom)); err != nil {
		return ltm.Monitor{}, fmt.Errorf("defaults from: %w", err)
	}
	if m.SSLProfile, err = optionalPath(string(wire.SSLProfile)); err != nil {
		return ltm.Monitor{}, fmt.Errorf("SSL profile: %w", err)
	}
	return m, nil
}

// unset reads a text; "none" is the word for one that is not there.
func unset(text string) string {
	if text == "none" {
		return ""
	}
	return text
}

// monitorToWire writes a new monitor. A description is nobody's but its own.
func monitorToWire(m, parent ltm.Monitor) icontrol.MonitorBody {
	parent.Description = ""
	body := monitorChangeToWire(changeset.ComputeMonitor(m, parent))
	body.Object, body.DefaultsFrom = identity(m.Path), changed("", m.DefaultsFrom.String())
	return body
}

func monitorChangeToWire(change changeset.MonitorChange) icontrol.MonitorBody {
	var body icontrol.MonitorBody
	for _, field := range change.Fields {
		monitorWriters[field](&body, change.To)
	}
	if change.Password != nil {
		body.Password = new(noneOr(change.Password.Reveal()))
	}
	return body
}

// monitorWriters write one field each, by the names that changes have.
var monitorWriters = map[string]func(*icontrol.MonitorBody, ltm.Monitor){
	"description":     func(b *icontrol.MonitorBody, m ltm.Monitor) { b.Description = &m.Description },
	"destination":     func(b *icontrol.MonitorBody, m ltm.Monitor) { b.Destination = new(m.Destination.DeviceString()) },
	"interval":        func(b *icontrol.MonitorBody, m ltm.Monitor) { b.Interval = &m.Interval },
	"manual_resume":   func(b *icontrol.MonitorBody, m ltm.Monitor) { b.ManualResume = new(onOrOff(m.ManualResume)) },
	"receive":         func(b *icontrol.MonitorBody, m ltm.Monitor) { b.Recv = new(noneOr(m.Receive)) },
	"receive_disable": func(b *icontrol.MonitorBody, m ltm.Monitor) { b.RecvDisable = new(noneOr(m.ReceiveDisable)) },
	"reverse":         func(b *icontrol.MonitorBody, m ltm.Monitor) { b.Reverse = new(onOrOff(m.Reverse)) },
	"send":            func(b *icontrol.MonitorBody, m ltm.Monitor) { b.Send = new(noneOr(m.Send)) },
	"ssl_profile":     func(b *icontrol.MonitorBody, m ltm.Monitor) { b.SSLProfile = new(pathOrNone(m.SSLProfile)) },
	"time_until_up":   func(b *icontrol.MonitorBody, m ltm.Monitor) { b.TimeUntilUp = &m.TimeUntilUp },
	"timeout":         func(b *icontrol.MonitorBody, m ltm.Monitor) { b.Timeout = &m.Timeout },
	"transparent":     func(b *icontrol.MonitorBody, m ltm.Monitor) { b.Transparent = new(onOrOff(m.Transparent)) },
	"up_interval":     func(b *icontrol.MonitorBody, m ltm.Monitor) { b.UpInterval = &m.UpInterval },
	"username":        func(b *icontrol.MonitorBody, m ltm.Monitor) { b.Username = new(noneOr(m.Username)) },
}
