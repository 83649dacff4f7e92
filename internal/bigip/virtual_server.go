package bigip

import (
	"context"
	"slices"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// VirtualServer reads a virtual server with its profiles in one request.
func (d *Device) VirtualServer(ctx context.Context, path ltm.Path) (ltm.VirtualServer, error) {
	wire, err := d.client.VirtualServers().Get(ctx, path.String(), icontrol.Expand)
	if err != nil {
		return ltm.VirtualServer{}, d.failed("read", virtualServerObject(path), err)
	}
	vs, err := virtualServerFromWire(wire)
	if err != nil {
		return ltm.VirtualServer{}, d.notUnderstood(virtualServerObject(path), err)
	}
	return vs, nil
}

// VirtualServersIn reads all virtual servers of a partition, a hundred per
// request, sorted by path.
func (d *Device) VirtualServersIn(ctx context.Context, partition string) ([]ltm.VirtualServer, error) {
	object := "the virtual servers of partition " + partition
	wires, err := d.client.VirtualServers().List(ctx, icontrol.ListOptions{Partition: partition, Expand: true})
	if err != nil {
		return nil, d.listFailed(ctx, object, partition, err)
	}
	all := make([]ltm.VirtualServer, 0, len(wires))
	for _, wire := range wires {
		vs, err := virtualServerFromWire(wire)
		if err != nil {
			return nil, d.notUnderstood(object, err)
		}
		all = append(all, vs)
	}
	slices.SortFunc(all, func(a, b ltm.VirtualServer) int { return a.Path.Compare(b.Path) })
	return all, nil
}

// VirtualServerStatus reads availability and connections. The counters are those
// of this device alone.
func (d *Device) VirtualServerStatus(ctx context.Context, path ltm.Path) (ltm.VirtualServerStatus, error) {
	stats, err := d.client.VirtualServerStats(ctx, path.String())
	if err != nil {
		return ltm.VirtualServerStatus{}, d.failed("read", "statistics of "+virtualServerObject(path), err)
	}
	return ltm.VirtualServerStatus{
		Availability:       stats.Text("status.availabilityState"),
		Reason:             stats.Text("status.statusReason"),
		CurrentConnections: stats.Value("clientside.curConns"),
		TotalConnections:   stats.Value("clientside.totConns"),
		TotalRequests:      stats.Value("totRequests"),
	}, nil
}

// CreateVirtualServer makes a virtual server in one request. The device makes
// its virtual address with it.
func (d *Device) CreateVirtualServer(ctx context.Context, vs ltm.VirtualServer) error {
	_, err := d.client.VirtualServers().Create(ctx, vs.Path.String(), virtualServerToWire(vs))
	if err != nil {
		return d.createFailed(ctx, virtualServerObject(vs.Path), vs.Path, err)
	}
	return nil
}

// UpdateVirtualServer writes the changed fields in one request; none for none.
func (d *Device) UpdateVirtualServer(ctx context.Context, change changeset.VirtualServerChange) (err error) {
	defer d.noteMove(d.client.Address(), &err)
	path := change.To.Path
	if len(change.Fields) == 0 {
		return nil
	}
	body, err := virtualServerChangeToWire(change)
	if err != nil {
		return d.failedAs(engine.ErrRefused, "update", virtualServerObject(path), err)
	}
	if _, err := d.client.VirtualServers().Patch(ctx, path.String(), body); err != nil {
		return updateFailed(ctx, d, virtualServerObject(path), d.client.VirtualServers(), path, err)
	}
	return nil
}

// DeleteVirtualServer deletes a virtual server. The device deletes its virtual
// address when no other needs it (icontrol-rest 3.5).
func (d *Device) DeleteVirtualServer(ctx context.Context, path ltm.Path) error {
	if err := d.client.VirtualServers().Delete(ctx, path.String()); err != nil {
		return d.failed("delete", virtualServerObject(path), err)
	}
	return nil
}

// VirtualServersOf lists the virtual servers that a pool serves, sorted: those that
// the user may see, in all partitions.
func (d *Device) VirtualServersOf(ctx context.Context, pool ltm.Path) ([]ltm.Path, error) {
	wires, err := d.client.VirtualServers().List(ctx, icontrol.ListOptions{})
	if err != nil {
		return nil, d.failed("read", "the virtual servers that use "+poolObject(pool), err)
	}
	var users []ltm.Path
	for _, wire := range wires {
		if used, err := optionalPath(string(wire.Pool)); err != nil || used != pool {
			continue
		}
		path, err := objectPath(wire.Object)
		if err != nil {
			return nil, d.notUnderstood("the virtual servers that use "+poolObject(pool), err)
		}
		users = append(users, path)
	}
	slices.SortFunc(users, ltm.Path.Compare)
	return users, nil
}

// frontendOnly are the properties that tell a virtual server, where it listens and
// what it sends to: 200 bytes each.
var frontendOnly = []string{"name", "partition", "subPath", "fullPath", "destination", "pool"}

// Frontends implements engine.VirtualServers. One that is not understood is left out:
// it listens nowhere that could be told.
func (d *Device) Frontends(ctx context.Context, partition string) ([]engine.Frontend, error) {
	object := "the virtual servers of partition " + partition
	wires, err := d.client.VirtualServers().List(ctx, icontrol.ListOptions{Partition: partition, Select: frontendOnly, PageSize: mostDescriptions})
	if err != nil {
		return nil, d.listFailed(ctx, object, partition, err)
	}
	var all []engine.Frontend
	for _, wire := range wires {
		path, err := ltm.ParsePath(wire.FullPath)
		if err != nil || wire.Destination == "" {
			continue
		}
		destination, err := ltm.ParseDestination(path.Partition, wire.Destination)
		pool, poolErr := optionalPath(string(wire.Pool))
		if err == nil && poolErr == nil {
			all = append(all, engine.Frontend{VirtualServer: path, Destination: destination, Pool: pool})
		}
	}
	return all, nil
}

func virtualServerObject(path ltm.Path) string { return "virtual server " + path.String() }
