// Package icontrol talks to one BIG-IP, or to the active unit of a pair, over
// iControl REST.
//
// It turns calls with typed wire values into HTTP requests, and the device's
// answers into wire values or typed errors. It never decides: what to write, in
// which order, and what an absent object means is the caller's business. It
// knows neither the ltm vocabulary nor Terraform nor Kubernetes.
//
// A request passes a chain of small handlers. Each concern has one file, and
// the order is stated once, in [New]:
//
//	pair          the active unit, of a pair ([NewPair]); what follows is each unit's own
//	log           one line per call: method, path, status, duration; no bodies
//	authenticate  X-F5-Auth-Token; one login per client, one new login on 401
//	retry         the device is busy, or the answer of a repeatable call was lost
//	limit         one writer and a few readers at a time
//	guard         of a pair: a change only if the unit says right before it that it is active
//	send          HTTP, and the sorting of failures: refused, unreachable, answer lost
//	observe       one Exchange per HTTP request, for metrics; no names
//
// What a failed call means for the object on the device:
//
//	*Error            the device answered: it was not done
//	*ConnectionError  nothing reached the device, or it was only a read: not done
//	*LostAnswerError  the request was sent, no answer came: done or not done. Read back
//	*NoActiveError    of a pair: no unit is active, nothing was sent to either
//
// Reads, PATCH and DELETE are repeated after a lost answer, because doing them
// twice is doing them once. A POST is not: [Collection.Create] looks the object
// up first. A [Transaction] is a value that its caller holds, so no other
// request can fall into it.
package icontrol
