package icontrol

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

// transactionDevice imitates what icontrol-rest 5 tells of transactions.
type transactionDevice struct {
	mu       sync.Mutex
	begun    int
	state    string
	commands []string

	commit []http.HandlerFunc // answers to commits, "" of them: completed
	queue  []http.HandlerFunc // answers to commands, none: accepted
}

func (d *transactionDevice) answer(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	id := r.Header.Get("X-F5-REST-Coordination-Id")
	switch {
	case id != "":
		if next := pop(&d.queue); next != nil {
			next(w, r)
			return
		}
		d.commands = append(d.commands, r.Method+" "+r.URL.EscapedPath()+" "+string(body))
		ok(`{"method":"`+r.Method+`","commandId":1,"kind":"tm:transaction:commandsstate"}`)(w, r)
	case r.Method == http.MethodPost:
		d.begun++
		d.state, d.commands = stateStarted, nil
		ok(`{"transId":1526674837169915,"state":"STARTED","timeoutSeconds":120}`)(w, r)
	case r.Method == http.MethodDelete:
		d.state = "ABORTED"
	case r.Method == http.MethodPatch:
		if next := pop(&d.commit); next != nil {
			next(w, r)
			return
		}
		d.state = stateCompleted
		fallthrough
	default:
		ok(`{"transId":1526674837169915,"state":"`+d.state+`"}`)(w, r)
	}
}

// pop takes the first handler. Its own panics must not keep it.
func pop(list *[]http.HandlerFunc) http.HandlerFunc {
	if len(*list) == 0 {
		return nil
	}
	first := (*list)[0]
	*list = (*list)[1:]
	return first
}

func fillTwo(t *testing.T, c *Client) func(*Transaction) error {
	return func(tx *Transaction) error {
		members := c.Members("/shop/web")
		if err := tx.Patch(t.Context(), members, "/shop/10.0.0.1:80", MemberBody{Ratio: new(2)}); err != nil {
			return err
		}
		return tx.Delete(t.Context(), members, "/shop/10.0.0.2:80")
	}
}

func TestATransactionSendsItsCommandsUnderItsIDAndNothingElse(t *testing.T) {
	t.Parallel()
	simulated := &transactionDevice{}
	var withID []string
	device := newFakeDevice(t, func(w http.ResponseWriter, r *http.Request) {
		if id := r.Header.Get("X-F5-REST-Coordination-Id"); id != "" {
			withID = append(withID, id+" "+r.Method)
		}
		simulated.answer(w, r)
	})
	c := device.client()
	tx, err := c.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := fillTwo(t, c)(tx); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Pools().Get(t.Context(), "/shop/web", nil); err != nil { // another caller's
		t.Fatal(err)
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"1526674837169915 PATCH", "1526674837169915 DELETE"}, withID); diff != "" {
		t.Error(diff)
	}
	want := []string{
		`PATCH /mgmt/tm/ltm/pool/~shop~web/members/~shop~10.0.0.1:80 {"ratio":2}`,
		`DELETE /mgmt/tm/ltm/pool/~shop~web/members/~shop~10.0.0.2:80 `,
	}
	if diff := cmp.Diff(want, simulated.commands); diff != "" {
		t.Error(diff)
	}
}

func TestTheAnswerToACommitIsFoundOutFromTheTransaction(t *testing.T) {
	t.Parallel()
	refused := `{"code":400,"message":"transaction failed:01070265:3: in use","errorStack":[],"apiError":2}`
	tests := []struct {
		name   string
		device func(d *transactionDevice) []http.HandlerFunc // answers to commits
		err    error
		lost   bool
		state  string // of the transaction at the end
	}{
		{
			name:   "refused, and dropped afterwards",
			device: func(*transactionDevice) []http.HandlerFunc { return []http.HandlerFunc{status(400, refused)} },
			err:    ErrInUse, state: "ABORTED",
		},
		{
			name: "lost, and completed",
			device: func(d *transactionDevice) []http.HandlerFunc {
				return []http.HandlerFunc{func(http.ResponseWriter, *http.Request) { d.state = stateCompleted; panic(errDrop) }}
			},
			state: stateCompleted,
		},
		{
			name:   "lost before it arrived",
			device: func(*transactionDevice) []http.HandlerFunc { return []http.HandlerFunc{drop, drop} },
			state:  stateCompleted,
		},
		{
			name:   "lost each time",
			device: func(*transactionDevice) []http.HandlerFunc { return []http.HandlerFunc{drop, drop, drop, drop, drop} },
			err:    errAny, lost: true, state: stateStarted,
		},
		{
			name: "lost, and failed",
			device: func(d *transactionDevice) []http.HandlerFunc {
				return []http.HandlerFunc{func(http.ResponseWriter, *http.Request) {
					d.state = `FAILED","failureReason":"01020036:3: The requested Pool Member was not found.`
					panic(errDrop)
				}}
			},
			err: ErrNotFound, state: "ABORTED",
		},
		{
			name: "answered before it is done",
			device: func(d *transactionDevice) []http.HandlerFunc {
				return []http.HandlerFunc{func(w http.ResponseWriter, r *http.Request) {
					d.state = stateCompleted // by the time of the next read
					ok(`{"state":"VALIDATING"}`)(w, r)
				}}
			},
			state: stateCompleted,
		},
		{
			name: "lost, and the transaction is gone",
			device: func(d *transactionDevice) []http.HandlerFunc {
				return []http.HandlerFunc{func(http.ResponseWriter, *http.Request) { d.state = "gone"; panic(errDrop) }}
			},
			err: errAny, lost: true, state: "gone",
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				simulated := &transactionDevice{}
				simulated.commit = tc.device(simulated)
				device := newFakeDevice(t, func(w http.ResponseWriter, r *http.Request) {
					if r.Method == http.MethodGet && simulated.state == "gone" {
						fail(w, 404, `{"code":404,"message":"Transaction not found","errorStack":[],"apiError":1}`)
						return
					}
					simulated.answer(w, r)
				})
				c := device.client()
				err := c.Transact(t.Context(), fillTwo(t, c))
				if _, lost := errors.AsType[*LostAnswerError](err); lost != tc.lost {
					t.Errorf("error %v: lost answer %t, want %t", err, lost, tc.lost)
				}
				if tc.err == nil && err != nil || tc.err != nil && !errors.Is(tc.err, errAny) && !errors.Is(err, tc.err) {
					t.Errorf("error %v, want %v", err, tc.err)
				}
				if state, _, _ := strings.Cut(simulated.state, `"`); state != tc.state {
					t.Errorf("transaction is %s, want %s", state, tc.state)
				}
			})
		})
	}
}

