package diagnostics

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/traffic"
)

// FromError words any error of the engine or of its Device and Source: one
// diagnostic for each of the errors that are joined in err. A nil err has none.
func FromError(err error) diag.Diagnostics {
	var diags diag.Diagnostics
	for _, one := range Split(err) {
		diags.Append(fromOne(one))
	}
	return diags
}

func fromOne(err error) diag.Diagnostic {
	if aborted, ok := errors.AsType[*engine.AbortedError](err); ok {
		return Aborted(aborted)
	}
	if e, ok := errors.AsType[*engine.UnsettledError](err); ok {
		return unsettled(e)
	}
	if loop, ok := errors.AsType[*engine.LoopError](err); ok {
		return looped(loop)
	}
	if backend, ok := errors.AsType[*engine.BackendError](err); ok {
		return FromSource(path.Root("backends").AtMapKey(backend.Backend), backend.Err)
	}
	if device, ok := errors.AsType[*engine.DeviceError](err); ok {
		return fromDevice(device)
	}
	switch {
	case errors.Is(err, engine.ErrSource):
		return FromSource(path.Empty(), err)
	case errors.Is(err, context.DeadlineExceeded):
		return attributeError(path.Root("timeouts"), "Unable to finish in time",
			"The time that `timeouts` allows is over.",
			"What was done until then is on the device and in the state; the next plan shows the rest.",
			"Apply again, or allow more time in `timeouts`.")
	case errors.Is(err, context.Canceled):
		return plainError("Unable to finish: interrupted",
			"The run was interrupted.",
			"What was done until then is on the device and in the state; the next plan shows the rest.",
			"Apply again to finish it.")
	default:
		return plainError("Unable to finish", err.Error()+".")
	}
}

// fromDevice words a failed call to a device.
func fromDevice(err *engine.DeviceError) diag.Diagnostic {
	verb := strings.ToLower(err.Verb)
	summary := "Unable to " + verb + " " + err.Object
	box := "BIG-IP " + err.Device
	said := deviceSaid(err)
	switch err.Kind {
	case engine.ErrExists: //nolint:errorlint // a Kind is one of engine's own values, never wrapped
		kind, id := objectKind(err.Object)
		return attributeError(path.Root("name"), summary,
			"A "+kind+" of that name exists already on "+box+". It was left as it is.", said,
			"To manage it with Terraform, import it:\n\n    terraform import "+resourceType(kind)+".NAME "+id+
				"\n\nwith the name of your resource for NAME. Or choose another `name`.")
	case engine.ErrNoPartition:
		if folder := folderOf(err.Object); folder != "" {
			return attributeError(path.Root("folder"), summary,
				"The folder "+folder+" does not exist on "+box+". Nothing was changed.", said,
				"Set `partition` and `folder` to what exists (names are case-sensitive), or create it first: tmsh create sys folder "+folder+".")
		}
		return attributeError(path.Root("partition"), summary,
			"The partition "+partitionOf(err.Object)+" does not exist on "+box+". Nothing was changed.", said,
			"Set `partition` to one that exists (names are case-sensitive), or create it first: tmsh create auth partition NAME.")
	case engine.ErrNotFound:
		return notFound(err, summary, box, said)
	case engine.ErrInUse:
		return plainError(summary,
			"Something on "+box+" still refers to it. It was left as it is.", said,
			"Remove that reference first, and this object in the next apply. Or give it `lifecycle { create_before_destroy = true }` and apply that first: without it Terraform deletes before it changes what refers to it.")
	case engine.ErrCredentials:
		return plainError("Unable to log in to "+box,
			"It refuses the user name, the password or the token. Nothing was changed.", said,
			"Check `username` and `password` (or `token_value`) and `login_ref` of the provider, or their environment variables BIGIP_USER, BIGIP_PASSWORD, BIGIP_TOKEN_VALUE and BIGIP_LOGIN_REF.")
	case engine.ErrForbidden:
		return plainError(summary,
			"The role of the provider's user on "+box+" does not allow it. Nothing was changed.", said,
			"Give the user the role Manager in the partition of the object, or use another user.")
	case engine.ErrCertificate:
		return plainError("Unable to trust "+box,
			"Its certificate is not signed by an authority that is known here, or is for another name. Nothing was sent.", said,
			"Give the authority to the provider with `ca_file` (BIGIP_TRUSTED_CERT_PATH) or `ca_certificate`, and write `address` as the certificate names the device. "+
				"`insecure = true` switches the check off: then anybody on the way can read the password.")
	case engine.ErrUnreachable:
		return plainError("Unable to reach "+box, "It cannot be reached, to "+verb+" "+err.Object+".", said, afterSilence(err),
			"Check `address` and `port` of the provider, or BIGIP_HOST and BIGIP_PORT, and that its management network can be reached from here.")
	case engine.ErrStandby:
		return standby(err, summary)
	case engine.ErrBusy:
		return plainError(summary, box+" was busy, and still was after all retries.", said, afterSilence(err), "Try again later.")
	default:
		return plainError(summary, box+" refuses it.", said, "Nothing was changed by this call.")
	}
}

