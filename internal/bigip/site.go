package bigip

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// fewObjects is up to how many objects of one kind and partition are read one by one:
// above that, the pages of the collection are cheaper.
const fewObjects = 3

// kind is how one kind of object is read.
type kind[W, T any] struct {
	object     func(ltm.Path) string // "policy /shop/web"
	all        string                // "the policies"
	in         icontrol.Collection[W]
	expand     bool
	identity   func(W) icontrol.Object
	understand func(W) (T, error)
}

// Site is engine.Sites's: a GET for each of few objects; else the pages of the
// collection in their partition, whatever the number of objects, members and rules.
func (d *Device) Site(ctx context.Context, paths ltm.SitePaths) (ltm.Site, error) {
	var site ltm.Site
	var certificates, keys []file
	for _, read := range []func() error{
		func() error { return readObjects(ctx, d, d.certificates(), paths.Certificates, &certificates) },
		func() error { return readObjects(ctx, d, d.keys(), paths.Certificates, &keys) },
		func() error { return readObjects(ctx, d, d.clientSSLs(), paths.ClientSSL, &site.ClientSSL) },
		func() error { return readObjects(ctx, d, d.httpProfiles(), paths.HTTPProfiles, &site.HTTPProfiles) },
		func() error { return readObjects(ctx, d, d.irules(), paths.IRules, &site.IRules) },
		func() error {
			return ofEachType(paths.Monitors, func(kind ltm.MonitorType, paths []ltm.Path) error {
				return readObjects(ctx, d, d.siteMonitors(kind), paths, &site.Monitors)
			})
		},
		func() error { return readObjects(ctx, d, d.sitePools(), paths.Pools, &site.Pools) },
		func() error { return readObjects(ctx, d, d.policies(), paths.Policies, &site.Policies) },
		func() error {
			return readObjects(ctx, d, d.siteVirtualServers(), paths.VirtualServers, &site.VirtualServers)
		},
	} {
		if err := read(); err != nil {
			return ltm.Site{}, err
		}
	}
	site.Certificates = paired(certificates, keys)
	return site.Canonical(), nil
}

// ofEachType takes the monitors of one type after the other: each type is a collection of
// its own (icontrol-rest 3.9).
func ofEachType(refs []ltm.MonitorRef, read func(kind ltm.MonitorType, paths []ltm.Path) error) error {
	for _, kind := range ltm.MonitorTypes() {
		var paths []ltm.Path
		for _, ref := range refs {
			if ref.Type == kind {
				paths = append(paths, ref.Path)
			}
		}
		if err := read(kind, paths); err != nil {
			return err
		}
	}
	return nil
}

// ProfilesOf are those of the paths that are profiles of a type, sorted: a GET for each of few,
// as Site reads.
func (d *Device) ProfilesOf(ctx context.Context, kind ltm.ProfileType, paths []ltm.Path) ([]ltm.Path, error) {
	var found []ltm.Path
	err := readObjects(ctx, d, d.profiles(kind), paths, &found)
	slices.SortFunc(found, ltm.Path.Compare)
	return found, err
}

// CertificateExpiry is until when those of the certificates are valid that are there: of a file
// with several, the first one's.
func (d *Device) CertificateExpiry(ctx context.Context, paths []ltm.Path) (map[ltm.Path]time.Time, error) {
	type expiry struct {
		path  ltm.Path
		until time.Time
	}
	files := d.certificates()
	var found []expiry
	err := readObjects(ctx, d, kind[icontrol.File, expiry]{
		object: files.object, all: files.all, in: files.in, identity: files.identity,
		understand: func(w icontrol.File) (expiry, error) {
			path, err := objectPath(w.Object)
			return expiry{path, time.Unix(w.ExpirationDate, 0).UTC()}, err
		},
	}, paths, &found)
	until := make(map[ltm.Path]time.Time, len(found))
	for _, e := range found {
		until[e.path] = e.until
	}
	return until, err
}

