package bigipsim_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// pair makes a certificate and its key in PEM form.
func pair(t *testing.T, name string) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(7), Subject: pkix.Name{Country: []string{"US"}, Organization: []string{"ACME"}, CommonName: name},
		NotBefore: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2036, 6, 5, 16, 46, 9, 0, time.UTC), DNSNames: []string{name},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))
}

// upload sends a file in two chunks and returns the answer to the last.
func (d *device) upload(name, content string) answer {
	d.t.Helper()
	half := len(content) / 2
	var last answer
	for _, span := range [][2]int{{0, half}, {half, len(content)}} {
		last = d.with("Content-Range", fmt.Sprintf("%d-%d/%d", span[0], span[1]-1, len(content))).
			do(http.MethodPost, "/mgmt/shared/file-transfer/uploads/"+name, content[span[0]:span[1]])
		if last.status != http.StatusOK {
			d.t.Fatalf("upload of %s: %d %s", name, last.status, last.text)
		}
	}
	return last
}

// install uploads a pair and makes name.crt and name.key of it.
func (d *device) install(name, cert, key string) {
	d.t.Helper()
	d.upload(name+".crt", cert)
	d.upload(name+".key", key)
	d.post("/sys/file/ssl-cert", `{"name":"`+name+`.crt","partition":"Common","sourcePath":"file:/var/config/rest/downloads/`+name+`.crt"}`)
	d.post("/sys/file/ssl-key", `{"name":"`+name+`.key","partition":"Common","sourcePath":"file:///var/config/rest/downloads/`+name+`.key"}`)
}

func TestAnUploadTellsWhatHasArrived(t *testing.T) {
	t.Parallel()
	d := plain(t, "17.1.1")
	a := d.upload("x.txt", "0123456789")
	delete(a.body, "lastUpdateMicros")
	want := map[string]any{
		"remainingByteCount": json.Number("0"), "usedChunks": map[string]any{"0": json.Number("5"), "5": json.Number("5")},
		"totalByteCount": json.Number("10"), "localFilePath": "/var/config/rest/downloads/x.txt",
		"temporaryFilePath": "/var/config/rest/downloads/tmp/x.txt", "generation": json.Number("0"),
	}
	if diff := cmp.Diff(want, a.body); diff != "" {
		t.Errorf("answer:\n%s", diff)
	}
	for _, header := range []string{"", "0-3", "3-1/10", "0-10/10", "0-8/10", "a-b/c", "0-9/99999999999"} {
		if a := d.with("Content-Range", header).do(http.MethodPost, "/mgmt/shared/file-transfer/uploads/x.txt", "0123456789"); a.status != http.StatusBadRequest {
			t.Errorf("Content-Range %q: %d %s", header, a.status, a.text)
		}
	}
}

func TestACertificateSaysWhatIsInItsFile(t *testing.T) {
	t.Parallel()
	d := plain(t, "17.1.1")
	cert, key := pair(t, "shop.example.com")
	d.install("shop", cert, key)
	got := d.get("/sys/file/ssl-cert/~Common~shop.crt")
	for field, want := range map[string]any{
		"checksum":                fmt.Sprintf("SHA1:%d:%x", len(cert), sha1.Sum([]byte(cert))),
		"subject":                 "CN=shop.example.com,O=ACME,C=US",
		"issuer":                  "CN=shop.example.com,O=ACME,C=US",
		"keyType":                 "ec-public",
		"certificateKeyCurveName": "prime256v1",
		"certificateKeySize":      json.Number("256"),
		"isBundle":                "false",
		"serialNumber":            "7",
		"version":                 json.Number("3"),
		"mode":                    json.Number("33188"),
		"revision":                json.Number("1"),
		"size":                    json.Number(fmt.Sprint(len(cert))),
		"createdBy":               "admin",
		"sourcePath":              "file:/var/config/rest/downloads/shop.crt",
		"subjectAlternativeName":  "DNS:shop.example.com",
		"content":                 nil,
	} {
		if got[field] != want {
			t.Errorf("%s is %v, want %v", field, got[field], want)
		}
	}
	if got["expirationString"] != "Jun  5 16:46:09 2036 GMT" || got["expirationDate"] != json.Number("2096297169") {
		t.Errorf("expires %v %v", got["expirationString"], got["expirationDate"])
	}
	if at(got, "bundleCertificatesReference", "isSubcollection") != true || at(got, "certValidatorsReference", "link") == nil {
		t.Errorf("subcollections %v", got)
	}
	file := d.get("/sys/file/ssl-key/~Common~shop.key")
	if file["keyType"] != "ec-private" || file["keySize"] != json.Number("256") || file["securityType"] != "normal" || file["curveName"] != "prime256v1" {
		t.Errorf("key %v", file)
	}
}

