package icontrol

import (
	"context"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
)

// PoolStats are the counters of a pool and of its members.
type PoolStats struct {
	Stats
	Members []Stats // in no order that means anything
}

// keptStats are the counters that are kept of many objects at once: all of them are
// some forty for each object, and there may be thousands of members.
var keptStats = func() map[string]bool {
	kept := map[string]bool{"connq.depth": true, "connqAll.depth": true, "totRequests": true, "tmName": true, "nodeName": true, "addr": true, "port": true}
	for _, side := range []string{"serverside.", "clientside."} {
		for _, name := range []string{"bitsIn", "bitsOut", "curConns", "totConns"} {
			kept[side+name] = true
		}
	}
	for _, name := range []string{"monitorStatus", "sessionStatus", "status.availabilityState", "status.enabledState"} {
		kept[name] = true
	}
	return kept
}()

// AllVirtualServerStats reads the counters of all virtual servers, of all partitions
// that the user may see. "tmName" tells whose they are.
func (c *Client) AllVirtualServerStats(ctx context.Context) ([]Stats, error) {
	return c.manyStats(ctx, c.VirtualServers().root()+"/stats")
}

// AllPoolStats reads the counters of all pools, without their members.
func (c *Client) AllPoolStats(ctx context.Context) ([]Stats, error) {
	return c.manyStats(ctx, c.Pools().root()+"/stats")
}

// AllMemberStats asks for the counters of a partition's pools with their members by one
// request. No document of the device promises it: from release 12 on the pools of
// Common are known to be shown, each with its members inside (recorded on 12.1.0), and
// reports differ on what else is. What the answer has is right; what it has not is to
// be read otherwise. errors.Is(err, ErrNotFound) where the device does not know it.
func (c *Client) AllMemberStats(ctx context.Context, partition string) ([]PoolStats, error) {
	var answer struct {
		Entries map[string]poolEntry `json:"entries"`
	}
	query := url.Values{"$filter": {"partition eq " + partition}}
	if err := c.get(ctx, c.Pools().root()+"/members/stats", query, &answer); err != nil {
		return nil, err
	}
	all := make([]PoolStats, 0, len(answer.Entries))
	for _, key := range slices.Sorted(maps.Keys(answer.Entries)) {
		if pool := PoolStats(answer.Entries[key]); pool.Stats != nil {
			all = append(all, pool)
		}
	}
	return all, nil
}

func (c *Client) manyStats(ctx context.Context, path string) ([]Stats, error) {
	var answer struct {
		Entries map[string]poolEntry `json:"entries"`
	}
	if err := c.get(ctx, path, nil, &answer); err != nil {
		return nil, err
	}
	all := make([]Stats, 0, len(answer.Entries))
	for _, key := range slices.Sorted(maps.Keys(answer.Entries)) {
		if stats := answer.Entries[key].Stats; stats != nil {
			all = append(all, stats)
		}
	}
	return all, nil
}

// poolEntry is one entry of a collection's statistics. It takes of the tree what is
// kept as soon as it is read, so that no more than one object's whole tree is in memory.
type poolEntry PoolStats

// UnmarshalJSON is json.Unmarshaler's. Whatever levels of keys there are, what names a
// node is a member, and what names an object is that.
func (p *poolEntry) UnmarshalJSON(data []byte) error {
	var entry statsEntry
	if err := json.Unmarshal(data, &entry); err != nil {
		return err
	}
	if entry.NestedStats == nil {
		return nil
	}
	for _, stats := range entry.NestedStats.objects() {
		maps.DeleteFunc(stats, func(name string, _ Counter) bool { return !keptStats[name] })
		switch {
		case stats.Text("nodeName") != "":
			p.Members = append(p.Members, maps.Clone(stats)) // without the room of what was deleted
		case stats.Text("tmName") != "":
			p.Stats = maps.Clone(stats)
		}
	}
	return nil
}
