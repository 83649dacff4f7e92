package bigipsim

import (
	"crypto/tls"
	"crypto/x509"
	"slices"
	"strings"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/config"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/dataplane"
)

// tlsKinds are what the TLS of virtual servers depends on.
var tlsKinds = []string{"ltm/profile/client-ssl", "ltm/profile/server-ssl", "sys/file/ssl-cert", "sys/file/ssl-key"}

// tlsProfiles are the TLS profiles of a state, each translated once: parsing keys
// takes time, and the data plane knows a profile again by its pointer.
type tlsProfiles struct {
	client map[*config.Object]*dataplane.ClientSSL
	server map[*config.Object]*dataplane.ServerSSL
}

// sameTLS says whether what the TLS of virtual servers depends on is unchanged.
func sameTLS(state, other *config.State) bool {
	return other != nil && !slices.ContainsFunc(tlsKinds, func(path string) bool {
		kind := state.Schema.Type(path)
		return !state.Objects(kind).Same(other.Objects(kind))
	})
}

func newTLSProfiles() tlsProfiles {
	return tlsProfiles{client: map[*config.Object]*dataplane.ClientSSL{}, server: map[*config.Object]*dataplane.ServerSSL{}}
}

// clientSSL translates a client-ssl profile (icontrol-rest 3.11).
func (t translation) clientSSL(o *config.Object) *dataplane.ClientSSL {
	if p := t.tls.client[o]; p != nil {
		return p
	}
	text := t.profileText(o)
	p := &dataplane.ClientSSL{
		Name: o.Path, Certificates: t.certificates(o), ServerName: text("serverName"),
		SNIDefault: text("sniDefault") == "true", SNIRequire: text("sniRequire") == "true",
		MaxVersion: t.maxVersion(o), PeerCertMode: text("peerCertMode"), ClientCAs: t.authorities(text("caFile")),
	}
	t.tls.client[o] = p
	return p
}

// serverSSL translates a server-ssl profile.
func (t translation) serverSSL(o *config.Object) *dataplane.ServerSSL {
	if p := t.tls.server[o]; p != nil {
		return p
	}
	text := t.profileText(o)
	p := &dataplane.ServerSSL{
		Name: o.Path, Certificates: t.certificates(o), ServerName: text("serverName"), MaxVersion: t.maxVersion(o),
		PeerCertMode: text("peerCertMode"), AuthenticateName: text("authenticateName"), RootCAs: t.authorities(text("caFile")),
	}
	t.tls.server[o] = p
	return p
}

// profileText reads a profile's fields, inherited ones too; "" is unset.
func (t translation) profileText(o *config.Object) func(field string) string {
	return func(field string) string {
		value, _ := t.state.Value(o, field).(string)
		if value == "none" {
			return ""
		}
		return value
	}
}

// certificates are the pairs of a profile. One that does not parse is left out;
// the control plane accepts none whose halves do not fit.
func (t translation) certificates(o *config.Object) (list []tls.Certificate) {
	for _, pair := range t.state.KeyPairs(o) {
		if c, err := tls.X509KeyPair([]byte(pair.CertPEM+"\n"+pair.ChainPEM), []byte(pair.KeyPEM)); err == nil {
			list = append(list, c)
		}
	}
	return list
}

// authorities are the certificates of a CA file; nil if there is none.
func (t translation) authorities(path string) *x509.CertPool {
	if path == "" {
		return nil
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(t.state.FileContent("sys/file/ssl-cert", path)))
	return pool
}

// maxVersion follows the option no-tlsv1.3, which devices have by default.
func (t translation) maxVersion(o *config.Object) uint16 {
	var options []string
	switch value := t.state.Value(o, "tmOptions").(type) {
	case string:
		options = strings.Fields(strings.Trim(value, "{} "))
	case []string:
		options = value
	}
	if slices.Contains(options, "no-tlsv1.3") {
		return tls.VersionTLS12
	}
	return 0
}
