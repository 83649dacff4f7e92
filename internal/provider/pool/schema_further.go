package pool

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/customtypes"
)

// The greatest numbers that a packet has room for.
const (
	maxToS = 255
	maxQoS = 7
)

// furtherAttributes are the settings of a pool that few need. Their defaults are
// the device's own, so that taking one out of a configuration sets it back.
func furtherAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"reselect_tries": number(65535,
			"How often a connection that a member refused is tried with another member, 0 to 65535. Default: `0`, never."),
		"allow_nat":  yesOrNo(true, "Whether connections to the pool may pass a NAT. Default: `true`."),
		"allow_snat": yesOrNo(true, "Whether connections to the pool may pass a SNAT. Default: `true`."),
		"ignore_persisted_weight": yesOrNo(false,
			"Whether connections that persistence sent to a member are left out of its load in the ratio modes. Default: `false`."),
		"queue_on_connection_limit": yesOrNo(false,
			"Whether new connections wait in a queue when every member is at its `connection_limit`, instead of being refused. Default: `false`."),
		"queue_depth_limit": number(4294967295, "How many connections may wait in the queue. Default: `0`, any number."),
		"queue_time_limit":  number(4294967295, "How long a connection may wait in the queue, in milliseconds. Default: `0`, without end."),
		"min_up_members": number(65535,
			"With `min_up_members_checking`: how many members must be up, or the device takes `min_up_members_action`. Default: `0`."),
		"min_up_members_checking": yesOrNo(false,
			"Whether the device acts when fewer than `min_up_members` members are up. This is about the whole device, not the pool alone. Default: `false`."),
		"min_up_members_action": schema.StringAttribute{
			Optional: true, Computed: true,
			MarkdownDescription: "What the device does then: `failover` to its peer, `reboot`, or `restart-all` of its services. Default: `failover`.",
			Default:             stringdefault.StaticString(ltm.DefaultMinUpAction),
			Validators:          []validator.String{stringvalidator.OneOf("failover", "reboot", "restart-all")},
		},
		"ip_tos_to_client":   packetMark("The IP ToS of packets to clients", maxToS),
		"ip_tos_to_server":   packetMark("The IP ToS of packets to members", maxToS),
		"link_qos_to_client": packetMark("The link QoS of packets to clients", maxQoS),
		"link_qos_to_server": packetMark("The link QoS of packets to members", maxQoS),
	}
}

func number(most int64, description string) schema.Int64Attribute {
	return schema.Int64Attribute{
		Optional: true, Computed: true,
		MarkdownDescription: description,
		Default:             int64default.StaticInt64(0),
		Validators:          []validator.Int64{int64validator.Between(0, most)},
	}
}

func yesOrNo(standard bool, description string) schema.BoolAttribute {
	return schema.BoolAttribute{
		Optional: true, Computed: true,
		MarkdownDescription: description,
		Default:             booldefault.StaticBool(standard),
	}
}

func packetMark(what string, most int) schema.StringAttribute {
	return schema.StringAttribute{
		Optional: true, Computed: true,
		MarkdownDescription: what + ": `pass-through` leaves it, `mimic` takes that of the other side, a number sets it. Default: `pass-through`.",
		Default:             stringdefault.StaticString(ltm.PassThrough),
		Validators:          []validator.String{customtypes.PacketMark(most)},
	}
}