func TestTheFilesOfAPairAreReplacedInOneTransaction(t *testing.T) {
	t.Parallel()
	d := plain(t, "17.1.1")
	cert, key := pair(t, "one.example.com")
	d.install("shop", cert, key)
	d.post("/ltm/profile/client-ssl", `{"name":"shop","partition":"Common","cert":"/Common/shop.crt","key":"/Common/shop.key"}`)
	cert, key = pair(t, "two.example.com")
	d.upload("shop.crt", cert)
	d.upload("shop.key", key)
	const newCert, newKey = `{"sourcePath":"file:/var/config/rest/downloads/shop.crt"}`, `{"sourcePath":"file:/var/config/rest/downloads/shop.key"}`
	d.refused("PATCH", "/sys/file/ssl-cert/~Common~shop.crt", newCert, 400, "3", "01070317:3: profile /Common/shop's key and certificate do not match")
	d.refused("PUT", "/sys/file/ssl-key/~Common~shop.key", newKey, 400, "3", "01070317:3: profile /Common/shop's key and certificate do not match")

	id := fmt.Sprint(d.post("/transaction", `{}`)["transId"])
	tx := d.with("X-F5-REST-Coordination-Id", id)
	tx.patch("/sys/file/ssl-cert/~Common~shop.crt", newCert)
	tx.must("PUT", "/sys/file/ssl-key/~Common~shop.key", newKey)
	d.patch("/transaction/"+id, `{"state":"VALIDATING"}`)
	if got := d.get("/sys/file/ssl-cert/~Common~shop.crt"); got["revision"] != json.Number("2") || got["subject"] != "CN=two.example.com,O=ACME,C=US" {
		t.Errorf("after the exchange: %v", got)
	}
	d.refused("DELETE", "/sys/file/ssl-cert/~Common~shop.crt", "", 400, "3", "01070265:3:")
}

func TestCertKeyChainAndItsMirrorGoTogether(t *testing.T) {
	t.Parallel()
	d := plain(t, "17.1.1")
	cert, key := pair(t, "shop.example.com")
	d.install("shop", cert, key)
	child := d.post("/ltm/profile/client-ssl", `{"name":"child","partition":"Common"}`)
	if child["inheritCertkeychain"] != "true" || child["cert"] != "/Common/default.crt" {
		t.Errorf("child: %v %v", child["inheritCertkeychain"], child["cert"])
	}
	got := d.patch("/ltm/profile/client-ssl/~Common~child", `{"certKeyChain":[{"name":"shop","cert":"shop.crt","key":"/Common/shop.key","chain":"none","passphrase":"secret"}]}`)
	want := []any{map[string]any{
		"name": "shop", "appService": "none", "cert": "/Common/shop.crt", "chain": "none", "key": "/Common/shop.key", "usage": "SERVER",
		"certReference": map[string]any{"link": "https://localhost/mgmt/tm/sys/file/ssl-cert/~Common~shop.crt?ver=17.1.1"},
		"keyReference":  map[string]any{"link": "https://localhost/mgmt/tm/sys/file/ssl-key/~Common~shop.key?ver=17.1.1"},
	}}
	if diff := cmp.Diff(want, got["certKeyChain"]); diff != "" {
		t.Errorf("certKeyChain:\n%s", diff)
	}
	if got["cert"] != "/Common/shop.crt" || got["key"] != "/Common/shop.key" || got["inheritCertkeychain"] != "false" {
		t.Errorf("mirror: %v %v %v", got["cert"], got["key"], got["inheritCertkeychain"])
	}
	single := d.post("/ltm/profile/client-ssl", `{"name":"single","partition":"Common","cert":"/Common/shop.crt","key":"/Common/shop.key"}`)
	if at(single, "certKeyChain", 0, "name") != "shop" || at(single, "certKeyChain", 0, "cert") != "/Common/shop.crt" {
		t.Errorf("certKeyChain of cert and key: %v", single["certKeyChain"])
	}
	words := d.post("/ltm/profile/client-ssl", `{"name":"words","partition":"Common","tmOptions":["dont-insert-empty-fragments","no-tlsv1"]}`)
	if words["tmOptions"] != "{ dont-insert-empty-fragments no-tlsv1 }" {
		t.Errorf("tmOptions %v", words["tmOptions"])
	}
	old := plain(t, "13.0.0").get("/ltm/profile/client-ssl/~Common~clientssl")
	if diff := cmp.Diff(any([]any{"dont-insert-empty-fragments"}), old["tmOptions"]); diff != "" || at(old, "certKeyChain", 0, "usage") != nil {
		t.Errorf("13.0: %v\n%s", old["certKeyChain"], diff)
	}
}

