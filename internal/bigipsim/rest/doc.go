// Package rest is the simulated device's iControl REST interface: it turns an
// HTTP request below /mgmt into commands for package config, and objects back
// into the JSON of the device. Its parts are those of a BIG-IP (icontrol-rest 0):
//
//	request ──▶ authenticate (httpd, restjavad) ──▶ authorize (roles) ──▶ route
//	   /mgmt/shared/authn, authz   tokens            token.go, login.go
//	   /mgmt/tm/transaction        queued commands   transaction.go
//	   /mgmt/tm/{sys,cm}/…         the box itself    system.go
//	   /mgmt/tm/<kind>/…           objects           objects.go, encode.go, query.go
//	   /mgmt/tm/util/…             a few commands    util.go
//	   /mgmt/shared/file-transfer  uploads           upload.go
//	   …/stats                     counters          stats.go
//
// Each layer refuses in its own shape (errors.go): HTML from httpd, ":resterrorresponse"
// from restjavad, "apiError" from icrd and mcpd (icontrol-rest 6.1).
//
// It must not know how traffic flows: health and counters come from Traffic.
package rest
