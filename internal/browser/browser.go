package browser

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/websocket"
)

// patience bounds one answer of the browser, and how long a test waits for a page.
const patience = time.Minute

// Browser is a Chromium with one page. It is not for concurrent use.
type Browser struct {
	t    testing.TB
	conn *websocket.Conn
	id   int

	mu      sync.Mutex
	answers map[int]chan answer
	problem []string // what the page has complained of
	session string
}

type answer struct {
	Result json.RawMessage
	Error  *struct{ Message string }
}

// Start runs a browser until the test ends.
func Start(t testing.TB) *Browser {
	t.Helper()
	command := exec.Command("chromium", //nolint:gosec,noctx // what is not constant is a folder of the test; its end is Browser.close
		"--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
		"--no-first-run", "--disable-extensions", "--disable-background-networking", "--remote-debugging-port=0", "--remote-allow-origins=http://127.0.0.1", "--user-data-dir="+t.TempDir(), "about:blank")
	stderr, err := command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatalf("start chromium (Debian's package of that name; .ci/run installs it): %v", err)
	}
	b := &Browser{t: t, answers: map[int]chan answer{}}
	address := debugging(stderr)
	t.Cleanup(func() {
		if b.conn != nil {
			_, _ = b.ask("Browser.close", nil, false)
			_ = b.conn.Close()
		}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_ = command.Wait() // with whatever code
		}()
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			_ = command.Process.Kill()
			<-ended
		}
	})
	if address == "" {
		t.Fatal("chromium does not say where it listens")
	}
	if b.conn, err = websocket.Dial(address, "", "http://127.0.0.1"); err != nil {
		t.Fatal(err)
	}
	b.conn.MaxPayloadBytes = 256 << 20
	go b.read()
	b.open()
	return b
}

// debugging finds where a browser listens, and takes the rest of what it says.
func debugging(stderr io.Reader) string {
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		if address, found := strings.CutPrefix(lines.Text(), "DevTools listening on "); found {
			go func() { _, _ = io.Copy(io.Discard, stderr) }()
			return address
		}
	}
	return ""
}

func (b *Browser) open() {
	b.t.Helper()
	var target struct{ TargetID string }
	b.do("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.do("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log"} {
		b.do(domain+".enable", nil, nil)
	}
}

// read takes what the browser says.
func (b *Browser) read() {
	for {
		var message struct {
			answer
			ID     int
			Method string
			Params struct {
				Entry            struct{ Level, Text, URL string }
				ExceptionDetails struct {
					Text      string
					Exception struct{ Description string }
				}
			}
		}
		if err := websocket.JSON.Receive(b.conn, &message); err != nil {
			b.mu.Lock()
			defer b.mu.Unlock()
			for _, waiting := range b.answers {
				close(waiting)
			}
			b.answers = nil
			return
		}
		b.mu.Lock()
		switch {
		case message.ID != 0:
			if waiting := b.answers[message.ID]; waiting != nil {
				waiting <- message.answer
				delete(b.answers, message.ID)
			}
		case message.Method == "Log.entryAdded" && message.Params.Entry.Level == "error":
			b.problem = append(b.problem, message.Params.Entry.Text+" "+message.Params.Entry.URL)
		case message.Method == "Runtime.exceptionThrown":
			d := message.Params.ExceptionDetails
			b.problem = append(b.problem, d.Text+" "+d.Exception.Description)
		}
		b.mu.Unlock()
	}
}

// Problems are the errors that the page has made since the last call: exceptions, what
// its policy forbade, what could not be loaded.
func (b *Browser) Problems() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := b.problem
	b.problem = nil
	return all
}

func (b *Browser) ask(method string, params any, inPage bool) (json.RawMessage, error) {
	b.mu.Lock()
	if b.answers == nil {
		b.mu.Unlock()
		return nil, errors.New("the browser is gone")
	}
	b.id++
	id := b.id
	waiting := make(chan answer, 1)
	b.answers[id] = waiting
	b.mu.Unlock()
	request := map[string]any{"id": id, "method": method}
	if params != nil {
		request["params"] = params
	}
	if inPage && b.session != "" {
		request["sessionId"] = b.session
	}
	if err := websocket.JSON.Send(b.conn, request); err != nil {
		return nil, err
	}
	select {
	case got, ok := <-waiting:
		switch {
		case !ok:
			return nil, errors.New("the browser is gone")
		case got.Error != nil:
			return nil, errors.New(got.Error.Message)
		}
		return got.Result, nil
	case <-time.After(patience):
		return nil, errors.New("no answer")
	}
}

