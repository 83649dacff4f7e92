package icontrol

import (
	"encoding/pem"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAnAddressIsTakenInAnyUsualForm(t *testing.T) {
	t.Parallel()
	tests := []struct {
		address string
		port    int
		want    string
		field   string // of the error
	}{
		{address: "bigip.example.com", want: "https://bigip.example.com"},
		{address: " 192.0.2.1 ", want: "https://192.0.2.1"},
		{address: "192.0.2.1:8443", want: "https://192.0.2.1:8443"},
		{address: "192.0.2.1:8443", port: 443, want: "https://192.0.2.1:443"},
		{address: "https://bigip.example.com/", want: "https://bigip.example.com"},
		{address: "http://127.0.0.1:8080", want: "http://127.0.0.1:8080"},
		{address: "2001:db8::1", want: "https://[2001:db8::1]"},
		{address: "2001:db8::1", port: 8443, want: "https://[2001:db8::1]:8443"},
		{address: "[2001:db8::1]:8443", want: "https://[2001:db8::1]:8443"},
		{address: "", field: "Address"},
		{address: "https://", field: "Address"},
		{address: "ftp://bigip.example.com", field: "Address"},
		{address: "https://admin:secret@bigip.example.com", field: "Address"},
		{address: "https://bigip.example.com/mgmt", field: "Address"},
		{address: "bigip example", field: "Address"},
		{address: "bigip.example.com", port: 70000, field: "Port"},
	}
	for _, tc := range tests {
		t.Run(tc.address, func(t *testing.T) {
			t.Parallel()
			base, err := Config{Address: tc.address, Port: tc.port}.baseURL()
			if tc.field != "" {
				wrong, ok := errors.AsType[*ConfigError](err)
				if !ok || wrong.Field != tc.field {
					t.Fatalf("error %v, want one of field %s", err, tc.field)
				}
				if strings.Contains(err.Error(), "secret") {
					t.Errorf("the error holds the password: %v", err)
				}
				return
			}
			if err != nil || base.String() != tc.want {
				t.Errorf("got %v, error %v; want %s", base, err, tc.want)
			}
		})
	}
}

func TestAWrongSettingIsNamed(t *testing.T) {
	t.Parallel()
	good := Config{Address: "bigip.example.com", Username: "admin", Password: "pa55word"}
	if _, err := New(good); err != nil {
		t.Fatal(err)
	}
	for field, change := range map[string]func(*Config){
		"Address":          func(c *Config) { c.Address = "" },
		"Username":         func(c *Config) { c.Username = "" },
		"Password":         func(c *Config) { c.Password = "" },
		"CACertificatePEM": func(c *Config) { c.CACertificatePEM = "no certificate" },
		"CAFile":           func(c *Config) { c.CAFile = filepath.Join(t.TempDir(), "missing.pem") },
		"ProxyURL":         func(c *Config) { c.ProxyURL = "not a proxy" },
		"Readers":          func(c *Config) { c.Readers = -1 },
		"RequestTimeout":   func(c *Config) { c.RequestTimeout = -1 },
		"RetryTimeout":     func(c *Config) { c.RetryTimeout = -1 },
	} {
		bad := good
		change(&bad)
		_, err := New(bad)
		if wrong, ok := errors.AsType[*ConfigError](err); !ok || wrong.Field != field {
			t.Errorf("error %v, want one of field %s", err, field)
		}
	}
}

func TestTheDevicesCertificateIsVerified(t *testing.T) {
	t.Parallel()
	device := newFakeDevice(t, ok(webPool))
	server := httptest.NewTLSServer(device)
	server.Config.ErrorLog = nil
	t.Cleanup(server.Close)
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, authority, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name      string
		change    func(*Config)
		untrusted bool
	}{
		{name: "unknown authority", change: func(*Config) {}, untrusted: true},
		{name: "authority as PEM", change: func(c *Config) { c.CACertificatePEM = string(authority) }},
		{name: "authority in a file", change: func(c *Config) { c.CAFile = file }},
		{name: "another host's certificate", change: func(c *Config) {
			c.CAFile, c.TLSServerName = file, "other.invalid"
		}, untrusted: true},
		{name: "verification switched off", change: func(c *Config) { c.Insecure = true }},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			cfg := Config{Address: server.URL, Username: "admin", Password: "pa55word"}
			tc.change(&cfg)
			c, err := New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			_, err = c.Pools().Get(t.Context(), "/shop/web", nil)
			if errors.Is(err, ErrUntrusted) != tc.untrusted || (err != nil) != tc.untrusted {
				t.Errorf("error %v; want untrusted %t", err, tc.untrusted)
			}
			if tc.untrusted && !errors.Is(err, ErrUnreachable) {
				t.Errorf("error %v is not ErrUnreachable", err)
			}
		})
	}
}

func TestAnAddressWithoutADeviceIsUnreachable(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close() //nolint:errcheck // nothing was written
	// Nobody listens at the client's end of a connection, and its port stays taken.
	taken, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close() //nolint:errcheck // nothing was written
	address := taken.LocalAddr().String()
	c, err := New(Config{Address: address, Username: "admin", Password: "pa55word"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Pools().Get(t.Context(), "/shop/web", nil)
	if !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), address) {
		t.Errorf("error %v, want ErrUnreachable that names %s", err, address)
	}
}

func TestATokenDoesNotFollowARedirect(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("redirected to %s with token %q", r.URL, r.Header.Get("X-F5-Auth-Token"))
	}))
	t.Cleanup(elsewhere.Close)
	device := newFakeDevice(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL, http.StatusFound)
	})
	_, err := device.client().Pools().Get(t.Context(), "/shop/web", nil)
	if answer, ok := errors.AsType[*Error](err); !ok || answer.StatusCode != http.StatusFound {
		t.Errorf("error %v, want the redirect itself", err)
	}
}

func TestTheDeviceSeesWhoCalls(t *testing.T) {
	t.Parallel()
	var agent string
	device := newFakeDevice(t, func(w http.ResponseWriter, r *http.Request) {
		agent = r.UserAgent()
		ok(webPool)(w, r)
	})
	c := device.client(func(c *Config) { c.UserAgent = "terraform-provider-bigipkube/1.2.3" })
	if _, err := c.Pools().Get(t.Context(), "/shop/web", nil); err != nil {
		t.Fatal(err)
	}
	if agent != "terraform-provider-bigipkube/1.2.3" {
		t.Errorf("User-Agent %q", agent)
	}
}

func TestAProxyIsUsed(t *testing.T) {
	t.Parallel()
	var asked *url.URL
	device := newFakeDevice(t, ok(webPool))
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL
		device.ServeHTTP(w, r)
	}))
	t.Cleanup(proxy.Close)
	c, err := New(Config{Address: "http://bigip.example.com", Username: "admin", Password: "pa55word", ProxyURL: proxy.URL})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Pools().Get(t.Context(), "/shop/web", nil); err != nil {
		t.Fatal(err)
	}
	if asked == nil || asked.Host != "bigip.example.com" {
		t.Errorf("the proxy was asked for %v", asked)
	}
}
