package kubetest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"time"
)

const (
	proxyCAFile          = "front-proxy-ca.crt"
	proxyCertificateFile = "front-proxy.crt"
	proxyKeyFile         = "front-proxy.key"
)

// aggregationArgs make the API server pass requests of a group on to the server that an APIService names, in the
// name of who asks.
func (cp *ControlPlane) aggregationArgs() []string {
	if !cp.options.Aggregation {
		return nil
	}
	return []string{
		"--requestheader-client-ca-file=" + cp.file(proxyCAFile),
		"--requestheader-allowed-names=front-proxy",
		"--requestheader-username-headers=X-Remote-User",
		"--requestheader-group-headers=X-Remote-Group",
		"--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--proxy-client-cert-file=" + cp.file(proxyCertificateFile),
		"--proxy-client-key-file=" + cp.file(proxyKeyFile),
	}
}

// writeProxyCertificates writes the certificate by which such a server knows the API server, and who vouches for it.
func (cp *ControlPlane) writeProxyCertificates() error {
	if !cp.options.Aggregation {
		return nil
	}
	now := time.Now()
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "front-proxy-ca"}, NotBefore: now.Add(-time.Minute), NotAfter: now.AddDate(0, 0, 1),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	proxy := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "front-proxy"}, NotBefore: authority.NotBefore, NotAfter: authority.NotAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	authorityKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	proxyKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	authorityDER, err := x509.CreateCertificate(rand.Reader, authority, authority, authorityKey.Public(), authorityKey)
	if err != nil {
		return err
	}
	proxyDER, err := x509.CreateCertificate(rand.Reader, proxy, authority, proxyKey.Public(), authorityKey)
	if err != nil {
		return err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(proxyKey)
	if err != nil {
		return err
	}
	for name, block := range map[string]*pem.Block{
		proxyCAFile:          {Type: "CERTIFICATE", Bytes: authorityDER},
		proxyCertificateFile: {Type: "CERTIFICATE", Bytes: proxyDER},
		proxyKeyFile:         {Type: "PRIVATE KEY", Bytes: keyDER},
	} {
		if err := os.WriteFile(cp.file(name), pem.EncodeToMemory(block), 0o600); err != nil {
			return err
		}
	}
	return nil
}