func (b *Browser) do(method string, params, into any) {
	b.t.Helper()
	result, err := b.ask(method, params, true)
	if err == nil && into != nil {
		err = json.Unmarshal(result, into)
	}
	if err != nil {
		b.t.Fatalf("%s: %v", method, err)
	}
}

// Look makes the window so wide and high, light or dark.
func (b *Browser) Look(width, height int, dark bool) {
	b.t.Helper()
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	b.do("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}, nil)
	b.do("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
}

// Scripts lets pages that are opened from now on have scripts, or not.
func (b *Browser) Scripts(on bool) {
	b.t.Helper()
	b.do("Emulation.setScriptExecutionDisabled", map[string]any{"value": !on}, nil)
}

// Open loads a page.
func (b *Browser) Open(url string) {
	b.t.Helper()
	var opened struct{ ErrorText string }
	b.do("Page.navigate", map[string]any{"url": url}, &opened)
	if opened.ErrorText != "" {
		b.t.Fatalf("open %s: %s", url, opened.ErrorText)
	}
	b.Until(`document.readyState === 'complete' && location.href !== 'about:blank'`)
}

// Eval runs a script in the page, waits for its promise, and decodes what it returns.
func (b *Browser) Eval(script string, into any) {
	b.t.Helper()
	var got struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails *struct {
			Text      string
			Exception struct{ Description string }
		}
	}
	b.do("Runtime.evaluate", map[string]any{"expression": script, "awaitPromise": true, "returnByValue": true}, &got)
	if got.ExceptionDetails != nil {
		b.t.Fatalf("%s %s", got.ExceptionDetails.Text, got.ExceptionDetails.Exception.Description)
	}
	if into != nil {
		if err := json.Unmarshal(got.Result.Value, into); err != nil {
			b.t.Fatalf("%s: %v", got.Result.Value, err)
		}
	}
}

// Until waits until a script's value is true.
func (b *Browser) Until(script string) {
	b.t.Helper()
	limit := time.Now().Add(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for ; time.Now().Before(limit); <-tick.C {
		var is bool
		b.Eval("Boolean("+script+")", &is)
		if is {
			return
		}
	}
	var text string
	b.Eval("document.body.innerText", &text)
	b.t.Fatalf("it does not become true: %s\n%s\n%s", script, text, strings.Join(b.Problems(), "\n"))
}

// Press sends a key: "Tab", "Enter".
func (b *Browser) Press(key string) {
	b.t.Helper()
	code := map[string]int{"Tab": 9, "Enter": 13}[key]
	event := map[string]any{"key": key, "code": key, "windowsVirtualKeyCode": code}
	if key == "Enter" {
		event["text"] = "\r"
	}
	for _, kind := range []string{"keyDown", "keyUp"} {
		event["type"] = kind
		b.do("Input.dispatchKeyEvent", event, nil)
	}
}

// Type types a text where the focus is.
func (b *Browser) Type(text string) {
	b.t.Helper()
	b.do("Input.insertText", map[string]any{"text": text}, nil)
}

// Screenshot is what the window shows, as PNG.
func (b *Browser) Screenshot() []byte {
	b.t.Helper()
	var shot struct{ Data string }
	b.do("Page.captureScreenshot", map[string]any{"format": "png"}, &shot)
	png, err := base64.StdEncoding.DecodeString(shot.Data)
	if err != nil {
		b.t.Fatal(err)
	}
	return png
}

// Faults are what axe-core, whose script is given, finds in the page: one line each.
func (b *Browser) Faults(axe []byte) []string {
	b.t.Helper()
	b.Eval(string(axe)+"; true", nil)
	var found struct {
		Violations []struct {
			ID, Help string
			Nodes    []struct{ HTML, FailureSummary string }
		}
		Passes int
	}
	b.Eval(`axe.run(document).then((r) => ({violations: r.violations, passes: r.passes.length}))`, &found)
	if found.Passes == 0 {
		b.t.Fatal("axe-core has checked nothing")
	}
	var lines []string
	for _, v := range found.Violations {
		for _, n := range v.Nodes {
			lines = append(lines, fmt.Sprintf("%s: %s\n  %s\n  %s", v.ID, v.Help, n.HTML, n.FailureSummary))
		}
	}
	return lines
}
