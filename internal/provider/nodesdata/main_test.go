package nodesdata_test

import (
	"os"
	"testing"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/acctest"
)

// cluster is started by the first test that needs it.
var cluster = kubetest.Shared{Options: kubetest.Options{Nodes: 3, ControlPlaneNodes: 2}}

func TestMain(m *testing.M) {
	acctest.Prepare()
	os.Exit(cluster.Main(m))
}
