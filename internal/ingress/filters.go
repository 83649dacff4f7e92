package ingress

import (
	"fmt"
	"slices"
	"strings"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// filtered is a route with what filters do, or why they cannot. What a filter asks
// for may be what protects a backend, so that a rule with one that is refused answers
// with an error.
func (r *ruleRead) filtered(filters []gatewayv1.HTTPRouteFilter) (Route, string) {
	return r.filter(Route{}, filters)
}

func (r *ruleRead) filter(route Route, filters []gatewayv1.HTTPRouteFilter) (Route, string) {
	for _, f := range filters {
		var reason string
		switch {
		case f.Type == gatewayv1.HTTPRouteFilterRequestHeaderModifier && f.RequestHeaderModifier != nil:
			route.RequestHeaders, reason = editHeaders(route.RequestHeaders, f.RequestHeaderModifier)
		case f.Type == gatewayv1.HTTPRouteFilterResponseHeaderModifier && f.ResponseHeaderModifier != nil:
			route.ResponseHeaders, reason = editHeaders(route.ResponseHeaders, f.ResponseHeaderModifier)
		case f.Type == gatewayv1.HTTPRouteFilterRequestRedirect && f.RequestRedirect != nil:
			route.Redirect, reason = readRedirect(f.RequestRedirect)
		case f.Type == gatewayv1.HTTPRouteFilterURLRewrite && f.URLRewrite != nil:
			route.Rewrite, reason = readRewrite(f.URLRewrite)
		default:
			reason = fmt.Sprintf("the filter %s cannot be applied by a policy", f.Type)
		}
		if reason != "" {
			return Route{}, reason
		}
	}
	return route, ""
}

// editHeaders adds the edits of a filter. They are on different fields, so that their
// order is of no consequence.
func editHeaders(edits []HeaderEdit, f *gatewayv1.HTTPHeaderFilter) ([]HeaderEdit, string) {
	edits = slices.Clone(edits)
	for _, h := range f.Set {
		edits = append(edits, HeaderEdit{Kind: ltm.ReplaceHeader, Name: string(h.Name), Value: h.Value})
	}
	for _, h := range f.Add {
		edits = append(edits, HeaderEdit{Kind: ltm.InsertHeader, Name: string(h.Name), Value: h.Value})
	}
	for _, name := range f.Remove {
		edits = append(edits, HeaderEdit{Kind: ltm.RemoveHeader, Name: name})
	}
	for _, e := range edits {
		if e.Name == "" || !plainText(e.Name) || strings.ContainsAny(e.Name, ":,/()=?@") {
			return nil, fmt.Sprintf("%q is no name of a header", e.Name)
		}
		if strings.ContainsFunc(e.Value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
			return nil, fmt.Sprintf("the value of header %s has characters that no header has", e.Name)
		}
		if isTcl(e.Value) {
			return nil, fmt.Sprintf("the value of header %s begins with %q, which a BIG-IP would run as Tcl", e.Name, tclPrefix)
		}
	}
	return edits, ""
}

func readRedirect(f *gatewayv1.HTTPRequestRedirectFilter) (*Redirect, string) {
	to := &Redirect{Scheme: valueOr(f.Scheme, ""), Host: string(valueOr(f.Hostname, "")), Code: valueOr(f.StatusCode, 302)}
	if !slices.Contains([]string{"", "http", "https"}, to.Scheme) {
		return nil, fmt.Sprintf("the scheme %q of a redirect is not known", to.Scheme)
	}
	if !slices.Contains([]int{301, 302, 303, 307, 308}, to.Code) {
		return nil, fmt.Sprintf("the status %d is no redirect", to.Code)
	}
	if f.Port != nil {
		to.Port = uint16(*f.Port)
	}
	var reason string
	to.Path, reason = readPathEdit(f.Path)
	if reason == "" && !plainText(to.Host) {
		reason = fmt.Sprintf("the hostname %q has characters that no URL has", to.Host)
	}
	return to, reason
}

func readRewrite(f *gatewayv1.HTTPURLRewriteFilter) (rewrite Rewrite, reason string) {
	rewrite.Host = string(valueOr(f.Hostname, ""))
	if isTcl(rewrite.Host) || !plainText(rewrite.Host) {
		return Rewrite{}, fmt.Sprintf("the hostname %q is none", rewrite.Host)
	}
	rewrite.Path, reason = readPathEdit(f.Path)
	return rewrite, reason
}

func readPathEdit(p *gatewayv1.HTTPPathModifier) (edit PathEdit, reason string) {
	switch {
	case p == nil:
		return edit, ""
	case p.Type == gatewayv1.FullPathHTTPPathModifier && p.ReplaceFullPath != nil:
		edit = PathEdit{Kind: ReplaceFull, Value: *p.ReplaceFullPath}
	case p.Type == gatewayv1.PrefixMatchHTTPPathModifier && p.ReplacePrefixMatch != nil:
		edit = PathEdit{Kind: ReplacePrefix, Value: strings.TrimRight(*p.ReplacePrefixMatch, "/")}
	default:
		return edit, fmt.Sprintf("the path modifier %q is not known", p.Type)
	}
	if edit.Value != "" && !strings.HasPrefix(edit.Value, "/") {
		edit.Value = "/" + edit.Value
	}
	if !plainText(edit.Value) {
		return edit, fmt.Sprintf("the path %q has characters that no path has unless they are escaped", edit.Value)
	}
	return edit, ""
}
