package monitor_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/acctest"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/monitor"
)

const address = "bigipkube_monitor.it"

// row is a property without its field names.
type row acctest.Property

func rows(list []row) []acctest.Property {
	properties := make([]acctest.Property, len(list))
	for i, r := range list {
		properties[i] = acctest.Property(r)
	}
	return properties
}

func one(field string, value any) map[string]any { return map[string]any{field: value} }

// common are the properties that all types have; send is the type's default.
func common(send any) []row {
	return []row{
		{"description", `"words"`, "description", "words", nil, one("description", "by hand")},
		{"destination", `"*:8081"`, "destination", "*:8081", "*:*", one("destination", "*:80")},
		{"interval", `10`, "interval", 10, 5, one("interval", 7)},
		{"timeout", `31`, "timeout", 31, 16, one("timeout", 40)},
		{"time_until_up", `5`, "timeUntilUp", 5, 0, one("timeUntilUp", 1)},
		{"up_interval", `20`, "upInterval", 20, 0, one("upInterval", 1)},
		{"send", `"HEAD / HTTP/1.0\r\n\r\n"`, "send", `HEAD / HTTP/1.0\r\n\r\n`, send, one("send", `GET /x\r\n`)},
		{"receive", `"200 OK"`, "recv", "200 OK", nil, one("recv", "none")},
		{"receive_disable", `"503"`, "recvDisable", "503", nil, one("recvDisable", "404")},
		{"reverse", `true`, "reverse", "enabled", "disabled", one("reverse", "disabled")},
		{"transparent", `true`, "transparent", "enabled", "disabled", one("transparent", "disabled")},
		{"manual_resume", `true`, "manualResume", "enabled", "disabled", one("manualResume", "disabled")},
	}
}

func TestAccEveryPropertyIsSetImportedRepairedAndCleared(t *testing.T) {
	t.Parallel()
	username := row{"username", `"probe"`, "username", "probe", nil, one("username", "somebody")}
	profile := row{"ssl_profile", `"/Common/serverssl"`, "sslProfile", "/Common/serverssl", nil, one("sslProfile", "none")}
	for _, test := range []struct {
		kind   string
		rows   []row
		except []string
	}{
		{"http", append(common(`GET /\r\n`), username), []string{"ssl_profile"}},
		{"https", append(common(`GET /\r\n`), username, profile), nil},
		{"tcp", common(nil), []string{"ssl_profile", "username"}},
	} {
		t.Run(test.kind, func(t *testing.T) {
			t.Parallel()
			acctest.Properties{
				Type: "bigipkube_monitor", Resource: monitor.NewResource(), Object: "ltm/monitor/" + test.kind + "/~shop~it", Import: "/shop/it",
				Bare:   fmt.Sprintf("type = %q\nname = \"it\"", test.kind),
				Except: append(test.except, "partition", "folder", "defaults_from", "shutdown_delay", "password_wo", "password_wo_version"),
				List:   rows(test.rows),
			}.Test(t, acctest.NewDevice(t, "shop"))
		})
	}
}

func config(device *acctest.Device, lines string) string {
	return device.Provider() + "\nresource \"bigipkube_monitor\" \"it\" {\n name = \"it\"\n" + lines + "\n}\n"
}

func empty() resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}
}

func has(device *acctest.Device, path, property string, want any) resource.TestCheckFunc {
	return func(*terraform.State) error {
		if got := device.REST(http.MethodGet, "/mgmt/tm/ltm/monitor/"+path, nil)[property]; fmt.Sprint(got) != fmt.Sprint(want) {
			return fmt.Errorf("on the device %s is %v, want %v", property, got, want)
		}
		return nil
	}
}

func TestAccAnotherSpellingOfWhatIsSentIsNoChange(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	unchanged := resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}
	const onDevice = `GET / HTTP/1.1\r\nHost: x\r\n\r\n`
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{
			{
				Config: config(device, `type = "http"
					send = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
					destination = "[2001:db8::1]:80"`),
				ConfigPlanChecks: empty(), Check: has(device, "http/~shop~it", "send", onDevice),
			},
			{
				Config: config(device, `type = "http"
					send = "GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n"
					destination = "2001:db8::1.http"`),
				ConfigPlanChecks: unchanged, Check: has(device, "http/~shop~it", "send", onDevice),
			},
		},
	})
}

