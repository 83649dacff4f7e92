package bigipsim

import (
	"fmt"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/config"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/control"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/dataplane"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/rest"
)

// surroundings are what a device of a Pair does not have for itself; the zero
// value is for one that stands alone.
type surroundings struct {
	pair *Pair
	unit int
	twin *Simulator // the other device, if it is made already
}

// build puts the parts of a device together (doc.go).
func build(options Options, around surroundings) (*Simulator, error) {
	if err := options.checkLoopback(); err != nil {
		return nil, err
	}
	for _, user := range options.Users {
		if err := user.Validate(); err != nil {
			return nil, err
		}
	}
	s := &Simulator{options: options}
	if err := s.identify(around); err != nil {
		return nil, err
	}
	traffic := dataplane.Options{Logger: options.Logger}
	management := rest.Options{Save: s.saveState, Load: s.loadState, Now: options.Now, Logger: options.Logger, Admin: options.Username}
	s.committed = s.configureTraffic
	if pair := around.pair; pair != nil {
		traffic.Listen = pair.listener(around.unit)
		management.Cluster = unit{pair, around.unit}
		management.Load = func() error {
			if err := s.loadState(); err != nil {
				return err
			}
			return pair.join(around.unit) // who is active now was not so when it was saved
		}
		s.committed = func(state *config.State) {
			s.configureTraffic(state)
			pair.committed(around.unit, state)
		}
	}
	s.plane = dataplane.New(traffic)
	s.translator.slowRamp = options.SlowRamp
	if err := s.load(around); err != nil {
		return nil, err
	}
	management.DB, management.Traffic = s.db, s.plane
	server := rest.New(management)
	s.gate = control.NewGate(server, control.Options{ExpireToken: server.ExpireToken, Now: options.Now, Logger: options.Logger})
	return s, nil
}

// identify gives the device its certificates; a pair has one CA.
func (s *Simulator) identify(around surroundings) (err error) {
	switch {
	case s.options.PlainHTTP:
	case around.twin != nil:
		s.tls = around.twin.tls
	default:
		if s.tls, err = newIdentity(); err != nil {
			return fmt.Errorf("certificates: %w", err)
		}
	}
	return nil
}

// load makes the database, with the content of the state file if there is one.
func (s *Simulator) load(around surroundings) error {
	options := s.options
	version, err := config.ParseVersion(options.TMOSVersion)
	if err != nil {
		return err
	}
	saved, err := readState(options.StateFile)
	if err != nil {
		return err
	}
	database := config.Options{
		Version: version, WriteDelay: options.WriteDelay, Now: options.Now, Saved: saved, Names: options.DNS, ASM: options.ASM,
		Committed: func(state *config.State) { s.committed(state) },
		Users:     append([]User{{Name: options.Username, Password: options.Password, Role: RoleAdmin}}, options.Users...),
	}
	if around.twin != nil {
		s.db, err = around.twin.db.Twin(database)
	} else {
		s.db, err = config.NewDB(database)
	}
	if err != nil {
		return options.explain(saved, err)
	}
	s.saved = saved
	return nil
}
