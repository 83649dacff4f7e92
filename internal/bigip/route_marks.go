package bigip

import (
	"context"
	"errors"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// mostRuleMarks are the rules of a page of marks: about 100 kB.
const mostRuleMarks = 500

var (
	ruleMark   = []string{"name", "description"}
	serverMark = []string{"fullPath", "partition", "description", "destination", "source"}
)

// RouteMarks reads of a partition's virtual servers and policies, its folders included, what
// says which routes they are for: no more than ingress.Bindings needs. Where no policy
// serves routes that is one request, else one more, and one for each of them.
func (d *Device) RouteMarks(ctx context.Context, partition string) (ltm.Site, error) {
	object := "the policies of partition " + partition
	wires, err := d.client.Policies().List(ctx, icontrol.ListOptions{Partition: partition, Select: descriptionOnly, PageSize: mostDescriptions})
	if err != nil {
		return ltm.Site{}, d.listFailed(ctx, object, partition, err)
	}
	var site ltm.Site
	for _, wire := range wires {
		path, err := ltm.ParsePath(wire.FullPath)
		if err != nil || !binding.IsSite(wire.Description) {
			continue // none that could be ours
		}
		policy := ltm.Policy{Path: path, Description: wire.Description}
		rules, err := d.client.PolicyRules(wire.FullPath).List(ctx, icontrol.ListOptions{Select: ruleMark, PageSize: mostRuleMarks})
		if err != nil {
			err = d.failed("read", "the rules of "+policyObject(path), err)
			if errors.Is(err, engine.ErrNotFound) {
				continue // it has just gone
			}
			return ltm.Site{}, err
		}
		for _, rule := range rules {
			policy.Rules = append(policy.Rules, ltm.PolicyRule{Name: rule.Name, Description: rule.Description})
		}
		site.Policies = append(site.Policies, policy)
	}
	if len(site.Policies) == 0 {
		return site, nil
	}
	site.VirtualServers, err = d.serverMarks(ctx, partition)
	return site, err
}

// serverMarks are the virtual servers that serve routes.
func (d *Device) serverMarks(ctx context.Context, partition string) ([]ltm.VirtualServer, error) {
	object := "the virtual servers of partition " + partition
	wires, err := d.client.VirtualServers().List(ctx, icontrol.ListOptions{Partition: partition, Select: serverMark, PageSize: mostDescriptions})
	if err != nil {
		return nil, d.listFailed(ctx, object, partition, err)
	}
	var all []ltm.VirtualServer
	for _, wire := range wires {
		if !binding.IsSite(wire.Description) {
			continue
		}
		v := ltm.VirtualServer{Description: wire.Description}
		if v.Path, err = ltm.ParsePath(wire.FullPath); err != nil {
			continue
		}
		if v.Destination, err = ltm.ParseDestination(v.Path.Partition, wire.Destination); err != nil {
			return nil, d.notUnderstood(virtualServerObject(v.Path), err)
		}
		if v.Source, err = sourceFromWire(wire.Source); err != nil {
			return nil, d.notUnderstood(virtualServerObject(v.Path), err)
		}
		all = append(all, v)
	}
	return all, nil
}
