package dataplane

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// maxHeadBytes is the largest head of a message, as in the device's http
// profile (max-header-size). A larger one resets the connection.
const maxHeadBytes = 32 << 10

// errMalformed is the error of what is not HTTP/1.
var errMalformed = errors.New("malformed HTTP message")

// messageHead is the head of a request or a response: as received, and as far as
// a proxy must understand it. It is reused for one message after another.
type messageHead struct {
	raw    []byte // with the empty line; passed on unchanged
	method string // of a request: "" unless the method matters (HEAD, CONNECT)
	status int    // of a response
	minor  int    // HTTP/1.x

	contentLength   int64 // -1 = not given
	chunked         bool
	close           bool // Connection: close
	keepAlive       bool // Connection: keep-alive
	upgrade         bool // Connection: upgrade
	encodedTransfer bool // Transfer-Encoding is given
}

// readRequest reads the head of a request. io.EOF means that the connection
// ended between two messages.
func (h *messageHead) readRequest(r *bufio.Reader) error {
	if err := h.read(r, h.parseRequestLine); err != nil {
		return err
	}
	if h.encodedTransfer && (!h.chunked || h.minor == 0) { // HTTP/1.0 has no chunks: parsers differ on them
		return fmt.Errorf("transfer encoding of a request: %w", errMalformed)
	}
	return nil
}

// readResponse reads the head of a response.
func (h *messageHead) readResponse(r *bufio.Reader) error { return h.read(r, h.parseStatusLine) }

func (h *messageHead) read(r *bufio.Reader, parseFirst func([]byte) error) error {
	*h = messageHead{raw: h.raw[:0], contentLength: -1}
	first := true
	for {
		start := len(h.raw)
		if err := h.appendLine(r); err != nil {
			if errors.Is(err, io.EOF) && len(h.raw) > 0 {
				return io.ErrUnexpectedEOF
			}
			return err
		}
		line := trimLine(h.raw[start:])
		switch {
		case first && len(line) == 0: // an empty line before a message is passed over (RFC 9112 2.2)
			h.raw = h.raw[:0]
			continue
		case first:
			first = false
			if err := parseFirst(line); err != nil {
				return err
			}
		case len(line) == 0:
			return nil
		default:
			if err := h.parseField(line); err != nil {
				return err
			}
		}
	}
}

// appendLine reads one line, with its end, behind raw.
func (h *messageHead) appendLine(r *bufio.Reader) error {
	for {
		part, err := r.ReadSlice('\n')
		h.raw = append(h.raw, part...)
		if len(h.raw) > maxHeadBytes {
			return fmt.Errorf("head over %d bytes: %w", maxHeadBytes, errMalformed)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
}

func (h *messageHead) parseRequestLine(line []byte) error {
	method, rest, ok := bytes.Cut(line, []byte(" "))
	target, version, versioned := bytes.Cut(rest, []byte(" "))
	if !ok || !versioned || len(method) == 0 || len(target) == 0 {
		return fmt.Errorf("request line: %w", errMalformed)
	}
	switch string(method) {
	case "HEAD":
		h.method = "HEAD"
	case "CONNECT":
		h.method = "CONNECT"
	}
	return h.parseVersion(version)
}

func (h *messageHead) parseStatusLine(line []byte) error {
	version, rest, _ := bytes.Cut(line, []byte(" "))
	code, _, _ := bytes.Cut(rest, []byte(" "))
	status, err := strconv.Atoi(string(code))
	if err != nil || len(code) != 3 || status < 100 {
		return fmt.Errorf("status line: %w", errMalformed)
	}
	h.status = status
	return h.parseVersion(version)
}

func (h *messageHead) parseVersion(version []byte) error {
	switch string(version) {
	case "HTTP/1.1":
		h.minor = 1
	case "HTTP/1.0":
		h.minor = 0
	default:
		return fmt.Errorf("version: %w", errMalformed)
	}
	return nil
}

func (h *messageHead) parseField(line []byte) error {
	name, value, ok := bytes.Cut(line, []byte(":"))
	if !ok || len(name) == 0 || bytes.ContainsAny(name, " \t") {
		return fmt.Errorf("header field: %w", errMalformed)
	}
	switch {
	case is(name, "Content-Length"):
		return h.parseContentLength(bytes.TrimSpace(value))
	case is(name, "Transfer-Encoding"):
		h.encodedTransfer = true
		h.chunked = is(lastToken(value), "chunked")
	case is(name, "Connection"):
		h.parseConnection(value)
	}
	return nil
}

func (h *messageHead) parseContentLength(value []byte) error {
	n, err := strconv.ParseUint(string(value), 10, 63)
	if err != nil || (h.contentLength >= 0 && h.contentLength != int64(n)) {
		return fmt.Errorf("content length: %w", errMalformed)
	}
	h.contentLength = int64(n)
	return nil
}

func (h *messageHead) parseConnection(value []byte) {
	for token := range bytes.SplitSeq(value, []byte(",")) {
		token = bytes.TrimSpace(token)
		switch {
		case is(token, "close"):
			h.close = true
		case is(token, "keep-alive"):
			h.keepAlive = true
		case is(token, "upgrade"):
			h.upgrade = true
		}
	}
}

// persistent reports whether the sender keeps the connection open afterwards.
func (h *messageHead) persistent() bool {
	return !h.close && (h.minor >= 1 || h.keepAlive)
}

// cookie returns the value of a cookie of a request, or "".
func (h *messageHead) cookie(name string) string {
	for line := range bytes.Lines(h.raw) {
		field, value, ok := bytes.Cut(trimLine(line), []byte(":"))
		if !ok || !is(field, "Cookie") {
			continue
		}
		for pair := range bytes.SplitSeq(value, []byte(";")) {
			key, text, ok := bytes.Cut(bytes.TrimSpace(pair), []byte("="))
			if ok && string(key) == name {
				return string(text)
			}
		}
	}
	return ""
}

// withoutEnd is the head without its empty line, to add fields behind it.
func (h *messageHead) withoutEnd() []byte {
	end := bytes.TrimSuffix(h.raw, []byte("\n"))
	return bytes.TrimSuffix(end, []byte("\r"))
}

func trimLine(line []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
}

func lastToken(value []byte) []byte {
	return bytes.TrimSpace(value[bytes.LastIndexByte(value, ',')+1:])
}

// is compares a token without regard to the case of ASCII letters; the length
// first, which nearly always decides. Bytes that are no text equal only themselves.
func is(token []byte, name string) bool {
	if len(token) != len(name) {
		return false
	}
	for i, b := range token {
		if lower(b) != lower(name[i]) {
			return false
		}
	}
	return true
}

func lower(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		return b + 'a' - 'A'
	}
	return b
}
