package bigipsim

import (
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/config"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/rest"
)

// Active is rest.Cluster's.
func (u unit) Active() (bool, time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.active == u.index, u.since
}

// Standby is rest.Cluster's.
func (u unit) Standby() { u.failover(func(active int) bool { return active == u.index }) }

// ConfigSync is rest.Cluster's.
func (u unit) ConfigSync(toGroup bool) {
	from := u.index
	if !toGroup {
		from = 1 - u.index
	}
	u.startSync(func() { u.push(from) })
}

// startSync runs a sync beside the request that asked for it; until it is done
// the status is Syncing.
func (p *Pair) startSync(work func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	p.pending++
	p.running.Go(func() {
		p.syncing.Lock()
		defer p.syncing.Unlock()
		work()
		p.mu.Lock()
		defer p.mu.Unlock()
		p.pending--
	})
}

// push makes the other device's configuration that of one.
func (p *Pair) push(from int) {
	part := p.units[from].db.State().Synced()
	err := p.units[1-from].db.Adopt(part)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failure = err; err == nil {
		p.agreed = part
	}
}

// committed looks after each commit of a unit at what the other has to know at
// once.
func (p *Pair) committed(from int, state *config.State) {
	p.mu.Lock()
	formed := p.formed
	p.mu.Unlock()
	if !formed {
		return
	}
	other := p.units[1-from]
	trust := !state.Trusted().Same(other.db.State().Trusted())
	group := state.Objects(state.Schema.Type("cm/device-group")).Find("/Common/" + DeviceGroup)
	automatic := group != nil && group.Text("autoSync") == "enabled"
	if trust || automatic && p.ahead(state) {
		p.startSync(func() { p.follow(from, automatic) })
	}
}

// ahead says whether a state has something that the two have not agreed on.
func (p *Pair) ahead(state *config.State) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !state.Synced().Same(p.agreed)
}

// follow brings the other device up to what one has now.
func (p *Pair) follow(from int, automatic bool) {
	state, other := p.units[from].db.State(), p.units[1-from].db
	if trusted := state.Trusted(); !trusted.Same(other.State().Trusted()) {
		if err := other.Adopt(trusted); err != nil {
			p.units[from].options.Logger.Error("device group cannot be shared", "error", err)
		}
	}
	if !automatic || !p.ahead(state) {
		return
	}
	p.push(from)
	group := state.Objects(state.Schema.Type("cm/device-group")).Find("/Common/" + DeviceGroup)
	if group != nil && group.Text("saveOnAutoSync") == "true" {
		if err := p.units[1-from].saveState(); err != nil {
			p.units[1-from].options.Logger.Error("configuration cannot be saved", "error", err)
		}
	}
}

// SyncStatus is rest.Cluster's. Of the texts, those of In Sync are recorded
// (icontrol-rest 3.16); what surrounds "Recommended action" is inferred.
func (u unit) SyncStatus() rest.SyncStatus {
	first, peer := u.units[0].db.State().Synced(), u.units[1].db.State().Synced()
	u.mu.Lock()
	defer u.mu.Unlock()
	connected := []string{[]string{peerName, firstName}[u.index] + ": connected"}
	trust := "device_trust_group (In Sync): All devices in the device group are in sync"
	switch {
	case u.pending > 0:
		return rest.SyncStatus{Color: "blue", Status: "Syncing", Summary: " ", Details: connected}
	case u.failure != nil:
		return rest.SyncStatus{Color: "red", Status: "Sync Failure", Summary: "A validation error occurred while syncing to a remote device", Details: append(connected,
			DeviceGroup+" (Sync Failure): "+u.failure.Error())}
	case first.Same(peer):
		return rest.SyncStatus{Color: "green", Status: "In Sync", Summary: "All devices in the device group are in sync", Details: append(connected,
			DeviceGroup+" (In Sync): All devices in the device group are in sync", trust)}
	}
	s := rest.SyncStatus{Color: "yellow", Status: "Changes Pending", Details: connected}
	firstAhead, peerAhead := !first.Same(u.agreed), !peer.Same(u.agreed)
	ahead := firstName
	if !firstAhead {
		ahead = peerName
	}
	if firstAhead && peerAhead {
		s.Summary = "There is a possible change conflict between " + firstName + " and " + peerName + "."
		s.Details = append(s.Details, DeviceGroup+" (Changes Pending): "+s.Summary,
			"Recommended action: Synchronize "+firstName+" to group "+DeviceGroup,
			"Recommended action: Synchronize "+peerName+" to group "+DeviceGroup)
	} else {
		s.Summary = "Changes have been made on " + ahead + "."
		s.Details = append(s.Details, DeviceGroup+" (Changes Pending): "+s.Summary,
			"Recommended action: Synchronize "+ahead+" to group "+DeviceGroup)
	}
	s.Details = append(s.Details, trust)
	return s
}
