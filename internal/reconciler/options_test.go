package reconciler

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigip"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/kube"
)

func environment(pairs ...string) func(string) string {
	return func(name string) string {
		for _, pair := range pairs {
			if key, value, _ := strings.Cut(pair, "="); key == name {
				return value
			}
		}
		return ""
	}
}

// device is what every helper needs.
func complete(more ...string) func(string) string {
	return environment(append(more, "BIGIP_HOST=bigip", "BIGIP_USER=u", "BIGIP_PASSWORD=p", "BIGIP_PARTITION=shop")...)
}

func TestWhatIsMissingNamesItsFlagAndItsVariable(t *testing.T) {
	t.Parallel()
	o := Defaults()
	o.Getenv = environment()
	_, err := o.settle()
	want := "missing the management address of the BIG-IP: set --address, or the environment variable BIGIP_HOST\n" +
		"missing the partitions whose pools are to be followed: set --partition, or the environment variable BIGIP_PARTITION"
	if err == nil || err.Error() != want {
		t.Errorf("%v", err)
	}
	o.Getenv = environment("BIGIP_HOST=bigip", "BIGIP_PARTITION=shop")
	if _, err := o.settle(); err == nil || err.Error() != "missing a user name (and a password), or a token: set --username, or the environment variable BIGIP_USER" {
		t.Errorf("%v", err)
	}
	o.Getenv = environment("BIGIP_HOST=bigip", "BIGIP_PARTITION=shop", "BIGIP_USER=u")
	if _, err := o.settle(); err == nil || err.Error() != "missing the password of the user u: set --password-file, or the environment variable BIGIP_PASSWORD" {
		t.Errorf("%v", err)
	}
}

