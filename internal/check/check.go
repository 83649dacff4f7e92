package check

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-cleanhttp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
)

const (
	// patience bounds one question: a check that hangs is one that fails.
	patience = 5 * time.Second
	// longest is as much of an answer as is read, in bytes.
	longest = 1 << 20
)

// Checker asks over HTTP. The zero Checker is ready for use.
type Checker struct{}

var _ engine.Checker = Checker{}

// Check returns nil if all that check asks is well, and else what is not.
func (Checker) Check(ctx context.Context, check cutover.Check) error {
	if check.URL != "" {
		if err := fetch(ctx, check); err != nil {
			return err
		}
	}
	if check.Prometheus != "" {
		return query(ctx, check)
	}
	return nil
}

// fetch asks the URL, over a connection to Via where that is set.
func fetch(ctx context.Context, check cutover.Check) error {
	answer, err := get(ctx, check.URL, check.Via)
	if err != nil {
		return err
	}
	want := check.Status
	if want == 0 {
		want = http.StatusOK
	}
	if answer.status != want {
		return fmt.Errorf("%s answered %d, and not %d", check.URL, answer.status, want)
	}
	return nil
}

// query asks Prometheus, and the condition of every value of the answer. No value
// is no good sign: a query that finds nothing says nothing.
func query(ctx context.Context, check cutover.Check) error {
	answer, err := get(ctx, strings.TrimSuffix(check.Prometheus, "/")+"/api/v1/query?query="+url.QueryEscape(check.Query), "")
	if err != nil {
		return err
	}
	values, err := answer.values()
	if err != nil {
		return fmt.Errorf("prometheus at %s answered %d: %w", check.Prometheus, answer.status, err)
	}
	if len(values) == 0 {
		return fmt.Errorf("the query %q found nothing", check.Query)
	}
	for _, value := range values {
		if !check.Condition.Holds(value) {
			return fmt.Errorf("the query %q is %s, and not %s", check.Query, strconv.FormatFloat(value, 'g', 6, 64), check.Condition)
		}
	}
	return nil
}

// answer is what somebody said.
type answer struct {
	status int
	body   []byte
}

func get(ctx context.Context, address, via string) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return answer{}, fmt.Errorf("%s is no URL", address)
	}
	client := cleanhttp.DefaultClient() // no keep-alive: each question is a new client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if transport, ok := client.Transport.(*http.Transport); ok && via != "" {
		transport.Proxy = nil
		transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, via)
		}
	}
	response, err := client.Do(request)
	if err != nil {
		return answer{}, unwrapped(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, longest))
	return answer{status: response.StatusCode, body: body}, err
}

// unwrapped is the cause without the method and the URL's query before it.
func unwrapped(err error) error {
	if failed, ok := errors.AsType[*url.Error](err); ok {
		if failed.Timeout() {
			return fmt.Errorf("no answer within %s", patience)
		}
		return failed.Err
	}
	return err
}

// values reads the answer of Prometheus' instant query: a vector or a scalar.
func (a answer) values() ([]float64, error) {
	var said struct {
		Status string `json:"status"`
		Error  string `json:"error"`
		Data   struct {
			Type   string          `json:"resultType"`
			Result json.RawMessage `json:"result"`
		} `json:"data"`
	}
	if err := json.Unmarshal(a.body, &said); err != nil {
		return nil, errors.New("that is no answer of the query API")
	}
	if said.Status != "success" {
		return nil, errors.New(said.Error)
	}
	var samples []struct {
		Value sample `json:"value"`
	}
	switch said.Data.Type {
	case "vector":
		if err := json.Unmarshal(said.Data.Result, &samples); err != nil {
			return nil, err
		}
	case "scalar":
		samples = append(samples, struct {
			Value sample `json:"value"`
		}{})
		if err := json.Unmarshal(said.Data.Result, &samples[0].Value); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("a %s is neither a vector nor a scalar", said.Data.Type)
	}
	values := make([]float64, 0, len(samples))
	for _, s := range samples {
		values = append(values, float64(s.Value))
	}
	return values, nil
}

// sample is a value in an answer: [time, "value"].
type sample float64

// UnmarshalJSON reads the value.
func (s *sample) UnmarshalJSON(data []byte) error {
	var pair []any
	if err := json.Unmarshal(data, &pair); err != nil {
		return err
	}
	if len(pair) != 2 {
		return errors.New("a sample is a time and a value")
	}
	text, ok := pair[1].(string)
	if !ok {
		return errors.New("a sample's value is a text")
	}
	value, err := strconv.ParseFloat(text, 64)
	*s = sample(value)
	return err
}
