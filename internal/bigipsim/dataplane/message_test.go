package dataplane

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestRequestHeadIsUnderstoodAndKept(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		head string
		want messageHead
	}{
		"a plain GET":        {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", messageHead{minor: 1, contentLength: -1}},
		"bare line feeds":    {"GET / HTTP/1.1\nHost: a\n\n", messageHead{minor: 1, contentLength: -1}},
		"HTTP/1.0":           {"GET / HTTP/1.0\r\n\r\n", messageHead{contentLength: -1}},
		"HEAD":               {"HEAD / HTTP/1.1\r\n\r\n", messageHead{method: "HEAD", minor: 1, contentLength: -1}},
		"a content length":   {"PUT / HTTP/1.1\r\ncontent-LENGTH:  7 \r\n\r\n", messageHead{minor: 1, contentLength: 7}},
		"the same twice":     {"PUT / HTTP/1.1\r\nContent-Length: 7\r\nContent-Length: 7\r\n\r\n", messageHead{minor: 1, contentLength: 7}},
		"a chunked body":     {"PUT / HTTP/1.1\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n", messageHead{minor: 1, contentLength: -1, chunked: true, encodedTransfer: true}},
		"connection options": {"GET / HTTP/1.1\r\nConnection: Upgrade, close\r\nConnection: keep-alive\r\n\r\n", messageHead{minor: 1, contentLength: -1, upgrade: true, close: true, keepAlive: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got messageHead
			r := bufio.NewReader(strings.NewReader("\r\n" + test.head + "rest"))
			if err := got.readRequest(r); err != nil {
				t.Fatal(err)
			}
			rest, _ := io.ReadAll(r)
			if string(got.raw) != test.head || string(rest) != "rest" {
				t.Errorf("head %q and rest %q", got.raw, rest)
			}
			got.raw = nil
			if !sameHead(got, test.want) {
				t.Errorf("understood %+v, want %+v", got, test.want)
			}
		})
	}
}

func sameHead(a, b messageHead) bool {
	return a.method == b.method && a.status == b.status && a.minor == b.minor && a.contentLength == b.contentLength &&
		a.chunked == b.chunked && a.close == b.close && a.keepAlive == b.keepAlive && a.upgrade == b.upgrade &&
		a.encodedTransfer == b.encodedTransfer
}

func TestWhatIsNoRequestIsRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		input string
		want  error
	}{
		"nothing":                    {"", io.EOF},
		"an end in the request line": {"GET / HT", io.ErrUnexpectedEOF},
		"an end in the fields":       {"GET / HTTP/1.1\r\nHost: a\r\n", io.ErrUnexpectedEOF},
		"no version":                 {"GET /\r\n\r\n", errMalformed},
		"HTTP/2":                     {"PRI * HTTP/2.0\r\n\r\n", errMalformed},
		"a folded field":             {"GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", errMalformed},
		"a blank before the colon":   {"GET / HTTP/1.1\r\nA : b\r\n\r\n", errMalformed},
		"two content lengths":        {"PUT / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", errMalformed},
		"a signed content length":    {"PUT / HTTP/1.1\r\nContent-Length: +1\r\n\r\n", errMalformed},
		"chunks in HTTP/1.0":         {"PUT / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", errMalformed},
		"an unknown encoding":        {"PUT / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", errMalformed},
		"an endless head":            {"GET / HTTP/1.1\r\nA: " + strings.Repeat("x", maxHeadBytes) + "\r\n\r\n", errMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var head messageHead
			if err := head.readRequest(bufio.NewReader(strings.NewReader(test.input))); !errors.Is(err, test.want) {
				t.Errorf("error %v, want %v", err, test.want)
			}
		})
	}
}

func TestCookieIsFoundByItsName(t *testing.T) {
	t.Parallel()
	head := messageHead{raw: []byte("GET / HTTP/1.1\r\nHost: a=b\r\ncookie: x=1; BIGipServer~shop~web=v.2\r\nCookie: z=3=4\r\n\r\n")}
	for name, want := range map[string]string{"x": "1", "BIGipServer~shop~web": "v.2", "z": "3=4", "a": "", "X": ""} {
		if got := head.cookie(name); got != want {
			t.Errorf("cookie %q = %q, want %q", name, got, want)
		}
	}
}

func TestResponseBodyEndsWhereItShould(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		response, method string
		body             string
		ends             bool
		err              error
	}{
		"a content length":           {response: "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcd", body: "abc"},
		"a short content length":     {response: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabcd", body: "abcd", err: io.ErrUnexpectedEOF},
		"chunks with a trailer":      {response: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nab\r\n0\r\nT: r\r\n\r\nz", body: "2;x=y\r\nab\r\n0\r\nT: r\r\n\r\n"},
		"a chunk that breaks off":    {response: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nab", body: "4\r\nab", err: io.ErrUnexpectedEOF},
		"a chunk that is too long":   {response: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", body: "1\r\nab\r\n", err: errMalformed},
		"the end of the connection":  {response: "HTTP/1.1 200 OK\r\n\r\nabcd", body: "abcd", ends: true},
		"no body to HEAD":            {response: "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", method: "HEAD"},
		"no body with no content":    {response: "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1"},
		"no body with not modified":  {response: "HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n"},
		"a status line without text": {response: "HTTP/1.0 200\r\nContent-Length: 0\r\n\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var head messageHead
			r := bufio.NewReader(strings.NewReader(test.response))
			if err := head.readResponse(r); err != nil {
				t.Fatal(err)
			}
			var body bytes.Buffer
			w := bufio.NewWriter(&body)
			ends, err := copyResponseBody(w, r, &head, test.method)
			_ = w.Flush()
			if !errors.Is(err, test.err) || ends != test.ends || body.String() != test.body {
				t.Errorf("body %q, ends %v, error %v; want %q, %v, %v", body.String(), ends, err, test.body, test.ends, test.err)
			}
		})
	}
}

// What Go's own parser and ours both accept, they understand in the same way:
// otherwise a request could be smuggled past one of them.
func FuzzRequestHead(f *testing.F) {
	for _, seed := range []string{
		"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
		"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
		"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
		"HEAD / HTTP/1.1\nHost: a\n\n",
		"0 * HTTP/1.0\nTrAnsfer-EnCoding:Chunked\n\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		var head messageHead
		r := bufio.NewReader(bytes.NewReader(input))
		if head.readRequest(r) != nil {
			return
		}
		if !bytes.Contains(input, head.raw) {
			t.Fatalf("head %q is not what was received", head.raw)
		}
		request, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(head.raw)))
		if err != nil || request.ProtoMajor != 1 {
			return
		}
		chunked := len(request.TransferEncoding) > 0
		if chunked != head.chunked || (!chunked && request.ContentLength != max(head.contentLength, 0)) {
			t.Fatalf("%q: we see chunked %v length %d, net/http %v %d", head.raw,
				head.chunked, head.contentLength, chunked, request.ContentLength)
		}
		_ = copyRequestBody(bufio.NewWriter(io.Discard), r, &head)
	})
}
