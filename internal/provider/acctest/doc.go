// Package acctest is what acceptance tests of the provider share: the CLI that
// they run, the provider inside the test's own process, and a simulated BIG-IP of
// its own for each test. It is imported by tests only.
//
//	func TestMain(m *testing.M) { acctest.Prepare(); os.Exit(m.Run()) }
//
//	func TestX(t *testing.T) {
//		t.Parallel()
//		device := acctest.NewDevice(t, "shop")
//		resource.Test(t, resource.TestCase{
//			ProtoV6ProviderFactories: acctest.Factories(t),
//			Steps: []resource.TestStep{{Config: device.Provider() + `…`}},
//		})
//	}
//
// The CLI is the one that TF_ACC_TERRAFORM_PATH names, else terraform, else tofu
// on PATH. Without one, the tests that need it fail and say so; the others run.
// Running tells which it is: a test of what only one of them can do asserts there
// how the other one refuses.
package acctest