func TestAccAPoolUsesItAndTheDeviceKeepsWhatIsInUse(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	device.REST(http.MethodPost, "/mgmt/tm/sys/folder", map[string]any{"name": "app", "partition": "shop"})
	pool := `
resource "bigipkube_pool" "web" {
  name     = "web"
  monitors = [bigipkube_monitor.it.id]
}
`
	byHand := "/mgmt/tm/ltm/pool/~shop~theirs"
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{
			{
				Config: config(device, "type = \"tcp\"\nfolder = \"app\"") + pool, ConfigPlanChecks: empty(),
				Check: resource.TestCheckResourceAttr("bigipkube_pool.web", "monitors.0", "/shop/app/it"),
			},
			{ResourceName: address, ImportState: true, ImportStateId: "/shop/app/it", ImportStateVerify: true},
			{
				PreConfig: func() {
					device.REST(http.MethodPost, "/mgmt/tm/ltm/pool", map[string]any{"name": "theirs", "partition": "shop", "monitor": "/shop/app/it"})
				},
				Config:      device.Provider() + "# nothing is left",
				ExpectError: regexp.MustCompile(`(?s)Unable to delete monitor /shop/app/it.*The device said: .*01070083`),
			},
			{PreConfig: func() { device.REST(http.MethodDelete, byHand, nil) }, Config: device.Provider() + "# nothing is left"},
		},
	})
}

func TestAccWhatIsNotConfiguredFollowsTheParent(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	const parent = "/mgmt/tm/ltm/monitor/http/~shop~base"
	device.REST(http.MethodPost, "/mgmt/tm/ltm/monitor/http", map[string]any{
		"name": "base", "partition": "shop", "interval": 7, "timeout": 22, "send": `GET /base\r\n`, "description": "not inherited",
	})
	child := func(lines string) string {
		return config(device, "type = \"http\"\ndefaults_from = \"/shop/base\"\n"+lines)
	}
	is := func(name string, want knownvalue.Check) statecheck.StateCheck {
		return statecheck.ExpectKnownValue(address, tfjsonpath.New(name), want)
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{
			{
				Config: child("interval = 3"),
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply:             []plancheck.PlanCheck{plancheck.ExpectUnknownValue(address, tfjsonpath.New("timeout"))},
					PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
				},
				ConfigStateChecks: []statecheck.StateCheck{
					is("interval", knownvalue.Int64Exact(3)), is("timeout", knownvalue.Int64Exact(22)), is("description", knownvalue.Null()),
				},
			},
			{ // what it inherits changes with the parent, and is no change of the plan
				PreConfig: func() { device.REST(http.MethodPatch, parent, one("timeout", 40)) },
				Config:    child("interval = 3"), ConfigPlanChecks: empty(),
				ConfigStateChecks: []statecheck.StateCheck{is("timeout", knownvalue.Int64Exact(40))},
			},
			{ // taken out, it has the parent's value
				Config: child(""), ConfigPlanChecks: empty(),
				ConfigStateChecks: []statecheck.StateCheck{is("interval", knownvalue.Int64Exact(7))},
				Check:             has(device, "http/~shop~it", "interval", 7),
			},
			{ // and goes on having it
				PreConfig: func() { device.REST(http.MethodPatch, parent, one("interval", 9)) },
				Config:    child(""), ConfigPlanChecks: empty(), Check: has(device, "http/~shop~it", "interval", 9),
			},
			{ResourceName: address, ImportState: true, ImportStateId: "/shop/it", ImportStateVerify: true},
			{
				Config: config(device, `type = "http"`),
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, plancheck.ResourceActionReplace)},
				},
				ConfigStateChecks: []statecheck.StateCheck{is("defaults_from", knownvalue.StringExact("/Common/http"))},
			},
		},
	})
}

// TestAccARefreshOfManyMonitorsIsAFewRequests has fifty, which inherit from the
// built-in one: three are read alone, and the rest by pages.
func TestAccARefreshOfManyMonitorsIsAFewRequests(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{
			{Config: device.Provider() + "resource \"bigipkube_monitor\" \"it\" {\n count = 50\n name = \"probe-${count.index}\"\n type = \"http\"\n}\n"},
			{
				PreConfig: device.ClearRequests, RefreshState: true,
				Check: func(*terraform.State) error {
					gets := 0
					for _, r := range device.Requests() {
						if r.Method == http.MethodGet && strings.HasPrefix(r.Path, "/mgmt/tm/ltm/monitor/") {
							gets++
						}
					}
					if gets == 0 || gets > 8 {
						return fmt.Errorf("a refresh of 50 monitors is %d GETs, want 4 or a few more", gets)
					}
					t.Logf("a refresh of 50 monitors is %d GETs", gets)
					return nil
				},
			},
		},
	})
}

