package kube

import (
	"crypto/sha1" //nolint:gosec // the device tells its files apart by it
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// tlsSecret reads a certificate with its key. A Problem says what a Secret lacks, and
// never what is in it: the texts of crypto/tls are not passed on.
func tlsSecret(secret *corev1.Secret) (ingress.Secret, ltm.KeyPair) {
	out := ingress.Secret{Namespace: secret.Namespace, Name: secret.Name}
	if secret.Type != corev1.SecretTypeTLS {
		out.Problem = fmt.Sprintf("it is of type %q, not %q", secret.Type, corev1.SecretTypeTLS)
		return out, ltm.KeyPair{}
	}
	certificate, key := secret.Data[corev1.TLSCertKey], secret.Data[corev1.TLSPrivateKeyKey]
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		out.Problem = pairProblem(certificate, key)
		return out, ltm.KeyPair{}
	}
	out.CertificateChecksum, out.KeyChecksum = checksum(certificate), checksum(key)
	out.Fingerprint, out.Hosts, out.NotAfter = fingerprint(pair.Leaf), pair.Leaf.DNSNames, pair.Leaf.NotAfter.UTC()
	return out, ltm.KeyPair{Certificate: certificate, Key: ltm.Secret(key)}
}

// pairProblem finds out which of the two is to blame.
func pairProblem(certificate, key []byte) string {
	switch {
	case len(certificate) == 0:
		return corev1.TLSCertKey + " is empty"
	case len(key) == 0:
		return corev1.TLSPrivateKeyKey + " is empty"
	case !beginsWithCertificate(certificate):
		return corev1.TLSCertKey + " is no certificate in PEM form"
	case !isPrivateKey(key):
		return corev1.TLSPrivateKeyKey + " is no private key in PEM form, or it is encrypted"
	}
	return "the key in " + corev1.TLSPrivateKeyKey + " does not belong to the certificate in " + corev1.TLSCertKey
}

// beginsWithCertificate tells whether a file begins with a certificate that can be read.
func beginsWithCertificate(file []byte) bool {
	for block, rest := pem.Decode(file); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			_, err := x509.ParseCertificate(block.Bytes)
			return err == nil
		}
	}
	return false
}

// isPrivateKey tells whether a file has a key that can be read, in one of its three
// forms.
func isPrivateKey(file []byte) bool {
	for block, rest := pem.Decode(file); block != nil; block, rest = pem.Decode(rest) {
		_, err8 := x509.ParsePKCS8PrivateKey(block.Bytes)
		_, err1 := x509.ParsePKCS1PrivateKey(block.Bytes)
		_, errEC := x509.ParseECPrivateKey(block.Bytes)
		if err8 == nil || err1 == nil || errEC == nil {
			return true
		}
	}
	return false
}

// checksum is what the device shows of a file (icontrol-rest 3.12).
func checksum(file []byte) string {
	return fmt.Sprintf("SHA1:%d:%x", len(file), sha1.Sum(file)) //nolint:gosec // see above
}

// fingerprint is that of the certificate alone, as the device and openssl show it.
func fingerprint(leaf *x509.Certificate) string {
	sum := sha256.Sum256(leaf.Raw)
	return "SHA256/" + strings.ReplaceAll(fmt.Sprintf("% X", sum[:]), " ", ":")
}
