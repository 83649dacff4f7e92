package acctest

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim"
)

// The administrator of every simulated device.
const (
	Username = "admin"
	Password = "correct horse battery staple"
)

// closeTime is more than the 5 s that an HTTP server waits for a connection on
// which no request has come yet; the provider's client may have left one.
const closeTime = time.Minute

// Device is a simulated BIG-IP for one test.
type Device struct {
	*bigipsim.Simulator
	tb        testing.TB
	client    *http.Client
	partition string
}

// NewDevice starts a device that has the given partition, and ends it with the
// test.
func NewDevice(tb testing.TB, partition string) *Device {
	tb.Helper()
	return newDevice(tb, partition, bigipsim.Options{})
}

// NewDeviceWithASM is NewDevice with the application security module.
func NewDeviceWithASM(tb testing.TB, partition string) *Device {
	tb.Helper()
	return newDevice(tb, partition, bigipsim.Options{ASM: true})
}

func newDevice(tb testing.TB, partition string, options bigipsim.Options) *Device {
	tb.Helper()
	options.Username, options.Password, options.CAFile = Username, Password, filepath.Join(tb.TempDir(), "ca.pem")
	simulator, err := bigipsim.New(options)
	if err != nil {
		tb.Fatal(err)
	}
	if err := simulator.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), closeTime)
		defer cancel()
		if err := simulator.Close(ctx); err != nil {
			tb.Errorf("close the simulator: %v", err)
		}
	})
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(simulator.CAPEM())
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	tb.Cleanup(transport.CloseIdleConnections)
	d := &Device{Simulator: simulator, tb: tb, client: &http.Client{Transport: transport}, partition: partition}
	d.REST(http.MethodPost, "/mgmt/tm/auth/partition", map[string]any{"name": partition})
	d.ClearRequests()
	return d
}

// Provider is the configuration of a provider that talks to the device. Its
// default partition is the device's. More lines go into the same block.
func (d *Device) Provider(more ...string) string {
	block := fmt.Sprintf("provider \"bigipkube\" {\n  address   = %q\n  username  = %q\n  password  = %q\n  ca_file   = %q\n  partition = %q\n",
		d.ManagementURL(), Username, Password, d.CAFile(), d.partition)
	for _, line := range more {
		block += "  " + line + "\n"
	}
	return block + "}\n"
}

// REST sends a request as an administrator would with curl, and returns what
// the device answers. An answer other than 200 fails the test.
func (d *Device) REST(method, path string, body any) map[string]any {
	d.tb.Helper()
	status, answer := d.TryREST(method, path, body)
	if status != http.StatusOK {
		d.tb.Fatalf("%s %s: status %d: %v", method, path, status, answer)
	}
	return answer
}

// TryREST is REST for a request that may be refused.
func (d *Device) TryREST(method, path string, body any) (status int, answer map[string]any) {
	d.tb.Helper()
	var content io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			d.tb.Fatal(err)
		}
		content = bytes.NewReader(encoded)
	}
	// Not the test's context: plugin-testing calls CheckDestroy in a cleanup.
	req, err := http.NewRequestWithContext(context.Background(), method, d.ManagementURL()+path, content)
	if err != nil {
		d.tb.Fatal(err)
	}
	req.SetBasicAuth(Username, Password)
	req.Header.Set("Content-Type", "application/json")
	resp, err := d.client.Do(req)
	if err != nil {
		d.tb.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // it is read to its end below
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		d.tb.Fatal(err)
	}
	if len(text) > 0 {
		if err := json.Unmarshal(text, &answer); err != nil {
			d.tb.Fatalf("%s %s: %v: %s", method, path, err, text)
		}
	}
	return resp.StatusCode, answer
}
