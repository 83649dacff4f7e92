package conformance

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// loginPath and tokensPath are restjavad's (icontrol-rest 1.2, 1.3).
const (
	loginPath  = "/mgmt/shared/authn/login"
	tokensPath = "/mgmt/shared/authz/tokens/" //nolint:gosec // a path, no credential
	anyObject  = "/auth/partition/$P"         // which is there on each device that is tried
)

func sessionCases() []Case {
	return []Case{
		{
			Name:   "A login answers with a token",
			Must:   "Answer `POST /mgmt/shared/authn/login` with `token.token`, `timeout` 1200 and the times of beginning and end.",
			Source: "1.2", Confidence: Recorded, Test: testLogin,
		},
		{
			Name:   "A token is asked in X-F5-Auth-Token",
			Must:   "Accept the token in the header `X-F5-Auth-Token`, without any other credentials.",
			Source: "1.2", Confidence: Client, Test: func(c *Check) {
				_, own := login(c)
				c.Equal("fullPath", c.in(own).Get(anyObject)["fullPath"], Partition)
			},
		},
		{
			Name:   "Basic credentials are accepted on every path",
			Must:   "Accept a local user's `Authorization: Basic` without a login.",
			Source: "1.1", Confidence: Documented, Test: func(c *Check) {
				basic := c.Anonymous().withBasic(c.device.target.Administrator)
				c.Equal("fullPath", c.in(basic).Get(anyObject)["fullPath"], Partition)
			},
		},
		{
			Name:   "PATCH of a token sets its timeout",
			Must:   "Take `{\"timeout\":3600}`, also as a string, echo it as a number, and raise `generation` to 2.",
			Source: "1.3", Confidence: Client, Test: testExtend,
		},
		{
			Name:   "A token lives 36000 seconds at most",
			Must:   "Refuse a longer timeout with 406.",
			Source: "1.3", Confidence: Documented, Test: func(c *Check) {
				token, own := login(c)
				a := c.AskAs(own, http.MethodPatch, tokensPath+token, `{"timeout":36001}`)
				c.Equal("status of "+a.String(), a.Status, http.StatusNotAcceptable)
			},
		},
		{
			Name:   "DELETE of a token logs out",
			Must:   "Answer 200; then 404 for the token, and 401 for whoever still uses it.",
			Source: "1.3", Confidence: Client, Test: testLogout,
		},
		{
			Name:   "A wrong password at login is 401 of restjavad",
			Must:   "Answer 401 with JSON, kind `:resterrorresponse`, and no `apiError`.",
			Source: "1.4", Confidence: UserReport, Test: func(c *Check) {
				wrong := loginBody(Credentials{c.device.target.Administrator.Username, "not-" + c.device.target.Administrator.Password})
				c.restjavad(c.AskAs(c.Anonymous(), http.MethodPost, loginPath, wrong))
			},
		},
		{
			Name:   "Wrong basic credentials are 401 of httpd",
			Must:   "Answer 401 with a page of HTML, not JSON.",
			Source: "1.1", Confidence: UserReport, Test: func(c *Check) {
				wrong := Credentials{c.device.target.Administrator.Username, "not-" + c.device.target.Administrator.Password}
				a := c.AskAs(c.Anonymous().withBasic(wrong), http.MethodGet, anyObject, "")
				c.Equal("status", a.Status, http.StatusUnauthorized)
				c.True(strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") && a.Body == nil, "%s: content type %q, want HTML", a, a.Header.Get("Content-Type"))
			},
		},
		{
			Name:   "A request without credentials is 401 of restjavad",
			Must:   "Answer 401 with JSON, kind `:resterrorresponse`.",
			Source: "1.4", Confidence: UserReport, Test: func(c *Check) {
				c.restjavad(c.AskAs(c.Anonymous(), http.MethodGet, anyObject, ""))
			},
		},
		{
			Name:   "An unknown token is 401 that echoes no verb",
			Must:   "Answer 401 of restjavad, `X-F5-Auth-Token does not exist.`, without `verb=`: a client logs in again.",
			Source: "1.4", Confidence: Recorded, Test: func(c *Check) {
				c.tokenGone(c.AskAs(c.Anonymous().withToken("NOSUCHTOKEN2345672345672345"), http.MethodGet, anyObject, ""))
			},
		},
		{
			Name:   "An expired token is 401 that echoes no verb",
			Must:   "Answer 401 of restjavad, `X-F5-Auth-Token has expired.` (or, once it is forgotten, `does not exist`), without `verb=`.",
			Source: "1.4", Confidence: Recorded, Test: func(c *Check) {
				token, own := login(c)
				c.AskAs(own, http.MethodPatch, tokensPath+token, `{"timeout":1}`)
				c.tokenGone(c.Eventually("the token's end", own, anyObject, func(a Answer) bool { return a.Status != http.StatusOK }))
			},
		},
	}
}

func (s session) withBasic(as Credentials) session {
	r := http.Request{Header: http.Header{}}
	r.SetBasicAuth(as.Username, as.Password)
	return s.with("Authorization", r.Header.Get("Authorization"))
}

// login makes a token of the case's own.
func login(c *Check) (string, session) {
	token, err := c.device.login(c.ctx, c.device.target.Administrator)
	if err != nil {
		c.Fatalf("%v", err)
	}
	return token, c.Anonymous().withToken(token)
}

// restjavad expects a 401 in restjavad's shape (icontrol-rest 6.1).
func (c *Check) restjavad(a Answer) {
	c.Equal("status of "+a.String(), a.Status, http.StatusUnauthorized)
	c.Equal("code", a.Body["code"], http.StatusUnauthorized)
	c.Equal("kind", a.Body["kind"], ":resterrorresponse")
	c.Equal("apiError", a.Body["apiError"], nil)
	message, _ := a.Body["message"].(string)
	c.True(message != "", "%s: no message", a)
}

func (c *Check) tokenGone(a Answer) {
	c.restjavad(a)
	message := fmt.Sprint(a.Body["message"])
	c.True(strings.Contains(message, tokenHeader) && !strings.Contains(message, "verb="), "%s: want words about the token", a)
}

func testLogin(c *Check) {
	a := c.AskAs(c.Anonymous(), http.MethodPost, loginPath, loginBody(c.device.target.Administrator))
	c.Equal("status", a.Status, http.StatusOK)
	c.Equal("username", a.Body["username"], c.device.target.Administrator.Username)
	token, _ := a.Body["token"].(Object)
	for _, problem := range tokenShape.problems(token, false) {
		c.Errorf("token: %s", problem)
	}
	c.Equal("timeout", token["timeout"], 1200)
	c.Equal("kind", token["kind"], "shared:authz:tokens:authtokenitemstate")
	c.Equal("name", token["name"], token["token"])
	begin, _ := token["lastUpdateMicros"].(json.Number)
	end, _ := token["expirationMicros"].(json.Number)
	b, _ := begin.Int64()
	e, _ := end.Int64()
	c.True(e > b, "the token ends at %s and began at %s", end, begin)
}

func testExtend(c *Check) {
	token, own := login(c)
	for i, timeout := range []string{"3600", `"7200"`} {
		a := c.AskAs(own, http.MethodPatch, tokensPath+token, `{"timeout":`+timeout+`}`)
		c.Equal("status", a.Status, http.StatusOK)
		c.Equal("timeout", fmt.Sprint(a.Body["timeout"]), strings.Trim(timeout, `"`))
		c.Equal("generation", a.Body["generation"], i+2)
	}
}

func testLogout(c *Check) {
	token, own := login(c)
	a := c.AskAs(own, http.MethodDelete, tokensPath+token, "")
	c.Equal("status of DELETE", a.Status, http.StatusOK)
	c.Equal("status of the token", c.Ask(http.MethodGet, tokensPath+token, "").Status, http.StatusNotFound)
	c.tokenGone(c.AskAs(own, http.MethodGet, anyObject, ""))
}
