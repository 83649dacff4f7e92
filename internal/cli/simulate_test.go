package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// simulation is the command simulate while it runs.
type simulation struct {
	t    *testing.T
	line map[string]any // what it printed
	end  func() string  // sends SIGTERM, and returns what it logged
}

// run starts simulate on free ports. There can be one at a time: SIGTERM is for
// the whole process.
func run(t *testing.T, arguments ...string) simulation {
	t.Helper()
	reader, writer := io.Pipe()
	var log bytes.Buffer
	code := make(chan int, 1)
	go func() {
		arguments := append([]string{"simulate", "--plain-http", "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0"}, arguments...)
		code <- Run(Build{}, arguments, writer, &log)
		_ = writer.Close()
	}()
	text, err := bufio.NewReader(reader).ReadBytes('\n')
	if err != nil {
		t.Fatalf("no line: %v: code %d, %s", err, <-code, &log)
	}
	s := simulation{t: t}
	if err := json.Unmarshal(text, &s.line); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	ended := false
	s.end = func() string {
		t.Helper()
		if ended {
			return log.String()
		}
		ended = true
		if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		select {
		case got := <-code:
			if got != 0 {
				t.Errorf("it ended with %d: %s", got, &log)
			}
		case <-time.After(time.Minute):
			t.Fatal("it does not end")
		}
		return log.String()
	}
	t.Cleanup(func() { s.end() })
	return s
}

func (s simulation) ask(method, url, user, password, body string) (int, string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, url, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.SetBasicAuth(user, password)
	r.Close = true
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

func TestSimulatePrintsOneLineOfJSON(t *testing.T) {
	s := run(t)
	want := map[string]any{"management": s.line["management"], "control": s.line["control"], "ca_file": "", "username": "admin"}
	if diff := cmp.Diff(want, s.line); diff != "" {
		t.Error(diff)
	}
	if status, text := s.ask("GET", fmt.Sprint(s.line["management"], "/mgmt/tm/sys/version"), "admin", "admin", ""); status != 200 {
		t.Errorf("%d %s", status, text)
	}
}

func TestSimulateHATellsOfThePeer(t *testing.T) {
	s := run(t, "--ha")
	peer, _ := s.line["peer"].(map[string]any)
	status, text := s.ask("GET", fmt.Sprint(peer["management"], "/mgmt/tm/cm/failover-status"), "admin", "admin", "")
	if status != 200 || !strings.Contains(text, "STANDBY") {
		t.Errorf("%d %s", status, text)
	}
	status, text = s.ask("POST", fmt.Sprint(s.line["control"], "/failover"), "", "", "")
	if status != 200 || !strings.Contains(text, fmt.Sprintf(`"management":"%s","state":"active"`, peer["management"])) {
		t.Errorf("%d %s", status, text)
	}
}

func TestSimulateHasTheUsersItIsToldAndLogsWhatTheyMayNot(t *testing.T) {
	s := run(t, "--verbose", "--user", "guest:pass,word:guest", "--user", "keeper:secret:manager:shop")
	management := fmt.Sprint(s.line["management"])
	if status, _ := s.ask("GET", management+"/mgmt/tm/ltm/pool", "guest", "pass,word", ""); status != 200 {
		t.Errorf("guest reads: %d", status)
	}
	s.ask("DELETE", management+"/mgmt/tm/ltm/pool/~Common~p", "guest", "pass,word", "")
	status, text := s.ask("POST", management+"/mgmt/tm/ltm/pool", "keeper", "secret", `{"name":"p","partition":"Common"}`)
	if status != 400 || !strings.Contains(text, "01070822:3") {
		t.Errorf("manager: %d %s", status, text)
	}
	log := s.end()
	for _, want := range []string{
		`msg=refused method=DELETE path=/mgmt/tm/ltm/pool/~Common~p code=401 message="Authorization failed`,
		`msg=refused method=POST path=/mgmt/tm/ltm/pool code=400 message="01070822:3: Access Denied: user (keeper) does not have create access to object (pool)" user=keeper api_error=3`,
	} {
		if !strings.Contains(log, want) {
			t.Errorf("the log has no %q:\n%s", want, log)
		}
	}
	if strings.Contains(log, "pass,word") || strings.Contains(log, "secret") {
		t.Errorf("the log has a password:\n%s", log)
	}
}

func TestSimulateKnowsTheNamesItIsTold(t *testing.T) {
	s := run(t, "--dns", "www.example.com=192.0.2.1,192.0.2.2", "--dns", "empty.example.com=")
	pool := fmt.Sprint(s.line["management"], "/mgmt/tm/ltm/pool")
	s.ask("POST", pool, "admin", "admin", `{"name":"p","partition":"Common","members":[
		{"name":"www.example.com:80","fqdn":{"tmName":"www.example.com","autopopulate":"enabled"}},
		{"name":"empty.example.com:80","fqdn":{"tmName":"empty.example.com"}}]}`)
	_, text := s.ask("GET", pool+"/~Common~p/members", "admin", "admin", "")
	for _, want := range []string{`"_auto_192.0.2.1:80"`, `"_auto_192.0.2.2:80"`, `"state":"fqdn-up"`, `"state":"fqdn-up-no-addr"`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
}

func TestSimulateKeepsItsStateOverAnEnd(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state.json")
	first := run(t, "--state", file)
	first.ask("POST", fmt.Sprint(first.line["management"], "/mgmt/tm/ltm/pool"), "admin", "admin", `{"name":"kept","partition":"Common"}`)
	first.end()
	second := run(t, "--state", file)
	if status, _ := second.ask("GET", fmt.Sprint(second.line["management"], "/mgmt/tm/ltm/pool/~Common~kept"), "admin", "admin", ""); status != 200 {
		t.Errorf("the pool is gone: %d", status)
	}
}

func TestSimulateSaysWhatIsWrongWithItsFlags(t *testing.T) {
	foreign := filepath.Join(t.TempDir(), "terraform.tfstate")
	if err := os.WriteFile(foreign, []byte(`{"version":4}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		arguments []string
		message   string
	}{
		{[]string{"--user", "a:secret"}, "Error: --user a…: want name:password:role or name:password:role:partition"},
		{[]string{"--user", "a:secret:king"}, "Error: --user: user a: there is no role \"king\"; there are admin, manager, operator, guest"},
		{[]string{"--dns", "www.example.com"}, "Error: --dns www.example.com: want name=address,address"},
		{[]string{"--dns", "www.example.com=www"}, "Error: DNS: www.example.com: \"www\" is no IP address"},
		{[]string{"--state", foreign}, "Error: state file " + foreign + ": saved configuration: its format is \"\", not \"bigipsim-state\""},
	} {
		var stdout, stderr bytes.Buffer
		if code := Run(Build{}, append([]string{"simulate"}, test.arguments...), &stdout, &stderr); code != 1 || stdout.Len() != 0 {
			t.Errorf("%v: code %d, %s", test.arguments, code, &stdout)
		}
		if !strings.HasPrefix(stderr.String(), test.message) || strings.Contains(stderr.String(), "secret") {
			t.Errorf("%v: %s", test.arguments, &stderr)
		}
	}
}
