package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"
)

// pair is a certificate signed by itself, and its key, made once.
var pair = sync.OnceValues(func() (pems [2]string, err error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return pems, err
	}
	name := pkix.Name{CommonName: "shop.example.com", Organization: []string{"Shop"}}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: name, NotBefore: time.Unix(1700000000, 0), NotAfter: time.Unix(2000000000, 0)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return pems, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	pems[0] = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}))
	pems[1] = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
	return pems, err
})

// file is what UPLOAD sends: a key if that is what its name says.
func file(t *testing.T, name string) string {
	t.Helper()
	pems, err := pair()
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(name, ".key") {
		return pems[1]
	}
	return pems[0]
}