func TestFilesAndTLSProfilesAreRefusedInTheWordsOfTheDevice(t *testing.T) {
	t.Parallel()
	d := plain(t, "17.1.1")
	cert, key := pair(t, "shop.example.com")
	d.install("shop", cert, key)
	d.upload("junk", "this is no PEM")
	const file, profile = "/sys/file/ssl-cert", "/ltm/profile/client-ssl"
	for _, test := range []struct{ path, body, api, message string }{
		{file, `{"name":"x.crt","sourcePath":"file:/var/config/rest/downloads/nope"}`, "3", "01070712:3:"},
		{file, `{"name":"x.crt","sourcePath":"https://example.com/x"}`, "26214401", `invalid property value "source-path"`},
		{file, `{"name":"x.crt"}`, "26214401", `invalid property value "source-path"`},
		{file, `{"name":"x.crt","sourcePath":"file:/var/config/rest/downloads/junk"}`, "3", "is not a certificate"},
		{"/sys/file/ssl-key", `{"name":"x.key","sourcePath":"file:/var/config/rest/downloads/junk"}`, "3", "is not a private key"},
		{profile, `{"name":"x","key":"/Common/nope.key"}`, "3", "01070277:3: The requested key (/Common/nope.key) was not found."},
		{profile, `{"name":"x","certKeyChain":[{"name":"a","cert":"/Common/nope.crt","key":"/Common/shop.key"}]}`, "3", "01070277:3: The requested certificate (/Common/nope.crt) was not found."},
		{profile, `{"name":"x","certKeyChain":[{"cert":"/Common/shop.crt","key":"/Common/shop.key"}]}`, "26214401", "one or more configuration identifiers must be provided"},
		{profile, `{"name":"x","cert":"/Common/default.crt","key":"/Common/shop.key"}`, "3", "01070317:3: profile /Common/x's key and certificate do not match"},
		{profile, `{"name":"x","cert":"/Common/default.crt","certKeyChain":[{"name":"a","cert":"/Common/shop.crt","key":"/Common/shop.key"}]}`, "3", "01b4002a:3:"},
		{"/ltm/profile/server-ssl", `{"name":"x","cert":"/Common/default.crt","key":"/Common/shop.key"}`, "3", "01070317:3:"},
	} {
		d.refused("POST", test.path, test.body, 400, test.api, test.message)
	}
}

func TestTheBuiltInCertificatesAreThoseOfADevice(t *testing.T) {
	t.Parallel()
	d := plain(t, "14.1.2.1")
	own, bundle := d.get("/sys/file/ssl-cert/~Common~default.crt"), d.get("/sys/file/ssl-cert/~Common~ca-bundle.crt")
	if own["email"] != "root@localhost.localdomain" || !strings.HasPrefix(own["subject"].(string), "emailAddress=root@localhost.localdomain,CN=localhost.localdomain,") {
		t.Errorf("e-mail address %v in %v", own["email"], own["subject"])
	}
	if own["isBundle"] != "false" || own["serialNumber"] != "1" || bundle["isBundle"] != "true" || bundle["serialNumber"] != nil {
		t.Errorf("bundles %v %v, serial numbers %v %v", own["isBundle"], bundle["isBundle"], own["serialNumber"], bundle["serialNumber"])
	}
	for _, o := range []map[string]any{own, bundle} {
		if o["sourcePath"] != nil || o["systemPath"] == nil {
			t.Errorf("source %v, file %v", o["sourcePath"], o["systemPath"])
		}
	}
}
