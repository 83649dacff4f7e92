package reconciler

import (
	_ "github.com/prometheus/client_golang/prometheus/testutil"
	_ "sigs.k8s.io/controller-runtime"
	_ "sigs.k8s.io/controller-runtime/pkg/cache"
	_ "sigs.k8s.io/controller-runtime/pkg/metrics/server"
)
