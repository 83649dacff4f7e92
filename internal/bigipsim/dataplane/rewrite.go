package dataplane

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
)

// judge asks the policies about the request that has been read.
func (h *httpSession) judge() Verdict {
	config, _ := h.server.settings()
	h.forwardedFor = config.InsertXForwardedFor
	if len(config.Policies) == 0 {
		return Verdict{}
	}
	r := h.request.policyRequest()
	r.Client, r.TLS, r.ServerName = h.client, h.secure, h.serverName
	return Evaluate(config.Policies, r)
}

// rewrite makes the request what the member gets to see.
func (h *httpSession) rewrite(edits []Action) {
	if h.forwardedFor {
		h.request.appendField("X-Forwarded-For", h.client.String())
	}
	h.request.edit(edits)
}

// redirect answers in a member's place; false ends the session. The body of the
// request is read and thrown away.
func (h *httpSession) redirect(to Redirect) bool {
	h.server.counters.requested()
	if err := copyRequestBody(bufio.NewWriter(io.Discard), h.br, &h.request); err != nil {
		h.abort()
		return false
	}
	connection := "Keep-Alive"
	if !h.request.persistent() {
		connection = "close"
	}
	// The device answers with HTTP/1.0 and names itself as the http profile's
	// serverAgentName says (inferred from what HTTP::redirect is known to send).
	_, _ = fmt.Fprintf(h.bw, "HTTP/1.0 %d %s\r\nLocation: %s\r\nServer: BigIP\r\nConnection: %s\r\nContent-Length: 0\r\n\r\n",
		to.Code, http.StatusText(to.Code), to.Location, connection)
	if err := h.bw.Flush(); err != nil {
		h.abort()
		return false
	}
	if connection == "close" {
		h.shut()
		_, _ = io.Copy(io.Discard, h.br) // until the client closes too
		return false
	}
	h.turn <- struct{}{}
	return true
}