var errAny = errors.New("any error")

func TestALostAnswerToACommandBeginsTheTransactionAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		simulated := &transactionDevice{queue: []http.HandlerFunc{drop}}
		c := newFakeDevice(t, simulated.answer).client()
		if err := c.Transact(t.Context(), fillTwo(t, c)); err != nil {
			t.Fatal(err)
		}
		if simulated.begun != 2 || len(simulated.commands) != 2 || simulated.state != stateCompleted {
			t.Errorf("begun %d, commands %q, state %s", simulated.begun, simulated.commands, simulated.state)
		}
	})
}

func TestMCPDLostAtACommandBeginsTheTransactionAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lost := func(w http.ResponseWriter, _ *http.Request) {
			fail(w, 500, `{"code":500,"message":"The connection to mcpd has been lost, try again.","errorStack":[],"apiError":32768001}`)
		}
		simulated := &transactionDevice{queue: []http.HandlerFunc{lost}}
		client := newFakeDevice(t, simulated.answer).client()
		if err := client.Transact(t.Context(), fillTwo(t, client)); err != nil {
			t.Fatal(err)
		}
		if simulated.begun != 2 || len(simulated.commands) != 2 {
			t.Errorf("%d transactions were begun, the last has the commands %q; want 2 and two commands", simulated.begun, simulated.commands)
		}
	})
}

func TestACommandThatIsNeverAnsweredHasChangedNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		simulated := &transactionDevice{queue: []http.HandlerFunc{drop, drop, drop, drop}}
		c := newFakeDevice(t, simulated.answer).client()
		err := c.Transact(t.Context(), fillTwo(t, c))
		if _, lost := errors.AsType[*LostAnswerError](err); lost || !errors.Is(err, ErrUnreachable) {
			t.Errorf("error %v, want ErrUnreachable: nothing was committed", err)
		}
		if simulated.begun != transactAttempts || simulated.state != "ABORTED" {
			t.Errorf("begun %d times, in the end %s", simulated.begun, simulated.state)
		}
	})
}

func TestACommandThatNeverLeftIsNoReasonToBeginAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		simulated := &transactionDevice{}
		device := newFakeDevice(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("X-F5-REST-Coordination-Id") != "" {
				panic(errRefuse) // until the retries end
			}
			simulated.answer(w, r)
		})
		c := device.client()
		if err := c.Transact(t.Context(), fillTwo(t, c)); !errors.Is(err, ErrUnreachable) {
			t.Errorf("error %v, want ErrUnreachable", err)
		}
		if simulated.begun != 1 || simulated.state != "ABORTED" {
			t.Errorf("begun %d times, in the end %s", simulated.begun, simulated.state)
		}
	})
}

func TestAFailedFillAbortsTheTransactionEvenWhenTheContextEnded(t *testing.T) {
	t.Parallel()
	simulated := &transactionDevice{}
	c := newFakeDevice(t, simulated.answer).client()
	ctx, cancel := context.WithCancel(t.Context())
	err := c.Transact(ctx, func(*Transaction) error {
		cancel()
		return errAny
	})
	if !errors.Is(err, errAny) || simulated.state != "ABORTED" {
		t.Errorf("error %v, state %s", err, simulated.state)
	}
}

func TestAnEmptyTransactionIsDroppedNotCommitted(t *testing.T) {
	t.Parallel()
	simulated := &transactionDevice{}
	c := newFakeDevice(t, simulated.answer).client()
	if err := c.Transact(t.Context(), func(*Transaction) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if simulated.state != "ABORTED" {
		t.Errorf("state %s", simulated.state)
	}
}

func TestABusyDeviceDoesNotQueueACommandTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		simulated := &transactionDevice{queue: []http.HandlerFunc{status(503, busyTask)}}
		c := newFakeDevice(t, simulated.answer).client()
		if err := c.Transact(t.Context(), fillTwo(t, c)); err != nil {
			t.Fatal(err)
		}
		if simulated.begun != 1 || len(simulated.commands) != 2 {
			t.Errorf("begun %d, commands %q", simulated.begun, simulated.commands)
		}
	})
}
