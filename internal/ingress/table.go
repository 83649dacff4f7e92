package ingress

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
)

// Table is the routes in words: what matches, and what becomes of it.
//
//	"shop.example.com/api"             "shop/api:http"
//	"shop.example.com/ [x-canary=1]"   "shop/web-new:http"
//	"*.example.com/"                   "shop/web:http 80, shop/web-new:http 20"
//	"old.example.com/"                 "redirect 301"
//	"= shop.example.com/health"        "status 503"
//	"*"                                "shop/home:http"
//	"db.example.com (TLS)"             "shop/db:tls"
//
// Of routes that match the same on several ports the one with TLS is told: the others
// are the same, or send clients there. Fallbacks are left out.
func (s RouteSet) Table() map[string]string {
	table := map[string]string{}
	for _, tls := range []bool{true, false} {
		for _, server := range s.Servers {
			for _, r := range server.Routes {
				match := r.match()
				if server.Passthrough {
					match = r.passed()
				}
				if _, told := table[match]; server.TLS == tls && !told && r.Class != binding.ClassFallback {
					table[match] = r.answer()
				}
			}
		}
	}
	return table
}

// match says what a route matches.
func (r Route) match() string {
	if r.Class == binding.ClassDefault {
		return "*"
	}
	text := r.Host
	if text == "" {
		text = "*"
	}
	switch {
	case r.Path.Exact:
		text = "= " + text + r.Path.Value
	case r.Path.all():
		text += "/"
	default:
		text += r.Path.Value
	}
	var more []string
	if r.Method != "" {
		more = append(more, r.Method)
	}
	for _, pairs := range [][]Pair{r.Headers, r.Cookies, r.Query} {
		for _, p := range pairs {
			more = append(more, p.Name+"="+p.Value)
		}
	}
	more = append(more, r.from()...)
	if len(more) > 0 {
		text += " [" + strings.Join(more, " ") + "]"
	}
	return text
}

// passed says what a route matches whose TLS is left to the pods.
func (r Route) passed() string {
	text := cmp.Or(r.Host, anyHost) + passedWords
	if from := r.from(); len(from) > 0 {
		text += " [" + strings.Join(from, " ") + "]"
	}
	return text
}

// from says which clients a route is for; none is all.
func (r Route) from() (words []string) {
	for _, network := range r.Sources {
		words = append(words, "from "+network.String())
	}
	return words
}

// answer says what becomes of what a route matches.
func (r Route) answer() string {
	switch {
	case r.Redirect != nil:
		return fmt.Sprintf("redirect %d", r.Redirect.Code)
	case r.Status != 0:
		return fmt.Sprintf("status %d", r.Status)
	case r.Reset:
		return "reset"
	case len(r.Backends) == 0:
		return r.Pool.String()
	case len(r.Backends) == 1:
		return r.Backends[0].Ref.String()
	}
	var texts []string
	for _, b := range r.Backends {
		texts = append(texts, fmt.Sprintf("%s %d", b.Ref, b.Weight))
	}
	slices.Sort(texts)
	return strings.Join(texts, ", ")
}
