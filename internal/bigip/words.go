package bigip

import (
	"fmt"
	"strconv"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
)

// The device has several pairs of words for true and false; which one, differs by
// property (icontrol-rest 2.6).
func yesOrNo(set bool) string {
	if set {
		return "yes"
	}
	return "no"
}

func onOrOff(set bool) string {
	if set {
		return "enabled"
	}
	return "disabled"
}

// changed is what to write: nothing when it is so already.
func changed[T comparable](from, to T) *T {
	if from == to {
		return nil
	}
	return &to
}

// noLimit is the device's word for a rate limit that is none.
const noLimit = "disabled"

// rateLimitFromWire reads a limit of connections per second, 0 for none.
func rateLimitFromWire(text icontrol.Word) (int, error) {
	if text == "" || text == noLimit {
		return 0, nil
	}
	limit, err := strconv.Atoi(string(text))
	if err != nil {
		return 0, fmt.Errorf("the rate limit %q is not a number", text)
	}
	return limit, nil
}

func rateLimitToWire(limit int) string {
	if limit == 0 {
		return noLimit
	}
	return strconv.Itoa(limit)
}

// noneOr writes a text that may be cleared.
func noneOr(text string) string {
	if text == "" {
		return "none"
	}
	return text
}