// paired puts certificates and keys of one name together. A half that is alone is one
// whose other checksum is "".
func paired(certificates, keys []file) []ltm.Certificate {
	pairs := map[ltm.Path]ltm.Certificate{}
	for _, f := range certificates {
		pairs[f.path] = ltm.Certificate{Path: f.path, CertificateChecksum: f.checksum}
	}
	for _, f := range keys {
		pair := pairs[f.path]
		pair.Path, pair.KeyChecksum = f.path, f.checksum
		pairs[f.path] = pair
	}
	return slices.Collect(maps.Values(pairs))
}

// readObjects appends those of the paths that are there.
func readObjects[W, T any](ctx context.Context, d *Device, k kind[W, T], paths []ltm.Path, into *[]T) error {
	byPartition := map[string][]ltm.Path{}
	for _, path := range paths {
		byPartition[path.Partition] = append(byPartition[path.Partition], path)
	}
	for _, partition := range slices.Sorted(maps.Keys(byPartition)) {
		wanted := byPartition[partition]
		if len(wanted) > fewObjects {
			var err error
			if wanted, err = readPages(ctx, d, k, partition, wanted, into); err != nil {
				return err
			}
			if len(wanted) > fewObjects {
				continue // not there
			}
		}
		for _, path := range wanted {
			if err := readOne(ctx, d, k, path, into); err != nil {
				return err
			}
		}
	}
	return nil
}

func readOne[W, T any](ctx context.Context, d *Device, k kind[W, T], path ltm.Path, into *[]T) error {
	object, err := one(ctx, d, k, path)
	if errors.Is(err, engine.ErrNotFound) {
		return nil
	}
	if err == nil {
		*into = append(*into, object)
	}
	return err
}

// one reads one object.
func one[W, T any](ctx context.Context, d *Device, k kind[W, T], path ltm.Path) (T, error) {
	var none T
	query := icontrol.Expand
	if !k.expand {
		query = nil
	}
	wire, err := k.in.Get(ctx, path.String(), query)
	if err != nil {
		return none, d.failed("read", k.object(path), err)
	}
	object, err := k.understand(wire)
	if err != nil {
		return none, d.notUnderstood(k.object(path), err)
	}
	return object, nil
}

// readPages returns the paths that no page has: while pages are read objects may come
// and go, so that a few are worth a second look.
func readPages[W, T any](ctx context.Context, d *Device, k kind[W, T], partition string, wanted []ltm.Path, into *[]T) (missing []ltm.Path, err error) {
	wires, err := k.in.List(ctx, icontrol.ListOptions{Partition: partition, Expand: k.expand})
	if err != nil {
		err = d.listFailed(ctx, k.all+" of partition "+partition, partition, err)
		if errors.Is(err, engine.ErrNoPartition) {
			return wanted[:0], nil // and so none of its objects
		}
		return nil, err
	}
	left := map[ltm.Path]bool{}
	for _, path := range wanted {
		left[path] = true
	}
	for _, wire := range wires {
		path, err := objectPath(k.identity(wire))
		if err != nil || !left[path] {
			continue // nobody asked
		}
		delete(left, path)
		object, err := k.understand(wire)
		if err != nil {
			return nil, d.notUnderstood(k.object(path), err)
		}
		*into = append(*into, object)
	}
	return slices.SortedFunc(maps.Keys(left), ltm.Path.Compare), nil
}

func (d *Device) certificates() kind[icontrol.File, file] {
	return kind[icontrol.File, file]{
		object: certificateObject, all: "the certificates", in: d.client.Certificates(),
		identity: func(w icontrol.File) icontrol.Object { return w.Object }, understand: fileFromWire,
	}
}

func (d *Device) keys() kind[icontrol.File, file] {
	return kind[icontrol.File, file]{
		object: keyObject, all: "the keys", in: d.client.Keys(),
		identity: func(w icontrol.File) icontrol.Object { return w.Object }, understand: fileFromWire,
	}
}

