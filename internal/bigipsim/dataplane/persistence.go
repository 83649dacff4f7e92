package dataplane

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/bits"
	"net"
	"net/netip"
	"strconv"
	"strings"
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

// sourceRecords are the source-addr persistence records of one virtual server.
// Times come from the caller. Not safe for concurrent use.
type sourceRecords struct {
	records map[netip.Addr]sourceRecord
	sweepAt int // number of records at which the expired ones are looked for
}

type sourceRecord struct {
	pool, member string
	expires      time.Time
}

const minSweep = 1024

// find returns the member of pool that client was sent to last, or "".
func (r *sourceRecords) find(client netip.Addr, pool string, now time.Time) string {
	record, ok := r.records[client]
	if !ok || record.pool != pool || !now.Before(record.expires) {
		return ""
	}
	return record.member
}

// store writes or renews a record.
func (r *sourceRecords) store(client netip.Addr, pool, member string, expires, now time.Time) {
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
	r.records[client] = sourceRecord{pool: pool, member: member, expires: expires}
}

// clear forgets all records.
func (r *sourceRecords) clear() { *r = sourceRecords{} }
