// Command assets builds what tests, the demo and the linters need and Go alone cannot fetch: everything comes through the
// Go module proxy, pinned by the go.mod and go.sum of the nested modules beside this folder.
//
//	go run ./internal/tools/assets kubernetes   etcd, kube-apiserver, kube-controller-manager, kubectl, kwok
//	go run ./internal/tools/assets lint         golangci-lint, gofumpt
//	go run ./internal/tools/assets docs         tfplugindocs
//	go run ./internal/tools/assets cli          prints the path of a Terraform CLI, building OpenTofu if there is none
//	go run ./internal/tools/assets tofu         prints the path of OpenTofu, which it builds
//
// What is there already is not built again. A build writes under another name and renames, so that an interrupted one
// leaves nothing half-made, and holds a lock, so that two at once do one build. Progress goes to stderr: a line when a
// step begins and ends, and every half minute in between.
//
// It runs before anything else is built, so it imports the standard library only.
package main
