package config

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"time"
)

// createFile makes a certificate or key out of an uploaded file; modifyFile does
// it again when sourcePath is written again. All that can be said of a file is
// read from its content (icontrol-rest 3.12).
func createFile(c *Candidate, o *Object, given Values) error {
	o.Set["createTime"], o.Set["createdBy"] = c.Now.UTC().Format(time.RFC3339), c.author()
	return c.loadFile(o, given)
}

func modifyFile(c *Candidate, old, o *Object, given Values) error {
	if given["sourcePath"] == nil {
		o.Set["sourcePath"] = old.Get("sourcePath")
		if _, ok := given["passphrase"]; ok {
			return describeKey(o, []byte(o.Text("content")))
		}
		return nil
	}
	return c.loadFile(o, given)
}

func (c *Candidate) author() string {
	if c.booting {
		return "root"
	}
	return c.Actor.User
}

func (c *Candidate) loadFile(o *Object, given Values) error {
	content, err := c.fileContent(o, given)
	if err != nil {
		return err
	}
	revision, _ := o.Get("revision").(int64)
	sum := sha1.Sum(content)
	o.Set["content"] = string(content)
	o.Set["checksum"] = fmt.Sprintf("SHA1:%d:%x", len(content), sum)
	o.Set["size"], o.Set["revision"] = int64(len(content)), revision+1
	o.Set["lastUpdateTime"], o.Set["updatedBy"] = c.Now.UTC().Format(time.RFC3339), c.author()
	o.Set["systemPath"] = systemPath(o)
	if o.Type.Path == "sys/file/ssl-key" {
		return describeKey(o, content)
	}
	return describeCertificate(o, content)
}

// fileContent is what sourcePath leads to. The words for a file that is not
// there are inferred.
func (c *Candidate) fileContent(o *Object, given Values) ([]byte, error) {
	if c.booting {
		pair := factoryPair()
		switch Name(o.Path) {
		case "default.key":
			return pair.key, nil
		case "ca-bundle.crt":
			return pair.bundle, nil
		}
		return pair.cert, nil
	}
	source, _ := given["sourcePath"].(string)
	path, ok := localPath(source)
	if !ok {
		return nil, invalidValue("sourcePath", source)
	}
	content, ok := c.files.Get(path)
	if !ok {
		return nil, badRequest("01070712:3: Caught configuration exception (0), unable to read file %s.", path)
	}
	return content, nil
}

// systemPath is where the device keeps the file.
func systemPath(o *Object) string {
	if o.System {
		return "/config/ssl/ssl." + Name(o.Path)[strings.LastIndexByte(Name(o.Path), '.')+1:] + "/" + Name(o.Path)
	}
	kind := strings.ReplaceAll(o.Type.Object, "_file_object", "_d")
	return "/config/filestore/files_d/" + Partition(o.Path) + "_d/" + kind + "/" + strings.ReplaceAll(o.Path, "/", ":") + "_1"
}

func describeCertificate(o *Object, content []byte) error {
	certificates, err := parseCertificates(content)
	if err != nil || len(certificates) == 0 {
		return badRequest("01070734:3: Configuration error: %s is not a certificate in PEM form", o.Path)
	}
	cert := certificates[0]
	kind, size, curve := describePublicKey(cert.PublicKey)
	fingerprint := sha256.Sum256(cert.Raw)
	o.Set["keyType"], o.Set["certificateKeySize"], o.Set["certificateKeyCurveName"] = kind+"-public", size, curve
	o.Set["expirationDate"] = cert.NotAfter.Unix()
	o.Set["expirationString"] = cert.NotAfter.UTC().Format("Jan _2 15:04:05 2006") + " GMT"
	o.Set["fingerprint"] = "SHA256/" + colons(fingerprint[:])
	o.Set["isBundle"] = fmt.Sprint(len(certificates) > 1)
	o.Set["issuer"], o.Set["subject"] = distinguishedName(cert.Issuer), distinguishedName(cert.Subject)
	o.Set["version"] = int64(cert.Version)
	o.Set["email"], o.Set["serialNumber"] = nil, nil
	if address := emailAddress(cert.Subject); address != "" {
		o.Set["email"] = address
	}
	if len(certificates) == 1 {
		o.Set["serialNumber"] = serialNumber(cert.SerialNumber) // of a bundle there is none (recorded)
	}
	var names []string
	for _, name := range cert.DNSNames {
		names = append(names, "DNS:"+name)
	}
	for _, ip := range cert.IPAddresses {
		names = append(names, "IP Address:"+ip.String())
	}
	o.Set["subjectAlternativeName"] = nil
	if names != nil {
		o.Set["subjectAlternativeName"] = strings.Join(names, ", ")
	}
	return nil
}

