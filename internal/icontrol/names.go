package icontrol

import (
	"net/url"
	"strings"
)

const (
	managementRoot  = "/mgmt/tm/"
	transactionRoot = managementRoot + "transaction"
)

// encodeName makes the path segment of an object's full path: "/" becomes "~",
// and what is not allowed in a URL is percent-encoded, "%" of a route domain
// above all: "/shop/10.0.0.1%2:80" is "~shop~10.0.0.1%252:80" (icontrol-rest 2.1).
func encodeName(fullPath string) string {
	return url.PathEscape(strings.ReplaceAll(fullPath, "/", "~"))
}
