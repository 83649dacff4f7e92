package monitor_test

import (
	"os"
	"testing"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/acctest"
)

func TestMain(m *testing.M) {
	acctest.Prepare()
	os.Exit(m.Run())
}
