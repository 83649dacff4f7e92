// Package cutoverattr is the attribute `cutover`, which pools and virtual
// servers share: how carefully an apply moves traffic. It turns
//
//	cutover = { require_available = "80%", timeout = "2m", drain = "1m" }
//
// into a cutover.Spec. It knows neither resource.
package cutoverattr
