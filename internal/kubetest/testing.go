package kubetest

import (
	"context"
	"path/filepath"
	"sync"
)

// TB is what this package asks of a test; *testing.T is one. Package testing itself stays out of the demo's binary.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Cleanup(func())
	TempDir() string
	Context() context.Context
}

// Shared is the one control plane of a test package. It starts with the first test that asks for it, so that a run of
// other tests pays nothing. The zero value is ready for use.
type Shared struct {
	Options Options

	once sync.Once
	cp   *ControlPlane
	err  error
}

// Main runs the tests (m is the *testing.M) and ends the control plane after them. It returns the exit code.
func (s *Shared) Main(m interface{ Run() int }) int {
	defer func() {
		if s.cp != nil {
			_ = s.cp.Close() // the tests are over; nobody is left to tell
		}
	}()
	return m.Run()
}

// ControlPlane returns the control plane, started by the first call. A test that stops one of its processes needs one of
// its own: StartT.
func (s *Shared) ControlPlane(tb TB) *ControlPlane {
	tb.Helper()
	// Not the test's context: the control plane outlives the test that happens to be first.
	s.once.Do(func() { s.cp, s.err = Start(context.Background(), s.Options) })
	if s.err != nil {
		tb.Fatalf("%v", s.err)
	}
	return s.cp
}

// StartT starts a control plane for one test and ends it with the test.
func StartT(tb TB, o Options) *ControlPlane {
	tb.Helper()
	cp, err := Start(tb.Context(), o)
	if err != nil {
		tb.Fatalf("%v", err)
	}
	tb.Cleanup(func() {
		if err := cp.Close(); err != nil {
			tb.Fatalf("close Kubernetes: %v", err)
		}
	})
	return cp
}

// NamespaceT makes a namespace for a test and deletes it, with all that is in it, at the end.
func (cp *ControlPlane) NamespaceT(tb TB, prefix string) string {
	tb.Helper()
	name, err := cp.Namespace(tb.Context(), prefix)
	if err != nil {
		tb.Fatalf("%v", err)
	}
	tb.Cleanup(func() { _ = cp.deleteNamespace(context.Background(), name) }) // the control plane may be gone by then
	return name
}

// KubeconfigT writes the administrator's kubeconfig for a test and returns its path.
func (cp *ControlPlane) KubeconfigT(tb TB) string { return cp.UserKubeconfigT(tb, adminUser) }

// UserKubeconfigT writes a user's kubeconfig for a test and returns its path.
func (cp *ControlPlane) UserKubeconfigT(tb TB, user string) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), user+".kubeconfig")
	if err := cp.UserKubeconfig(path, user); err != nil {
		tb.Fatalf("%v", err)
	}
	return path
}
