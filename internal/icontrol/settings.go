package icontrol

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// units is how many a pair has.
const units = 2

// Settings are what a user said of a BIG-IP or of a pair, before the environment is
// asked for the rest. Whatever is not set in Config is a default of its own, too.
type Settings struct {
	Config             // Address and Insecure are not used
	Addresses []string // one, or those of the two units of a pair
	Insecure  *bool    // nil: not said
}

// Configs makes the configuration of each unit: the same but for the address. What
// is not set is filled from the names that F5's provider reads, and some beside
// them:
//
//	BIGIP_HOST (one address, or two parted by a comma)  BIGIP_PORT
//	BIGIP_USER  BIGIP_PASSWORD  BIGIP_TOKEN_VALUE  BIGIP_LOGIN_REF
//	BIGIP_TRUSTED_CERT_PATH  BIGIP_INSECURE, else BIGIP_VERIFY_CERT_DISABLE
//
// A way to log in that is set keeps the other one in the environment out. There are
// no configurations if there is a problem.
func (s Settings) Configs(getenv func(string) string) ([]Config, []*ConfigError) {
	var problems []*ConfigError
	config := s.Config
	config.LoginProvider = cmp.Or(config.LoginProvider, getenv("BIGIP_LOGIN_REF"))
	config.CAFile = cmp.Or(config.CAFile, getenv("BIGIP_TRUSTED_CERT_PATH"))
	hasUser, hasToken := config.Username != "" || config.Password != "", config.Token != ""
	if !hasToken {
		config.Username = cmp.Or(config.Username, getenv("BIGIP_USER"))
		config.Password = cmp.Or(config.Password, Secret(getenv("BIGIP_PASSWORD")))
	}
	if !hasUser {
		config.Token = cmp.Or(config.Token, Secret(getenv("BIGIP_TOKEN_VALUE")))
	}
	if text := getenv("BIGIP_PORT"); text != "" && config.Port == 0 {
		port, err := strconv.ParseUint(text, 10, 16)
		if err != nil || port == 0 {
			problems = append(problems, &ConfigError{Field: "Port", Reason: fmt.Sprintf("BIGIP_PORT is %q; it must be a number from 1 to 65535", text)})
		}
		config.Port = int(port)
	}
	var invalid []*ConfigError
	config.Insecure, invalid = s.insecure(getenv)
	problems = append(problems, invalid...)
	addresses := s.addresses(getenv)
	problems = append(problems, incomplete(config, addresses)...)
	if len(problems) > 0 {
		return nil, problems
	}
	all := make([]Config, 0, len(addresses))
	for _, config.Address = range addresses {
		all = append(all, config)
	}
	return all, nil
}

// UnverifiedByEnv tells that only BIGIP_VERIFY_CERT_DISABLE, F5's own switch,
// switches the verification of the certificate off: nobody may know any more that it
// is set.
func (s Settings) UnverifiedByEnv(getenv func(string) string) bool {
	insecure, _ := s.insecure(getenv)
	return insecure && s.Insecure == nil && getenv("BIGIP_INSECURE") == ""
}

func (s Settings) insecure(getenv func(string) string) (bool, []*ConfigError) {
	if s.Insecure != nil {
		return *s.Insecure, nil
	}
	for _, name := range []string{"BIGIP_INSECURE", "BIGIP_VERIFY_CERT_DISABLE"} {
		text := getenv(name)
		if text == "" {
			continue
		}
		value, err := strconv.ParseBool(text)
		if err != nil {
			return false, []*ConfigError{{Field: "Insecure", Reason: fmt.Sprintf("%s is %q; it must be true or false", name, text)}}
		}
		return value, nil
	}
	return false, nil
}

func (s Settings) addresses(getenv func(string) string) []string {
	if len(s.Addresses) > 0 {
		return s.Addresses
	}
	var all []string
	for address := range strings.SplitSeq(getenv("BIGIP_HOST"), ",") {
		if address = strings.TrimSpace(address); address != "" {
			all = append(all, address)
		}
	}
	return all
}

// incomplete tells what is still missing, and what does not go together.
func incomplete(config Config, addresses []string) []*ConfigError {
	var problems []*ConfigError
	switch {
	case len(addresses) == 0:
		problems = append(problems, missing("Address", "BIGIP_HOST", "the management address of the BIG-IP"))
	case config.Token == "" && config.Username == "":
		problems = append(problems, missing("Username", "BIGIP_USER", "a user name (and a password), or a token"))
	case config.Token == "" && config.Password == "":
		problems = append(problems, missing("Password", "BIGIP_PASSWORD", "the password of the user "+config.Username))
	}
	switch {
	case len(addresses) > units:
		problems = append(problems, &ConfigError{Field: "Address", Reason: fmt.Sprintf("a pair has two units, and BIGIP_HOST names %d", len(addresses))})
	case len(addresses) > 1 && config.Token != "":
		problems = append(problems, &ConfigError{Field: "Token", Reason: "a token is good for one device: a pair needs a user name and a password"})
	}
	return problems
}

func missing(field, env, what string) *ConfigError {
	return &ConfigError{Field: field, Reason: what + " is needed", Missing: what, Env: env}
}
