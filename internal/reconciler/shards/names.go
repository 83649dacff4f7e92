package shards

import (
	"encoding/hex"
	"hash/fnv"
	"strings"
)

const (
	prefix       = "bigipkube"
	mostReadable = 40
)

// dnsName makes a DNS label of words that may have any character: what can be read
// of them, and a hash by which two that look the same differ.
func dnsName(words ...string) string {
	var readable strings.Builder
	dash := true // none at the beginning
	for _, r := range strings.ToLower(strings.Join(words, "-")) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			readable.WriteRune(r)
			dash = false
		} else if !dash {
			readable.WriteByte('-')
			dash = true
		}
	}
	text := strings.Trim(readable.String(), "-")
	if len(text) > mostReadable {
		text = strings.TrimRight(text[:mostReadable], "-")
	}
	return strings.Trim(text+"-"+hash(words...), "-")
}

func hash(words ...string) string {
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(strings.Join(words, "\x00"))) // never fails
	return hex.EncodeToString(sum.Sum(nil))[:10]
}

// partitionName is the name of a partition's Lease.
func partitionName(device, partition string) string {
	return dnsName(prefix, device, partition)
}

// memberName is the name of a replica's Lease.
func memberName(device, identity string) string {
	return dnsName(prefix, "member", device, identity)
}
