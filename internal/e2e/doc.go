// Package e2e plays scenarios on the real parts: a kube-apiserver with its
// controllers, the simulated BIG-IP, the real Terraform or OpenTofu, and TCP.
//
//	lab.go        puts the parts together: a Lab
//	terraform.go  a working folder, and the CLI commands a user would type
//	load.go       numbered requests at a steady rate, and what became of each
//	bluegreen.go  the scenario of "make demo", which is a test as well
//
// The command in demo/ tells the scenario to a newcomer; the tests assert it.
package e2e
