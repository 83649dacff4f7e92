package bigip

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// fewNodes is up to how many nodes are looked at one by one: above that, one
// list of the partition's nodes is cheaper.
const fewNodes = 3

// nodesGrace is how long an apply that was interrupted may still take to delete the
// nodes of members that it has removed.
const nodesGrace = 10 * time.Second

// deleteOrphans deletes the nodes that the device made for members which are
// gone: it never does so itself (icontrol-rest 4.4). A node goes only if it is
// in the pool's partition, bears its address as name and has no description, so
// that nobody made it on purpose; and if nothing refers to it, which the device
// itself checks.
//
// A refusal of the device leaves the node and is no failure of the change, which
// is done. An error is returned only when the device does not answer. Once the
// members are gone nobody knows any more whose the nodes were: so the end of the
// context leaves nodesGrace for them.
func (d *Device) deleteOrphans(ctx context.Context, pool ltm.Path, gone []ltm.Member) error {
	names := nodeNames(gone)
	if len(names) == 0 {
		return nil
	}
	ctx, cancel := outlasting(ctx, nodesGrace)
	defer cancel()
	plain, err := d.plainNodes(ctx, pool.Partition, names)
	if err != nil {
		return d.nodeFailed(ctx, pool.Partition, "read", err)
	}
	for _, name := range plain {
		err := d.client.Nodes().Delete(ctx, nodePath(pool.Partition, name))
		if errors.Is(err, icontrol.ErrInUse) || errors.Is(err, icontrol.ErrNotFound) {
			continue
		}
		if err := d.nodeFailed(ctx, pool.Partition, "delete", err); err != nil {
			return err
		}
	}
	return nil
}

// outlasting is a context that ends some time after another one.
func outlasting(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(grace, cancel) })
	return longer, func() { stop(); cancel() }
}

// interrupted tells that the context ended while the device may have been doing
// what it was asked for.
func interrupted(ctx context.Context, err error) bool {
	_, lost := errors.AsType[*icontrol.LostAnswerError](err)
	return lost && ctx.Err() != nil
}

// nodeNames are the names that the device gave the nodes of members without a
// name of their own, each once, sorted.
func nodeNames(members []ltm.Member) []string {
	var names []string
	for _, m := range members {
		if m.DeviceName() == m.Key.Name() {
			names = append(names, m.Key.Address.String())
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// plainNodes are those of the names whose node nobody made on purpose.
func (d *Device) plainNodes(ctx context.Context, partition string, names []string) ([]string, error) {
	if len(names) > fewNodes {
		nodes, err := d.client.Nodes().List(ctx, icontrol.ListOptions{Partition: partition})
		if err != nil {
			return nil, err
		}
		var plain []string
		for _, node := range nodes {
			if _, asked := slices.BinarySearch(names, node.Name); asked && isPlain(node) {
				plain = append(plain, node.Name)
			}
		}
		return plain, nil
	}
	var plain []string
	for _, name := range names {
		node, err := d.client.Nodes().Get(ctx, nodePath(partition, name), nil)
		switch {
		case errors.Is(err, icontrol.ErrNotFound):
		case err != nil:
			return nil, err
		case isPlain(node):
			plain = append(plain, name)
		}
	}
	return plain, nil
}

// isPlain tells that a node's name is its address, but for the default route
// domain that the device adds to the address alone (icontrol-rest 4.1), and that
// it has no description.
func isPlain(node icontrol.Node) bool {
	name, nameErr := ltm.ParseAddress(node.Name)
	address, addressErr := ltm.ParseAddress(node.Address)
	return nameErr == nil && addressErr == nil && name.IP == address.IP &&
		(name.RouteDomain == 0 || name.RouteDomain == address.RouteDomain) &&
		node.Description == "" && node.SubPath == "" && !bool(node.Ephemeral)
}

// nodeFailed leaves a node that the device does not want to delete.
func (d *Device) nodeFailed(ctx context.Context, partition, verb string, err error) error {
	if err == nil {
		return nil
	}
	failure := d.failed(verb, "nodes of partition "+partition, err)
	if _, answered := errors.AsType[*icontrol.Error](err); !answered {
		return failure
	}
	d.logger.LogAttrs(ctx, slog.LevelWarn, "Node left on the device", slog.String("device", d.Name()), slog.Any("error", failure))
	return nil
}

func nodePath(partition, name string) string { return "/" + partition + "/" + name }
