package conformance

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Partition is the mark of a device for tests: an operator makes it by hand,
//
//	tmsh create auth partition bigipkube-conformance
//
// on a device that may be written to. All objects of the suite live in it.
const Partition = "bigipkube-conformance"

// ErrRefused says that the suite did not run: the device is not marked for
// tests, or holds something there that the suite has not made.
var ErrRefused = errors.New("the suite does not run on this device")

// Credentials are a user's.
type Credentials struct{ Username, Password string }

// Target is the device to try. The administrator is a user with the role of one.
type Target struct {
	URL           string // "https://192.0.2.5:8443"
	Administrator Credentials
	Users         map[Role]Credentials // cases that need others do not run
	Peer          string               // the URL of the other device of its pair, with the same administrator; "": it stands alone
	Hostname      string               // a name that the device resolves to addresses; "": there is none
	Client        *http.Client         // trusts the device, and its peer
}

// lacks says why a case cannot run on the target; "" if it can.
func (t Target) lacks(c Case) string {
	_, user := t.Users[c.Needs]
	switch {
	case c.Needs != "" && !user:
		return "no user with the role " + string(c.Needs) + " is given"
	case c.With == Peer && t.Peer == "", c.With == Hostname && t.Hostname == "":
		return string(c.With) + " is not given"
	}
	return ""
}

// Device is a device that is marked for tests. Its methods are not safe for
// concurrent use: cases follow one another.
type Device struct {
	session
	target   Target
	patience time.Duration
	Version  string // "17.1.1"
}

// Open logs in, looks for the mark and for strangers' objects, reads the version
// and removes what an interrupted run left. Nothing is written to a device that
// is refused. errors.Is(err, [ErrRefused]).
func Open(ctx context.Context, target Target) (*Device, error) {
	d := &Device{target: target, patience: patience, session: session{url: target.URL, client: target.Client}}
	token, err := d.login(ctx, target.Administrator)
	if err != nil {
		return nil, err
	}
	d.session = d.withToken(token)
	if err := errors.Join(d.extend(ctx), d.admit(ctx)); err != nil {
		return nil, errors.Join(err, d.logout(ctx))
	}
	return d, nil
}

func (d *Device) admit(ctx context.Context) error {
	mark, err := d.send(ctx, http.MethodGet, "/auth/partition/"+Partition, "")
	switch {
	case err != nil:
		return err
	case mark.Status == http.StatusNotFound:
		return fmt.Errorf("%w: it is not marked for tests. If it may be written to: tmsh create auth partition %s", ErrRefused, Partition)
	case mark.Status != http.StatusOK:
		return fmt.Errorf("looking for partition %s: %s", Partition, mark)
	}
	version, err := d.send(ctx, http.MethodGet, "/sys/version", "")
	if err != nil {
		return err
	}
	if d.Version, _ = at(counters(version.Body), "Version", "description").(string); d.Version == "" {
		return fmt.Errorf("reading the version: %s", version)
	}
	found, err := d.objects(ctx, kinds)
	if err != nil {
		return err
	}
	for _, o := range found {
		if !o.ours() {
			return fmt.Errorf("%w: partition %s holds %s, which is not the suite's", ErrRefused, Partition, o)
		}
	}
	if err := d.remove(ctx, found); err != nil {
		return err
	}
	if mark, err = d.send(ctx, http.MethodGet, "/auth/partition/"+Partition, ""); err != nil {
		return err
	}
	if n := number(mark.Body["defaultRouteDomain"]); n > 0 {
		return fmt.Errorf("%w: the default route domain of partition %s is %d; it must be 0", ErrRefused, Partition, n)
	}
	return nil
}

// Close removes what is left and logs out.
func (d *Device) Close(ctx context.Context) error {
	found, err := d.objects(ctx, kinds)
	if err == nil {
		err = d.remove(ctx, found)
	}
	return errors.Join(err, d.logout(ctx))
}

// Outcome is what became of a case.
type Outcome string

// What can become of a case.
const (
	Passed Outcome = "passed"
	Failed Outcome = "failed"
	NotRun Outcome = "not run"
)

// Result is what became of a case, and why.
type Result struct {
	Outcome Outcome
	Reasons []string
}

// Run tries a case and cleans up after it.
func (d *Device) Run(ctx context.Context, c Case) Result {
	if !c.Versions.Contain(d.Version) {
		return Result{NotRun, []string{"it holds " + c.Versions.String() + ", the device has " + d.Version}}
	}
	if reason := d.target.lacks(c); reason != "" {
		return Result{NotRun, []string{reason}}
	}
	check := &Check{session: d.session, record: &record{touched: map[string]bool{}}, ctx: ctx, device: d}
	check.run(c.Test)
	if err := d.clean(ctx, check.touched); err != nil {
		check.Errorf("cleaning up: %v", err)
	}
	if len(check.failures) > 0 {
		return Result{Failed, check.failures}
	}
	return Result{Outcome: Passed}
}

// login returns a token.
func (d *Device) login(ctx context.Context, as Credentials) (string, error) {
	anonymous := session{url: d.url, client: d.client}
	a, err := anonymous.send(ctx, http.MethodPost, "/mgmt/shared/authn/login", loginBody(as))
	if err != nil {
		return "", err
	}
	token, _ := at(a.Body, "token", "token").(string)
	if token == "" {
		return "", fmt.Errorf("logging in as %s: %s", as.Username, a)
	}
	return token, nil
}

// extend makes the token last for a run on a slow device.
func (d *Device) extend(ctx context.Context) error {
	a, err := d.send(ctx, http.MethodPatch, "/mgmt/shared/authz/tokens/"+d.header.Get(tokenHeader), `{"timeout":3600}`)
	if err == nil && a.Status != http.StatusOK {
		err = fmt.Errorf("extending the token: %s", a)
	}
	return err
}

func (d *Device) logout(ctx context.Context) error {
	a, err := d.send(ctx, http.MethodDelete, "/mgmt/shared/authz/tokens/"+d.header.Get(tokenHeader), "")
	if err == nil && a.Status != http.StatusOK {
		err = fmt.Errorf("logging out: %s", a)
	}
	return err
}

func loginBody(as Credentials) string {
	return `{"username":` + quote(as.Username) + `,"password":` + quote(as.Password) + `,"loginProviderName":"tmos"}`
}

// inPartition replaces $P by the name of the partition.
func inPartition(text string) string { return strings.ReplaceAll(text, "$P", Partition) }
