package kube

import (
	"crypto/sha1" //nolint:gosec // what a device shows
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func secretOf(kind corev1.SecretType, certificate, key string) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "tls"}, Type: kind,
		Data: map[string][]byte{"tls.crt": []byte(certificate), "tls.key": []byte(key)},
	}
}

func TestASecretIsToldByItsChecksumsAndItsCertificate(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	certificate, key := ca.server(t, "shop.example.com", "*.shop.example.com")
	chain := certificate + ca.pem
	secret, pair := tlsSecret(secretOf(corev1.SecretTypeTLS, chain, key))
	sum := func(file string) string {
		digest := sha1.Sum([]byte(file)) //nolint:gosec // see above
		return fmt.Sprintf("SHA1:%d:%s", len(file), hex.EncodeToString(digest[:]))
	}
	if secret.Problem != "" || secret.CertificateChecksum != sum(chain) || secret.KeyChecksum != sum(key) {
		t.Errorf("got %+v", secret)
	}
	block, _ := pem.Decode([]byte(certificate))
	digest := sha256.Sum256(block.Bytes)
	if got := strings.ReplaceAll(strings.TrimPrefix(secret.Fingerprint, "SHA256/"), ":", ""); got != strings.ToUpper(hex.EncodeToString(digest[:])) || strings.Count(secret.Fingerprint, ":") != 31 {
		t.Errorf("fingerprint %s", secret.Fingerprint)
	}
	leaf, err := x509.ParseCertificate(block.Bytes)
	check(t, err)
	if fmt.Sprint(secret.Hosts) != "[shop.example.com *.shop.example.com]" || !secret.NotAfter.Equal(leaf.NotAfter) {
		t.Errorf("hosts %v, ends %s", secret.Hosts, secret.NotAfter)
	}
	if string(pair.Certificate) != chain || pair.Key.Reveal() != key {
		t.Error("the pair is not what the Secret has")
	}
}

func TestASecretThatCannotBeUsedSaysWhyAndGivesNothingAway(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	certificate, key := ca.server(t, "shop.example.com")
	_, other := ca.server(t, "shop.example.com")
	body := strings.Split(key, "\n")[1]
	for name, tt := range map[string]struct {
		secret *corev1.Secret
		want   string
	}{
		"another type":            {secretOf(corev1.SecretTypeOpaque, certificate, key), `it is of type "Opaque", not "kubernetes.io/tls"`},
		"no certificate":          {secretOf(corev1.SecretTypeTLS, "", key), "tls.crt is empty"},
		"no key":                  {secretOf(corev1.SecretTypeTLS, certificate, ""), "tls.key is empty"},
		"a key as certificate":    {secretOf(corev1.SecretTypeTLS, key, key), "tls.crt is no certificate in PEM form"},
		"a broken certificate":    {secretOf(corev1.SecretTypeTLS, pemText("CERTIFICATE", []byte("x")), key), "tls.crt is no certificate in PEM form"},
		"a key without its dress": {secretOf(corev1.SecretTypeTLS, certificate, body), "tls.key is no private key in PEM form, or it is encrypted"},
		"a broken key":            {secretOf(corev1.SecretTypeTLS, certificate, pemText("PRIVATE KEY", []byte(body))), "tls.key is no private key in PEM form, or it is encrypted"},
		"somebody else's key":     {secretOf(corev1.SecretTypeTLS, certificate, other), "the key in tls.key does not belong to the certificate in tls.crt"},
	} {
		secret, pair := tlsSecret(tt.secret)
		if secret.Problem != tt.want {
			t.Errorf("%s: got %q, want %q", name, secret.Problem, tt.want)
		}
		if pair.Key != "" || pair.Certificate != nil || secret.KeyChecksum != "" {
			t.Errorf("%s: there is a pair", name)
		}
		if strings.Contains(fmt.Sprintf("%+v", secret), body) {
			t.Errorf("%s: the key is told", name)
		}
	}
}