func notFound(err *engine.DeviceError, summary, box, said string) diag.Diagnostic {
	kind, _ := objectKind(err.Object)
	if strings.ToLower(err.Verb) == "read" {
		return attributeError(path.Root("name"), summary, "There is no such "+kind+" on "+box+".", said,
			"Check `partition` and `name`: names are case-sensitive, and a user sees the objects of its own partitions only.")
	}
	return plainError(summary, "It, or an object that it refers to, does not exist on "+box+". Nothing was changed by this call.", said,
		"Check the names that it refers to, such as monitors, profiles and pools: they are full paths, such as /Common/http. If it was deleted since the plan, plan again.")
}

// afterSilence says what is known of an object when the device gave no answer.
func afterSilence(err *engine.DeviceError) string {
	if !err.Unsure {
		return "Nothing was changed by this call."
	}
	return "Whether the change was made is not known; the next plan reads it from the device."
}

func deviceSaid(err *engine.DeviceError) string {
	switch {
	case err.Said != "":
		return "The device said: " + err.Said
	case err.Err != nil:
		return "The cause: " + err.Err.Error()
	default:
		return ""
	}
}

// unsettled words a write that made no difference.
func unsettled(err *engine.UnsettledError) diag.Diagnostic {
	return plainError("Unable to update "+err.Object,
		"BIG-IP "+err.Device+" took a change without an error, and shows what was there before:", err.Change,
		"What else was done is on the device and in the state; the next plan shows the rest.",
		"Look whether somebody else writes to it, such as a script or another controller. If not, please report this with the change above.")
}

// madeHere is said where Kubernetes lacks an object.
const madeHere = "If this configuration makes it, refer to the resource that does, or name that in `depends_on`, so that it comes first."

