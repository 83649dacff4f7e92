package bigip

import (
	"strconv"
	"strings"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// wordOf reads a text for which releases from 13 on say "none" (icontrol-rest 3.11).
func wordOf(text icontrol.Word) string { return unset(string(text)) }

// chainName is the one item of a client-ssl profile's list of key pairs.
const chainName = "default"

func clientSSLFromWire(wire icontrol.ClientSSL) (ltm.ClientSSL, error) {
	path, err := objectPath(wire.Object)
	if err != nil {
		return ltm.ClientSSL{}, err
	}
	p := ltm.ClientSSL{
		Path: path, Description: wordOf(wire.Description), ServerName: wordOf(wire.ServerName), Default: bool(wire.SNIDefault),
	}
	if p.Parent, err = optionalPath(string(wire.DefaultsFrom)); err != nil {
		return p, err
	}
	// Another list than one certificate with the key of its name is none of ours: it
	// reads as no certificate, and is written again.
	if len(wire.CertKeyChain) == 1 && wire.CertKeyChain[0].Cert == wire.CertKeyChain[0].Key && unset(wire.CertKeyChain[0].Chain) == "" {
		p.Certificate, err = optionalPath(wire.CertKeyChain[0].Cert)
	}
	return p, err
}

func clientSSLToWire(p ltm.ClientSSL) icontrol.ClientSSLBody {
	body := clientSSLChangeToWire(p, []string{"parent", "server_name", "default", "certificate"})
	body.Object, body.Description = identity(p.Path), changed("", p.Description)
	return body
}

func clientSSLChangeToWire(p ltm.ClientSSL, fields []string) icontrol.ClientSSLBody {
	var body icontrol.ClientSSLBody
	for _, field := range fields {
		switch field {
		case "description":
			body.Description = &p.Description
		case "parent":
			body.DefaultsFrom = new(p.Parent.String())
		case "server_name":
			body.ServerName = new(noneOr(p.ServerName))
		case "default":
			body.SNIDefault = new(strconv.FormatBool(p.Default))
		case "certificate":
			name := p.Certificate.String()
			body.CertKeyChain = &[]icontrol.CertKeyChain{{Name: chainName, Cert: name, Key: name}}
		}
	}
	return body
}

func httpProfileFromWire(wire icontrol.HTTPProfile) (ltm.HTTPProfile, error) {
	path, err := objectPath(wire.Object)
	if err != nil {
		return ltm.HTTPProfile{}, err
	}
	p := ltm.HTTPProfile{Path: path, Description: wordOf(wire.Description), InsertXForwardedFor: bool(wire.InsertXForwardedFor)}
	p.Parent, err = optionalPath(string(wire.DefaultsFrom))
	return p, err
}

func httpProfileToWire(p ltm.HTTPProfile) icontrol.HTTPProfileBody {
	body := httpProfileChangeToWire(p, []string{"parent", "insert_x_forwarded_for"})
	body.Object, body.Description = identity(p.Path), changed("", p.Description)
	return body
}

func httpProfileChangeToWire(p ltm.HTTPProfile, fields []string) icontrol.HTTPProfileBody {
	var body icontrol.HTTPProfileBody
	for _, field := range fields {
		switch field {
		case "description":
			body.Description = &p.Description
		case "parent":
			body.DefaultsFrom = new(p.Parent.String())
		case "insert_x_forwarded_for":
			body.InsertXForwardedFor = new(onOrOff(p.InsertXForwardedFor))
		}
	}
	return body
}

func ruleFromWire(wire icontrol.Rule) (ltm.IRule, error) {
	path, err := objectPath(wire.Object)
	return ltm.IRule{Path: path, Definition: strings.TrimSpace(wire.Definition)}, err
}

// file is a certificate file or a key file.
type file struct {
	path     ltm.Path
	checksum string
}

func fileFromWire(wire icontrol.File) (file, error) {
	path, err := objectPath(wire.Object)
	return file{path, wire.Checksum}, err
}
