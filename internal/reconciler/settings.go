package reconciler

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/kube"
)

// missing says that a setting is needed, and where to make it. All of the words
// about settings are in this file.
func missing(flag, environment, what string) error {
	return fmt.Errorf("missing %s: set %s, or the environment variable %s", what, flag, environment)
}

// invalid says that a setting is wrong; reason is a sentence without its full stop.
func invalid(flag, reason string) error { return fmt.Errorf("%s: %s", flag, reason) }

// deviceFlags are the flags of the fields of icontrol.Config. Passwords and tokens
// have none: everybody on the machine can read the arguments of a process.
var deviceFlags = map[string]string{ //nolint:gosec // names of flags
	"Address": "--address", "Port": "--port", "Username": "--username", "Password": "--password-file", "LoginProvider": "--login-ref",
	"Insecure": "--insecure", "CAFile": "--ca-file", "Token": "BIGIP_TOKEN_VALUE",
}

// readDevice makes the configurations of the device's units.
func (s *settings) readDevice() error {
	o := s.Device
	config := icontrol.Settings{
		Addresses: o.Addresses, Insecure: o.Insecure,
		Config: icontrol.Config{Port: o.Port, Username: o.Username, LoginProvider: o.LoginRef, CAFile: o.CACertificateFile},
	}
	if o.PasswordFile != "" {
		text, err := os.ReadFile(o.PasswordFile)
		if err != nil {
			return invalid("--password-file", err.Error())
		}
		config.Password = icontrol.Secret(strings.TrimRight(string(text), "\r\n"))
	}
	var problems []*icontrol.ConfigError
	s.device, problems = config.Configs(s.Getenv)
	wrong := make([]error, 0, len(problems))
	for _, problem := range problems {
		wrong = append(wrong, deviceProblem(problem))
	}
	return errors.Join(wrong...)
}

func deviceProblem(err error) error {
	problem, ok := errors.AsType[*icontrol.ConfigError](err)
	switch {
	case !ok:
		return err
	case problem.Missing != "":
		return missing(deviceFlags[problem.Field], problem.Env, problem.Missing)
	}
	return invalid(deviceFlags[problem.Field], problem.Reason)
}

// readClusters makes the configurations of the clusters.
func (s *settings) readClusters() error {
	config, err := kube.Config{ConfigPath: s.Kubeconfig, ConfigContext: s.Context}.WithEnv(s.Getenv)
	if err != nil {
		return err // it names the variable
	}
	if !config.IsZero() || kube.InCluster(s.Getenv) {
		s.clusters[""] = config
	}
	for _, text := range s.Clusters {
		name, where, ok := strings.Cut(text, "=")
		if !ok || name == "" || where == "" {
			return invalid("--cluster", fmt.Sprintf("%q is not NAME=PATH or NAME=PATH:CONTEXT", text))
		}
		if _, known := s.clusters[name]; known {
			return invalid("--cluster", fmt.Sprintf("%q is named twice", name))
		}
		path, kubeContext := where, ""
		if at := strings.LastIndex(where, ":"); at > 1 { // C:\ is a drive
			path, kubeContext = where[:at], where[at+1:]
		}
		s.clusters[name] = kube.Config{ConfigPath: path, ConfigContext: kubeContext}
	}
	return nil
}

// clusterProblem names the flag of a cluster whose configuration does not work.
func clusterProblem(name string, err error) error {
	if name == "" {
		return invalid("--kubeconfig", err.Error())
	}
	return invalid("--cluster "+name, err.Error())
}