// FromSource words what Kubernetes, or what was asked of it, is to blame for.
// The attributes service, port, namespace and cluster are below at.
func FromSource(at path.Path, err error) diag.Diagnostic {
	if e, ok := errors.AsType[*endpoints.NoServiceError](err); ok {
		return attributeError(at.AtName("service"), "Unable to find Service "+serviceName(e.Ref),
			"Kubernetes"+inCluster(e.Ref)+" has no Service "+e.Ref.Service+" in namespace "+e.Ref.Namespace+". Nothing was changed.",
			"Check `namespace` and `service`, and that the provider talks to the cluster you mean. "+madeHere)
	}
	if e, ok := errors.AsType[*endpoints.NoPortError](err); ok {
		return noPort(at.AtName("port"), e)
	}
	if e, ok := errors.AsType[*endpoints.NoNodesError](err); ok {
		return noNodes(at, e)
	}
	if e, ok := errors.AsType[*endpoints.NodePortNumberError](err); ok {
		return NodesPort(at, e.Ref.Port)
	}
	if e, ok := errors.AsType[*endpoints.NoNodePortError](err); ok {
		return noNodePort(at.AtName("node_port"), e)
	}
	if e, ok := errors.AsType[*endpoints.PortNotOnPodsError](err); ok && e.Ref.Kind() == endpoints.KindSelector {
		return noPodPort(at.AtName("port"), e)
	}
	if e, ok := errors.AsType[*endpoints.PortNotOnPodsError](err); ok {
		return attributeError(at.AtName("port"), "Unable to find the port of Service "+serviceName(e.Ref),
			fmt.Sprintf("The Service sends to the port %q of its pods, but none of its %s has that port. Nothing was changed.", e.TargetPort, count(e.Endpoints, "endpoint")),
			"Name the container's port so in the pods, or correct targetPort in the Service.")
	}
	return attributeError(at, "Unable to read from Kubernetes", err.Error()+".", "Nothing was changed.",
		"Check the `kubernetes` (or `clusters`) setting of the provider: address, credentials and rights. It must get services and list endpointslices; list pods for a `selector`, and list nodes for `nodes` and for a `node_port`.")
}

func noPort(at path.Path, err *endpoints.NoPortError) diag.Diagnostic {
	summary := "Unable to find the port of Service " + serviceName(err.Ref)
	ports := make([]string, 0, len(err.Ports))
	for _, port := range err.Ports {
		ports = append(ports, strings.TrimSpace(fmt.Sprintf("%d %s", port.Number, port.Name)))
	}
	has := "The Service has no port."
	if len(ports) > 0 {
		has = "The Service has: " + strings.Join(ports, ", ") + "."
	}
	switch {
	case err.Ambiguous && err.Ref.Port == "":
		return attributeError(at, summary, "It has several ports, and `port` does not say which one.", has, "Set `port` to the name of one of these.")
	case err.Ambiguous:
		return attributeError(at, summary, fmt.Sprintf("It has several ports %s.", err.Ref.Port), has, "Set `port` to the name of one of these.")
	}
	return attributeError(at, summary, fmt.Sprintf("It has no port %q.", err.Ref.Port), has, "Set `port` to a name or a number of these.")
}

// Kept turns an error of one backend into a warning: the state keeps the
// endpoints that were seen last.
func Kept(err diag.Diagnostic) diag.Diagnostic {
	const note = "\n\nThe endpoints that were seen last are kept, and so are the members on the device."
	if at, ok := err.(diag.DiagnosticWithPath); ok {
		return diag.NewAttributeWarningDiagnostic(at.Path(), err.Summary(), err.Detail()+note)
	}
	return diag.NewWarningDiagnostic(err.Summary(), err.Detail()+note)
}

// NotReadBack warns that an object was created, but could not be read again. An
// error would taint it, and the next apply would delete what serves.
func NotReadBack(err error) diag.Diagnostic {
	first := fromOne(err)
	return diag.NewWarningDiagnostic(first.Summary(),
		"It was created, but then could not be read. The state has it as it was asked for; the next plan reads it from the device.\n\n"+first.Detail())
}

// EndpointsMoved warns of planned endpoints that have gone since the plan, and
// of new ones. Each text is "10.0.0.1:8080 (blue, pod web-1)".
func EndpointsMoved(at path.Path, object string, gone, added []string, planned int) diag.Diagnostic {
	var parts []string
	if len(gone) > 0 {
		parts = append(parts, fmt.Sprintf("%d of %s no longer ready since the plan: %s.",
			len(gone), are(planned, "planned endpoint"), strings.Join(gone, ", ")))
	}
	if len(added) > 0 {
		parts = append(parts, fmt.Sprintf("%s new since the plan: %s.", are(len(added), "endpoint"), strings.Join(added, ", ")))
	}
	parts = append(parts, "The plan was applied as you reviewed it. Plan and apply again to follow Kubernetes.")
	return diag.NewAttributeWarningDiagnostic(at, "Endpoints of "+object+" have moved since the plan", strings.Join(parts, "\n\n"))
}

