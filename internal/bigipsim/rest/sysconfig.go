package rest

import (
	"net/http"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/config"
)

// config is POST /mgmt/tm/sys/config {"command":"save"|"load"} (icontrol-rest 3.15).
// Of a few partitions or of all, it is the whole configuration that is written.
func (s *Server) config(r *request) (int, *document, error) {
	if r.Method != http.MethodPost {
		return 0, nil, unsupported("sys/config")
	}
	body, err := decode(r)
	if err != nil {
		return 0, nil, err
	}
	switch body["command"] {
	case "save":
		err = s.save()
	case "load":
		err = s.loadConfig(r, body["options"])
	default:
		err = config.Usage("invalid property value \"command\":\"%v\"", body["command"])
	}
	if err != nil {
		return 0, nil, err
	}
	command, _ := body["command"].(string)
	d := (&document{}).add("kind", "tm:sys:config:"+command+"state").add("command", command)
	if options := body["options"]; options != nil {
		d.add("options", options)
	}
	return http.StatusOK, d, nil
}

// loadConfig returns to the saved configuration, an administrator's right
// (inferred). "verify" loads nothing: what was saved is valid. The other options
// read files in tmsh's own language, which the simulator does not speak: they are
// refused, for to ignore one would be to load something else than what was asked for.
func (s *Server) loadConfig(r *request, given any) error {
	if r.user.Role != config.RoleAdmin {
		return &config.Error{Status: http.StatusBadRequest, API: config.APIErrorMCP, Message: "01070822:3: Access Denied: user (" + r.user.Name + ") does not have load access to object (config)"}
	}
	options, isList := given.([]any)
	if given != nil && !isList {
		return config.Usage("invalid property value \"options\":\"%v\"", given)
	}
	verify := false
	for _, option := range options {
		words, ok := option.(map[string]any)
		if !ok {
			return config.Usage("invalid property value \"options\":\"%v\"", option)
		}
		for _, word := range sortedKeys(words) {
			if word != "verify" {
				return config.Usage("%q may not be specified with \"load\" on this device: it is simulated, and loads only what was saved by \"save sys config\"", word)
			}
			verify = true
		}
	}
	if verify {
		return nil
	}
	return s.load()
}
