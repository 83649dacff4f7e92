package dataplane

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
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

// runRules runs the iRules of the request that has been read, with the variables that
// policies have set. An iRule that answers what a policy has answered already is an
// error of Tcl.
func (h *httpSession) runRules(verdict Verdict) (*Reply, error) {
	config, _ := h.server.settings()
	if verdict.Reset || len(config.Rules)+len(verdict.Variables) == 0 {
		return nil, nil
	}
	if h.variables == nil {
		h.variables = map[string]string{}
	}
	for _, a := range verdict.Variables {
		h.variables[a.Name] = a.Value
	}
	reply, err := runRules(config.Rules, eventRequest, h.variables)
	if err == nil && reply != nil && verdict.Redirect != nil {
		err = errAnsweredTwice
	}
	return reply, err
}

// unrouted ends an exchange that no member takes: an iRule may answer (LB_FAILED), else
// the client gets a RST. false ends the session.
func (h *httpSession) unrouted() bool {
	if h.link != nil {
		h.abort()
		return false
	}
	config, _ := h.server.settings()
	if h.variables == nil {
		h.variables = map[string]string{}
	}
	reply, err := runRules(config.Rules, eventFailed, h.variables)
	if err != nil {
		return h.ruleFailed(err)
	}
	if reply == nil {
		h.abort()
		return false
	}
	return h.respond(*reply)
}

// ruleFailed resets the client for an error of Tcl; it returns false, which ends the
// session.
func (h *httpSession) ruleFailed(err error) bool {
	h.server.plane.log.Debug("an iRule has failed", slog.String("virtual_server", h.server.name), slog.Any("error", err))
	h.abort()
	return false
}

var errAnsweredTwice = errors.New("an iRule responds to what a policy has redirected")

// redirect answers in a member's place. The device answers with HTTP/1.0 and names
// itself as the http profile's serverAgentName says (inferred from what HTTP::redirect
// is known to send).
func (h *httpSession) redirect(to Redirect) bool {
	return h.answer(to.Code, "Location: "+to.Location+"\r\nServer: BigIP\r\n", "")
}

// respond gives the answer of an iRule (HTTP::respond; its form is redirect's, inferred).
// The answer to HEAD has no body, whatever the iRule says (inferred).
func (h *httpSession) respond(reply Reply) bool {
	server := "Server: BigIP\r\n"
	if reply.NoServer {
		server = ""
	}
	return h.answer(reply.Code, server, reply.Content)
}

// answer answers in a member's place; false ends the session. The body of the request
// is read and thrown away.
func (h *httpSession) answer(code int, fields, content string) bool {
	h.server.counters.requested()
	if err := copyRequestBody(bufio.NewWriter(io.Discard), h.br, &h.request); err != nil {
		h.abort()
		return false
	}
	connection := "Keep-Alive"
	if !h.request.persistent() {
		connection = "close"
	}
	_, _ = fmt.Fprintf(h.bw, "HTTP/1.0 %d %s\r\n%sConnection: %s\r\nContent-Length: %d\r\n\r\n",
		code, http.StatusText(code), fields, connection, len(content))
	if h.request.method != http.MethodHead {
		_, _ = h.bw.WriteString(content)
	}
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
