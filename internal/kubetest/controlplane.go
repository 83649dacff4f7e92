package kubetest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/client-go/kubernetes"
)

// Options of a control plane; the zero value is a good one.
type Options struct {
	// Assets is the folder of the executables: default KUBETEST_ASSETS, else the repository's .cache.
	Assets string
	// Nodes is how many nodes there are, default 1: node-0 with the address 192.0.2.10, node-1 with 192.0.2.11, ...
	Nodes int
	// ControlPlaneNodes is how many of them, the first ones, have the labels of a control-plane node.
	ControlPlaneNodes int
	// PodNetwork is the second byte of the pods' addresses, default 244: 10.244.0.0 to 10.255.255.255. Pods of two control
	// planes have different addresses if this differs by 12 or more.
	PodNetwork int
	// Users are ordinary users besides "viewer", who may read everything, and "nobody", who has no rights.
	Users []string
	// APIServers is how many API servers there are on the one etcd, default 1. All have the same certificate, tokens and
	// keys; URL, the clients and the controllers use the first one.
	APIServers int
	// ExtraArgs are appended to the arguments of a process, by its name: {APIServer: {"--v=4"}}; those of the
	// API server are every API server's.
	ExtraArgs map[string][]string
	// Aggregation lets an APIService name a server that serves a group of the API, on loopback behind a Service of
	// type ExternalName "localhost". The authority that vouches for the API server is in its ConfigMap
	// kube-system/extension-apiserver-authentication, as everywhere.
	Aggregation bool
	// Logger hears of starts and ends; default: nobody.
	Logger *slog.Logger
}

// ControlPlane is a running Kubernetes without kubelets and containers. Its methods may be called from several
// goroutines.
type ControlPlane struct {
	options   Options
	assets    string
	workDir   string
	ports     ports
	users     map[string]string // user -> token
	processes map[string]*Process
	client    kubernetes.Interface
	log       *slog.Logger

	close    sync.Once
	closeErr error
}

const defaultPodNetwork = 244

// startAttempts bounds the new tries when another process took a port between its choice and its use.
const startAttempts = 3

// Start starts a control plane and returns when its API answers, its controllers work and its nodes are ready: about
// three seconds. The caller must Close it. The error is ErrAssetsMissing when the executables were not built.
func Start(ctx context.Context, o Options) (*ControlPlane, error) {
	assets, err := findAssets(o.Assets)
	if err != nil {
		return nil, err
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	o.Nodes, o.APIServers = max(o.Nodes, 1), max(o.APIServers, 1)
	o.PodNetwork = cmp.Or(o.PodNetwork, defaultPodNetwork)
	var exited *exitError
	for attempt := 1; ; attempt++ {
		cp, err := start(ctx, assets, o)
		if err == nil {
			return cp, nil
		}
		if !errors.As(err, &exited) || attempt == startAttempts {
			return nil, fmt.Errorf("start Kubernetes: %w", err)
		}
		o.Logger.WarnContext(ctx, "Kubernetes did not start, trying other ports", "attempt", attempt, "error", err)
	}
}

func start(ctx context.Context, assets string, o Options) (_ *ControlPlane, err error) {
	began := time.Now()
	workDir, err := os.MkdirTemp("", "kubetest-")
	if err != nil {
		return nil, err
	}
	cp := &ControlPlane{options: o, assets: assets, workDir: workDir, log: o.Logger}
	defer func() {
		if err != nil {
			err = errors.Join(err, cp.Close())
		}
	}()
	if cp.ports, err = choosePorts(o.APIServers); err != nil {
		return nil, err
	}
	if err := cp.writeCredentials(); err != nil {
		return nil, err
	}
	if err := cp.writeProxyCertificates(); err != nil {
		return nil, err
	}
	cp.processes = cp.newProcesses()
	if err := cp.startAPI(ctx); err != nil {
		return nil, err
	}
	if err := cp.startControllers(ctx); err != nil {
		return nil, err
	}
	cp.log.InfoContext(ctx, "Kubernetes is ready", "url", cp.URL(), "elapsed", time.Since(began))
	return cp, nil
}

// startAPI starts the store and the API server together: the server waits for the store. The other servers come after
// it, because it makes the certificate that all of them show.
func (cp *ControlPlane) startAPI(ctx context.Context) error {
	group, groupCtx := errgroup.WithContext(ctx)
	for _, name := range []string{Etcd, APIServer} {
		group.Go(func() error { return cp.processes[name].Start(groupCtx) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if err := cp.Kubeconfig(cp.file(adminKubeconfigFile)); err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(cp.RESTConfig())
	if err != nil {
		return err
	}
	cp.client = client
	more, moreCtx := errgroup.WithContext(ctx)
	for i := 1; i < cp.options.APIServers; i++ {
		more.Go(func() error { return cp.processes[APIServerName(i)].Start(moreCtx) })
	}
	return more.Wait()
}

func (cp *ControlPlane) startControllers(ctx context.Context) error {
	if err := cp.processes[ControllerManager].spawn(); err != nil {
		return err
	}
	if err := cp.createNodes(ctx, cp.options.Nodes); err != nil {
		return err
	}
	if err := cp.processes[Kwok].Start(ctx); err != nil {
		return err
	}
	everything := rbacv1.PolicyRule{APIGroups: []string{"*"}, Resources: []string{"*"}, Verbs: []string{"get", "list", "watch"}}
	if err := cp.Grant(ctx, viewerUser, everything); err != nil {
		return err
	}
	return cp.processes[ControllerManager].awaitReady(ctx)
}

// Close kills the processes and removes the working folder; nothing of the control plane is worth saving. It may be
// called more than once.
func (cp *ControlPlane) Close() error {
	cp.close.Do(func() {
		var errs []error
		for _, name := range cp.processNames() {
			if p := cp.processes[name]; p != nil {
				errs = append(errs, p.Kill())
			}
		}
		cp.closeErr = errors.Join(append(errs, os.RemoveAll(cp.workDir))...)
	})
	return cp.closeErr
}

// WorkDir is the folder with logs, data and credentials; Close removes it.
func (cp *ControlPlane) WorkDir() string { return cp.workDir }

// processNames are the processes in the order in which they end.
func (cp *ControlPlane) processNames() []string {
	names := []string{Kwok, ControllerManager}
	for i := range cp.options.APIServers {
		names = append(names, APIServerName(i))
	}
	return append(names, Etcd)
}

// Process returns one of the processes (Etcd, APIServer or APIServerName, ControllerManager, Kwok) to stop, kill or start it, or nil for
// another name.
func (cp *ControlPlane) Process(name string) *Process { return cp.processes[name] }

// Client is the administrator's client. It has no rate limit of its own.
func (cp *ControlPlane) Client() kubernetes.Interface { return cp.client }

// URL is the address of the API, https://127.0.0.1:PORT. It stays over a restart of the API server.
func (cp *ControlPlane) URL() string { return "https://" + cp.APIServerAddress(0) }

// APIServerAddress is where the i-th API server listens, 127.0.0.1:PORT, counted from 0.
func (cp *ControlPlane) APIServerAddress(i int) string {
	return fmt.Sprintf("127.0.0.1:%d", cp.ports.apiServers[i])
}

// DumpLogs writes the last lines of each process, for a test that failed.
func (cp *ControlPlane) DumpLogs(w io.Writer) {
	for _, name := range slices.Backward(cp.processNames()) {
		fmt.Fprintf(w, "== %s\n%s\n", name, cp.processes[name].logTail())
	}
}
