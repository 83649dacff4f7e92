package conformance

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	uploads   = "/mgmt/shared/file-transfer/uploads/"
	downloads = "file:/var/config/rest/downloads/"
)

// keyPair is a certificate signed by itself, and its key, as PEM.
type keyPair struct{ certificate, key string }

// keyPairs are two, made once.
var keyPairs = sync.OnceValues(func() ([2]keyPair, error) {
	var pairs [2]keyPair
	for i := range pairs {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return pairs, err
		}
		template := &x509.Certificate{
			SerialNumber: big.NewInt(int64(i) + 1), Subject: pkix.Name{CommonName: "shop.example.com"},
			NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		}
		certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
		if err != nil {
			return pairs, err
		}
		private, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			return pairs, err
		}
		pairs[i] = keyPair{
			certificate: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})),
			key:         string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})),
		}
	}
	return pairs, nil
})

// twoKeyPairs ends the case if there are none.
func twoKeyPairs(c *Check) [2]keyPair {
	pairs, err := keyPairs()
	if err != nil {
		c.Fatalf("%v", err)
	}
	return pairs
}

// upload sends a file in chunks, and returns the last answer.
func upload(c *Check, name, content string, chunk int) Object {
	var last Object
	for start := 0; start < len(content); start += chunk {
		end := min(start+chunk, len(content))
		part := c.in(c.with("Content-Type", "application/octet-stream").
			with("Content-Range", fmt.Sprintf("%d-%d/%d", start, end-1, len(content))))
		last = part.Post(uploads+name, content[start:end])
	}
	return last
}

// uploadPair uploads a pair under the names that sources have.
func uploadPair(c *Check, i int) {
	pairs := twoKeyPairs(c)
	upload(c, "bkc-c.crt", pairs[i].certificate, 1<<19)
	upload(c, "bkc-c.key", pairs[i].key, 1<<19)
}

const (
	certificateBody = `{"name":"/$P/bkc-c.crt","sourcePath":"` + downloads + `bkc-c.crt"}`
	keyBody         = `{"name":"/$P/bkc-c.key","sourcePath":"` + downloads + `bkc-c.key"}`
)

func fileCases() []Case {
	return []Case{
		{
			Name:   "A file is uploaded in chunks",
			Must:   "Take `Content-Range: first-last/total` with the last byte included, and tell path and sizes.",
			Source: "3.12", Confidence: Recorded, Test: func(c *Check) {
				content := "0123456789abcdef"
				c.Fields("last answer", upload(c, "bkc-file.txt", content, 10), Object{
					"remainingByteCount": asNumber(0), "totalByteCount": asNumber(len(content)), "localFilePath": "/var/config/rest/downloads/bkc-file.txt",
				})
			},
		},
		{
			Name:   "Certificate and key are made from uploaded files",
			Must:   "Take `sourcePath`; show size, checksum `SHA1:…`, subject and the end of the certificate.",
			Source: "3.12", Confidence: Recorded, Test: func(c *Check) {
				uploadPair(c, 0)
				key := c.Post("/sys/file/ssl-key", keyBody)
				c.Fields("key", key, Object{"keyType": "rsa-private", "securityType": "normal", "keySize": asNumber(2048)})
				certificate := c.Post("/sys/file/ssl-cert", certificateBody)
				c.Fields("certificate", certificate, Object{"keyType": "rsa-public", "certificateKeySize": asNumber(2048), "isBundle": "false", "subject": "CN=shop.example.com"})
				c.Equal("type of expirationDate", jsonType(certificate["expirationDate"]), "number")
				c.Equal("type of checksum", jsonType(certificate["checksum"]), "string")
			},
		},
		{
			Name:   "A key under a passphrase needs it to be used",
			Must:   "Show `securityType` `password`; refuse a profile with the key and without its passphrase (400, 01070313); take it with it, and never show it.",
			Source: "3.12", Confidence: UserReport, Test: testPassphrase,
		},
		{
			Name:   "A pair in use is replaced in one transaction",
			Must:   "Take new files for certificate and key together; refuse the certificate alone, which does not fit the key.",
			Source: "3.12", Confidence: Client, Test: testReplacePair,
		},
	}
}

func testPassphrase(c *Check) {
	pair := twoKeyPairs(c)[0]
	block, _ := pem.Decode([]byte(pair.key))
	//nolint:staticcheck // what OpenSSL has written for decades
	block, err := x509.EncryptPEMBlock(rand.Reader, "PRIVATE KEY", block.Bytes, []byte("sesame"), x509.PEMCipherAES256)
	if err != nil {
		c.Fatalf("%v", err)
	}
	upload(c, "bkc-c.crt", pair.certificate, 1<<19)
	upload(c, "bkc-c.key", string(pem.EncodeToMemory(block)), 1<<19)
	c.Post("/sys/file/ssl-cert", certificateBody)
	c.Equal("securityType", c.Post("/sys/file/ssl-key", keyBody)["securityType"], "password")
	profile := func(passphrase string) string {
		return `{"name":"/$P/bkc-ssl","defaultsFrom":"/Common/clientssl","certKeyChain":[{"name":"bkc","cert":"/$P/bkc-c.crt","key":"/$P/bkc-c.key"` + passphrase + `}]}`
	}
	const kind = "/ltm/profile/client-ssl"
	c.Refused(http.MethodPost, kind, profile(""), 400, mcpd, "01070313:3: Error reading key PEM file")
	c.Refused(http.MethodPost, kind, profile(`,"passphrase":"wrong"`), 400, mcpd, "01070313:3: Error reading key PEM file")
	c.Post(kind, profile(`,"passphrase":"sesame"`))
	a := c.Ask(http.MethodGet, kind+"/~$P~bkc-ssl", "")
	c.True(a.Body["name"] == "bkc-ssl" && !strings.Contains(a.Text, "sesame"), "%s: no profile, or the passphrase is shown", a)
}

func testReplacePair(c *Check) {
	uploadPair(c, 0)
	c.Post("/sys/file/ssl-key", keyBody)
	before := c.Post("/sys/file/ssl-cert", certificateBody)["checksum"]
	c.Post("/ltm/profile/client-ssl", `{"name":"/$P/bkc-ssl","defaultsFrom":"/Common/clientssl","certKeyChain":[{"name":"bkc","cert":"/$P/bkc-c.crt","key":"/$P/bkc-c.key"}]}`)
	uploadPair(c, 1)
	const certificate, key = "/sys/file/ssl-cert/~$P~bkc-c.crt", "/sys/file/ssl-key/~$P~bkc-c.key"
	alone := c.Ask(http.MethodPatch, certificate, `{"sourcePath":"`+downloads+`bkc-c.crt"}`)
	c.Equal("status of "+alone.String(), alone.Status, http.StatusBadRequest)
	inside, path := begin(c)
	inside.Patch(certificate, `{"sourcePath":"`+downloads+`bkc-c.crt"}`)
	inside.Patch(key, `{"sourcePath":"`+downloads+`bkc-c.key"}`)
	c.Equal("state", c.Patch(path, commit)["state"], "COMPLETED")
	after := c.Get(certificate)["checksum"]
	c.True(after != nil && after != before, "the checksum is still %v", after)
}
