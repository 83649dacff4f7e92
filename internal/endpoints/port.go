package endpoints

import (
	"cmp"
	"slices"
	"strconv"
)

// choosePort finds the Service's port that ref means. A name is tried before a
// number, because "8080" is a valid name too.
func choosePort(ref Ref, ports []ServicePort) (ServicePort, error) {
	if ref.Port == "" {
		return onlyPort(ref, ports, ports)
	}
	for _, port := range ports {
		if port.Name == ref.Port {
			return port, nil
		}
	}
	// Two ports of one number differ in protocol: 53/TCP and 53/UDP.
	byNumber := slices.DeleteFunc(slices.Clone(ports), func(port ServicePort) bool {
		return strconv.Itoa(int(port.Number)) != ref.Port
	})
	return onlyPort(ref, byNumber, ports)
}

// onlyPort returns the one candidate, or an error that lists what there is.
func onlyPort(ref Ref, candidates, ports []ServicePort) (ServicePort, error) {
	switch len(candidates) {
	case 1:
		return candidates[0], nil
	case 0:
		return ServicePort{}, &NoPortError{Ref: ref, Ports: sortPorts(ports)}
	default:
		return ServicePort{}, &NoPortError{Ref: ref, Ports: sortPorts(candidates), Ambiguous: true}
	}
}

func sortPorts(ports []ServicePort) []ServicePort {
	return slices.SortedFunc(slices.Values(ports), func(a, b ServicePort) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Protocol, b.Protocol))
	})
}

func (p ServicePort) protocol() string { return cmp.Or(p.Protocol, "TCP") }

func (p SlicePort) protocol() string { return cmp.Or(p.Protocol, "TCP") }

// targetPort is the target port as the Service has it.
func (p ServicePort) targetPort() string {
	return cmp.Or(p.TargetPort, strconv.Itoa(int(p.Number)))
}

// numberIn finds the number that port has on the pods of a slice. A slice port
// without a number stands for all of them: then the Service's target port is
// taken, or its own number where the target port is a name.
func (p ServicePort) numberIn(slice Slice) (uint16, bool) {
	for _, port := range slice.Ports {
		if port.Name != p.Name || port.protocol() != p.protocol() {
			continue
		}
		if port.Number != 0 {
			return port.Number, true
		}
		if number, err := strconv.ParseUint(p.targetPort(), 10, 16); err == nil && number != 0 {
			return uint16(number), true
		}
		return p.Number, p.Number != 0
	}
	return 0, false
}
