package bigipsim_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim"
)

// device is a running simulator and a client that is no part of the provider.
type device struct {
	*bigipsim.Simulator
	t      *testing.T
	client *http.Client
	header http.Header
}

// answer is what the device said.
type answer struct {
	status int
	header http.Header
	text   string
	body   map[string]any
}

func start(t *testing.T, options bigipsim.Options) *device {
	t.Helper()
	s, err := bigipsim.New(options)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	transport := &http.Transport{}
	if pem := s.CAPEM(); pem != nil {
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(pem)
		transport.TLSClientConfig = &tls.Config{RootCAs: roots}
	}
	t.Cleanup(transport.CloseIdleConnections)
	return (&device{Simulator: s, t: t, client: &http.Client{Transport: transport}, header: http.Header{}}).as("admin", "admin")
}

// plain starts a simulator of a version without TLS, which is faster.
func plain(t *testing.T, version string) *device {
	t.Helper()
	return start(t, bigipsim.Options{TMOSVersion: version, PlainHTTP: true})
}

// with is the same device, asked with one more header; "" removes it.
func (d *device) with(name, value string) *device {
	c := *d
	c.header = d.header.Clone()
	c.header.Del(name)
	if value != "" {
		c.header.Set(name, value)
	}
	return &c
}

func (d *device) as(user, password string) *device {
	r := http.Request{Header: http.Header{}}
	r.SetBasicAuth(user, password)
	return d.with("Authorization", r.Header.Get("Authorization"))
}

// try sends a request to a path below the management URL.
func (d *device) try(method, path, body string) (answer, error) {
	d.t.Helper()
	r, err := http.NewRequestWithContext(d.t.Context(), method, d.ManagementURL()+path, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	r.Header = d.header.Clone()
	response, err := d.client.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{}, err
	}
	a := answer{status: response.StatusCode, header: response.Header, text: string(text)}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	_ = decoder.Decode(&a.body)
	return a, nil
}

func (d *device) do(method, path, body string) answer {
	d.t.Helper()
	a, err := d.try(method, path, body)
	if err != nil {
		d.t.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

// must is do for requests that have to succeed; path is below /mgmt/tm.
func (d *device) must(method, path, body string) map[string]any {
	d.t.Helper()
	a := d.do(method, "/mgmt/tm"+path, body)
	if a.status != http.StatusOK {
		d.t.Fatalf("%s %s %s: %d %s", method, path, body, a.status, a.text)
	}
	return a.body
}

func (d *device) get(path string) map[string]any {
	d.t.Helper()
	return d.must(http.MethodGet, path, "")
}

func (d *device) post(path, body string) map[string]any {
	d.t.Helper()
	return d.must(http.MethodPost, path, body)
}

func (d *device) patch(path, body string) map[string]any {
	d.t.Helper()
	return d.must(http.MethodPatch, path, body)
}

// refused sends a request that has to fail, and compares status, apiError (0: none)
// and a part of the message.
func (d *device) refused(method, path, body string, status int, apiError string, message string) {
	d.t.Helper()
	a := d.do(method, "/mgmt/tm"+path, body)
	number, _ := a.body["apiError"].(json.Number)
	text, _ := a.body["message"].(string)
	if a.status != status || number.String() != apiError || !strings.Contains(text, message) {
		d.t.Errorf("%s %s %s:\n got %d %s\nwant %d apiError %s %q", method, path, body, a.status, a.text, status, apiError, message)
	}
}

// at follows keys and indexes into a JSON value.
func at(value any, path ...any) any {
	for _, step := range path {
		switch s := step.(type) {
		case string:
			object, _ := value.(map[string]any)
			value = object[s]
		case int:
			list, _ := value.([]any)
			if s >= len(list) {
				return nil
			}
			value = list[s]
		}
	}
	return value
}
