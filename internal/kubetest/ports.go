package kubetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
)

type ports struct {
	etcd, etcdPeer int
	apiServers     []int
}

// choosePorts picks below the range from which the kernel serves outgoing connections and listeners on port 0 (Linux:
// 32768 and up): nobody takes the port of a process that a test has stopped and will start again.
func choosePorts(apiServers int) (ports, error) {
	chosen := map[int]bool{}
	next := func() (int, error) {
		for {
			port, err := freePort()
			if err != nil || !chosen[port] {
				chosen[port] = true
				return port, err
			}
		}
	}
	p := ports{apiServers: make([]int, apiServers)}
	all := []*int{&p.etcd, &p.etcdPeer}
	for i := range p.apiServers {
		all = append(all, &p.apiServers[i])
	}
	for _, port := range all {
		var err error
		if *port, err = next(); err != nil {
			return ports{}, err
		}
	}
	return p, nil
}

func freePort() (int, error) {
	const lowest, highest, attempts = 20000, 32000, 100
	var last error
	for range attempts {
		port := lowest + rand.IntN(highest-lowest) //nolint:gosec // not a secret
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			last = err
			continue
		}
		return port, listener.Close()
	}
	return 0, fmt.Errorf("no free port: %w", errors.Join(last))
}
