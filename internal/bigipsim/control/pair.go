package control

import "net/http"

// Unit is one device of a pair.
type Unit struct {
	Name       string `json:"name"`
	Management string `json:"management"`
	State      string `json:"state"` // "active" or "standby"
}

// PairHandler serves the control API of a pair: that of the first device as it is
// when it stands alone, that of the other below /peer, and
//
//	GET  /units     [{"name","management","state"}]
//	POST /failover  the standby unit becomes active; answers as /units does then
func PairHandler(first, peer http.Handler, units func() []Unit, failover func()) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", first)
	mux.Handle("/peer/", http.StripPrefix("/peer", peer))
	mux.HandleFunc("GET /units", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, units())
	})
	mux.HandleFunc("POST /failover", func(w http.ResponseWriter, _ *http.Request) {
		failover()
		answer(w, http.StatusOK, units())
	})
	return mux
}
