package bigip

import (
	"context"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// Objects of a page. A pool with five members is 4 kB, a monitor 1 kB. Of virtual
// servers with their sub-collections the device should not be asked hundreds
// (icontrol-rest 9).
const (
	mostPools          = 250
	mostVirtualServers = 100
	mostMonitors       = 250
)

// Reads implements engine.Refresher: the reads of one refresh share their GETs.
// What it reads is as old as the refresh at most; no write may be decided upon by it.
type Reads struct {
	device         *Device
	pools          shared[ltm.Pool]
	virtualServers shared[ltm.VirtualServer]
	monitors       map[ltm.MonitorType]*shared[ltm.Monitor] // each type is a collection of its own
	site           *siteReads
}

var _ engine.Refresher = (*Reads)(nil)

// Reads makes the shared reads of one run. Each run needs its own: what another
// program changes on the device between two runs is then always seen.
func (d *Device) Reads() *Reads {
	r := &Reads{
		device: d,
		pools: shared[ltm.Pool]{
			one: d.Pool, page: pagesOf(d, "the pools of partition ", d.client.Pools(), true, poolFromWire),
			path:  func(p ltm.Pool) ltm.Path { return p.Path },
			parts: func(p ltm.Pool) int { return 1 + len(p.Members) },
			most:  mostPools, epoch: d.client.Epoch,
		},
		virtualServers: shared[ltm.VirtualServer]{
			one: d.VirtualServer, page: pagesOf(d, "the virtual servers of partition ", d.client.VirtualServers(), true, virtualServerFromWire),
			path:  func(vs ltm.VirtualServer) ltm.Path { return vs.Path },
			parts: func(vs ltm.VirtualServer) int { return 1 + len(vs.Profiles) },
			most:  mostVirtualServers, epoch: d.client.Epoch,
		},
		monitors: map[ltm.MonitorType]*shared[ltm.Monitor]{},
	}
	for _, kind := range ltm.MonitorTypes() {
		r.monitors[kind] = d.monitorReads(kind)
	}
	r.site = d.siteReads(&r.pools, &r.virtualServers, r.monitors)
	return r
}

// monitorReads shares the reads of one type of monitor.
func (d *Device) monitorReads(kind ltm.MonitorType) *shared[ltm.Monitor] {
	one := func(ctx context.Context, path ltm.Path) (ltm.Monitor, error) { return d.Monitor(ctx, kind, path) }
	understand := func(wire icontrol.Monitor) (ltm.Monitor, error) { return monitorFromWire(kind, wire) }
	return &shared[ltm.Monitor]{
		one: one, page: pagesOf(d, "the "+string(kind)+" monitors of partition ", d.client.Monitors(string(kind)), false, understand),
		path:  func(m ltm.Monitor) ltm.Path { return m.Path },
		parts: func(ltm.Monitor) int { return 1 },
		most:  mostMonitors, epoch: d.client.Epoch,
	}
}

// Pool reads a pool with its members.
func (r *Reads) Pool(ctx context.Context, path ltm.Path) (ltm.Pool, error) {
	return r.pools.read(ctx, path)
}

// VirtualServer reads a virtual server with its profiles.
func (r *Reads) VirtualServer(ctx context.Context, path ltm.Path) (ltm.VirtualServer, error) {
	return r.virtualServers.read(ctx, path)
}

// Monitor reads a monitor of a type.
func (r *Reads) Monitor(ctx context.Context, kind ltm.MonitorType, path ltm.Path) (ltm.Monitor, error) {
	if reads := r.monitors[kind]; reads != nil {
		return reads.read(ctx, path)
	}
	return r.device.Monitor(ctx, kind, path)
}

// pagesOf reads pages of a collection, with sub-collections or without. An object that is not understood is left
// out: whoever wants it asks for it alone and is told; nobody else minds.
func pagesOf[W, T any](d *Device, object string, in icontrol.Collection[W], expand bool, understand func(W) (T, error)) func(context.Context, string, int, int) (page[T], error) {
	return func(ctx context.Context, partition string, skip, top int) (page[T], error) {
		wires, more, err := in.Page(ctx, icontrol.ListOptions{Partition: partition, Expand: expand, PageSize: top, Skip: skip})
		if err != nil {
			return page[T]{}, d.failed("read", object+partition, err)
		}
		next := page[T]{size: len(wires), more: more}
		for _, wire := range wires {
			if object, err := understand(wire); err == nil {
				next.objects = append(next.objects, object)
			}
		}
		return next, nil
	}
}
