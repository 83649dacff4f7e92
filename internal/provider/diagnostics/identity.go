package diagnostics

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// OtherDevice refuses an import that is aimed at another device than the
// provider's.
func OtherDevice(kind, name, wanted, ours string) diag.Diagnostic {
	return plainError("Unable to import "+kind+" "+name,
		fmt.Sprintf("Its identity says the device %s, and this provider is for %s. Nothing was imported.", wanted, ours),
		"Use the provider of that device (`provider = bigipkube.ALIAS`), or leave `device` out. "+
			"A device is named by the provider's `device_name`, and without it by its address.")
}

// InvalidIdentity refuses an identity that is no path; err may be nil.
func InvalidIdentity(kind, at string, err error) diag.Diagnostic {
	reason := fmt.Sprintf("%q is not the path of an object.", at)
	if err != nil {
		reason = sentence(err.Error())
	}
	return plainError("Unable to import "+kind+" "+at, reason,
		"`name` is the name alone, such as web; `folder` has no slash at its ends, such as sub or sub/deeper.")
}

// MovedWithoutName refuses a state of F5's provider that names no object.
func MovedWithoutName(sourceType, name string) diag.Diagnostic {
	return plainError("Unable to move "+sourceType,
		fmt.Sprintf("Its state has the name %q, which is no full path.", name),
		"Import the object instead: its id is the full path, such as /Common/web.")
}

// MovedMonitorType refuses a monitor of a type that there is no resource for.
func MovedMonitorType(name, kind string, types []string) diag.Diagnostic {
	return plainError("Unable to move bigip_ltm_monitor "+name,
		fmt.Sprintf("Its type is %q; bigipkube_monitor has the types %s.", kind, list(types)),
		"Leave it with F5's provider: a pool refers to a monitor by its full path, whoever manages it.")
}
