package bigipsim_test

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The keys in testdata/keys are one key, made by OpenSSL 3.0; the passphrase is
// sesame. shop.crt is its certificate.
func testFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "keys", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

const keyBody = `{"name":"shop.key","partition":"Common","sourcePath":"file:/var/config/rest/downloads/shop.key"`

// furnishKey makes the certificate, and uploads the key.
func furnishKey(t *testing.T, file string) *device {
	t.Helper()
	d := plain(t, "17.1.1")
	d.upload("shop.crt", testFile(t, "shop.crt"))
	d.upload("shop.key", testFile(t, file))
	d.post("/sys/file/ssl-cert", `{"name":"shop.crt","partition":"Common","sourcePath":"file:/var/config/rest/downloads/shop.crt"}`)
	return d
}

func TestAKeyUnderAPassphraseServesTLS(t *testing.T) {
	t.Parallel()
	for _, file := range []string{
		"pkcs8-aes-128-cbc.pem", "pkcs8-aes-256-cbc.pem", "pkcs8-des3.pem", "pkcs8-sha1.pem", "pkcs8-sha512.pem",
		"legacy-aes256.pem", "legacy-des3.pem",
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			d := furnishKey(t, file)
			d.refused("POST", "/sys/file/ssl-key", keyBody+`,"passphrase":"wrong"}`, 400, "3", "01070313:3: Error reading key PEM file /Common/shop.key")
			key := d.post("/sys/file/ssl-key", keyBody+`,"passphrase":"sesame"}`)
			if key["securityType"] != "password" || key["keyType"] != "ec-private" || key["curveName"] != "prime256v1" {
				t.Errorf("key: %v %v %v", key["securityType"], key["keyType"], key["curveName"])
			}
			d.post("/ltm/profile/client-ssl", `{"name":"shop","partition":"Common","cert":"/Common/shop.crt","key":"/Common/shop.key"}`)
			d.servesTLS("/Common/shop")
			d.refused("PATCH", "/sys/file/ssl-key/~Common~shop.key", `{"passphrase":"wrong"}`, 400, "3", "01070313:3:")
		})
	}
}

// servesTLS makes a virtual server with a client-ssl profile and speaks to it.
func (d *device) servesTLS(profile string) {
	d.t.Helper()
	d.pod("pod", "10.0.0.1:80")
	d.post("/ltm/pool", `{"name":"tls","partition":"Common","members":["10.0.0.1:80"]}`)
	d.post("/ltm/virtual", `{"name":"tls","partition":"Common","destination":"10.0.0.100:443","pool":"/Common/tls","profiles":["/Common/tcp","/Common/http","`+profile+`"]}`)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(testFile(d.t, "shop.crt")))
	secure := &tls.Config{RootCAs: roots, ServerName: "shop.example.com"}
	if _, text := d.visit("/Common/tls", "127.0.0.1", secure).get("shop.example.com", "/"); !strings.HasPrefix(text, "pod ") {
		d.t.Errorf("over TLS: %q", text)
	}
}

func TestAProfileMayBringThePassphraseOfItsKey(t *testing.T) {
	t.Parallel()
	d := furnishKey(t, "pkcs8-aes-256-cbc.pem")
	d.post("/sys/file/ssl-key", keyBody+`}`)
	const kind = "/ltm/profile/client-ssl"
	d.refused("POST", kind, `{"name":"shop","cert":"/Common/shop.crt","key":"/Common/shop.key"}`, 400, "3",
		"01070313:3: Error reading key PEM file /Common/shop.key for profile /Common/shop: error:0906A068:PEM routines:PEM_do_header:bad password read")
	d.refused("POST", kind, `{"name":"shop","cert":"/Common/shop.crt","key":"/Common/shop.key","passphrase":"wrong"}`, 400, "3",
		"01070313:3: Error reading key PEM file /Common/shop.key for profile /Common/shop:")
	chain := `[{"name":"shop","cert":"/Common/shop.crt","key":"/Common/shop.key","passphrase":"sesame"}]`
	for name, body := range map[string]string{
		"single": `"cert":"/Common/shop.crt","key":"/Common/shop.key","passphrase":"sesame"`,
		"chain":  `"certKeyChain":` + chain,
	} {
		a := d.do("POST", "/mgmt/tm"+kind, `{"name":"`+name+`","partition":"Common",`+body+`}`)
		if a.status != 200 || strings.Contains(a.text, "sesame") || strings.Contains(a.text, `"passphrase"`) {
			t.Errorf("%s: %d, or the passphrase is read back: %s", name, a.status, a.text)
		}
	}
	d.servesTLS("/Common/chain")
}

func TestAPassphraseIsNeverReadBack(t *testing.T) {
	t.Parallel()
	d := furnishKey(t, "legacy-aes256.pem")
	d.post("/sys/file/ssl-key", keyBody+`,"passphrase":"sesame"}`)
	for _, path := range []string{"/sys/file/ssl-key", "/sys/file/ssl-key/~Common~shop.key", "/sys/file/ssl-key/~Common~shop.key?$select=name,passphrase"} {
		if a := d.do("GET", "/mgmt/tm"+path, ""); a.status != 200 || strings.Contains(a.text, "sesame") || strings.Contains(a.text, `"passphrase"`) {
			t.Errorf("%s: %d %s", path, a.status, a.text)
		}
	}
}

func TestAKeyUnderAnUnknownSchemeIsRefused(t *testing.T) {
	t.Parallel()
	furnishKey(t, "scrypt.pem").refused("POST", "/sys/file/ssl-key", keyBody+`,"passphrase":"sesame"}`, 400, "3", "01070313:3: Error reading key PEM file /Common/shop.key: error:")
}
