// Package check asks the outside whether a cutover is well: it implements the
// engine's Checker over HTTP.
//
//	cutover.Check{URL, Via, Status}                  GET URL; the connection goes to Via; Status must be the answer
//	cutover.Check{Prometheus, Query, Condition}      one instant query; every value must fulfil Condition
//
// With both, both must be well. Certificates are verified, redirects are not
// followed (a redirect is an answer, and Status says which one is wanted), and no
// answer is read beyond a megabyte.
package check
