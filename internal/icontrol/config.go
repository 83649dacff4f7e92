package icontrol

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-cleanhttp"
)

// Defaults of [Config].
const (
	// DefaultRequestTimeout is longer than the 60 seconds after which restjavad
	// itself gives up (icontrol-rest 9), so that the device's answer comes first.
	DefaultRequestTimeout = 75 * time.Second
	// DefaultRetryTimeout bounds all attempts of one call together.
	DefaultRetryTimeout = 2 * time.Minute
	// DefaultReaders is "a few": more do not make the device faster (icontrol-rest 9).
	DefaultReaders = 4

	defaultLoginProvider = "tmos"
	defaultUserAgent     = "terraform-provider-bigipkube"
	dialTimeout          = 10 * time.Second
)

// Config says how to reach one BIG-IP. The zero value of a field is its default.
type Config struct {
	// Address is a host name or an IP address, with or without "https://" and
	// with or without ":port": "bigip.example.com", "192.0.2.1:8443",
	// "[2001:db8::1]". Plain HTTP is spoken only when "http://" is written.
	Address string
	// Port overrides the port of Address. 0: the port of Address, else 443 (80 for http).
	Port int

	// Username and Password log in at LoginProvider.
	Username string
	Password Secret
	// Token is a token that somebody else made. It is used first and never deleted.
	Token Secret
	// LoginProvider is the name of the authentication source. Default "tmos".
	LoginProvider string

	// Insecure switches off the verification of the device's certificate.
	Insecure bool
	// CACertificatePEM and CAFile add certificate authorities to the system's.
	CACertificatePEM string
	CAFile           string
	// TLSServerName is the name expected in the certificate. Default: the host of Address.
	TLSServerName string
	// ProxyURL is used for every request. Default: HTTPS_PROXY and NO_PROXY of the environment.
	ProxyURL string

	// UserAgent is what the device sees in its logs.
	UserAgent string
	// RequestTimeout bounds one attempt, RetryTimeout all attempts of one call.
	RequestTimeout time.Duration
	RetryTimeout   time.Duration
	// Readers is the number of reads at the same time. Writes go one by one.
	Readers int
	// Logger receives one debug line per call. Default: none.
	Logger *slog.Logger
	// Observe is told of each HTTP exchange, logins and repetitions included, from
	// the goroutine that made it: it must not block. Default: nobody.
	Observe func(Exchange)
}

// ConfigError says which field of a [Config] is wrong, and why.
type ConfigError struct {
	Field   string // the name of the field in [Config], such as "Address"
	Reason  string
	Missing string // what is not set, "the management address of the BIG-IP"; "" if it is set, and wrong
	Env     string // of what is missing: the environment variable that is asked for it
}

// Error implements error.
func (e *ConfigError) Error() string { return e.Field + ": " + e.Reason }

func configErrorf(field, format string, args ...any) error {
	return &ConfigError{Field: field, Reason: fmt.Sprintf(format, args...)}
}

func (c Config) withDefaults() Config {
	c.LoginProvider = cmp.Or(c.LoginProvider, defaultLoginProvider)
	c.UserAgent = cmp.Or(c.UserAgent, defaultUserAgent)
	c.RequestTimeout = cmp.Or(c.RequestTimeout, DefaultRequestTimeout)
	c.RetryTimeout = cmp.Or(c.RetryTimeout, DefaultRetryTimeout)
	c.Readers = cmp.Or(c.Readers, DefaultReaders)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

func (c Config) validate() error {
	switch {
	case c.Token == "" && c.Username == "":
		return configErrorf("Username", "a username and a password, or a token, are needed to log in")
	case c.Username != "" && c.Password == "":
		return configErrorf("Password", "a password is needed for the user %q", c.Username)
	case c.Readers < 1:
		return configErrorf("Readers", "must be at least 1, is %d", c.Readers)
	case c.RequestTimeout < 0:
		return configErrorf("RequestTimeout", "must not be negative, is %s", c.RequestTimeout)
	case c.RetryTimeout < 0:
		return configErrorf("RetryTimeout", "must not be negative, is %s", c.RetryTimeout)
	}
	return nil
}

// baseURL returns scheme, host and port of the device.
func (c Config) baseURL() (*url.URL, error) {
	text := strings.TrimSpace(c.Address)
	if text == "" {
		return nil, configErrorf("Address", "the address of the BIG-IP is needed")
	}
	if !strings.Contains(text, "://") {
		text = "https://" + bracketIPv6(text)
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "":
		return nil, configErrorf("Address", "%q is not a host name, an IP address or a URL", c.Address)
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, configErrorf("Address", "the scheme of %q must be https (or http)", c.Address)
	case u.User != nil:
		return nil, configErrorf("Address", "must not contain a user name or a password")
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return nil, configErrorf("Address", "%q must end after the host and the port", c.Address)
	}
	if c.Port < 0 || c.Port > 65535 {
		return nil, configErrorf("Port", "must be between 1 and 65535, is %d", c.Port)
	}
	host := u.Host
	if c.Port != 0 {
		host = net.JoinHostPort(u.Hostname(), strconv.Itoa(c.Port))
	}
	return &url.URL{Scheme: u.Scheme, Host: host}, nil
}

// bracketIPv6 makes "2001:db8::1" the host of a URL; other text is left alone.
func bracketIPv6(text string) string {
	if ip := net.ParseIP(text); ip != nil && strings.Contains(text, ":") {
		return "[" + text + "]"
	}
	return text
}

// transport verifies the device against the system's authorities and the extra
// ones, and keeps as many connections as it uses at a time: a TLS handshake is
// dear on a device.
func (c Config) transport() (*http.Transport, error) {
	tlsConfig, err := c.tlsConfig()
	if err != nil {
		return nil, err
	}
	t := cleanhttp.DefaultPooledTransport()
	t.TLSClientConfig = tlsConfig
	t.DialContext = (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext
	t.MaxIdleConnsPerHost = c.Readers + 1
	if c.ProxyURL != "" {
		proxy, err := url.Parse(c.ProxyURL)
		if err != nil || proxy.Host == "" {
			return nil, configErrorf("ProxyURL", "is not a URL with a host") // it may hold a password: not echoed
		}
		t.Proxy = http.ProxyURL(proxy)
	}
	return t, nil
}

func (c Config) tlsConfig() (*tls.Config, error) {
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool() // no system store, as in an empty container: the extra authorities remain
	}
	if c.CACertificatePEM != "" && !roots.AppendCertsFromPEM([]byte(c.CACertificatePEM)) {
		return nil, configErrorf("CACertificatePEM", "holds no certificate in PEM form")
	}
	if c.CAFile != "" {
		pem, err := os.ReadFile(c.CAFile)
		if err != nil {
			return nil, configErrorf("CAFile", "cannot be read: %v", err)
		}
		if !roots.AppendCertsFromPEM(pem) {
			return nil, configErrorf("CAFile", "%s holds no certificate in PEM form", c.CAFile)
		}
	}
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		RootCAs:            roots,
		ServerName:         c.TLSServerName,
		InsecureSkipVerify: c.Insecure, //nolint:gosec // the user asked for it; the default verifies
	}, nil
}
