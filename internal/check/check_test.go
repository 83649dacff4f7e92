package check_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/check"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
)

func serve(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

func TestAURLMustAnswerWithItsStatus(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/moved" {
			http.Redirect(w, r, "/healthz", http.StatusFound)
			return
		}
		if r.URL.Path != "/healthz" {
			http.NotFound(w, r)
		}
	})
	for _, test := range []struct {
		path   string
		status int
		want   string
	}{
		{"/healthz", 0, ""},
		{"/healthz", 200, ""},
		{"/missing", 404, ""},
		{"/moved", 302, ""},
		{"/missing", 0, "/missing answered 404, and not 200"},
		{"/moved", 200, "/moved answered 302, and not 200"},
	} {
		err := check.Checker{}.Check(t.Context(), cutover.Check{URL: server.URL + test.path, Status: test.status})
		if got := fmt.Sprint(err); err == nil && test.want != "" || err != nil && (test.want == "" || !strings.HasSuffix(got, test.want)) {
			t.Errorf("%s %d: %v", test.path, test.status, err)
		}
	}
	server.Close()
	if err := (check.Checker{}).Check(t.Context(), cutover.Check{URL: server.URL}); err == nil || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("nobody listens: %v", err)
	}
}

func TestAPreviewListenerIsAskedUnderTheNameOfTheURL(t *testing.T) {
	t.Parallel()
	var host string
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) { host = r.Host })
	err := check.Checker{}.Check(t.Context(), cutover.Check{URL: "http://shop.example/healthz", Via: server.Listener.Addr().String()})
	if err != nil || host != "shop.example" {
		t.Errorf("%v, asked for %q", err, host)
	}
}

func TestAQueryMustFulfilItsConditionInEveryValue(t *testing.T) {
	t.Parallel()
	vector := func(values ...string) string {
		var samples []string
		for _, v := range values {
			samples = append(samples, `{"metric":{"pod":"a"},"value":[1732451234.5,"`+v+`"]}`)
		}
		return `{"status":"success","data":{"resultType":"vector","result":[` + strings.Join(samples, ",") + `]}}`
	}
	for _, test := range []struct {
		answer, condition, want string
	}{
		{vector("0.001"), "< 0.01", ""},
		{vector("0.001", "0.02"), "< 0.01", `the query "errors" is 0.02, and not < 0.01`},
		{vector(), "< 0.01", `the query "errors" found nothing`},
		{vector("NaN"), "< 0.01", `the query "errors" is NaN, and not < 0.01`},
		{`{"status":"success","data":{"resultType":"scalar","result":[1732451234.5,"7"]}}`, ">= 7", ""},
		{`{"status":"success","data":{"resultType":"matrix","result":[]}}`, ">= 7", "answered 200: a matrix is neither a vector nor a scalar"},
		{`{"status":"error","errorType":"bad_data","error":"parse error"}`, ">= 7", "answered 200: parse error"},
		{`<html>`, ">= 7", "answered 200: that is no answer of the query API"},
	} {
		var asked string
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			asked = r.URL.Path + " " + r.FormValue("query")
			fmt.Fprint(w, test.answer)
		})
		condition, err := cutover.ParseCondition(test.condition)
		if err != nil {
			t.Fatal(err)
		}
		err = check.Checker{}.Check(t.Context(), cutover.Check{Prometheus: server.URL + "/", Query: "errors", Condition: condition})
		if err == nil && test.want != "" || err != nil && (test.want == "" || !strings.HasSuffix(err.Error(), test.want)) {
			t.Errorf("%s: %v, want %s", test.answer, err, test.want)
		}
		if asked != "" && asked != "/api/v1/query errors" {
			t.Errorf("asked %s", asked)
		}
	}
}
