package icontrol

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var kinds = map[string]error{
	"not found": ErrNotFound, "exists": ErrExists, "conflict": ErrConflict, "in use": ErrInUse, "invalid": ErrInvalid,
	"unauthorized": ErrUnauthorized, "forbidden": ErrForbidden, "busy": ErrBusy,
}

func kindsOf(err error) (names []string) {
	for name, kind := range kinds {
		if errors.Is(err, kind) {
			names = append(names, name)
		}
	}
	return names
}

// The rows are the catalogue of icontrol-rest 6.2 and 1.4.
func TestAnAnswerIsOneKindOfError(t *testing.T) {
	t.Parallel()
	icrd := func(code, apiError, message string) string {
		return `{"code":` + code + `,"message":"` + message + `","errorStack":[],"apiError":` + apiError + `}`
	}
	rest := func(code, message string) string {
		return `{"code":` + code + `,"message":"` + message + `","referer":"192.0.2.9","restOperationId":642266943,"kind":":resterrorresponse"}`
	}
	tests := []struct {
		name   string
		status int
		body   string
		kind   string // "" for none
		code   string
		retry  bool
		gone   bool // the token
	}{
		{name: "mcpd does not find it", status: 404, body: notFound, kind: "not found", code: "01020036"},
		{name: "icrd does not find it", status: 404, body: icrd("404", "1", "Object not found - /shop/web"), kind: "not found"},
		{name: "a dangling reference", status: 400, body: icrd("400", "3", "01070277:3: The requested Pool (/shop/p) was not found."), kind: "not found", code: "01070277"},
		{name: "a path that is not registered yet", status: 404, body: rest("404", "Public URI path not registered: /tm/ltm/pool"), kind: "busy", retry: true},
		{name: "exists", status: 409, body: existsBody, kind: "exists", code: "01020066"},
		{name: "a destination that is taken", status: 400, body: icrd("400", "3", "01070333:3: Virtual Server /Common/b illegally shares destination address"), kind: "conflict", code: "01070333"},
		{name: "an address that is taken", status: 400, body: icrd("400", "3", "0107176c:3: Invalid Node, the IP address 10.0.0.1 already exists."), kind: "conflict", code: "0107176c"},
		{name: "a pool in use", status: 400, body: icrd("400", "3", "01070265:3: The Pool (/Common/p) cannot be deleted because it is in use by a Virtual Server (/Common/v)."), kind: "in use", code: "01070265"},
		{name: "a monitor in use", status: 400, body: icrd("400", "3", "01070083:3: Monitor m is in use"), kind: "in use", code: "01070083"},
		{name: "a node in use", status: 400, body: icrd("400", "3", "01070110:3: Node address '/Common/n' is referenced by a member of pool '/Common/p'."), kind: "in use", code: "01070110"},
		{name: "a SNAT pool in use", status: 400, body: icrd("400", "3", "01070320:3: Snatpool X is still referenced by a virtual server."), kind: "in use", code: "01070320"},
		{name: "in use, in a transaction", status: 400, body: icrd("400", "2", "transaction failed:01070320:3: Snatpool X is still referenced by a virtual server."), kind: "in use", code: "01070320"},
		{name: "a refused transaction without a code", status: 400, body: icrd("400", "2", "transaction failed:one or more configuration identifiers must be provided"), kind: "invalid"},
		{name: "a partition that is not empty", status: 400, body: icrd("400", "3", "0107082a:3: You must remove all objects from a partition before removing the partition (T1), type ID (4032)"), kind: "in use", code: "0107082a"},
		{name: "a configuration error", status: 400, body: icrd("400", "3", "01070734:3: Configuration error: Can't associate Pool Member (/wrong/p /wrong/10.0.0.1 http) folder does not exist"), kind: "invalid", code: "01070734"},
		{name: "a bad word", status: 400, body: icrd("400", "26214401", `invalid property value \"load-balancing-mode\":\"leastconnection\"`), kind: "invalid"},
		{name: "a missing partition", status: 400, body: icrd("400", "26214401", "The requested folder (/x) was not found."), kind: "invalid"},
		{name: "mcpd denies the object", status: 400, body: icrd("400", "3", "01070822:3: Access Denied: user (u) does not have create access to object (pool)"), kind: "forbidden", code: "01070822"},
		{name: "provisioning goes on", status: 400, body: icrd("400", "3", "01071003:3: A previous provisioning operation is in progress. Try again when the BIGIP is active."), kind: "busy", code: "01071003", retry: true},
		{name: "a bad password", status: 401, body: rest("401", "Authentication failed."), kind: "unauthorized", gone: true},
		{name: "an expired token", status: 401, body: rest("401", "X-F5-Auth-Token has expired."), kind: "unauthorized", gone: true},
		{name: "an unknown token", status: 401, body: rest("401", "X-F5-Auth-Token does not exist."), kind: "unauthorized", gone: true},
		{name: "bad basic credentials", status: 401, body: `<html><head><title>401 Unauthorized</title></head></html>`, kind: "unauthorized"},
		{name: "a role that may not use the path", status: 401, body: rest("401", "Authorization failed: user=https://localhost/mgmt/shared/authz/users/u resource=/mgmt/tm/ltm/pool verb=GET uri:http://localhost:8100/mgmt/tm/ltm/pool referrer:192.0.2.9 sender:192.0.2.9"), kind: "forbidden"},
		{name: "a token that lives too long", status: 406, body: rest("406", "Auth-token absolute timeout (36000 seconds) exceeded"), kind: "invalid"},
		{name: "too many tokens", status: 400, body: rest("400", "user x has reached maximum active login tokens"), kind: "invalid"},
		{name: "an asynchronous task", status: 503, body: busyTask, kind: "busy", retry: true},
		{name: "a device that starts", status: 503, body: busyPage, kind: "busy", retry: true},
		{name: "a device that starts, in JSON", status: 503, body: rest("503", "Unable to process request /tm/sys/available. Service is unavailable."), kind: "busy", retry: true},
		{name: "mcpd is lost", status: 500, body: mcpdLost, kind: "busy"},
		{name: "Jetty gives up", status: 500, body: `<html><head><title>Error 500 AsyncContext timeout</title></head></html>`},
		{name: "an empty answer", status: 400, body: "", kind: "invalid"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			req := &request{method: http.MethodGet, path: managementRoot + "ltm/pool/~shop~web", token: "T"}
			err := newError(req, tc.status, http.Header{}, []byte(tc.body))

			want := []string{tc.kind}
			if tc.kind == "" {
				want = nil
			}
			if diff := cmp.Diff(want, kindsOf(err), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("kinds (-want +got):\n%s", diff)
			}
			if err.Code != tc.code || err.retry != tc.retry || err.tokenGone != tc.gone {
				t.Errorf("code %q, retry %t, token gone %t; want %q, %t, %t", err.Code, err.retry, err.tokenGone, tc.code, tc.retry, tc.gone)
			}
			if err.Message == "" || strings.Contains(err.Message, "\n") {
				t.Errorf("message %q is not a line", err.Message)
			}
		})
	}
}

