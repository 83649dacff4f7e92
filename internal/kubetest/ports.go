package kubetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
)

type ports struct {
	etcd, etcdPeer, apiServer int
}

// choosePorts picks below the range from which the kernel serves outgoing connections and listeners on port 0 (Linux:
// 32768 and up): nobody takes the port of a process that a test has stopped and will start again.
func choosePorts() (ports, error) {
	var p ports
	for _, port := range []*int{&p.etcd, &p.etcdPeer, &p.apiServer} {
		var err error
		if *port, err = freePort(); err != nil {
			return ports{}, err
		}
	}
	if p.etcd == p.etcdPeer || p.etcd == p.apiServer || p.etcdPeer == p.apiServer {
		return choosePorts()
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
