// Package control is the simulator's remote control, which no device has: a
// journal of the requests to the management side, faults that spoil its answers,
// and the address map of the data plane. Gate wraps the management handler;
// Handler serves the control API (plain HTTP on loopback, JSON):
//
//	GET    /virtual-servers  [{"name","destination","listener"}]
//	PUT    /members          {"10.244.0.5:8080":"127.0.0.1:40001"}   merged; "" removes
//	PUT    /dns              {"www.example.com":["192.0.2.1"]}       merged; [] no address, null no answer
//	PUT    /faults           [Fault, …]                              replaces the list
//	DELETE /faults
//	GET    /presets          [{"name","about","fault"}]              faults with a name
//	GET    /requests         [Request, …]                            oldest first
//	DELETE /requests
//
// and for a pair (pair.go), with all of the second device's below /peer:
//
//	GET    /units            [{"name","management","state"}]
//	POST   /failover
//
// Of iControl REST it knows the words of a device in trouble (preset.go) and the
// header of a token; what a request asks for and whether it is right is none of
// its business.
package control
