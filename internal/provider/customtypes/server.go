package customtypes

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// Network accepts a network in canonical form, without a route domain, and all
// addresses of a family.
func Network() validator.String {
	return form{"must be a network such as 198.51.100.0/24 or 2001:db8::/32", "Not a network", func(text string) error {
		if text == "0.0.0.0/0" || text == "::/0" {
			return nil
		}
		source, _, err := ltm.ParseSource(text)
		if err == nil && source != text {
			return fmt.Errorf("%q is %w: write %q", text, errNotCanonical, cmp.Or(source, "0.0.0.0/0"))
		}
		return err
	}}
}

// PathWithBlanks accepts a full path whose name may have blanks, as those of the
// device's own log profiles have.
func PathWithBlanks() validator.String {
	return form{"must be a full path such as /Common/Log illegal requests", "Not a full path", func(text string) error {
		_, err := ltm.ParsePath(strings.ReplaceAll(text, " ", "_"))
		return err
	}}
}

// Address accepts an address, which may name its route domain: "203.0.113.10",
// "10.0.0.1%2".
func Address() validator.String {
	return form{"must be an address such as 203.0.113.10 or 2001:db8::10", "Not an address", func(text string) error {
		address, err := ltm.ParseAddress(text)
		if err != nil {
			return err
		}
		return canonical(text, address.String())
	}}
}