// serialNumber is written as OpenSSL does: a long one as bytes (recorded:
// 87:ae:02:f9:18:f9:4a:11).
func serialNumber(n *big.Int) string {
	if n.IsInt64() {
		return n.String()
	}
	return strings.ToLower(colons(n.Bytes()))
}

var emailAttribute = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}

func emailAddress(name pkix.Name) string {
	for _, attribute := range name.Names {
		if attribute.Type.Equal(emailAttribute) {
			text, _ := attribute.Value.(string)
			return text
		}
	}
	return ""
}

// distinguishedName is a name as the device writes it: the e-mail address, which
// the standard library leaves out, comes first.
func distinguishedName(name pkix.Name) string {
	text := name.ToRDNSequence().String()
	if address := emailAddress(name); address != "" {
		return "emailAddress=" + address + "," + text
	}
	return text
}

func colons(sum []byte) string {
	parts := make([]string, len(sum))
	for i, b := range sum {
		parts[i] = strings.ToUpper(hex.EncodeToString([]byte{b}))
	}
	return strings.Join(parts, ":")
}

func parseCertificates(content []byte) ([]*x509.Certificate, error) {
	var list []*x509.Certificate
	for block, rest := pem.Decode(content); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		list = append(list, cert)
	}
	return list, nil
}

// describeKey: a passphrase that does not open the key is refused. Without one
// nothing is known of the key but that it is one; the profile may bring it.
func describeKey(o *Object, content []byte) error {
	o.Set["securityType"], o.Set["curveName"] = "normal", "none"
	if isEncrypted(content) {
		o.Set["securityType"] = "password"
		if o.Text("passphrase") == "" {
			o.Set["keyType"] = "rsa-private"
			return nil
		}
	}
	content, err := openKey(content, o.Text("passphrase"))
	if err != nil {
		return badRequest("01070313:3: Error reading key PEM file %s: %s", o.Path, err)
	}
	public := publicKey(content)
	if public == nil {
		return badRequest("01070734:3: Configuration error: %s is not a private key in PEM form", o.Path)
	}
	kind, size, curve := describePublicKey(public)
	o.Set["keyType"], o.Set["keySize"], o.Set["curveName"] = kind+"-private", size, curve
	return nil
}

func isEncrypted(content []byte) bool {
	return strings.Contains(string(content), "ENCRYPTED")
}

// publicKey is the public half of the first private key in PEM form, nil if
// there is none.
func publicKey(content []byte) any {
	for block, rest := pem.Decode(content); block != nil; block, rest = pem.Decode(rest) {
		if key, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
			if signer, ok := key.(crypto.Signer); ok {
				return signer.Public()
			}
		}
		if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
			return &key.PublicKey
		}
		if key, err := x509.ParseECPrivateKey(block.Bytes); err == nil {
			return &key.PublicKey
		}
	}
	return nil
}

// curves are named as OpenSSL does.
var curves = map[string]string{"P-256": "prime256v1", "P-384": "secp384r1", "P-521": "secp521r1"}

func describePublicKey(key any) (kind string, size int64, curve string) {
	switch k := key.(type) {
	case *rsa.PublicKey:
		return "rsa", int64(k.N.BitLen()), "none"
	case *ecdsa.PublicKey:
		p := k.Params()
		return "ec", int64(p.BitSize), curves[p.Name]
	case ed25519.PublicKey:
		return "ed25519", 256, "none"
	}
	return "rsa", 0, "none"
}

// factoryFiles are the certificates and the key that a device has from the start.
type factoryFiles struct{ cert, key, bundle []byte }

// factoryPair is /Common/default.crt and default.key: self-signed and made once
// in each process, as a device makes its own when it is installed. Its bundle,
// ca-bundle.crt, holds this certificate and another one.
var factoryPair = sync.OnceValue(func() factoryFiles {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(fmt.Sprintf("bigipsim: default.key: %v", err))
	}
	name := pkix.Name{
		Country: []string{"--"}, Province: []string{"WA"}, Locality: []string{"Seattle"}, Organization: []string{"MyCompany"},
		OrganizationalUnit: []string{"MyOrg"}, CommonName: "localhost.localdomain",
		ExtraNames: []pkix.AttributeTypeAndValue{{Type: emailAttribute, Value: "root@localhost.localdomain"}},
	}
	cert := selfSigned(name, key)
	return factoryFiles{
		cert:   cert,
		key:    pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}),
		bundle: append(selfSigned(pkix.Name{CommonName: "Root Certificate Authority"}, key), cert...),
	}
})

func selfSigned(name pkix.Name, key *rsa.PrivateKey) []byte {
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: name, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(10, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(fmt.Sprintf("bigipsim: certificate of %s: %v", name, err))
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