// Overlaps warns of endpoints that several backends have.
func Overlaps(overlaps []traffic.Overlap) diag.Diagnostic {
	const named = 3
	lines := make([]string, 0, named+1)
	for _, o := range overlaps[:min(named, len(overlaps))] {
		lines = append(lines, fmt.Sprintf("  %s counts for %s, and is wanted by %s too", o.Key, o.Backend, strings.Join(o.Others, " and ")))
	}
	if more := len(overlaps) - named; more > 0 {
		lines = append(lines, fmt.Sprintf("  and %d more", more))
	}
	return diag.NewAttributeWarningDiagnostic(path.Root("backends"), "Backends have the same endpoints",
		"A pool has a member once, so only one of the backends gets it:\n\n"+strings.Join(lines, "\n")+
			"\n\nMake them select different pods, for example by a label for the version.")
}

// EndpointsGone refuses a plan in which a backend that is to take traffic has
// no ready endpoint left.
func EndpointsGone(at path.Path, object, backend string, gone []string) diag.Diagnostic {
	return attributeError(at.AtMapKey(backend), "Unable to update "+object,
		fmt.Sprintf("None of the endpoints that the plan gives traffic to in backend %q is ready any more: %s.", backend, strings.Join(gone, ", ")),
		"Nothing was changed on the device.",
		"Plan again: the new plan has the endpoints that are ready now.")
}

// NoKubernetes says that something needs a cluster and the provider has none.
func NoKubernetes(at path.Path) diag.Diagnostic {
	return attributeError(at, "Unable to read from Kubernetes",
		"The provider has no `kubernetes` setting, and no `clusters`.",
		"Add `kubernetes = { config_path = \"~/.kube/config\" }` to the provider, or set KUBE_CONFIG_PATH.")
}

// NoDevice says that the provider's settings were not known when it was needed.
func NoDevice() diag.Diagnostic {
	return plainError("Unable to use the provider",
		"Its configuration depends on values that are not known before the apply.",
		"Make them known first: apply the resources that they come from with -target, or write them as variables.")
}

// UnexpectedData is a mistake in the provider itself.
func UnexpectedData(got any) diag.Diagnostic {
	return plainError("Unable to configure", fmt.Sprintf("The provider handed over a %T. Please report this.", got))
}

// WrongModel is a mistake in the provider itself: an attribute is not what the
// provider's own model of the object says.
func WrongModel(attribute string, want, got any) diag.Diagnostic {
	return plainError("Unable to read "+attribute, fmt.Sprintf("It is a %T, and the provider takes it for a %T. Please report this.", got, want))
}

// MissingSetting says that a setting of the provider is neither in the
// configuration nor in the environment.
func MissingSetting(attribute, environment, what string) diag.Diagnostic {
	return attributeError(path.Root(attribute), "Missing "+what,
		"The provider needs "+what+".",
		"Set `"+attribute+"` in the provider's configuration, or the environment variable "+environment+".")
}

// InvalidSetting says that a setting of the provider is wrong; reason is a
// sentence without its full stop.
func InvalidSetting(at path.Path, reason string) diag.Diagnostic {
	return attributeError(at, "Unable to use this setting of the provider", named(at)+sentence(reason))
}

// InsecureByEnvironment warns that BIGIP_VERIFY_CERT_DISABLE switches the
// verification of the device's certificate off.
func InsecureByEnvironment() diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root("insecure"), "The device's certificate is not verified",
		"The environment variable BIGIP_VERIFY_CERT_DISABLE switches the check off: anybody on the way can read the password.\n\n"+
			"Give the provider the authority of the certificate with `ca_file` (BIGIP_TRUSTED_CERT_PATH), and unset the variable.")
}