func TestASettingThatMakesNoSenseIsRefused(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*Options){
		`--partition: "a/b" is not the name of a partition`:                                                      func(o *Options) { o.Partitions = []string{"a/b"} },
		"--max-disable-percent: 0 is not between 1 and 100":                                                      func(o *Options) { o.MaxDisablePercent = 0 },
		"--workers: 0 is less than 1":                                                                            func(o *Options) { o.Workers = 0 },
		"--discover-interval: 0s is less than 1s":                                                                func(o *Options) { o.DiscoverInterval = 0 },
		"--resync: 0s is less than 1s":                                                                           func(o *Options) { o.Resync = 0 },
		"--hold: -1ns is negative":                                                                               func(o *Options) { o.Hold = -1 },
		"--unready-after: 0s is not more than 0":                                                                 func(o *Options) { o.UnreadyAfter = 0 },
		`--save-config: "yes" is none of after_apply and never`:                                                  func(o *Options) { o.SaveConfig = "yes" },
		`--cluster: "east" is not NAME=PATH or NAME=PATH:CONTEXT`:                                                func(o *Options) { o.Clusters = []string{"east"} },
		`--cluster: "east" is named twice`:                                                                       func(o *Options) { o.Clusters = []string{"east=/a", "east=/b"} },
		"--password-file: open /nowhere: no such file or directory":                                              func(o *Options) { o.Device.PasswordFile = "/nowhere" },
		`--port: BIGIP_PORT is "x"; it must be a number from 1 to 65535`:                                         func(o *Options) { o.Getenv = complete("BIGIP_PORT=x") },
		"insecure: KUBE_INSECURE is \"maybe\"; it must be true or false":                                         func(o *Options) { o.Getenv = complete("KUBE_INSECURE=maybe") },
		`--page-auth: "no" is none of none-on-loopback, token and kubernetes`:                                    func(o *Options) { o.Page.Auth = "no" },
		"missing the token of the page: set --page-token-file, or the environment variable BIGIPKUBE_PAGE_TOKEN": func(o *Options) { o.Page.Auth = authToken },
		"--page-token-file: it needs --page-auth=token":                                                          func(o *Options) { o.Page.TokenFile = "token" },
		"BIGIP_TOKEN_VALUE: a token is good for one device: a pair needs a user name and a password": func(o *Options) {
			o.Getenv = environment("BIGIP_HOST=a,b", "BIGIP_TOKEN_VALUE=t", "BIGIP_PARTITION=shop")
		},
	} {
		o := Defaults()
		o.Getenv = complete()
		change(&o)
		if _, err := o.settle(); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	for want, change := range map[string]func(*Options){
		`--log-level: "loud" is none of debug, info, warn and error`: func(o *Options) { o.LogLevel = "loud" },
		`--log-format: "xml" is none of text and json`:               func(o *Options) { o.LogFormat = "xml" },
	} {
		o := Defaults()
		change(&o)
		if _, err := o.logger(); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

func TestFlagsGoBeforeTheEnvironment(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	o := Defaults()
	o.Getenv = complete("BIGIP_SAVE_CONFIG=after_apply", "BIGIP_CONFIG_SYNC_GROUP=x", "KUBE_CONFIG_PATH=/x", "KUBE_CTX=x")
	o.Device = DeviceOptions{Addresses: []string{"a", "b"}, Username: "helper", PasswordFile: file, CACertificateFile: "/ca"}
	o.Partitions, o.SaveConfig, o.ConfigSyncGroup = []string{"pay", "/shop", "pay"}, "never", "pair"
	o.Kubeconfig, o.Context = "/kubeconfig", "here"
	o.Clusters = []string{"east=/east", "west=/west:ctx"}
	s, err := o.settle()
	if err != nil {
		t.Fatal(err)
	}
	if len(s.device) != 2 || s.device[1].Address != "b" || s.device[0].Username != "helper" || s.device[0].Password.Reveal() != "secret" || s.device[0].CAFile != "/ca" {
		t.Errorf("device: %+v", s.device)
	}
	if diff := cmp.Diff([]string{"pay", "shop"}, s.Partitions); diff != "" {
		t.Error(diff)
	}
	if s.commit != (bigip.CommitOptions{SyncGroup: "pair"}) {
		t.Errorf("commit: %+v", s.commit)
	}
	want := map[string]kube.Config{
		"": {ConfigPath: "/kubeconfig", ConfigContext: "here"}, "east": {ConfigPath: "/east"}, "west": {ConfigPath: "/west", ConfigContext: "ctx"},
	}
	if diff := cmp.Diff(want, s.clusters); diff != "" {
		t.Error(diff)
	}
}

func TestTheEnvironmentSaysWhatFlagsDoNot(t *testing.T) {
	t.Parallel()
	o := Defaults()
	o.Getenv = environment("BIGIP_HOST=a, b", "BIGIP_USER=u", "BIGIP_PASSWORD=p", "BIGIP_PARTITION=shop, pay", "BIGIP_SAVE_CONFIG=after_apply")
	s, err := o.settle()
	if err != nil {
		t.Fatal(err)
	}
	if len(s.device) != 2 || strings.Join(s.Partitions, " ") != "pay shop" || !s.commit.Save || len(s.clusters) != 0 {
		t.Errorf("%+v", s)
	}
	if s.elect || s.MetricsAddress != "127.0.0.1:8080" || s.ProbeAddress != "127.0.0.1:8081" {
		t.Errorf("outside of a cluster: elect %t, %s, %s", s.elect, s.MetricsAddress, s.ProbeAddress)
	}
	o.Getenv = complete("KUBERNETES_SERVICE_HOST=10.96.0.1", "KUBERNETES_SERVICE_PORT=443")
	if s, err = o.settle(); err != nil || !s.elect || s.MetricsAddress != ":8080" || s.ProbeAddress != ":8081" || s.commit.Save {
		t.Errorf("in a cluster: elect %t, %s, %s, %v", s.elect, s.MetricsAddress, s.ProbeAddress, err)
	}
	if _, ok := s.clusters[""]; !ok {
		t.Error("in a cluster that one is not read")
	}
	o.DryRun = true
	if s, err = o.settle(); err != nil || s.elect || !s.Once {
		t.Errorf("a dry run: elect %t, once %t, %v", s.elect, s.Once, err)
	}
}

func TestASecretIsNotInTheLog(t *testing.T) {
	t.Parallel()
	o := Defaults()
	var log bytes.Buffer
	o.Log, o.LogLevel = &log, "debug"
	o.Getenv = environment("BIGIP_HOST=bigip", "BIGIP_USER=u", "BIGIP_PASSWORD=hunter2", "BIGIP_PARTITION=shop")
	for _, format := range []string{"text", "json"} {
		o.LogFormat = format
		logger, err := o.logger()
		if err != nil {
			t.Fatal(err)
		}
		s, err := o.settle()
		if err != nil {
			t.Fatal(err)
		}
		logger.Debug("settings", "user", s.device[0].Username, "password", s.device[0].Password)
	}
	if strings.Contains(log.String(), "hunter2") || strings.Count(log.String(), "password") != 2 {
		t.Errorf("the log:\n%s", &log)
	}
}

func TestReplicasCallADeviceTheSameWhateverTheOrderOfItsUnits(t *testing.T) {
	t.Parallel()
	unit := func(address string) *icontrol.Client {
		client, err := icontrol.New(icontrol.Config{Address: address, Username: "u", Password: "p"})
		if err != nil {
			t.Fatal(err)
		}
		return client
	}
	a, b := unit("a"), unit("b")
	if got := sharedName("", []*icontrol.Client{b, a}); got != "a,b" || got != sharedName("", []*icontrol.Client{a, b}) {
		t.Errorf("it is %q", got)
	}
	if got := sharedName("pair", []*icontrol.Client{a, b}); got != "pair" {
		t.Errorf("with a name it is %q", got)
	}
}
