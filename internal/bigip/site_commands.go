package bigip

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// command is one command of a transaction.
type command struct {
	verb   string // "create", "update", "delete"
	object string // "policy /shop/web"
	path   ltm.Path
	queue  func(ctx context.Context, tx *icontrol.Transaction) error
}

// upload is a file to make an object of.
type upload struct {
	object  string
	name    string // in the device's folder of uploads, which all users share
	content []byte
}

// commandsOf are those of one kind of object.
type commandsOf struct {
	write  []command // creations and changes
	delete []command
}

// siteCommands are the commands of a change, in order, and the uploads before them.
func (d *Device) siteCommands(change changeset.SiteChange, pairs map[ltm.Path]ltm.KeyPair) ([]command, []upload, error) {
	if err := knownActions(change.Policies); err != nil {
		return nil, nil, err
	}
	files, uploads, err := d.fileCommands(change.Certificates, pairs)
	if err != nil {
		return nil, nil, err
	}
	virtualServers, err := virtualServerCommands(d.siteVirtualServers(), change.VirtualServers)
	if err != nil {
		return nil, nil, err
	}
	pools, err := poolCommands(d.sitePools(), change.Pools)
	if err != nil {
		return nil, nil, err
	}
	kinds := []commandsOf{
		files,
		d.monitorCommands(change.Monitors),
		commandsFor(d.clientSSLs(), change.ClientSSL, func(p ltm.ClientSSL) ltm.Path { return p.Path },
			func(p ltm.ClientSSL) any { return clientSSLToWire(p) },
			func(m changeset.Modified[ltm.ClientSSL]) any { return clientSSLChangeToWire(m.To, m.Fields) }),
		commandsFor(d.httpProfiles(), change.HTTPProfiles, func(p ltm.HTTPProfile) ltm.Path { return p.Path },
			func(p ltm.HTTPProfile) any { return httpProfileToWire(p) },
			func(m changeset.Modified[ltm.HTTPProfile]) any { return httpProfileChangeToWire(m.To, m.Fields) }),
		commandsFor(d.irules(), change.IRules, func(r ltm.IRule) ltm.Path { return r.Path },
			func(r ltm.IRule) any { return icontrol.Rule{Object: identity(r.Path), Definition: r.Definition} },
			func(m changeset.Modified[ltm.IRule]) any { return icontrol.Rule{Definition: m.To.Definition} }),
		pools,
		commandsFor(d.policies(), change.Policies, func(p ltm.Policy) ltm.Path { return p.Path },
			func(p ltm.Policy) any { return policyToWire(p) },
			func(m changeset.Modified[ltm.Policy]) any { return policyChangeToWire(m.To, m.Fields) }),
		virtualServers,
	}
	commands := slices.Clone(virtualServers.delete)
	for _, k := range kinds {
		commands = append(commands, k.write...)
	}
	for _, k := range slices.Backward(kinds[:len(kinds)-1]) {
		commands = append(commands, k.delete...)
	}
	return commands, uploads, nil
}

// commandsFor are those of one kind, of which one command makes an object, changes it,
// or deletes it.
func commandsFor[W, T any](
	k kind[W, T], change changeset.Objects[T], path func(T) ltm.Path, fresh func(T) any, changed func(changeset.Modified[T]) any,
) (of commandsOf) {
	for _, object := range change.Create {
		of.write = append(of.write, createCommand(k.object(path(object)), path(object), k.in, fresh(object)))
	}
	for _, m := range change.Modify {
		of.write = append(of.write, patchCommand(k.object(path(m.To)), path(m.To), k.in, changed(m)))
	}
	for _, object := range change.Delete {
		of.delete = append(of.delete, deleteCommand(k.object(path(object)), path(object), k.in))
	}
	return of
}

func createCommand[W any](object string, path ltm.Path, in icontrol.Collection[W], body any) command {
	return command{"create", object, path, func(ctx context.Context, tx *icontrol.Transaction) error { return tx.Create(ctx, in, body) }}
}

func patchCommand[W any](object string, path ltm.Path, in icontrol.Collection[W], body any) command {
	return command{"update", object, path, func(ctx context.Context, tx *icontrol.Transaction) error {
		return tx.Patch(ctx, in, path.String(), body)
	}}
}

func deleteCommand[W any](object string, path ltm.Path, in icontrol.Collection[W]) command {
	return command{"delete", object, path, func(ctx context.Context, tx *icontrol.Transaction) error {
		return tx.Delete(ctx, in, path.String())
	}}
}

