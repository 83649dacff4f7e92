package customtypes

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
)

// FullPath accepts the full path of an object, such as "/Common/http".
func FullPath() validator.String {
	return form{"must be a full path such as /Common/http", "Not a full path", func(text string) error {
		_, err := ltm.ParsePath(text)
		return err
	}}
}

// Name accepts the name of an object or of a partition, without slashes.
func Name() validator.String {
	return form{"must be a name without slashes", "Not a name", func(text string) error {
		if strings.Contains(text, "/") {
			return fmt.Errorf("%q has a slash: the partition is an attribute of its own, and the name stands alone", text)
		}
		_, err := ltm.ParsePathIn(ltm.Common, text)
		return err
	}}
}

// Folder accepts a folder below a partition, such as "app" or "app/deeper".
func Folder() validator.String {
	return form{"must be a folder below the partition, such as app or app/deeper", "Not a folder", func(text string) error {
		if strings.HasPrefix(text, "/") || strings.HasSuffix(text, "/") {
			return fmt.Errorf("%q begins or ends with a slash: write it without, the partition is an attribute of its own", text)
		}
		_, err := ltm.ParsePath("/" + ltm.Common + "/" + text + "/x")
		return err
	}}
}

// PacketMark accepts what a pool may write into packets: "pass-through", "mimic",
// or a number up to most.
func PacketMark(most int) validator.String {
	return form{fmt.Sprintf("must be pass-through, mimic, or a number from 0 to %d", most), "Not a mark of packets", func(text string) error {
		if text == ltm.PassThrough || text == "mimic" {
			return nil
		}
		number, err := strconv.Atoi(text)
		if err != nil || number < 0 || number > most {
			return fmt.Errorf("%q is neither pass-through nor mimic nor a number from 0 to %d", text, most)
		}
		return canonical(text, strconv.Itoa(number))
	}}
}

// Words accepts a description: any text that is not taken for the mark by which
// this provider knows what a pool or a member is bound to.
func Words() validator.String {
	return form{"must not have a mark of this provider", "Not a description of your own", func(text string) error {
		if binding.Marked(text) {
			return errors.New("what begins with [bigipkube/ is the mark that this provider writes behind your words: leave it out, it comes by itself")
		}
		return nil
	}}
}

// MemberKey accepts an address and a port in canonical form, such as
// "10.0.0.1:8080", "[2001:db8::1]:8080" or "10.0.0.1%2:8080".
func MemberKey() validator.String {
	return form{"must be an address and a port such as 192.0.2.1:8080", "Not an address and a port", func(text string) error {
		key, err := ltm.ParseMemberKey(text)
		if err != nil {
			return err
		}
		return canonical(text, key.String())
	}}
}

// LabelKey accepts the key of a label of Kubernetes, such as "app" or
// "app.kubernetes.io/name".
func LabelKey() validator.String {
	return form{"must be the key of a label, such as app or app.kubernetes.io/name", "Not the key of a label", func(text string) error {
		if !labelKey.MatchString(text) {
			return fmt.Errorf("%q is not the key of a label of Kubernetes: up to 63 letters, digits, -, _ and ., with a domain and a slash before them if need be", text)
		}
		return nil
	}}
}

// LabelValue accepts the value of a label of Kubernetes, such as "shop".
func LabelValue() validator.String {
	return form{"must be the value of a label, such as shop", "Not the value of a label", func(text string) error {
		if !labelValue.MatchString(text) {
			return fmt.Errorf("%q is not the value of a label of Kubernetes: up to 63 letters, digits, -, _ and ., or nothing", text)
		}
		return nil
	}}
}

// Labels as Kubernetes has them.
var (
	labelKey   = regexp.MustCompile(`^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?$`)
	labelValue = regexp.MustCompile(`^([A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?)?$`)
)

// Duration accepts what ParseDuration reads.
func Duration() validator.String {
	return form{"must be a duration such as 30s, 5m or 1h30m", "Not a duration", func(text string) error {
		_, err := ParseDuration(text)
		return err
	}}
}

// ParseDuration reads a duration of 0 or more, such as "30s", "5m" or "1h30m".
func ParseDuration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%q is not a duration: write a number and a unit, such as 30s, 5m or 1h30m", text)
	case d < 0:
		return 0, fmt.Errorf("%q is negative", text)
	}
	return d, nil
}

// Requirement accepts a number of members or a percentage, such as "2" or
// "80%". Terraform makes a string of a number, so users write 2 as well.
func Requirement() validator.String {
	return form{"must be a number of members such as 2, or a percentage such as 80%", "Not a requirement", func(text string) error {
		requirement, err := cutover.ParseRequirement(text)
		if err != nil {
			return err
		}
		return canonical(text, requirement.String())
	}}
}

// errNotCanonical is a value in another spelling than the device's.
var errNotCanonical = errors.New("not in canonical form")

func canonical(text, want string) error {
	if text == want {
		return nil
	}
	return fmt.Errorf("%q is %w: write %q", text, errNotCanonical, want)
}

// form is a validator of the text form of a value.
type form struct {
	description string
	summary     string
	check       func(text string) error
}

// Description is the form in words.
func (f form) Description(context.Context) string { return "value " + f.description }

// MarkdownDescription is the form in words.
func (f form) MarkdownDescription(ctx context.Context) string { return f.Description(ctx) }

// ValidateString lets null and unknown values pass.
func (f form) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if err := f.check(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.Append(diagnostics.Invalid(req.Path, f.summary, err.Error()))
	}
}

// Window accepts a window of time in which traffic is frozen.
func Window() validator.String {
	return form{"must be a window of time such as Fri 16:00-Mon 08:00", "Not a window of time", func(text string) error {
		_, err := cutover.ParseWindow(text)
		return err
	}}
}

// Condition accepts a comparison with a number, such as "< 0.01".
func Condition() validator.String {
	return form{"must be a condition such as < 0.01", "Not a condition", func(text string) error {
		_, err := cutover.ParseCondition(text)
		return err
	}}
}

// URL accepts an http or https URL without a user and password: those would be
// in the state for everybody to read.
func URL() validator.String {
	return form{"must be an http or https URL", "Not a URL", func(text string) error {
		parsed, err := url.Parse(text)
		switch {
		case err != nil || parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https":
			return errors.New("it must be a URL such as https://shop.example/healthz") // text may hold a password
		case parsed.User != nil:
			return errors.New("it must not hold a user or a password: the state would")
		}
		return nil
	}}
}

// HostPort accepts a host and a port, such as "192.0.2.10:443".
func HostPort() validator.String {
	return form{"must be a host and a port such as 192.0.2.10:443", "Not a host and a port", func(text string) error {
		host, port, err := net.SplitHostPort(text)
		number, bad := strconv.Atoi(port)
		if err != nil || host == "" || bad != nil || number < 1 || number > 65535 {
			return fmt.Errorf("%q is not a host and a port: write 192.0.2.10:443 or [2001:db8::10]:443", text)
		}
		return nil
	}}
}
