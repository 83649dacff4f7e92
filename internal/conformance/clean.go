package conformance

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// prefix begins the name of each object that a case makes, unless the name is an
// address, or the device makes it for a name and removes it with that (_auto_). Addresses are those kept for documentation (RFC 5737, RFC 3849).
const prefix = "bkc-"

// routeDomains can be deleted when no partition has them as its default.
const routeDomains = "/net/route-domain"

var documentation = []netip.Prefix{
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("2001:db8::/32"),
}

// kinds are the collections that cases write to, in the order in which their
// objects can be deleted: what refers comes before what is referred to.
var kinds = []string{
	"/ltm/virtual", "/ltm/policy", "/ltm/rule", "/ltm/pool", "/ltm/snatpool", "/ltm/data-group/internal",
	"/ltm/persistence/cookie", "/ltm/persistence/source-addr",
	"/ltm/profile/http2", "/ltm/profile/http", "/ltm/profile/tcp", "/ltm/profile/udp", "/ltm/profile/fastl4", "/ltm/profile/one-connect",
	"/ltm/profile/client-ssl", "/ltm/profile/server-ssl", "/sys/file/ssl-cert", "/sys/file/ssl-key",
	"/ltm/monitor/ftp", "/ltm/monitor/gateway-icmp", "/ltm/monitor/http", "/ltm/monitor/https", "/ltm/monitor/icmp", "/ltm/monitor/inband",
	"/ltm/monitor/ldap", "/ltm/monitor/mysql", "/ltm/monitor/postgresql", "/ltm/monitor/smtp", "/ltm/monitor/tcp",
	"/ltm/monitor/tcp-half-open", "/ltm/monitor/udp",
	"/ltm/virtual-address", "/ltm/snat-translation", "/ltm/node", "/net/vlan", routeDomains, "/sys/folder",
}

// made says which collections grow when another one is written to: a pool makes
// nodes (icontrol-rest 4.4), a virtual server its address (3.4), a SNAT
// pool its translations (3.21).
var made = map[string]string{
	"/ltm/pool": "/ltm/node", "/ltm/virtual": "/ltm/virtual-address", "/ltm/snatpool": "/ltm/snat-translation",
}

// object is one that lies in the partition.
type object struct{ kind, fullPath string }

func (o object) String() string { return strings.TrimPrefix(o.kind, "/") + " " + o.fullPath }

// ours tells that the suite made it.
func (o object) ours() bool {
	name := o.fullPath[strings.LastIndexByte(o.fullPath, '/')+1:]
	if strings.HasPrefix(name, prefix) || strings.HasPrefix(name, "_auto_") || o.kind == "/sys/folder" && name == "Drafts" {
		return true
	}
	name, _, _ = strings.Cut(name, "%")
	address, err := netip.ParseAddr(name)
	return err == nil && slices.ContainsFunc(documentation, func(p netip.Prefix) bool { return p.Contains(address) })
}

// clean removes what a case has made, judging by the paths that it wrote to.
func (d *Device) clean(ctx context.Context, touched map[string]bool) error {
	var written []string
	for _, kind := range kinds {
		for path := range touched {
			if path == kind || strings.HasPrefix(path, kind+"/") {
				written = append(written, kind, made[kind])
				break
			}
		}
	}
	var ordered []string
	for _, kind := range kinds {
		if slices.Contains(written, kind) {
			ordered = append(ordered, kind)
		}
	}
	found, err := d.objects(ctx, ordered)
	if err != nil {
		return err
	}
	return d.remove(ctx, found)
}

// objects are those of the partition, of some kinds.
func (d *Device) objects(ctx context.Context, kinds []string) ([]object, error) {
	var all []object
	for _, kind := range kinds {
		a, err := d.send(ctx, http.MethodGet, kind+"?$filter=partition+eq+$P&$select=fullPath,partition", "")
		if err != nil {
			return nil, err
		}
		if a.Status == http.StatusNotFound {
			continue // a kind that the device does not have
		}
		if a.Status != http.StatusOK {
			return nil, fmt.Errorf("looking for objects: %s", a)
		}
		for _, item := range list(a.Body["items"]) {
			path, _ := at(item, "fullPath").(string)
			// The partition's own folder is no object in it.
			if strings.HasPrefix(path, "/"+Partition+"/") {
				all = append(all, object{kind, path})
			}
		}
	}
	return all, nil
}

// remove deletes objects. Among those of one kind some may need others (a child
// and its parent), so what is refused is tried again as long as anything goes.
func (d *Device) remove(ctx context.Context, objects []object) error {
	for {
		var kept []object
		var refusals []error
		for _, o := range objects {
			a, err := d.delete(ctx, o)
			if err != nil {
				return err
			}
			// A virtual address goes with the last virtual server that needs it.
			if a.Status != http.StatusOK && a.Status != http.StatusNotFound {
				kept, refusals = append(kept, o), append(refusals, fmt.Errorf("%s", a))
			}
		}
		if len(kept) == 0 || len(kept) == len(objects) {
			return errors.Join(refusals...)
		}
		objects = kept
	}
}

func (d *Device) delete(ctx context.Context, o object) (Answer, error) {
	if o.kind == routeDomains {
		if err := d.resetRouteDomain(ctx); err != nil {
			return Answer{}, err
		}
	}
	return d.send(ctx, http.MethodDelete, o.kind+"/"+url.PathEscape(strings.ReplaceAll(o.fullPath, "/", "~")), "")
}

// resetRouteDomain gives the partition the default route domain that it had.
func (d *Device) resetRouteDomain(ctx context.Context) error {
	a, err := d.send(ctx, http.MethodGet, "/auth/partition/$P", "")
	if err != nil || number(a.Body["defaultRouteDomain"]) == 0 {
		return err
	}
	if a, err = d.send(ctx, http.MethodPatch, "/auth/partition/$P", `{"defaultRouteDomain":0}`); err == nil && a.Status != http.StatusOK {
		err = fmt.Errorf("%s", a)
	}
	return err
}
