package control

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// VirtualServer is where a virtual server listens really.
type VirtualServer struct {
	Name        string `json:"name"`        // "/shop/web"
	Destination string `json:"destination"` // "/shop/203.0.113.10:80"
	Listener    string `json:"listener"`    // "127.0.0.1:41234", "" if it has none
}

// Traffic is what the control API needs of the simulator.
type Traffic interface {
	VirtualServers() []VirtualServer
	SetMembers(map[string]string)
	SetNames(map[string][]string) error
}

// Handler serves the control API.
func Handler(gate *Gate, traffic Traffic) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /virtual-servers", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, traffic.VirtualServers())
	})
	mux.HandleFunc("PUT /members", func(w http.ResponseWriter, r *http.Request) {
		receive(w, r, func(text []byte) error {
			var addresses map[string]string
			if err := strict(text, &addresses); err != nil {
				return fmt.Errorf("the body is not an object of member address to reachable address: %w", err)
			}
			traffic.SetMembers(addresses)
			return nil
		})
	})
	mux.HandleFunc("PUT /dns", func(w http.ResponseWriter, r *http.Request) {
		receive(w, r, func(text []byte) error {
			var names map[string][]string
			if err := strict(text, &names); err != nil {
				return fmt.Errorf("the body is not an object of name to addresses: %w", err)
			}
			return traffic.SetNames(names)
		})
	})
	mux.HandleFunc("PUT /faults", func(w http.ResponseWriter, r *http.Request) {
		receive(w, r, func(text []byte) error {
			list, err := decodeFaults(text)
			if err != nil {
				return err
			}
			return gate.SetFaults(list)
		})
	})
	mux.HandleFunc("DELETE /faults", func(w http.ResponseWriter, _ *http.Request) {
		_ = gate.SetFaults(nil) // an empty list is always right
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET /presets", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, Presets())
	})
	mux.HandleFunc("GET /requests", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, gate.Requests())
	})
	mux.HandleFunc("DELETE /requests", func(w http.ResponseWriter, _ *http.Request) {
		gate.ClearRequests()
		w.WriteHeader(http.StatusNoContent)
	})
	return mux
}

const maxBody = 16 << 20

// receive hands a body on and says in a sentence what is wrong with it.
func receive(w http.ResponseWriter, r *http.Request, take func([]byte) error) {
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err == nil {
		err = take(text)
	}
	if err != nil {
		answer(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// strict decodes one JSON value and refuses properties it does not know.
func strict(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if decoder.More() {
		return fmt.Errorf("there is more than one JSON value")
	}
	return nil
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client is gone; nothing to do
}
