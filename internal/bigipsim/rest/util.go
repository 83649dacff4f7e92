package rest

import (
	"crypto/sha1"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/config"
)

// unlicensed answers for URLs of modules that are not provisioned (icontrol-rest 3.4).
func unlicensed(module string) handler {
	return func(r *request) (int, *document, error) {
		uri := strings.Join(r.path[1:], "/")
		return 0, nil, icrdError(http.StatusBadRequest, "One of the following features must be licensed/provisioned for the URI %s : %s", uri, module)
	}
}

// util is POST /mgmt/tm/util/{bash,unix-ls,unix-rm}. There is no shell: a few
// harmless commands that clients are known to send have their answers here, all
// others are not found.
func (s *Server) util(r *request) (int, *document, error) {
	tool := r.path[2]
	if r.Method != http.MethodPost {
		return 0, nil, unsupported("util/" + tool)
	}
	body, err := decode(r)
	if err != nil {
		return 0, nil, err
	}
	arguments, _ := body["utilCmdArgs"].(string)
	if body["command"] != "run" {
		return 0, nil, config.Usage("invalid property value \"command\":\"%v\"", body["command"])
	}
	line := strings.TrimPrefix(tool, "unix-") + " " + arguments
	if tool == "bash" {
		if line, err = shellLine(arguments); err != nil {
			return 0, nil, err
		}
	}
	d := (&document{}).add("kind", "tm:util:"+tool+":runstate").add("command", "run").add("utilCmdArgs", arguments)
	if result := s.shell(line); result != "" {
		d.add("commandResult", result)
	}
	return http.StatusOK, d, nil
}

// shellLine is the command in "-c '…'".
func shellLine(arguments string) (string, error) {
	line, ok := strings.CutPrefix(strings.TrimSpace(arguments), "-c")
	line = strings.TrimSpace(line)
	if !ok || line == "" {
		return "", config.Usage("invalid property value \"util-cmd-args\":%q", arguments)
	}
	if quote := line[0]; len(line) > 1 && (quote == '\'' || quote == '"') && line[len(line)-1] == quote {
		line = line[1 : len(line)-1]
	}
	return strings.TrimSpace(line), nil
}

// shell is what a command prints.
func (s *Server) shell(line string) string {
	state := s.db.State()
	hostname := "bigip.example.com"
	if o := state.Objects(state.Schema.Type("sys/global-settings")).Find("global-settings"); o != nil {
		hostname = o.Text("hostname")
	}
	words := strings.Fields(line)
	switch {
	case line == "cat /VERSION":
		return fmt.Sprintf("Product: BIG-IP\nVersion: %s\nBuild: 0.0.1\nSequence: %s-0.0.1.0\nBaseBuild: 0.0.1\nEdition: Final\nDate: Mon Jan  1 00:00:00 UTC 2024\n", s.version, s.version)
	case line == "hostname" || line == "uname -n":
		return hostname + "\n"
	case line == "whoami" || line == "id -un":
		return "root\n"
	case line == "date":
		return s.now().UTC().Format(time.UnixDate) + "\n"
	case line == "tmsh save sys config" || line == "tmsh save /sys config":
		if err := s.save(); err != nil {
			return err.Error() + "\n"
		}
		return "Saving running configuration...\n  /config/bigip.conf\n  /config/bigip_base.conf\n  /config/bigip_user.conf\n"
	case len(words) > 0 && words[0] == "echo":
		return strings.Join(words[1:], " ") + "\n"
	case len(words) > 1 && (words[0] == "rm" || words[0] == "ls" || words[0] == "cat" || words[0] == "sha1sum"):
		return s.fileCommand(words[0], words[len(words)-1])
	case len(words) == 0:
		return ""
	case words[0] == "tmsh": // there is none; a device would know these words
		return "Syntax Error: unexpected argument \"" + strings.Join(words[1:], " ") + "\"\n"
	}
	return "bash: " + words[0] + ": command not found\n"
}

// fileCommand looks at, or removes, an uploaded file.
func (s *Server) fileCommand(command, path string) string {
	if command == "ls" && strings.TrimSuffix(path, "/")+"/" == config.Downloads {
		return strings.Join(s.db.Files().Names(), "\n") + "\n"
	}
	content, found := s.db.Files().Get(path)
	switch {
	case !found:
		return command + ": cannot access " + path + ": No such file or directory\n"
	case command == "rm":
		s.db.Files().Remove(path)
		return ""
	case command == "sha1sum":
		return fmt.Sprintf("%x  %s\n", sha1.Sum(content), path)
	case command == "cat":
		return string(content)
	}
	return path + "\n"
}