func (d *Device) clientSSLs() kind[icontrol.ClientSSL, ltm.ClientSSL] {
	return kind[icontrol.ClientSSL, ltm.ClientSSL]{
		object: clientSSLObject, all: "the client-ssl profiles", in: d.client.ClientSSLProfiles(),
		identity: func(w icontrol.ClientSSL) icontrol.Object { return w.Object }, understand: clientSSLFromWire,
	}
}

func (d *Device) httpProfiles() kind[icontrol.HTTPProfile, ltm.HTTPProfile] {
	return kind[icontrol.HTTPProfile, ltm.HTTPProfile]{
		object: httpProfileObject, all: "the http profiles", in: d.client.HTTPProfiles(),
		identity: func(w icontrol.HTTPProfile) icontrol.Object { return w.Object }, understand: httpProfileFromWire,
	}
}

func (d *Device) profiles(of ltm.ProfileType) kind[icontrol.Profile, ltm.Path] {
	identity := func(w icontrol.Profile) icontrol.Object { return w.Object }
	return kind[icontrol.Profile, ltm.Path]{
		object: func(path ltm.Path) string { return string(of) + " profile " + path.String() }, all: "the " + string(of) + " profiles",
		in: d.client.Profiles(string(of)), identity: identity,
		understand: func(w icontrol.Profile) (ltm.Path, error) { return objectPath(identity(w)) },
	}
}

func (d *Device) irules() kind[icontrol.Rule, ltm.IRule] {
	return kind[icontrol.Rule, ltm.IRule]{
		object: iruleObject, all: "the iRules", in: d.client.Rules(),
		identity: func(w icontrol.Rule) icontrol.Object { return w.Object }, understand: ruleFromWire,
	}
}

func (d *Device) siteMonitors(of ltm.MonitorType) kind[icontrol.Monitor, ltm.Monitor] {
	return kind[icontrol.Monitor, ltm.Monitor]{
		object: monitorObject, all: "the " + string(of) + " monitors", in: d.client.Monitors(string(of)),
		identity:   func(w icontrol.Monitor) icontrol.Object { return w.Object },
		understand: func(w icontrol.Monitor) (ltm.Monitor, error) { return monitorFromWire(of, w) },
	}
}

func (d *Device) sitePools() kind[icontrol.Pool, ltm.Pool] {
	return kind[icontrol.Pool, ltm.Pool]{
		object: poolObject, all: "the pools", in: d.client.Pools(), expand: true,
		identity: func(w icontrol.Pool) icontrol.Object { return w.Object }, understand: poolFromWire,
	}
}

func (d *Device) policies() kind[icontrol.Policy, ltm.Policy] {
	return kind[icontrol.Policy, ltm.Policy]{
		object: policyObject, all: "the policies", in: d.client.Policies(), expand: true,
		identity: func(w icontrol.Policy) icontrol.Object { return w.Object }, understand: policyFromWire,
	}
}

func (d *Device) siteVirtualServers() kind[icontrol.VirtualServer, ltm.VirtualServer] {
	return kind[icontrol.VirtualServer, ltm.VirtualServer]{
		object: virtualServerObject, all: "the virtual servers", in: d.client.VirtualServers(), expand: true,
		identity: func(w icontrol.VirtualServer) icontrol.Object { return w.Object }, understand: virtualServerFromWire,
	}
}

func certificateObject(path ltm.Path) string { return "certificate " + path.String() }
func keyObject(path ltm.Path) string         { return "key " + path.String() }
func clientSSLObject(path ltm.Path) string   { return "client-ssl profile " + path.String() }
func httpProfileObject(path ltm.Path) string { return "http profile " + path.String() }
func iruleObject(path ltm.Path) string       { return "iRule " + path.String() }
func policyObject(path ltm.Path) string      { return "policy " + path.String() }