func TestARefusedLoginIsAboutTheCredentials(t *testing.T) {
	t.Parallel()
	body := `{"code":401,"message":"Authentication failed.","kind":":resterrorresponse"}`
	err := newError(&request{method: http.MethodPost, path: loginPath}, 401, http.Header{}, []byte(body))
	if !errors.Is(err, ErrUnauthorized) || err.tokenGone {
		t.Errorf("unauthorized %t, token gone %t; want true, false", errors.Is(err, ErrUnauthorized), err.tokenGone)
	}
}

func TestAnUnknownTransactionIsNotFoundHoweverItIsSaid(t *testing.T) {
	t.Parallel()
	req := &request{method: http.MethodGet, path: transactionRoot + "/15", token: "T"}
	err := newError(req, 404, http.Header{}, []byte(`{"code":404,"message":"gone","kind":":resterrorresponse"}`))
	if !errors.Is(err, ErrNotFound) || err.retry {
		t.Errorf("got %v, retry %t", err, err.retry)
	}
}

func TestAnErrorReadsAsOneLine(t *testing.T) {
	t.Parallel()
	req := &request{method: http.MethodDelete, path: managementRoot + "ltm/pool/~shop~web"}
	err := newError(req, 404, http.Header{}, []byte(notFound))
	want := "DELETE /mgmt/tm/ltm/pool/~shop~web: The requested Pool (/shop/web) was not found. (HTTP 404, code 01020036)"
	if err.Error() != want {
		t.Errorf("got  %s\nwant %s", err, want)
	}
}

func FuzzAnyAnswerBecomesAnError(f *testing.F) {
	f.Add(404, notFound)
	f.Add(503, busyPage)
	f.Add(401, `{"message":"transaction failed:01070320:3: x","apiError":"2"}`)
	f.Fuzz(func(t *testing.T, code int, body string) {
		err := newError(&request{method: http.MethodGet, path: managementRoot + "x"}, code, http.Header{}, []byte(body))
		if err.Error() == "" {
			t.Error("an error says nothing")
		}
		if len(kindsOf(err)) > 1 {
			t.Errorf("%v is of several kinds: %v", err, kindsOf(err))
		}
	})
}