// InvalidImport says what an id for `terraform import` must look like.
func InvalidImport(kind, id, reason string) diag.Diagnostic {
	return plainError("Unable to import "+kind+" "+id, sentence(reason), "The id is the full path of the object, such as /Common/web.")
}

// Invalid says that the value of an attribute, or a combination of attributes,
// makes no sense; reasons are sentences without their full stops.
func Invalid(at path.Path, summary string, reasons ...string) diag.Diagnostic {
	detail := make([]string, 0, len(reasons))
	for _, reason := range reasons {
		detail = append(detail, sentence(reason))
	}
	if len(detail) > 0 && !shown(at).Equal(at) {
		detail[0] = named(at) + detail[0]
	}
	return attributeError(at, summary, detail...)
}

// MembersAndBackends says that a pool has one or the other.
func MembersAndBackends() diag.Diagnostic {
	return attributeError(path.Root("members"), "Pool with both members and backends",
		"`members` are written in the configuration, `backends` come from Kubernetes: a pool has one or the other.",
		"Remove one of them.")
}

// TrafficWithoutBackends says that traffic has nothing to be split between.
func TrafficWithoutBackends() diag.Diagnostic {
	return attributeError(path.Root("traffic"), "Traffic without backends",
		"`traffic` splits between `backends`, and this pool has none.",
		"Remove `traffic`; the members of a static pool share by their `ratio`.")
}

// TrafficMissing says that several backends need a split.
func TrafficMissing(backends []string) diag.Diagnostic {
	return attributeError(path.Root("traffic"), "Traffic is not split",
		"The pool has the backends "+list(backends)+", and `traffic` does not say how much each gets.",
		"Give each backend its share in percent, 0 for none; the shares add up to 100.")
}

// TrafficUnknownBackend says that a share is for a backend that isn't there.
func TrafficUnknownBackend(name string, backends []string) diag.Diagnostic {
	return attributeError(path.Root("traffic").AtMapKey(name), "Traffic for an unknown backend",
		fmt.Sprintf("The pool has no backend %q; it has %s.", name, list(backends)),
		"Correct the name, or add the backend.")
}

// TrafficLeftOut says that a backend has no share.
func TrafficLeftOut(name string) diag.Diagnostic {
	return attributeError(path.Root("traffic"), "Backend without traffic",
		fmt.Sprintf("`traffic` does not say what backend %q gets.", name),
		"Write a share for it; 0 keeps it as a warm standby, which takes no traffic.")
}

// TrafficSum says that the shares do not add up to 100.
func TrafficSum(sum int) diag.Diagnostic {
	return attributeError(path.Root("traffic"), "Traffic does not add up to 100",
		fmt.Sprintf("The shares are percentages and add up to %d.", sum),
		"Change them so that they add up to 100.")
}

// TooManyMonitorsRequired says that a member could never be available.
func TooManyMonitorsRequired(at path.Path, required int64, monitors int) diag.Diagnostic {
	there := fmt.Sprintf("`monitors` has %d", monitors)
	wayOut := fmt.Sprintf("Require %d at most, or leave `monitors_required` out: then all must succeed.", monitors)
	if monitors == 0 {
		there, wayOut = "`monitors` has none", "Leave `monitors_required` out, or write monitors."
	}
	return Invalid(at, "More monitors are required than there are",
		fmt.Sprintf("%d must succeed for a member to be available, and %s", required, there), wayOut)
}

// NoRatioMode says that a load balancing mode does not regard ratios.
func NoRatioMode(mode string, backends []string) diag.Diagnostic {
	return attributeError(path.Root("load_balancing_mode"), "Load balancing mode cannot split traffic",
		fmt.Sprintf("`traffic` splits between %s, which works by member ratios, and %q does not regard them.", list(backends), mode),
		"Write `load_balancing_mode = \"ratio-member\"`.")
}
