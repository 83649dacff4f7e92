// Package page shows what the helper knows, read only:
//
//	Source: what is ──> Hub: one Status for all who look ──> /              for people
//	                      |                                  /status.json   for programs
//	                      └── told when something changed ──> /events       that it changed
//
// Status is the one model: the page, the JSON and the tree of the terminal are three
// prints of it. What is not known is null there and "unknown" on the page, never 0.
// Nothing is computed for nobody: the Hub asks its Source only while somebody looks.
//
// The page is made here, from a template, and is whole without its script, which only
// fetches it again. It loads nothing from elsewhere, and its policy forbids that.
// Guard is who may look.
//
// The package knows neither the BIG-IP nor how a pool is followed.
package page
