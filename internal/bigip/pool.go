package bigip

import (
	"cmp"
	"context"
	"slices"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// Pool reads a pool with its members in one request.
func (d *Device) Pool(ctx context.Context, path ltm.Path) (ltm.Pool, error) {
	wire, err := d.client.Pools().Get(ctx, path.String(), icontrol.Expand)
	if err != nil {
		return ltm.Pool{}, d.failed("read", poolObject(path), err)
	}
	pool, err := poolFromWire(wire)
	if err != nil {
		return ltm.Pool{}, d.notUnderstood(poolObject(path), err)
	}
	return pool, nil
}

// PoolsIn reads all pools of a partition with their members, a hundred per
// request, sorted by path.
func (d *Device) PoolsIn(ctx context.Context, partition string) ([]ltm.Pool, error) {
	object := "the pools of partition " + partition
	wires, err := d.client.Pools().List(ctx, icontrol.ListOptions{Partition: partition, Expand: true})
	if err != nil {
		return nil, d.listFailed(ctx, object, partition, err)
	}
	pools := make([]ltm.Pool, 0, len(wires))
	for _, wire := range wires {
		pool, err := poolFromWire(wire)
		if err != nil {
			return nil, d.notUnderstood(object, err)
		}
		pools = append(pools, pool)
	}
	slices.SortFunc(pools, func(a, b ltm.Pool) int { return a.Path.Compare(b.Path) })
	return pools, nil
}

// mostDescriptions are the pools of a page of descriptions: about 100 kB.
const mostDescriptions = 500

// descriptionOnly are the properties that tell a pool and its description.
var descriptionOnly = []string{"fullPath", "description"}

// PoolDescription reads a pool's description, about 100 bytes and the description.
func (d *Device) PoolDescription(ctx context.Context, path ltm.Path) (string, error) {
	wire, err := d.client.Pools().Get(ctx, path.String(), icontrol.Select(descriptionOnly...))
	if err != nil {
		return "", d.failed("read", "the description of "+poolObject(path), err)
	}
	return wire.Description, nil
}

// PoolDescriptions reads the descriptions of all pools of a partition, its folders
// included, five hundred per request.
func (d *Device) PoolDescriptions(ctx context.Context, partition string) (map[ltm.Path]string, error) {
	object := "the descriptions of the pools of partition " + partition
	wires, err := d.client.Pools().List(ctx, icontrol.ListOptions{Partition: partition, Select: descriptionOnly, PageSize: mostDescriptions})
	if err != nil {
		return nil, d.listFailed(ctx, object, partition, err)
	}
	descriptions := make(map[ltm.Path]string, len(wires))
	for _, wire := range wires {
		if path, err := ltm.ParsePath(wire.FullPath); err == nil { // else it is none that could be ours
			descriptions[path] = wire.Description
		}
	}
	return descriptions, nil
}

// PoolStatus reads availability and connections. The counters are those of this
// device alone.
func (d *Device) PoolStatus(ctx context.Context, path ltm.Path) (ltm.PoolStatus, error) {
	stats, err := d.client.PoolStats(ctx, path.String())
	if err != nil {
		return ltm.PoolStatus{}, d.failed("read", "statistics of "+poolObject(path), err)
	}
	return ltm.PoolStatus{
		Availability:       stats.Text("status.availabilityState"),
		Reason:             stats.Text("status.statusReason"),
		CurrentConnections: stats.Value("serverside.curConns"),
		TotalConnections:   stats.Value("serverside.totConns"),
		TotalRequests:      stats.Value("totRequests"),
	}, nil
}

// MemberStatus reads health, reason and connections of a pool's members, sorted
// by key. The counters are those of this device alone.
func (d *Device) MemberStatus(ctx context.Context, path ltm.Path) ([]ltm.MemberStatus, error) {
	stats, err := d.client.MemberStats(ctx, path.String())
	if err != nil {
		return nil, d.failed("read", "member statistics of "+poolObject(path), err)
	}
	all := make([]ltm.MemberStatus, 0, len(stats))
	for _, s := range stats {
		if status, ok := memberStatus(s); ok {
			all = append(all, status)
		}
	}
	slices.SortFunc(all, func(a, b ltm.MemberStatus) int { return a.Key.Compare(b.Key) })
	return all, nil
}

// CreatePool makes a pool with its members in one request.
func (d *Device) CreatePool(ctx context.Context, pool ltm.Pool) error {
	_, err := d.client.Pools().Create(ctx, pool.Path.String(), poolToWire(pool))
	if err != nil {
		return d.createFailed(ctx, poolObject(pool.Path), pool.Path, err)
	}
	return nil
}

// DeletePool deletes a pool, and then the nodes that it alone needed.
func (d *Device) DeletePool(ctx context.Context, path ltm.Path) error {
	pool, err := d.Pool(ctx, path) // afterwards nobody knows its members
	if err != nil {
		return err
	}
	err = d.client.Pools().Delete(ctx, path.String())
	if err != nil && !interrupted(ctx, err) {
		return d.failed("delete", poolObject(path), err)
	}
	left := d.deleteOrphans(ctx, path, pool.Members)
	if err != nil {
		return d.failed("delete", poolObject(path), err)
	}
	return left
}

func poolObject(path ltm.Path) string { return "pool " + path.String() }

// memberStatus reads one member's counters; not those of a name without an
// address.
func memberStatus(s icontrol.Stats) (ltm.MemberStatus, bool) {
	key, ok := memberStatsKey(s)
	if !ok {
		return ltm.MemberStatus{}, false
	}
	return ltm.MemberStatus{
		Key:                key,
		Health:             healthFromState(cmp.Or(s.Text("monitorStatus"), "unchecked")),
		Reason:             s.Text("status.statusReason"),
		CurrentConnections: s.Value("serverside.curConns"),
		TotalConnections:   s.Value("serverside.totConns"),
		TotalRequests:      s.Value("totRequests"),
	}, true
}

// memberStatsKey tells whose counters these are. It is taken as in [memberKey], so
// that it is the same; false for a name without an address.
func memberStatsKey(s icontrol.Stats) (ltm.MemberKey, bool) {
	node := s.Text("nodeName")
	if path, err := ltm.ParsePath(node); err == nil {
		node = path.Name
	}
	address, err := ltm.ParseAddress(node)
	if err != nil {
		address, err = ltm.ParseAddress(s.Text("addr"))
	}
	port := s.Value("port")
	if err != nil || port < 0 || port > 65535 {
		return ltm.MemberKey{}, false
	}
	return ltm.MemberKey{Address: address, Port: uint16(port)}, true
}
