package traffic_test

import (
	"math"
	"testing"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/traffic"
)

// TestSharesStayWhenPodsComeAndGo follows a canary through every count of pods
// that a rollout or an autoscaler may make.
func TestSharesStayWhenPodsComeAndGo(t *testing.T) {
	t.Parallel()
	const limit = 0.3 // percent points
	for _, shares := range [][2]int{{99, 1}, {90, 10}, {50, 50}, {10, 90}, {1, 99}} {
		for stable := 1; stable <= 60; stable++ {
			for canary := 1; canary <= 30; canary++ {
				result := traffic.Split([]traffic.Backend{backend("stable", shares[0], 1, stable), backend("canary", shares[1], 2, canary)})
				weight := map[string]int{}
				for _, a := range result.Assignments {
					weight[a.Backend] += a.Ratio
				}
				got := 100 * float64(weight["canary"]) / float64(weight["canary"]+weight["stable"])
				if off := math.Abs(got - float64(shares[1])); off > limit || math.Abs(off-result.Error) > 1e-9 {
					t.Errorf("%d+%d pods at %d/%d: the canary gets %.3f %%, the error is told as %.3f", stable, canary, shares[0], shares[1], got, result.Error)
				}
			}
		}
	}
}

func TestTheSharesOfTheDocumentationAreWithinTheTolerance(t *testing.T) {
	t.Parallel()
	for _, counts := range [][2]int{{7, 3}, {20, 1}, {1, 1}} {
		for _, shares := range [][2]int{{99, 1}, {90, 10}, {50, 50}} {
			result := traffic.Split([]traffic.Backend{backend("a", shares[0], 1, counts[0]), backend("b", shares[1], 2, counts[1])})
			for i, share := range result.Shares {
				if math.Abs(share.Given-float64(shares[i])) > traffic.Tolerance {
					t.Errorf("%v pods at %v: %s gets %v", counts, shares, share.Backend, share.Given)
				}
			}
		}
	}
}
