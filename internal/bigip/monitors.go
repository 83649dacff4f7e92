package bigip

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// parseMonitors reads a monitor rule in all forms that releases show
// (icontrol-rest 3.1):
//
//	/Common/http and /Common/https
//	min 1 of { /Common/http /Common/https }
//	min 1 of /Common/http /Common/https      as it is written
//	"", none                                 no monitor
func parseMonitors(text string) (ltm.MonitorRule, error) {
	text = strings.TrimSpace(text)
	if text == "" || text == "none" || text == noMonitor {
		return ltm.MonitorRule{}, nil
	}
	words := strings.Fields(strings.NewReplacer("{", " ", "}", " ").Replace(text))
	if len(words) > 3 && words[0] == "min" && words[2] == "of" {
		count, err := strconv.Atoi(words[1])
		if err != nil || count < 1 {
			return ltm.MonitorRule{}, fmt.Errorf("monitor rule %q: %q is not a number of monitors", text, words[1])
		}
		monitors, err := parsePaths(words[3:])
		return ltm.MonitorRule{Monitors: monitors, AtLeast: count}, err
	}
	var names []string
	for i, word := range words {
		if i%2 == 0 {
			names = append(names, word)
		} else if word != "and" {
			return ltm.MonitorRule{}, fmt.Errorf("monitor rule %q: %q where \"and\" is expected", text, word)
		}
	}
	if len(words)%2 == 0 {
		return ltm.MonitorRule{}, fmt.Errorf("monitor rule %q ends with \"and\"", text)
	}
	monitors, err := parsePaths(names)
	return ltm.MonitorRule{Monitors: monitors}, err
}

func parsePaths(names []string) ([]ltm.Path, error) {
	paths := make([]ltm.Path, 0, len(names))
	for _, name := range names {
		path, err := ltm.ParsePathIn(ltm.Common, name)
		if err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// noMonitor is what takes a member out of the monitoring of its pool.
const noMonitor = "/Common/none"

// memberMonitorsFromWire reads a member's monitors: "default" are the pool's, and
// "/Common/none" is none (icontrol-rest 3.2).
func memberMonitorsFromWire(text string) (ltm.MemberMonitors, error) {
	if text = strings.TrimSpace(text); text == "" || text == "default" {
		return ltm.InheritMonitors, nil
	}
	rule, err := parseMonitors(text)
	return ltm.OwnMonitors(rule), err
}

func memberMonitorsToWire(monitors ltm.MemberMonitors) string {
	switch monitors {
	case ltm.InheritMonitors:
		return "default"
	case ltm.NoMonitors:
		return noMonitor
	default:
		return string(monitors)
	}
}

// optionalPath reads a reference that may be absent: "" and "none" mean no object.
func optionalPath(text string) (ltm.Path, error) {
	if text == "" || text == "none" {
		return ltm.Path{}, nil
	}
	return ltm.ParsePathIn(ltm.Common, text)
}

// pathOrNone writes a reference that may be cleared.
func pathOrNone(path ltm.Path) string {
	if path.IsZero() {
		return "none"
	}
	return path.String()
}
