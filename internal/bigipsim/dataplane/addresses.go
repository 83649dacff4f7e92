package dataplane

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// errUnreachable is the dial error of an address that the address map does not
// know and that is not on loopback.
var errUnreachable = errors.New("no route: the address is neither mapped nor on loopback")

// dialTimeout ends a dial that neither succeeds nor fails; on loopback only a
// full backlog does that.
const dialTimeout = 5 * time.Second

// arrival is how long a dial waits for an address to appear in the map: the first packet
// to a host that has just come up is sent again after a second.
const arrival = time.Second

// addressBook is the only way out of the data plane: it turns the addresses of
// the configuration into sockets on loopback and never leaves the machine.
type addressBook struct {
	mu        sync.RWMutex
	reachable map[string]string
	hosts     map[string]int      // how many entries a host has
	sources   map[netip.Addr]bool // whether sockets can be bound to an address
	changed   chan struct{}       // closed and replaced by each merge
	dialer    net.Dialer
}

func newAddressBook() *addressBook {
	b := &addressBook{reachable: map[string]string{}, hosts: map[string]int{}, sources: map[netip.Addr]bool{}, changed: make(chan struct{})}
	b.dialer.Timeout = dialTimeout
	b.dialer.KeepAlive = -1 // loopback needs none; saves system calls for each connection
	b.dialer.SetMultipathTCP(false)
	return b
}

// merge adds entries; an empty value removes one.
func (b *addressBook) merge(entries map[string]string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for address, reachable := range entries {
		_, known := b.reachable[address]
		switch {
		case reachable == "" && known:
			delete(b.reachable, address)
			b.hosts[hostOf(address)]--
		case reachable != "":
			b.reachable[address] = reachable
			if !known {
				b.hosts[hostOf(address)]++
			}
		}
	}
	close(b.changed)
	b.changed = make(chan struct{})
}

// hostOf is the host of an address, with or without a port.
func hostOf(address string) string {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	return host
}

// hasHost reports whether a host is there: on loopback, or with a port in the map.
func (b *addressBook) hasHost(address string) bool {
	host := hostOf(address)
	b.mu.RLock()
	mapped := b.hosts[host] > 0
	b.mu.RUnlock()
	name, _, _ := strings.Cut(host, "%")
	ip, err := netip.ParseAddr(name)
	return mapped || err == nil && ip.IsLoopback()
}

// resolve returns the loopback address behind a configured one.
func (b *addressBook) resolve(address string) (string, error) {
	b.mu.RLock()
	mapped, ok := b.reachable[address]
	b.mu.RUnlock()
	if ok {
		address = mapped
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", fmt.Errorf("resolve %q: %w", address, err)
	}
	host, _, _ = strings.Cut(host, "%") // the route domain
	ip, err := netip.ParseAddr(host)
	if err != nil || !ip.IsLoopback() {
		return "", fmt.Errorf("resolve %q: %w", address, errUnreachable)
	}
	return net.JoinHostPort(host, port), nil
}

// await is resolve for an address that may be about to appear.
func (b *addressBook) await(ctx context.Context, address string) (string, error) {
	late := time.NewTimer(arrival)
	defer late.Stop()
	for {
		b.mu.RLock()
		changed := b.changed
		b.mu.RUnlock()
		reachable, err := b.resolve(address)
		if !errors.Is(err, errUnreachable) {
			return reachable, err
		}
		select {
		case <-changed:
		case <-late.C:
			return "", err
		case <-ctx.Done():
			return "", context.Cause(ctx)
		}
	}
}

// automapAddress is the device's self IP, and the source that a socket on
// loopback has by itself.
var automapAddress = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// dial connects to a configured address from a source; the zero one is automap.
func (b *addressBook) dial(ctx context.Context, address string, source netip.Addr) (*net.TCPConn, error) {
	reachable, err := b.await(ctx, address)
	if err != nil {
		return nil, err
	}
	dialer := b.dialer
	if to, err := netip.ParseAddrPort(reachable); err == nil && b.binds(source, to.Addr()) {
		dialer.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(source, 0))
	}
	conn, err := dialer.DialContext(ctx, "tcp", reachable)
	if err != nil {
		return nil, err
	}
	return conn.(*net.TCPConn), nil
}

// binds reports whether a source differs from what the socket would have anyway,
// and can be had on this machine: not all have the whole of 127.0.0.0/8.
func (b *addressBook) binds(source, to netip.Addr) bool {
	if !source.IsLoopback() || source == automapAddress || source.Is4() != to.Is4() || source.Is6() {
		return false
	}
	b.mu.RLock()
	usable, known := b.sources[source]
	b.mu.RUnlock()
	if known {
		return usable
	}
	probe, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(netip.AddrPortFrom(source, 0)))
	if err == nil {
		_ = probe.Close()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sources[source] = err == nil
	return err == nil
}
