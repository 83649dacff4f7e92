package reconciler

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/reconciler/page"
)

const (
	// answerTime bounds one answer of the helper.
	answerTime = 15 * time.Second
	// streamSilence is more than a stream is silent that lives: see page's beat.
	streamSilence = 45 * time.Second
	// streamAgain is when a stream that broke is opened again.
	streamAgain = 2 * time.Second
	// mostLine is the longest line of the stream that is understood.
	mostLine = 1 << 20
	// clearScreen moves a terminal to its top left, and clears it from there.
	clearScreen = "\x1b[H\x1b[J"
)

// StatusOptions are what "reconcile status" is asked.
type StatusOptions struct {
	Helper    string // the URL of the helper's port
	TokenFile string // of its page; "" = BIGIPKUBE_PAGE_TOKEN, else none
	Output    string // "text" or "json"
	Watch     bool
	Terminal  bool // Out is one: with Watch it is cleared before each print
	Getenv    func(string) string
	Out, Log  io.Writer
}

// Status prints what a running helper knows: once, or with Watch again whenever it
// changes, until ctx ends. A helper that does not answer, or does not let us look, is an
// error; with Watch only at the start.
func Status(ctx context.Context, o StatusOptions) error {
	c, err := o.client()
	if err != nil {
		return err
	}
	if err := c.print(ctx); err != nil || !o.Watch {
		return err
	}
	for {
		if err := c.watch(ctx); err != nil && ctx.Err() == nil {
			fmt.Fprintln(o.Log, err)
		}
		if !pause(ctx, streamAgain) {
			return nil
		}
	}
}

// statusClient asks a helper.
type statusClient struct {
	StatusOptions
	base  *url.URL
	token string
	shown string // what was printed last
}

func (o StatusOptions) client() (*statusClient, error) {
	if o.Output != outputText && o.Output != outputJSON {
		return nil, invalid("--output", fmt.Sprintf("%q is none of %s and %s", o.Output, outputText, outputJSON))
	}
	base, err := url.Parse(o.Helper)
	if err != nil || (base.Scheme != "http" && base.Scheme != "https") || base.Host == "" {
		return nil, invalid("--helper", fmt.Sprintf("%q is not the URL of the helper's port: http://127.0.0.1:8080", o.Helper))
	}
	token, err := readToken("--token-file", o.TokenFile, o.Getenv)
	if err != nil {
		return nil, err
	}
	if !strings.HasSuffix(base.Path, "/") {
		base.Path += "/"
	}
	return &statusClient{StatusOptions: o, base: base, token: token}, nil
}

// get asks for what is at a path below the helper's. The caller closes the body.
func (c *statusClient) get(ctx context.Context, path string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base.JoinPath(path).String(), nil)
	if err != nil {
		return nil, err
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, fmt.Errorf("the helper does not answer: %w", err)
	}
	if answer.StatusCode == http.StatusOK {
		return answer, nil
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(io.LimitReader(answer.Body, 1<<10))
	if err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("the helper at %s answers %s: %s", c.base.Host, answer.Status, strings.TrimSpace(string(said)))
}

// print prints what is now, unless that was printed already.
func (c *statusClient) print(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	answer, err := c.get(ctx, "status.json")
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	var status page.Status
	if err := json.NewDecoder(answer.Body).Decode(&status); err != nil {
		return fmt.Errorf("what the helper at %s says is not understood: %w", c.base.Host, err)
	}
	var text strings.Builder
	if c.Output == outputJSON {
		encoder := json.NewEncoder(&text)
		if !c.Watch { // a line each, for programs that read on
			encoder.SetIndent("", "  ")
		}
		err = encoder.Encode(&status)
	} else {
		err = page.Print(&text, &status)
	}
	if err != nil || text.String() == c.shown {
		return err
	}
	before := ""
	if c.Output == outputText && c.shown != "" {
		before = "\n"
	}
	if c.Output == outputText && c.Watch && c.Terminal {
		before = clearScreen
	}
	c.shown = text.String()
	_, err = io.WriteString(c.Out, before+c.shown)
	return err
}

// watch prints whenever the helper says that something changed. It returns when the
// stream has ended, which it does now and then.
func (c *statusClient) watch(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	answer, err := c.get(ctx, "events")
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	silence := time.AfterFunc(streamSilence, cancel)
	defer silence.Stop()
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, mostLine)
	for lines.Scan() {
		silence.Reset(streamSilence)
		if strings.HasPrefix(lines.Text(), "data:") {
			if err := c.print(ctx); err != nil {
				return err
			}
		}
	}
	return lines.Err()
}
