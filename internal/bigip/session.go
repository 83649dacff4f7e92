package bigip

import (
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// The words of session and state (icontrol-rest 4.5). The device shows more
// than it takes: monitor-enabled, up, down, checking, unchecked are read only.
const (
	userEnabled  = "user-enabled"
	userDisabled = "user-disabled"
	userUp       = "user-up"
	userDown     = "user-down"
)

// sessionFromWire reads what an operator wants from what the device shows. A
// member that is down by hand takes nothing new, whatever its session says.
func sessionFromWire(session, state string) ltm.Session {
	switch {
	case state == userDown:
		return ltm.ForcedOffline
	case session == userDisabled:
		return ltm.Disabled
	default: // user-enabled, or monitor-enabled: the same under a monitor
		return ltm.Enabled
	}
}

// sessionToWire gives the words to write for a session that was another one
// before. State is written only when it changes: writing it sends a monitored
// member back to checking.
func sessionToWire(from, to ltm.Session) (session, state *string) {
	if from == to {
		return nil, nil
	}
	session = new(userDisabled)
	if to == ltm.Enabled {
		session = new(userEnabled)
	}
	switch {
	case to == ltm.ForcedOffline:
		state = new(userDown)
	case from == ltm.ForcedOffline:
		state = new(userUp)
	}
	return session, state
}

// healthFromState reads a member's state. An unknown word is no promise that
// the member answers.
func healthFromState(state string) ltm.Health {
	switch state {
	case "unchecked":
		return ltm.HealthUnchecked
	case "up", "fqdn-up":
		return ltm.HealthUp
	case "down", "fqdn-down", "address-down":
		return ltm.HealthDown
	case userDown, "forced-down":
		return ltm.HealthForcedDown
	default:
		return ltm.HealthChecking
	}
}
