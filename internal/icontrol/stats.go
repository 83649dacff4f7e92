package icontrol

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
)

// Stats are the counters of one object, by the device's name for each:
// "serverside.curConns", "status.availabilityState" (icontrol-rest 7).
type Stats map[string]Counter

// Counter is a number or a text.
type Counter struct {
	Value       int64
	Description string
}

// Value returns a number, 0 if the device does not show it.
func (s Stats) Value(name string) int64 { return s[name].Value }

// Text returns a text, "" if the device does not show it.
func (s Stats) Text(name string) string { return s[name].Description }

// PoolStats reads the counters of a pool.
func (c *Client) PoolStats(ctx context.Context, pool string) (Stats, error) {
	return c.oneStats(ctx, c.Pools().object(pool)+"/stats")
}

// MemberStats reads the counters of all members of a pool, in no order that
// means anything: "nodeName", "addr" and "port" tell whose they are.
func (c *Client) MemberStats(ctx context.Context, pool string) ([]Stats, error) {
	return c.stats(ctx, c.Members(pool).root()+"/stats")
}

// VirtualServerStats reads the counters of a virtual server.
func (c *Client) VirtualServerStats(ctx context.Context, virtualServer string) (Stats, error) {
	return c.oneStats(ctx, c.VirtualServers().object(virtualServer)+"/stats")
}

func (c *Client) stats(ctx context.Context, path string) ([]Stats, error) {
	var tree statsTree
	if err := c.get(ctx, path, nil, &tree); err != nil {
		return nil, err
	}
	return tree.objects(), nil
}

// statsTree is the envelope of statistics. Releases differ in how many levels
// of URL keys stand above the counters, and in the keys; so no key is built or
// read, and counters are taken wherever they are (icontrol-rest 7).
type statsTree struct {
	Entries map[string]statsEntry `json:"entries"`
}

type statsEntry struct {
	NestedStats *statsTree      `json:"nestedStats"`
	Value       json.RawMessage `json:"value"`
	Description Word            `json:"description"`
}

// objects returns each set of counters, ordered by key.
func (t statsTree) objects() []Stats {
	var all []Stats
	own := Stats{}
	for _, key := range slices.Sorted(maps.Keys(t.Entries)) {
		entry := t.Entries[key]
		if entry.NestedStats != nil {
			all = append(all, entry.NestedStats.objects()...)
			continue
		}
		own[key] = entry.counter()
	}
	if len(own) > 0 {
		all = append([]Stats{own}, all...)
	}
	return all
}

// counter reads a value leniently: a number with a fraction is cut, a text is 0.
func (e statsEntry) counter() Counter {
	var number float64
	if err := json.Unmarshal(e.Value, &number); err != nil {
		number = 0
	}
	return Counter{Value: int64(number), Description: string(e.Description)}
}
