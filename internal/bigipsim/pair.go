package bigipsim

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/config"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/control"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/dataplane"
)

// The names of a Pair.
const (
	DeviceGroup = "failover-group"    // in /Common, of type sync-failover, with manual sync
	firstName   = "bigip.example.com" // as the device that stands alone
	peerName    = "bigip2.example.com"
	peerSuffix  = ".peer" // of the peer's state file
)

// Pair is two devices, one active and one standby, in a device group:
//
//	unit 0 ── config.DB ──▶ Plane ──┐
//	    │ config sync, trust        ├── floating ◀── clients
//	unit 1 ── config.DB ──▶ Plane ──┘   to the active one
//
// Each has its management address, tokens, transactions, monitors and counters;
// the listeners of the virtual servers are common to both. Sync carries what
// config.State.Synced tells: by command, or, when the device group's autoSync is
// enabled, after each commit. The device group itself is always the same on both.
type Pair struct {
	units    [2]*Simulator
	floating *floating
	control  endpoint

	syncing sync.Mutex     // one sync at a time
	running sync.WaitGroup // syncs that were started

	mu      sync.Mutex
	active  int
	since   time.Time // of the last failover
	agreed  config.Part
	pending int   // syncs that are not done
	failure error // of the last sync
	formed  bool
	closed  bool
}

// unit is one device's view of its pair.
type unit struct {
	*Pair
	index int
}

