package rest

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/config"
)

// transaction is one of /mgmt/tm/transaction (icontrol-rest 5):
//
//	POST {} ─▶ STARTED ──commit──▶ VALIDATING ─▶ COMPLETED
//	              │  idle too long        └────▶ FAILED
//	              ▼
//	            gone
type transaction struct {
	id           int64
	owner        *config.User
	state        string
	timeout      time.Duration // idle time after which it is gone
	validateOnly bool
	async        bool
	failure      string
	touched      time.Time
	executed     time.Duration
	commands     []*queued
	lastCommand  int64
}

// queued is a command that waits for the commit.
type queued struct {
	id, order int64
	method    string
	uri       string
	body      map[string]any
	command   config.Command
}

type transactions struct {
	version config.Version
	now     func() time.Time

	mu   sync.Mutex
	last int64
	byID map[int64]*transaction
}

func newTransactions(version config.Version, now func() time.Time) *transactions {
	return &transactions{version: version, now: now, byID: map[int64]*transaction{}}
}

// start makes a transaction. Its id is a time: of 16 digits, of 10 on 11.5.
func (t *transactions) start(owner *config.User) *transaction {
	now := t.now()
	id, timeout := now.UnixMicro(), 120*time.Second
	if !t.version.AtLeast(12, 0) {
		id, timeout = now.Unix(), 30*time.Second
	}
	id = max(id, t.last+1)
	t.last = id
	tx := &transaction{id: id, owner: owner, state: "STARTED", timeout: timeout, touched: now}
	t.byID[id] = tx
	return tx
}

