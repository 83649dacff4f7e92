// Package virtualserverdata is the data source bigipkube_virtual_server. It turns
// a virtual server on the device, with its status and counters, into values: two
// reads, three more for its pool, no write. What flaps (availability, connections) is here and not in the
// resource, where every refresh would show it as a change.
//
// A virtual server that is not there is an error: whoever asks for it by name
// relies on it.
package virtualserverdata