// NewPair makes two devices; the first is active. The peer's management address is
// Options.PeerListen, its state file that of the first with ".peer".
func NewPair(options Options) (*Pair, error) {
	options = options.withDefaults()
	p := &Pair{floating: newFloating(), since: options.Now()}
	logger := options.Logger
	options.Logger = logger.With("device", firstName)
	var err error
	if p.units[0], err = build(options, surroundings{pair: p, unit: 0}); err != nil {
		return nil, err
	}
	options.Listen, options.CAFile, options.Logger = options.PeerListen, "", logger.With("device", peerName)
	if options.StateFile != "" {
		options.StateFile += peerSuffix
	}
	if p.units[1], err = build(options, surroundings{pair: p, unit: 1, twin: p.units[0]}); err != nil {
		return nil, err
	}
	for i := range p.units {
		if err := p.join(i); err != nil {
			return nil, fmt.Errorf("form the device group: %w", err)
		}
	}
	if err := p.units[1].db.Adopt(p.units[0].db.State().Trusted()); err != nil {
		return nil, fmt.Errorf("form the device group: %w", err)
	}
	for _, s := range p.units { // a load does not part the pair
		if s.saved, err = s.db.Save(); err != nil {
			return nil, fmt.Errorf("form the device group: %w", err)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.agreed, p.formed = p.units[0].db.State().Synced(), true
	return p, nil
}

// join makes a device one of the pair, if the configuration it was loaded with
// does not say so already.
func (p *Pair) join(index int) error {
	p.mu.Lock()
	active := p.active
	p.mu.Unlock()
	_, err := p.units[index].db.Update(config.Change{System: true, Do: func(c *config.Candidate) error {
		devices, groups, folders := c.Schema.Type("cm/device"), c.Schema.Type("cm/device-group"), c.Schema.Type("sys/folder")
		if c.Objects(devices).Find("/Common/"+peerName) == nil {
			if _, err := c.Do(config.Command{Verb: config.Create, Type: devices, Body: map[string]any{
				"name": peerName, "cert": "/Common/dtdi.crt", "key": "/Common/dtdi.key", "version": c.Schema.Version.String(),
			}}); err != nil {
				return err
			}
		}
		for i, name := range []string{firstName, peerName} {
			state := map[bool]string{true: "active", false: "standby"}[i == active]
			if _, err := c.Do(config.Command{Verb: config.Modify, Type: devices, Path: "/Common/" + name, Body: map[string]any{
				"selfDevice": fmt.Sprint(i == index), "failoverState": state,
			}}); err != nil {
				return err
			}
		}
		if c.Objects(groups).Find("/Common/"+DeviceGroup) != nil {
			return nil
		}
		if _, err := c.Do(config.Command{Verb: config.Create, Type: groups, Body: map[string]any{
			"name": DeviceGroup, "type": "sync-failover", "networkFailover": "enabled", "devices": []any{firstName, peerName},
		}}); err != nil {
			return err
		}
		_, err := c.Do(config.Command{Verb: config.Modify, Type: folders, Path: "/", Body: map[string]any{"deviceGroup": "/Common/" + DeviceGroup}})
		return err
	}})
	return err
}

// Start opens the addresses of both and serves.
func (p *Pair) Start() error {
	if err := p.start(); err != nil {
		return errors.Join(err, p.Close(context.Background()))
	}
	return nil
}

func (p *Pair) start() error {
	for _, s := range p.units {
		if err := s.startManagement(); err != nil {
			return err
		}
	}
	options := p.units[0].options
	if err := p.control.serve(options.Control, p.handler(), nil, options.Logger); err != nil {
		return fmt.Errorf("control address: %w", err)
	}
	return nil
}

// handler is the control API of both: that of the first, and of the peer below
// /peer.
func (p *Pair) handler() http.Handler {
	return control.PairHandler(
		control.Handler(p.units[0].gate, unit{p, 0}), control.Handler(p.units[1].gate, unit{p, 1}),
		p.describe, func() { p.Failover() })
}

func (p *Pair) describe() []control.Unit {
	list := make([]control.Unit, 0, len(p.units))
	for i, name := range []string{firstName, peerName} {
		state := "standby"
		if p.Active() == p.units[i] {
			state = "active"
		}
		list = append(list, control.Unit{Name: name, Management: p.units[i].ManagementURL(), State: state})
	}
	return list
}

// VirtualServers are those of one device.
func (u unit) VirtualServers() []VirtualServer { return u.units[u.index].VirtualServers() }

// SetMembers is for both: they see the same network.
func (p *Pair) SetMembers(addresses map[string]string) {
	for _, s := range p.units {
		s.SetMembers(addresses)
	}
}

// SetNames is for both: they ask the same DNS.
func (p *Pair) SetNames(names map[string][]string) error {
	for _, s := range p.units {
		if err := s.SetNames(names); err != nil {
			return err
		}
	}
	return nil
}

// Units are the two devices; the first was active at the start.
func (p *Pair) Units() (first, peer *Simulator) { return p.units[0], p.units[1] }

// Active is the device through which traffic goes.
func (p *Pair) Active() *Simulator {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.units[p.active]
}

// ControlURL is the base of the control API of both; "" before Start.
func (p *Pair) ControlURL() string { return p.control.url("http") }

// Close ends both devices as Simulator.Close does.
func (p *Pair) Close(ctx context.Context) error {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	err := errors.Join(p.control.close(ctx), p.units[0].management.close(ctx), p.units[1].management.close(ctx))
	p.running.Wait()
	return errors.Join(err, p.units[0].Close(ctx), p.units[1].Close(ctx))
}

// Failover makes the standby device the active one. New connections go there at
// once; those of the other are reset, unless their virtual server mirrors them:
// then they go on, and are counted where they were made (a simplification).
func (p *Pair) Failover() { p.failover(func(int) bool { return true }) }

// failover happens if the active device is one that shall hand over.
func (p *Pair) failover(from func(active int) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || !from(p.active) {
		return
	}
	before, after := p.units[p.active], p.units[1-p.active]
	p.active = 1 - p.active
	p.since = before.options.Now()
	after.plane.Activate()
	p.floating.activate(p.active)
	state := before.db.State()
	before.plane.Standby(func(virtualServer string) bool {
		o := state.Objects(state.Schema.Type("ltm/virtual")).Find(virtualServer)
		return o != nil && o.Text("mirror") == "enabled"
	})
	p.running.Go(func() { p.noteFailover() })
}

// noteFailover writes who is active into both devices' cm/device.
func (p *Pair) noteFailover() {
	for i := range p.units {
		if err := p.join(i); err != nil {
			p.units[i].options.Logger.Error("failover state cannot be noted", "error", err)
		}
	}
}

// listener opens a virtual server's listener for one unit.
func (p *Pair) listener(index int) func(string) (dataplane.Listener, error) {
	return func(name string) (dataplane.Listener, error) { return p.floating.listen(index, name) }
}