// find is a transaction that has not expired. Those that have are removed
// silently.
func (t *transactions) find(text string) (*transaction, error) {
	now := t.now()
	for id, tx := range t.byID {
		if now.Sub(tx.touched) > tx.timeout {
			delete(t.byID, id)
		}
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if tx := t.byID[id]; err == nil && tx != nil {
		return tx, nil
	}
	return nil, icrdError(http.StatusNotFound, "Transaction %s is not found.", text)
}

func (s *Server) transactionDocument(tx *transaction) *document {
	d := (&document{}).
		add("transId", tx.id).
		add("state", tx.state).
		add("timeoutSeconds", int64(tx.timeout/time.Second))
	if !s.version.AtLeast(12, 0) {
		return d
	}
	return d.add("asyncExecution", tx.async).
		add("validateOnly", tx.validateOnly).
		add("executionTimeout", 300).
		add("executionTime", int64(tx.executed/time.Second)).
		add("failureReason", tx.failure).
		add("kind", "tm:transactionstate").
		add("selfLink", host+"transaction/"+strconv.FormatInt(tx.id, 10)+s.ver())
}

func (s *Server) commandDocument(tx *transaction, q *queued) *document {
	return (&document{}).
		add("method", q.method).
		add("uri", q.uri).
		add("body", q.body).
		add("evalOrder", q.order).
		add("commandId", q.id).
		add("kind", "tm:transaction:commandsstate").
		add("selfLink", host+"transaction/"+strconv.FormatInt(tx.id, 10)+"/commands/"+strconv.FormatInt(q.id, 10)+s.ver())
}

func notInTransaction(r *request) error {
	return icrdError(http.StatusBadRequest, "Transaction %s operation %s %s is not allowed to be added to transaction.",
		r.Header.Get(coordination), r.Method, r.uri())
}

// queue notes a command. Nothing but its URL and JSON has been looked at.
func (s *Server) queue(r *request, cmd config.Command) (int, *document, error) {
	s.transactions.mu.Lock()
	defer s.transactions.mu.Unlock()
	tx, err := s.transactions.find(r.Header.Get(coordination))
	if err != nil {
		return 0, nil, err
	}
	if tx.state != "STARTED" {
		return 0, nil, icrdError(http.StatusBadRequest, "Transaction %d is %s; no command can be added.", tx.id, tx.state)
	}
	tx.touched = s.now()
	tx.lastCommand++
	q := &queued{
		id: tx.lastCommand, order: int64(len(tx.commands)) + 1, method: r.Method,
		uri: "https://localhost" + r.URL.EscapedPath(), body: cmd.Body, command: cmd,
	}
	tx.commands = append(tx.commands, q)
	if !s.version.AtLeast(12, 0) {
		return http.StatusOK, s.transactionDocument(tx), nil
	}
	return http.StatusOK, s.commandDocument(tx, q), nil
}

// transaction is /mgmt/tm/transaction[/id[/commands[/n]]]. None of it may carry
// the header.
func (s *Server) transaction(r *request) (int, *document, error) {
	if r.Header.Get(coordination) != "" {
		return 0, nil, notInTransaction(r)
	}
	body, err := decode(r)
	if err != nil {
		return 0, nil, err
	}
	s.transactions.mu.Lock()
	defer s.transactions.mu.Unlock()
	path := r.path[2:]
	if len(path) == 0 {
		return s.transactionCollection(r, body)
	}
	tx, err := s.transactions.find(path[0])
	if err != nil {
		return 0, nil, err
	}
	switch {
	case len(path) == 1:
		return s.oneTransaction(r, tx, body)
	case path[1] != "commands":
		return 0, nil, notRegistered("/" + r.uri()[len("/mgmt/"):])
	case len(path) == 2 && r.Method == http.MethodGet:
		items := []*document{}
		for _, q := range tx.commands {
			items = append(items, s.commandDocument(tx, q))
		}
		return http.StatusOK, (&document{}).add("kind", "tm:transaction:commandscollectionstate").
			add("selfLink", host+"transaction/"+path[0]+"/commands"+s.ver()).add("items", items), nil
	case len(path) > 2:
		return s.oneCommand(r, tx, path[2:], body)
	}
	return 0, nil, icrdError(http.StatusMethodNotAllowed, "Operation is not supported on component /transaction.")
}

func (s *Server) transactionCollection(r *request, body map[string]any) (int, *document, error) {
	switch r.Method {
	case http.MethodPost:
		tx := s.transactions.start(r.user)
		if err := tx.set(body); err != nil {
			delete(s.transactions.byID, tx.id)
			return 0, nil, err
		}
		return http.StatusOK, s.transactionDocument(tx), nil
	case http.MethodGet:
		_, _ = s.transactions.find("")
		items := []*document{}
		for _, tx := range s.transactions.byID {
			items = append(items, s.transactionDocument(tx))
		}
		slices.SortFunc(items, func(a, b *document) int { return int(a.get("transId").(int64) - b.get("transId").(int64)) })
		return http.StatusOK, (&document{}).add("kind", "tm:transactioncollectionstate").
			add("selfLink", host+"transaction"+s.ver()).add("items", items), nil
	}
	return 0, nil, icrdError(http.StatusNotFound, "Missing transaction ID for this call.")
}

// set takes the writable properties.
func (tx *transaction) set(body map[string]any) error {
	for name, value := range body {
		switch name {
		case "timeoutSeconds":
			n, ok := seconds(value)
			if !ok || n <= 0 {
				return config.Usage("invalid property value \"timeout-seconds\":\"%v\"", value)
			}
			tx.timeout = n
		case "asyncExecution", "validateOnly":
			b, ok := value.(bool)
			if !ok {
				return config.Usage("invalid property value %q:\"%v\"", name, value)
			}
			if name == "validateOnly" {
				tx.validateOnly = b
			} else {
				tx.async = b
			}
		}
	}
	return nil
}

func (s *Server) oneTransaction(r *request, tx *transaction, body map[string]any) (int, *document, error) {
	switch r.Method {
	case http.MethodGet:
	case http.MethodDelete:
		delete(s.transactions.byID, tx.id)
		return http.StatusOK, nil, nil
	case http.MethodPatch:
		if err := tx.set(body); err != nil {
			return 0, nil, err
		}
		switch body["state"] {
		case nil:
			tx.touched = s.now()
		case "VALIDATING":
			if err := s.commit(tx); err != nil {
				return 0, nil, err
			}
		default:
			return 0, nil, config.Usage("invalid property value \"state\":\"%v\"", body["state"])
		}
	default:
		return 0, nil, icrdError(http.StatusMethodNotAllowed, "Operation is not supported on component /transaction.")
	}
	return http.StatusOK, s.transactionDocument(tx), nil
}

// commit carries all commands out in their order, or none.
func (s *Server) commit(tx *transaction) error {
	if tx.state != "STARTED" {
		return icrdError(http.StatusBadRequest, "Transaction %d is %s; it cannot be committed.", tx.id, tx.state)
	}
	if len(tx.commands) == 0 {
		return icrdError(http.StatusNotFound, "there is no command to commit in the transaction.")
	}
	started := s.now()
	tx.state = "VALIDATING"
	err := s.carryOut(tx)
	tx.touched = s.now()
	tx.executed = tx.touched.Sub(started)
	if err == nil {
		tx.state = "COMPLETED"
		return nil
	}
	tx.state, tx.failure = "FAILED", err.Error()
	var refusal *config.Error
	if !errors.As(err, &refusal) {
		return err
	}
	return &config.Error{Status: http.StatusBadRequest, API: config.APIErrorTransaction, Message: "transaction failed:" + refusal.Message}
}

// carryOut lets go of the lock: a commit may take long (write delay), and others
// go on meanwhile. Commands of a transaction that is VALIDATING do not change.
func (s *Server) carryOut(tx *transaction) error {
	s.transactions.mu.Unlock()
	defer s.transactions.mu.Lock()
	_, err := s.db.Update(config.Change{
		Actor: tx.owner.Actor(), Transaction: true, DryRun: tx.validateOnly,
		Do: func(c *config.Candidate) error {
			for _, q := range tx.commands {
				if _, err := c.Do(q.command); err != nil {
					return err
				}
			}
			return nil
		},
	})
	return err
}

// oneCommand reads, moves or removes a queued command.
func (s *Server) oneCommand(r *request, tx *transaction, path []string, body map[string]any) (int, *document, error) {
	id, err := strconv.ParseInt(path[0], 10, 64)
	i := slices.IndexFunc(tx.commands, func(q *queued) bool { return q.id == id })
	if len(path) > 1 || err != nil {
		text := path[0]
		for _, segment := range path[1:] {
			text += "/" + segment
		}
		return 0, nil, icrdError(http.StatusBadRequest, "Found invalid command id %s", text+trailingSlash(r))
	}
	if i < 0 {
		return 0, nil, icrdError(http.StatusNotFound, "Command %d is not found in transaction %d.", id, tx.id)
	}
	q := tx.commands[i]
	switch {
	case r.Method == http.MethodGet:
		return http.StatusOK, s.commandDocument(tx, q), nil
	case tx.state != "STARTED":
		return 0, nil, icrdError(http.StatusBadRequest, "Transaction %d is %s; its commands cannot be changed.", tx.id, tx.state)
	case r.Method == http.MethodDelete:
		tx.commands = slices.Delete(tx.commands, i, i+1)
	case r.Method == http.MethodPatch:
		number, ok := body["evalOrder"].(json.Number)
		n, err := number.Int64()
		if !ok || err != nil || n < 1 {
			return 0, nil, config.Usage("invalid property value \"eval-order\":\"%v\"", body["evalOrder"])
		}
		tx.commands = slices.Delete(tx.commands, i, i+1)
		tx.commands = slices.Insert(tx.commands, min(int(n)-1, len(tx.commands)), q)
	default:
		return 0, nil, icrdError(http.StatusMethodNotAllowed, "Operation is not supported on component /transaction.")
	}
	tx.touched = s.now()
	for i, q := range tx.commands {
		q.order = int64(i) + 1
	}
	if r.Method == http.MethodDelete {
		return http.StatusOK, nil, nil
	}
	return http.StatusOK, s.commandDocument(tx, q), nil
}

func trailingSlash(r *request) string {
	if path := r.URL.Path; path != "" && path[len(path)-1] == '/' {
		return "/"
	}
	return ""
}
