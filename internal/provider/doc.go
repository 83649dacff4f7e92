// Package provider is the Terraform provider bigipkube: its settings, and the
// list of its types. It builds the adapters of the engine's two ports, the
// device and the cluster, and hands them to the types as providerdata.Data.
//
//	provider.go    the types, and what becomes of an unknown setting
//	schema.go      the settings
//	model.go       settings + environment  ->  configurations of the adapters
//	configure.go   configurations          ->  adapters
//	sessions.go    one client, and so one token, for each device in this process
//
// Each type has a folder of its own and knows nothing of the others, nor of the
// adapters.
package provider
