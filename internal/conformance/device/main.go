// Command device tries the conformance suite on a real BIG-IP: "make conformance".
//
//	BIGIP_HOST, BIGIP_PORT             the management address
//	BIGIP_USER, BIGIP_PASSWORD         an administrator, local to the device
//	BIGIP_TRUSTED_CERT_PATH            a file with the authority of its certificate
//	BIGIP_INSECURE=true                do not verify the certificate
//	BIGIP_GUEST_USER, …_PASSWORD       a user with the role Guest, for the cases about rights
//	BIGIP_MANAGER_USER, …_PASSWORD     one with the role Manager of the partition bigipkube-conformance
//	BIGIP_OPERATOR_USER, …_PASSWORD    one with the role Operator of it
//	BIGIP_PEER_HOST, BIGIP_PEER_PORT   the other device of a pair, for the cases about pairs: they synchronise
//	                                   the configuration, and fail over and back
//	BIGIP_HOSTNAME                     a name that the device resolves, for the cases about members with one
//
// It refuses a device that is not marked for tests: the partition
// bigipkube-conformance must exist, and hold nothing else. It writes into that
// partition only, saves the configuration once, and removes what it has made.
//
// The exit code is 0 if all cases passed, 1 if one failed, 2 if it did not run.
package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/conformance"
)

// closeTimeout bounds the clean-up after an interrupt.
const closeTimeout = 30 * time.Second

// requestTimeout is for a save of a large configuration.
const requestTimeout = 5 * time.Minute

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Getenv, os.Stdout)
	stop()
	os.Exit(code)
}

// run tries all cases and reports to out. It returns the exit code.
func run(ctx context.Context, getenv func(string) string, out io.Writer) int {
	target, err := targetFrom(getenv)
	if err != nil {
		fmt.Fprintln(out, "conformance:", err)
		return 2
	}
	device, err := conformance.Open(ctx, target)
	if err != nil {
		fmt.Fprintln(out, "conformance:", err)
		return 2
	}
	fmt.Fprintf(out, "%s, BIG-IP %s\n", target.URL, device.Version)
	report := &report{out: out}
	for _, group := range conformance.Groups() {
		report.group(group.Title)
		for _, c := range group.Cases {
			if ctx.Err() != nil {
				break
			}
			report.add(c, device.Run(ctx, c))
		}
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	err = errors.Join(ctx.Err(), device.Close(closing))
	return report.end(err)
}

// report is what the operator sees.
type report struct {
	out                    io.Writer
	passed, failed, notRun int
	confirmed, wrong       []string // facts that had only been inferred
}

func (r *report) group(title string) { fmt.Fprintf(r.out, "\n%s\n", title) }

func (r *report) add(c conformance.Case, result conformance.Result) {
	inferred := c.Confidence == conformance.Inferred
	switch result.Outcome {
	case conformance.Passed:
		r.passed++
		if inferred {
			r.confirmed = append(r.confirmed, c.Name)
		}
	case conformance.Failed:
		r.failed++
		if inferred {
			r.wrong = append(r.wrong, c.Name)
		}
	case conformance.NotRun:
		r.notRun++
	}
	word := map[conformance.Outcome]string{conformance.Passed: "ok", conformance.Failed: "FAIL", conformance.NotRun: "-"}[result.Outcome]
	fmt.Fprintf(r.out, "  %-4s  %-11s  %s\n", word, c.Confidence, c.Name)
	if result.Outcome == conformance.Failed {
		fmt.Fprintf(r.out, "        %s (icontrol-rest %s)\n", c.Must, c.Source)
	}
	for _, reason := range result.Reasons {
		fmt.Fprintf(r.out, "        %s\n", reason)
	}
}

// end sums up; err is what went wrong besides the cases.
func (r *report) end(err error) int {
	fmt.Fprintf(r.out, "\n%d passed, %d failed, %d not run\n", r.passed, r.failed, r.notRun)
	if len(r.confirmed) > 0 {
		fmt.Fprintf(r.out, "inferred and now seen: %s\n", strings.Join(r.confirmed, "; "))
	}
	if len(r.wrong) > 0 {
		fmt.Fprintf(r.out, "inferred and not so: %s\n", strings.Join(r.wrong, "; "))
	}
	switch {
	case err != nil:
		fmt.Fprintln(r.out, "conformance:", err)
		return 2
	case r.failed > 0:
		return 1
	}
	return 0
}

// targetFrom reads the environment.
func targetFrom(getenv func(string) string) (conformance.Target, error) {
	var target conformance.Target
	for _, name := range []string{"BIGIP_HOST", "BIGIP_USER", "BIGIP_PASSWORD"} {
		if getenv(name) == "" {
			return target, fmt.Errorf("%s is not set. The suite needs BIGIP_HOST, BIGIP_USER and BIGIP_PASSWORD of a device that is marked for tests", name)
		}
	}
	address, err := managementURL(getenv("BIGIP_HOST"), getenv("BIGIP_PORT"))
	if err != nil {
		return target, err
	}
	client, err := newClient(getenv)
	if err != nil {
		return target, err
	}
	users := map[conformance.Role]conformance.Credentials{}
	for role, name := range map[conformance.Role]string{conformance.Guest: "BIGIP_GUEST", conformance.Manager: "BIGIP_MANAGER", conformance.Operator: "BIGIP_OPERATOR"} {
		if user := getenv(name + "_USER"); user != "" {
			users[role] = conformance.Credentials{Username: user, Password: getenv(name + "_PASSWORD")}
		}
	}
	peer := ""
	if host := getenv("BIGIP_PEER_HOST"); host != "" {
		if peer, err = managementURL(host, getenv("BIGIP_PEER_PORT")); err != nil {
			return target, fmt.Errorf("the peer: %w", err)
		}
	}
	return conformance.Target{
		URL: address, Users: users, Client: client, Peer: peer, Hostname: getenv("BIGIP_HOSTNAME"),
		Administrator: conformance.Credentials{Username: getenv("BIGIP_USER"), Password: getenv("BIGIP_PASSWORD")},
	}, nil
}

// managementURL takes "192.0.2.5", "192.0.2.5:8443", "2001:db8::5", "[2001:db8::5]:8443"
// and "https://192.0.2.5".
func managementURL(host, port string) (string, error) {
	host = strings.TrimSuffix(strings.TrimPrefix(host, "https://"), "/")
	if h, p, err := net.SplitHostPort(host); err == nil {
		host, port = h, cmp.Or(port, p)
	}
	port = cmp.Or(port, "443")
	if _, err := strconv.ParseUint(port, 10, 16); err != nil || strings.ContainsAny(host, "/?#@") {
		return "", fmt.Errorf("host and port %q and %q are no address", host, port)
	}
	return "https://" + net.JoinHostPort(strings.Trim(host, "[]"), port), nil
}

func newClient(getenv func(string) string) (*http.Client, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if file := getenv("BIGIP_TRUSTED_CERT_PATH"); file != "" {
		pem, err := os.ReadFile(file) //nolint:gosec // the operator names the file
		if err != nil {
			return nil, err
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("BIGIP_TRUSTED_CERT_PATH: %s holds no certificate", file)
		}
	}
	if insecure := getenv("BIGIP_INSECURE"); insecure != "" {
		skip, err := strconv.ParseBool(insecure)
		if err != nil {
			return nil, fmt.Errorf("BIGIP_INSECURE is %q; it must be true or false", insecure)
		}
		config.InsecureSkipVerify = skip //nolint:gosec // the operator says so
	}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: config}, Timeout: requestTimeout}, nil
}
