package ingress_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
)

func TestRoutesAreToldInWords(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]map[string]string{
		"testdata/ingress.in.yaml": {
			"*":                         "shop/home:8080",
			"*.example.org/":            "redirect 301",
			"*.example.org/any":         "shop/web:http",
			"plain.example.net/":        "shop/web:http",
			"shop.example.com/":         "shop/web:http",
			"shop.example.com/api":      "shop/api:http",
			"= shop.example.com/health": "shop/api:http",
		},
		"testdata/gateway.in.yaml": {
			"*/":                                     "status 500",
			"old.example.com/in":                     "shop/web:http",
			"old.example.com/old":                    "redirect 301",
			"shop.example.com/":                      "lab/web:http 5, shop/web-new:http 15, shop/web-old:http 0, shop/web:http 80",
			"shop.example.com/ [GET x-canary=1 v=2]": "shop/web-new:http",
		},
	} {
		objects, options := readGolden(t, file)
		routes, _ := ingress.Translate(objects, options)
		if diff := cmp.Diff(want, routes.Table()); diff != "" {
			t.Errorf("%s: -want +got\n%s", file, diff)
		}
	}
}
