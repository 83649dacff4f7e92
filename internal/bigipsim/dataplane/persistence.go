package dataplane

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"math/bits"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// cookieName returns the name of the persistence cookie of a pool: pools in
// /Common appear without their partition, others with "~" for "/".
func cookieName(configured, pool string) string {
	if configured != "" {
		return configured
	}
	if name, ok := strings.CutPrefix(pool, "/Common/"); ok && !strings.Contains(name, "/") {
		return "BIGipServer" + name
	}
	return "BIGipServer" + strings.ReplaceAll(pool, "/", "~")
}

// cookieValue encodes a member's address as the device does:
//
//	10.1.1.100:8080     1677787402.36895.0000                          address little endian, port bytes swapped
//	192.0.2.1%5:80      rd5o00000000000000000000ffffc0000201o80
//	[2001:112::30]:80   vi20010112000000000000000000000030.20480       port bytes swapped
//	[2001:112::30%5]:80 rd5o20010112000000000000000000000030o80
//
// What is not an address and port stands for itself.
func cookieValue(address string) string {
	host, portText, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	host, domain, inDomain := strings.Cut(host, "%")
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return address
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return address
	}
	wide := ip.As16()
	switch {
	case inDomain && domain != "0":
		return fmt.Sprintf("rd%so%so%d", domain, hex.EncodeToString(wide[:]), port)
	case ip.Is4():
		four := ip.As4()
		return fmt.Sprintf("%d.%d.0000", binary.LittleEndian.Uint32(four[:]), bits.ReverseBytes16(uint16(port)))
	default:
		return fmt.Sprintf("vi%s.%d", hex.EncodeToString(wide[:]), bits.ReverseBytes16(uint16(port)))
	}
}

// cookieOrder is the persistence cookie that a response may have to set.
type cookieOrder struct {
	name    string
	profile Persistence
}

// line is the field's value for a client of a member, "" if it needs none.
func (c *cookieOrder) line(m *member, sent func(name string) string, secure bool) string {
	if c.profile.CookiePassive || sent(c.name) == m.cookie && !c.profile.CookieAlways {
		return ""
	}
	line := c.name + "=" + m.cookie + "; "
	if age := c.profile.CookieAge; age > 0 {
		line += "expires=" + time.Now().Add(age).UTC().Format("Mon, 02-Jan-2006 15:04:05 GMT") + "; "
	}
	line += "path=/"
	if c.profile.HTTPOnly {
		line += "; Httponly"
	}
	if c.profile.Secure && secure {
		line += "; Secure"
	}
	return line
}

// recall asks the persistence profiles which member a client belongs to.
func (v *virtualServer) recall(chosen *pool, d *demand, now time.Time) remembered {
	for i, profile := range []Persistence{v.config.Persistence, v.config.Fallback} {
		var m *member
		switch {
		case profile.Method == persistCookie && d.cookie != nil:
			m = v.fromCookie(profile, chosen, d.cookie)
		case profile.Method == persistSource:
			m = v.fromSource(v.records[i], profile, chosen, profile.client(d.client), now)
		}
		if m != nil {
			return remembered{member: m, override: profile.OverrideLimit}
		}
	}
	return remembered{}
}

// fromCookie finds a member of the pool by the cookie, or of any pool. Each pool
// has a cookie of its own unless the profile names one.
func (v *virtualServer) fromCookie(profile Persistence, chosen *pool, cookie func(string) string) *member {
	pools := []*pool{chosen}
	if profile.AcrossPools {
		for _, name := range slices.Sorted(maps.Keys(v.pools)) {
			pools = append(pools, v.pools[name])
		}
	}
	for _, p := range pools {
		if value := cookie(cookieName(profile.CookieName, p.name)); value != "" {
			if m := p.findCookie(value); m != nil {
				return m
			}
		}
	}
	return nil
}

// fromSource finds the member that a client was sent to last. The record of
// another pool leads to the same node in this one, or across pools to the member
// itself.
func (v *virtualServer) fromSource(records *sourceRecords, profile Persistence, chosen *pool, client netip.Addr, now time.Time) *member {
	record := records.find(client, now)
	if record.pool == chosen.name {
		return chosen.find(record.member)
	}
	if profile.AcrossServices || profile.AcrossVirtuals {
		if m := chosen.findHost(record.host); m != nil {
			return m
		}
	}
	if profile.AcrossPools && v.pools[record.pool] != nil {
		return v.pools[record.pool].find(record.member)
	}
	return nil
}

// remember writes down which member a client has got, and returns the cookie that
// does so on the client's side.
func (v *virtualServer) remember(d *demand, m *member, now time.Time) (cookie *cookieOrder) {
	for i, profile := range []Persistence{v.config.Persistence, v.config.Fallback} {
		switch {
		case profile.Method == persistCookie && d.cookie != nil && cookie == nil:
			cookie = &cookieOrder{name: cookieName(profile.CookieName, m.pool.name), profile: profile}
		case profile.Method == persistSource:
			timeout := cmp.Or(profile.Timeout, defaultPersistenceTimeout)
			host, _, _ := cutPort(m.address)
			v.records[i].store(profile.client(d.client), sourceRecord{pool: m.pool.name, member: m.name, host: host, expires: now.Add(timeout)}, now)
		}
	}
	return cookie
}

// client is who counts as one client: an address, or an IPv4 network.
func (p Persistence) client(address netip.Addr) netip.Addr {
	if p.MaskBits <= 0 || !address.Is4() {
		return address
	}
	network, err := address.Prefix(p.MaskBits)
	if err != nil {
		return address
	}
	return network.Addr()
}

// sourceRecords returns the records of a virtual server's profile: those that it
// has, new ones if the profile has changed, or those that it shares with others.
func (p *Plane) sourceRecords(has *sourceRecords, profile Persistence, v VirtualServer) *sourceRecords {
	scope := ""
	switch {
	case profile.Method != persistSource:
		return nil
	case profile.AcrossVirtuals:
		scope = "*"
	case profile.AcrossServices:
		scope = v.Address
	case has != nil && has.scope == "":
		return has
	default:
		return &sourceRecords{}
	}
	if p.shared[scope] == nil {
		p.shared[scope] = &sourceRecords{scope: scope}
	}
	return p.shared[scope]
}

// sourceRecords are source-addr persistence records. Times come from the caller.
type sourceRecords struct {
	scope string // of the virtual servers that share them, "" = of one

	mu      sync.Mutex
	records map[netip.Addr]sourceRecord
	sweepAt int // number of records at which the expired ones are looked for
}

type sourceRecord struct {
	pool, member string
	host         string // of the member
	expires      time.Time
}

const minSweep = 1024

// find returns the record of a client, zero if there is none.
func (r *sourceRecords) find(client netip.Addr, now time.Time) sourceRecord {
	r.mu.Lock()
	defer r.mu.Unlock()
	record, ok := r.records[client]
	if !ok || !now.Before(record.expires) {
		return sourceRecord{}
	}
	return record
}

// store writes or renews a record.
func (r *sourceRecords) store(client netip.Addr, record sourceRecord, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.records == nil {
		r.records = map[netip.Addr]sourceRecord{}
	}
	if len(r.records) >= max(r.sweepAt, minSweep) {
		for key, record := range r.records {
			if !now.Before(record.expires) {
				delete(r.records, key)
			}
		}
		r.sweepAt = 2 * len(r.records)
	}
	r.records[client] = record
}