func TestAccThePasswordIsOnTheDeviceAndNowhereElse(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	const secret = "swordfish-0815"
	password := func(version int, text string) string {
		return config(device, fmt.Sprintf("type = \"http\"\nusername = \"probe\"\npassword_wo = %q\npassword_wo_version = %d", text, version))
	}
	var first any
	encrypted := func() any { return device.REST(http.MethodGet, "/mgmt/tm/ltm/monitor/http/~shop~it", nil)["password"] }
	nowhere := func(state *terraform.State) error {
		if strings.Contains(state.String(), secret) {
			return fmt.Errorf("the state has the password")
		}
		return nil
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{
			{Config: password(1, secret), ConfigPlanChecks: empty(), Check: nowhere},
			{ // another word with the same version is no change
				PreConfig: func() {
					if first = encrypted(); first == nil || strings.Contains(fmt.Sprint(first), secret) {
						t.Errorf("the device has %v", first)
					}
				},
				Config: password(1, secret+"-2"), ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
			},
			{Config: password(2, secret+"-2"), ConfigPlanChecks: empty(), Check: nowhere},
			{
				PreConfig: func() {
					if now := encrypted(); now == nil || now == first {
						t.Errorf("after another version the device has %v, as before", now)
					}
				},
				Config: config(device, "type = \"http\""), ConfigPlanChecks: empty(),
				Check: has(device, "http/~shop~it", "password", nil),
			},
		},
	})
}

func TestAccAWrongMonitorIsRefused(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	for name, test := range map[string]struct{ lines, want string }{
		"a type that is not managed":      {`type = "icmp"`, `value must be one of`},
		"a user name of tcp":              {"type = \"tcp\"\nusername = \"x\"", `Monitor of type tcp with username`},
		"a TLS profile of http":           {"type = \"http\"\nssl_profile = \"/Common/serverssl\"", `Monitor of type http with ssl_profile`},
		"an interval as long as timeout":  {"type = \"tcp\"\ninterval = 5\ntimeout = 5", `Interval is not less than timeout`},
		"a destination that is no place":  {"type = \"tcp\"\ndestination = \"here\"", `Not a destination of a monitor`},
		"a password without its version":  {"type = \"http\"\npassword_wo = \"x\"", `password_wo_version`},
		"a parent that the device misses": {"type = \"http\"\ndefaults_from = \"/shop/none\"", `Unable to read monitor /shop/none`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.Factories(t),
				Steps:                    []resource.TestStep{{Config: config(device, test.lines), ExpectError: regexp.MustCompile(test.want)}},
			})
		})
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{
			{Config: config(device, `type = "https"`), ConfigPlanChecks: empty()},
			{ResourceName: address, ImportState: true, ImportStateId: "/shop/none", ExpectError: regexp.MustCompile(`Unable to import monitor /shop/none`)},
			{ResourceName: address, ImportState: true, ImportStateId: "it", ExpectError: regexp.MustCompile(`Unable to import monitor it`)},
			{ // gone by hand: it is made again
				PreConfig: func() { device.REST(http.MethodDelete, "/mgmt/tm/ltm/monitor/https/~shop~it", nil) },
				Config:    config(device, `type = "https"`),
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, plancheck.ResourceActionCreate)},
				},
			},
		},
	})
}

func TestAccAShutdownDelayIsForThePlanAndNotForTheDevice(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	written := func(*terraform.State) error {
		for _, r := range device.Requests() {
			if r.Method != http.MethodGet && strings.Contains(r.Path, "/ltm/monitor") {
				return fmt.Errorf("the device was sent %s %s", r.Method, r.Path)
			}
		}
		return nil
	}
	delay := func(lines string) resource.TestStep {
		return resource.TestStep{
			PreConfig:        device.ClearRequests,
			Config:           config(device, "type = \"https\"\n"+lines),
			ConfigPlanChecks: resource.ConfigPlanChecks{PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
			Check:            written,
		}
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{
			{Config: config(device, `type = "https"`)},
			delay(`shutdown_delay = "20s"`), delay(`shutdown_delay = "10s"`), delay(``),
		},
	})
}
