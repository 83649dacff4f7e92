package bigip

import (
	"context"
	"errors"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// singleReads are the pools whose members are read at the same time, where the device
// does not show those of all at once.
const singleReads = 4

// Unit is the address of the unit that answers: that of a pair which is active.
// Counters are its own, not the pair's (icontrol-rest 7).
func (d *Device) Unit() string { return d.client.Address() }

// VirtualServerStatistics reads the counters of all virtual servers that the user may
// see, of whatever partition, by one request; sorted by path.
func (d *Device) VirtualServerStatistics(ctx context.Context) ([]ltm.VirtualServerStatistics, error) {
	stats, err := d.client.AllVirtualServerStats(ctx)
	if err != nil {
		return nil, d.failed("read", "statistics of the virtual servers", err)
	}
	all := make([]ltm.VirtualServerStatistics, 0, len(stats))
	for _, s := range stats {
		path, err := ltm.ParsePath(s.Text("tmName"))
		if err != nil {
			continue // none that could be ours
		}
		all = append(all, ltm.VirtualServerStatistics{
			Path: path, Up: availableInStats(s) && s.Text("status.enabledState") == "enabled", Statistics: statistics(s, "clientside."),
		})
	}
	slices.SortFunc(all, func(a, b ltm.VirtualServerStatistics) int { return a.Path.Compare(b.Path) })
	return all, nil
}

// PoolStatistics reads the counters of a partition's pools and their members: by one
// request where the device shows all of them at once. Of the known pools that this does
// not show, members are read pool by pool; a pool that is not known has no members
// then. Sorted by path.
func (d *Device) PoolStatistics(ctx context.Context, partition string, known []ltm.Path) ([]ltm.PoolStatistics, error) {
	object := "statistics of the pools of partition " + partition
	stats, err := d.client.AllMemberStats(ctx, partition)
	if err != nil && !errors.Is(err, icontrol.ErrNotFound) {
		return nil, d.listFailed(ctx, object, partition, err)
	}
	pools := map[ltm.Path]*ltm.PoolStatistics{}
	for _, s := range stats {
		if pool, ok := poolStatistics(s); ok && pool.Path.Partition == partition {
			pools[pool.Path] = &pool
		}
	}
	var missing []ltm.Path
	for _, path := range known {
		if pools[path] == nil {
			missing = append(missing, path)
		}
	}
	if len(missing) > 0 || len(pools) == 0 {
		if err := d.addPools(ctx, partition, missing, pools); err != nil {
			return nil, d.failed("read", object, err)
		}
	}
	all := make([]ltm.PoolStatistics, 0, len(pools))
	for _, pool := range pools {
		all = append(all, *pool)
	}
	slices.SortFunc(all, func(a, b ltm.PoolStatistics) int { return a.Path.Compare(b.Path) })
	return all, nil
}

// addPools adds what pools has not: the pools of the partition, and the members of the
// missing ones.
func (d *Device) addPools(ctx context.Context, partition string, missing []ltm.Path, pools map[ltm.Path]*ltm.PoolStatistics) error {
	stats, err := d.client.AllPoolStats(ctx)
	if err != nil {
		return err
	}
	for _, s := range stats {
		if pool, ok := poolStatistics(icontrol.PoolStats{Stats: s}); ok && pool.Path.Partition == partition && pools[pool.Path] == nil {
			pools[pool.Path] = &pool
		}
	}
	var lock sync.Mutex
	reads, ctx := errgroup.WithContext(ctx)
	reads.SetLimit(singleReads)
	for _, path := range missing {
		pool := pools[path]
		if pool == nil {
			continue // it is gone
		}
		reads.Go(func() error {
			stats, err := d.client.MemberStats(ctx, path.String())
			lock.Lock()
			defer lock.Unlock()
			if errors.Is(err, icontrol.ErrNotFound) {
				delete(pools, path)
				return nil
			}
			pool.Members = memberStatistics(stats)
			return err
		})
	}
	return reads.Wait()
}

func poolStatistics(s icontrol.PoolStats) (ltm.PoolStatistics, bool) {
	path, err := ltm.ParsePath(s.Text("tmName"))
	if err != nil {
		return ltm.PoolStatistics{}, false
	}
	return ltm.PoolStatistics{
		Path: path, QueueDepth: s.Value("connqAll.depth"), Members: memberStatistics(s.Members), Statistics: statistics(s.Stats, "serverside."),
	}, true
}

func memberStatistics(stats []icontrol.Stats) []ltm.MemberStatistics {
	members := make([]ltm.MemberStatistics, 0, len(stats))
	for _, s := range stats {
		if key, ok := memberStatsKey(s); ok {
			members = append(members, ltm.MemberStatistics{
				Key: key, Enabled: s.Text("status.enabledState") == "enabled" && s.Text("sessionStatus") == "enabled",
				Available: availableInStats(s), Statistics: statistics(s, "serverside."),
			})
		}
	}
	slices.SortFunc(members, func(a, b ltm.MemberStatistics) int { return a.Key.Compare(b.Key) })
	return members
}

// availableInStats tells what the device gives clients to: unknown is what no monitor
// judges, or none has judged yet (icontrol-rest 7).
func availableInStats(s icontrol.Stats) bool {
	state := s.Text("status.availabilityState")
	return state == "available" || state == "unknown"
}

// statistics reads what objects have in common. The device counts bits.
func statistics(s icontrol.Stats, side string) ltm.Statistics {
	return ltm.Statistics{
		Requests: s.Value("totRequests"), Connections: s.Value(side + "totConns"), CurrentConnections: s.Value(side + "curConns"),
		BytesIn: s.Value(side+"bitsIn") / 8, BytesOut: s.Value(side+"bitsOut") / 8,
	}
}
