package config

import (
	"cmp"
	"crypto/tls"
	"slices"
	"strings"
)

// KeyPair is a certificate and key of a TLS profile: the paths of the file
// objects and their content, the key without its passphrase. Chain and ChainPEM
// are "" if there is none.
type KeyPair struct {
	Name                      string // in certKeyChain; "" for a server-ssl profile
	Cert, Key, Chain          string
	CertPEM, KeyPEM, ChainPEM string

	err error // why the key does not open
}

// The kinds of file objects and of TLS profiles.
const (
	certificateKind = "sys/file/ssl-cert"
	keyKind         = "sys/file/ssl-key"
	clientSSLKind   = "ltm/profile/client-ssl"
	serverSSLKind   = "ltm/profile/server-ssl"
)

// FileContent is the content of a file object ("sys/file/ssl-cert" or
// "sys/file/ssl-key"), "" if there is none.
func (s *State) FileContent(kind, path string) string {
	if o := s.tables[s.Schema.mustType(kind)].Find(path); o != nil {
		return o.Text("content")
	}
	return ""
}

// KeyPairs are the pairs of a TLS profile, inherited ones too: all of a
// client-ssl profile's certKeyChain, at most one of a server-ssl profile.
func (s *State) KeyPairs(profile *Object) []KeyPair {
	var pairs []KeyPair
	if profile.Type.Path == clientSSLKind {
		items, _ := s.Value(profile, "certKeyChain").([]any)
		for _, item := range items {
			text := func(key string) string { return itemText(item, key) }
			pairs = append(pairs, s.keyPair(text))
		}
	} else {
		text := func(field string) string { value, _ := s.Value(profile, field).(string); return value }
		pairs = append(pairs, s.keyPair(text))
	}
	return slices.DeleteFunc(pairs, func(p KeyPair) bool { return p.Cert == "" || p.Key == "" })
}

// keyPair reads the files of a pair. A passphrase in the profile goes before that
// of the key.
func (s *State) keyPair(text func(string) string) KeyPair {
	p := KeyPair{Name: text("name"), Cert: text("cert"), Key: text("key"), Chain: text("chain")}
	p.CertPEM, p.ChainPEM = s.FileContent(certificateKind, p.Cert), s.FileContent(certificateKind, p.Chain)
	key := s.tables[s.Schema.mustType(keyKind)].Find(p.Key)
	if key == nil {
		return p
	}
	opened, err := openKey([]byte(key.Text("content")), cmp.Or(text("passphrase"), key.Text("passphrase")))
	p.KeyPEM, p.err = string(opened), err
	return p
}

// itemText is a text in an item of certKeyChain, "" if unset.
func itemText(item any, key string) string {
	object, _ := item.(map[string]any)
	text, _ := object[key].(string)
	if text == "none" {
		return ""
	}
	return text
}

// chainReferences are the file objects that a certKeyChain mentions.
func (s *State) chainReferences(value any) []reference {
	items, _ := value.([]any)
	var found []reference
	for _, item := range items {
		for _, mention := range []struct{ key, kind string }{{"cert", certificateKind}, {"chain", certificateKind}, {"key", keyKind}} {
			if path := itemText(item, mention.key); path != "" {
				t := s.Schema.mustType(mention.kind)
				found = append(found, reference{[]*Type{t}, path, t.Noun})
			}
		}
	}
	return found
}

// checkPairs refuses a profile whose certificate does not belong to its key. It
// is looked at when all commands are done, so that a pair is replaced in one
// transaction (icontrol-rest 3.12; words: colin-stubbs/dehydrated-bigip#11).
func checkPairs(c *Candidate, profile *Object) error {
	for _, pair := range c.KeyPairs(profile) {
		if pair.err != nil {
			return badRequest("01070313:3: Error reading key PEM file %s for profile %s: %s", pair.Key, profile.Path, pair.err)
		}
		if pair.CertPEM == "" || pair.KeyPEM == "" {
			continue
		}
		if _, err := tls.X509KeyPair([]byte(pair.CertPEM), []byte(pair.KeyPEM)); err != nil {
			return badRequest("01070317:3: profile %s's key and certificate do not match", profile.Path)
		}
	}
	return nil
}

// checkFile looks again at the profiles that have the certificate or key.
func checkFile(c *Candidate, o *Object) error {
	for _, kind := range []string{clientSSLKind, serverSSLKind} {
		for _, profile := range c.tables[c.Schema.mustType(kind)].Items() {
			uses := slices.ContainsFunc(c.KeyPairs(profile), func(p KeyPair) bool { return p.Cert == o.Path || p.Key == o.Path })
			if !uses {
				continue
			}
			if err := checkPairs(c, profile); err != nil {
				return err
			}
		}
	}
	return nil
}

func createClientSSL(c *Candidate, o *Object, given Values) error {
	if !c.booting {
		o.Set["inheritCertkeychain"] = "true"
	}
	return c.settleChain(o, given)
}

