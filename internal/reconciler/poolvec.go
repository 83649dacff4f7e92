package reconciler

import (
	"slices"
	"sync"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// vec is what poolVec needs of a *prometheus.GaugeVec or *prometheus.CounterVec.
type vec[M any] interface {
	WithLabelValues(values ...string) M
	DeleteLabelValues(values ...string) bool
}

// poolVec is a metric with the labels partition, pool, and one more. It knows which
// series a pool has: DeletePartialMatch walks those of all pools instead, and each sync
// would pay for that.
type poolVec[M any] struct {
	vec vec[M]

	mu     sync.Mutex
	values map[ltm.Path][]string // of the label that is not the pool's
}

func newPoolVec[M any](v vec[M]) *poolVec[M] {
	return &poolVec[M]{vec: v, values: map[ltm.Path][]string{}}
}

// with returns the series of a pool with that value of the third label.
func (p *poolVec[M]) with(path ltm.Path, value string) M {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !slices.Contains(p.values[path], value) {
		p.values[path] = append(p.values[path], value)
	}
	partition, pool := labels(path)
	return p.vec.WithLabelValues(partition, pool, value)
}

// forget deletes the series of a pool.
func (p *poolVec[M]) forget(path ltm.Path) {
	p.mu.Lock()
	defer p.mu.Unlock()
	partition, pool := labels(path)
	for _, value := range p.values[path] {
		p.vec.DeleteLabelValues(partition, pool, value)
	}
	delete(p.values, path)
}
