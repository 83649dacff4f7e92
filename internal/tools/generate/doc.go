// Command generate makes docs/ from the provider's schemas, templates/ and
// examples/, and formats the examples:
//
//	terraform fmt examples/          with the CLI that is there: terraform, or tofu
//	the provider, built              into a temporary folder
//	terraform providers schema       -> schema.json, with the key that tfplugindocs looks for
//	the provider, in this process    -> the same, what the CLI may be too old for: actions, lists, identities
//	tfplugindocs generate, validate  -> docs/
//	internal/conformance/page        -> docs/guides/device-behaviour.md
//
// It asks no network beyond the Go module proxy, and the CLI makes no
// difference: the docs are the same with Terraform and with OpenTofu. Running it
// twice changes nothing; the CI fails on a difference.
//
// tfplugindocs has its own module, internal/tools/docs, so that what it needs is
// no dependency of the provider; internal/tools/assets builds it.
package main
