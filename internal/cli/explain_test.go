package cli

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
)

func TestExplainAnswersOnStdoutAndEndsWithOneWhereItCannot(t *testing.T) {
	b := newBigip(t)
	t.Setenv("BIGIP_PASSWORD", "admin")
	t.Setenv("BIGIP_PARTITION", "") // the pool's path names it
	b.rest(http.MethodPost, "ltm/pool", map[string]any{"name": "web", "partition": "shop", "description": "[bigipkube/1 vms@(192.0.2.1:80)=1]"})
	explain := func(args ...string) (int, string, string) {
		var stdout, stderr bytes.Buffer
		code := Run(Build{}, append([]string{"reconcile", "explain"}, args...), &stdout, &stderr)
		return code, stdout.String(), stderr.String()
	}
	if code, stdout, stderr := explain("--pool", "/shop/web", "--member", "192.0.2.1:80"); code != 0 || !strings.Contains(stdout, "why         ready; the next sync adds it\n") || stderr != "" {
		t.Errorf("%d\n%s\n%s", code, stdout, stderr)
	}
	if code, stdout, stderr := explain("--pool", "/shop/web", "-o", "json"); code != 0 || !strings.HasPrefix(stdout, "{\n  \"pool\": \"/shop/web\",\n") || stderr != "" {
		t.Errorf("%d\n%s\n%s", code, stdout, stderr)
	}
	if code, stdout, stderr := explain("--pool", "/shop/none"); code != 1 || stdout != "" || !strings.HasPrefix(stderr, "Error: there is no pool /shop/none on ") {
		t.Errorf("%d\n%s\n%s", code, stdout, stderr)
	}
	if code, stdout, stderr := explain("--route", "ingress/shop/web", "--partition", "shop"); code != 1 || stdout != "" || !strings.HasPrefix(stderr, "Error: ingress/shop/web is not served by ") {
		t.Errorf("%d\n%s\n%s", code, stdout, stderr)
	}
	if code, _, stderr := explain("--route", "shop/web", "--pool", "/shop/web"); code != 1 || !strings.Contains(stderr, "[pool route]") {
		t.Errorf("%d\n%s", code, stderr)
	}
	if code, _, stderr := explain(); code != 1 || stderr != "Error: at least one of the flags in the group [pool route] is required\n" {
		t.Errorf("%d\n%s", code, stderr)
	}
}
