// Package shortcut is a server of the plugin protocol in front of the framework's. It
// answers itself what a plan asks for every object that nothing has happened to, and
// leaves everything else to the framework.
//
//	UpgradeResourceState   of a state that this version of the schema wrote
//	ReadResource           the resource's own Read
//	PlanResourceChange     if nothing changes; the resource's own ModifyPlan says so
//
// The framework's answers are the same. But on its way to them it walks each value of
// an object several times, for blocks, write-only attributes and semantic equality, of
// which these types have none, and with each step of each walk it copies the list of
// all attributes: 5 MB of garbage for the plan of a pool with five members, more than
// ten times what there is to do (BenchmarkAnEmptyPlan).
//
// What a type must be for that: no blocks, no dynamic, write-only or private data, only
// the framework's own types, and plan modifiers that leave alone what does not change.
// ModifyPlan must be a function of its request, for it may be asked again by the
// framework. The acceptance tests ask both servers and compare.
package shortcut