// monitorCommands write all that a monitor of routes has: nothing but what the built-in
// one has is inherited.
func (d *Device) monitorCommands(change changeset.Objects[ltm.Monitor]) (of commandsOf) {
	for _, kind := range ltm.MonitorTypes() {
		ofType := commandsFor(d.siteMonitors(kind), change.Only(func(m ltm.Monitor) bool { return m.Type == kind }),
			func(m ltm.Monitor) ltm.Path { return m.Path },
			func(m ltm.Monitor) any { return monitorToWire(m, ltm.Monitor{}) },
			func(m changeset.Modified[ltm.Monitor]) any {
				return monitorChangeToWire(changeset.MonitorChange{To: m.To, Fields: m.Fields})
			})
		of.write, of.delete = append(of.write, ofType.write...), append(of.delete, ofType.delete...)
	}
	return of
}

func virtualServerCommands(k kind[icontrol.VirtualServer, ltm.VirtualServer], change changeset.Objects[ltm.VirtualServer]) (commandsOf, error) {
	var failure error
	of := commandsFor(k, change, func(v ltm.VirtualServer) ltm.Path { return v.Path },
		func(v ltm.VirtualServer) any { return virtualServerToWire(v) },
		func(m changeset.Modified[ltm.VirtualServer]) any {
			body, err := virtualServerChangeToWire(changeset.VirtualServerChange(m))
			failure = errors.Join(failure, err)
			return body
		})
	return of, failure
}

func poolCommands(k kind[icontrol.Pool, ltm.Pool], change changeset.Objects[ltm.Pool]) (commandsOf, error) {
	var failure error
	of := commandsFor(k, change, func(p ltm.Pool) ltm.Path { return p.Path },
		func(p ltm.Pool) any { return poolToWire(p) },
		func(m changeset.Modified[ltm.Pool]) any {
			body, err := settingsToWire(changeset.PoolChange(m).Settings)
			failure = errors.Join(failure, err)
			return body
		})
	return of, failure
}

// fileCommands are those of certificates and their keys. A pair is replaced within the
// transaction, as the device wants it (icontrol-rest 3.12); of a renewal that keeps the
// key, the certificate alone is.
func (d *Device) fileCommands(change changeset.Objects[ltm.Certificate], pairs map[ltm.Path]ltm.KeyPair) (of commandsOf, uploads []upload, err error) {
	write := func(object string, path ltm.Path, in icontrol.Collection[icontrol.File], from, to string, content func(ltm.KeyPair) []byte) error {
		if from == to {
			return nil
		}
		pair, known := pairs[path]
		if !known {
			return fmt.Errorf("the content of %s is not given", object)
		}
		u := upload{object: object, name: "bigipkube-" + rand.Text(), content: content(pair)}
		uploads = append(uploads, u)
		body := icontrol.FileBody{SourcePath: icontrol.Uploaded(u.name)}
		if from != "" {
			of.write = append(of.write, patchCommand(object, path, in, body))
			return nil
		}
		body.Object = identity(path)
		of.write = append(of.write, createCommand(object, path, in, body))
		return nil
	}
	both := func(from, to ltm.Certificate) error {
		return errors.Join(
			write(keyObject(to.Path), to.Path, d.client.Keys(), from.KeyChecksum, to.KeyChecksum,
				func(p ltm.KeyPair) []byte { return []byte(p.Key.Reveal()) }),
			write(certificateObject(to.Path), to.Path, d.client.Certificates(), from.CertificateChecksum, to.CertificateChecksum,
				func(p ltm.KeyPair) []byte { return p.Certificate }),
		)
	}
	for _, c := range change.Create {
		err = errors.Join(err, both(ltm.Certificate{}, c))
	}
	for _, m := range change.Modify {
		err = errors.Join(err, both(m.From, m.To))
	}
	for _, c := range change.Delete {
		if c.CertificateChecksum != "" {
			of.delete = append(of.delete, deleteCommand(certificateObject(c.Path), c.Path, d.client.Certificates()))
		}
		if c.KeyChecksum != "" {
			of.delete = append(of.delete, deleteCommand(keyObject(c.Path), c.Path, d.client.Keys()))
		}
	}
	return of, uploads, err
}

// knownActions refuses an action that has no words on the wire.
func knownActions(change changeset.Objects[ltm.Policy]) error {
	for _, policy := range (changeset.SiteChange{Policies: change}).After().Policies {
		for _, rule := range policy.Rules {
			for _, action := range rule.Actions {
				if !slices.ContainsFunc(actionForms, func(f actionForm) bool { return f.kind == action.Kind }) {
					return fmt.Errorf("%s, rule %q: the action %q is not known", policyObject(policy.Path), rule.Name, action.Kind)
				}
			}
		}
	}
	return nil
}
