// Package saveconfig is the action bigipkube_save_config: it writes the running
// configuration of the device to its disk. An extra, like all actions: the
// provider's own setting saves on every CLI.
package saveconfig