func modifyClientSSL(c *Candidate, _, o *Object, given Values) error {
	return c.settleChain(o, given)
}

// settleChain holds certKeyChain and the properties cert, key and chain, which
// mirror its first entry, together.
func (c *Candidate) settleChain(o *Object, given Values) error {
	if c.booting {
		return nil
	}
	single := given["cert"] != nil || given["key"] != nil || given["passphrase"] != nil
	items, isList := given["certKeyChain"].([]any)
	if !isList && given["certKeyChain"] != nil {
		return invalidValue("certKeyChain", compact(given["certKeyChain"]))
	}
	if len(items) > 0 {
		chain, err := c.chainItems(o, items)
		if err != nil {
			return err
		}
		first := chain[0]
		if single && (given["cert"] != nil && c.fullPath(given["cert"]) != itemText(first, "cert") || given["key"] != nil && c.fullPath(given["key"]) != itemText(first, "key")) {
			return badRequest("01b4002a:3: Client SSL profile (%s):cert-key-chain and profile cert/key/chain/passphrase options cannot be specified together.", o.Path)
		}
		o.Set["certKeyChain"] = chain
		for _, key := range []string{"cert", "key", "chain"} {
			o.Set[key] = nil
			if text := itemText(first, key); text != "" {
				o.Set[key] = text
			}
		}
		o.Set["inheritCertkeychain"] = "false"
		return nil
	}
	if single || given["chain"] != nil {
		text := func(field string) string { return c.fullPath(c.Value(o, field)) }
		o.Set["certKeyChain"] = []any{c.chainItem(chainName(text("cert"), text("chain")), text("cert"), text("key"), text("chain"), o.Text("passphrase"))}
		o.Set["inheritCertkeychain"] = "false"
		return nil
	}
	if isList { // [] inherits again
		for _, field := range []string{"certKeyChain", "cert", "key", "chain"} {
			delete(o.Set, field)
		}
		o.Set["inheritCertkeychain"] = "true"
	}
	return nil
}

// fullPath completes the bare name of a file object.
func (c *Candidate) fullPath(value any) string {
	text, _ := value.(string)
	if text == "" || text == "none" {
		return ""
	}
	return Join("/Common", text)
}

func (c *Candidate) chainItems(o *Object, items []any) ([]any, error) {
	chain := make([]any, 0, len(items))
	for _, item := range items {
		name := itemText(item, "name")
		if name == "" {
			return nil, missingIdentifier()
		}
		path := func(key string) string { return c.fullPath(itemText(item, key)) }
		if path("cert") == "" || path("key") == "" {
			return nil, badRequest("01070734:3: Configuration error: Client SSL profile (%s): entry %s of cert-key-chain needs a certificate and a key", o.Path, name)
		}
		chain = append(chain, c.chainItem(name, path("cert"), path("key"), path("chain"), itemText(item, "passphrase")))
	}
	return chain, nil
}

// chainItem is an entry as it is read back, but for the passphrase.
func (c *Candidate) chainItem(name, cert, key, chain, passphrase string) map[string]any {
	if chain == "" {
		chain = "none"
	}
	item := map[string]any{"name": name, "appService": "none", "cert": cert, "chain": chain, "key": key}
	if c.Schema.Version.AtLeast(14, 0) {
		item["usage"] = "SERVER"
	}
	if passphrase != "" {
		item["passphrase"] = passphrase
	}
	return item
}

// chainName is the name that the device gives to the entry it makes out of cert
// and chain (recorded: "default", "<cert>_<chain>_0").
func chainName(cert, chain string) string {
	base := func(path string) string { return strings.TrimSuffix(Name(path), ".crt") }
	if chain == "" {
		return base(cert)
	}
	return base(cert) + "_" + base(chain) + "_0"
}

// checkSNIDefault: at most one profile of each side is the default for clients
// that name no server (icontrol-rest 3.11).
func (c *Candidate) checkSNIDefault(virtual *Object) error {
	profiles, defaults := map[string]int{}, map[string]int{}
	for _, attached := range virtual.Sub("profiles").Items() {
		profile := c.FindAny(attached.Type.Of, attached.Path)
		if profile == nil || profile.Type.Path != clientSSLKind && profile.Type.Path != serverSSLKind {
			continue
		}
		profiles[profile.Type.Path]++
		if c.Value(profile, "sniDefault") == "true" {
			defaults[profile.Type.Path]++
		}
	}
	for _, kind := range []string{clientSSLKind, serverSSLKind} {
		switch {
		case defaults[kind] > 1:
			return badRequest("01071809:3: Virtual Server %s has more than one clientssl/serverssl profile that is default for SNI.", virtual.Path)
		case profiles[kind] > 1 && defaults[kind] == 0: // the wording is reported at third hand
			return badRequest("0107149c:3: Virtual server %s has more than one clientssl/serverssl profile but none of them is default for SNI.", virtual.Path)
		}
	}
	return nil
}
