package kubetest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"
)

// IngressFrom reads the Ingress of a manifest.
func IngressFrom(tb testing.TB, file string) *networkingv1.Ingress {
	tb.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	object, _, err := scheme.Codecs.UniversalDeserializer().Decode(text, nil, nil)
	if err != nil {
		tb.Fatal(err)
	}
	ingress, ok := object.(*networkingv1.Ingress)
	if !ok {
		tb.Fatalf("%s has a %T", file, object)
	}
	return ingress
}

// Ingress makes an Ingress in a namespace, and the Secrets that it names, each with a
// certificate of its own for its hosts.
func (cp *ControlPlane) Ingress(ctx context.Context, namespace string, ingress *networkingv1.Ingress) error {
	for _, tls := range ingress.Spec.TLS {
		certificate, key, err := KeyPair(tls.Hosts...)
		if err != nil {
			return err
		}
		_, err = cp.client.CoreV1().Secrets(namespace).Create(ctx, &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Name: tls.SecretName}, Type: corev1.SecretTypeTLS,
			Data: map[string][]byte{corev1.TLSCertKey: certificate, corev1.TLSPrivateKeyKey: key},
		}, metav1.CreateOptions{})
		if err != nil {
			return err
		}
	}
	ingress = ingress.DeepCopy()
	ingress.Namespace = namespace
	_, err := cp.client.NetworkingV1().Ingresses(namespace).Create(ctx, ingress, metav1.CreateOptions{})
	return err
}

// KeyPair is a certificate for hosts that signs itself, and its key, in PEM.
func KeyPair(hosts ...string) (certificate, key []byte, err error) {
	const validity = 24 * time.Hour
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), DNSNames: hosts, NotBefore: now.Add(-validity), NotAfter: now.Add(validity),
		BasicConstraintsValid: true, IsCA: true,
	}
	if len(hosts) > 0 {
		template.Subject = pkix.Name{CommonName: hosts[0]}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		return nil, nil, err
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded}), nil
}
