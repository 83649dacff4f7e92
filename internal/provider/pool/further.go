package pool

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// Further is the part of the model that furtherAttributes describes. It is exported
// because a model is compared, and an embedded field is seen only then.
type Further struct {
	ReselectTries          types.Int64  `tfsdk:"reselect_tries"`
	AllowNAT               types.Bool   `tfsdk:"allow_nat"`
	AllowSNAT              types.Bool   `tfsdk:"allow_snat"`
	IgnorePersistedWeight  types.Bool   `tfsdk:"ignore_persisted_weight"`
	QueueOnConnectionLimit types.Bool   `tfsdk:"queue_on_connection_limit"`
	QueueDepthLimit        types.Int64  `tfsdk:"queue_depth_limit"`
	QueueTimeLimit         types.Int64  `tfsdk:"queue_time_limit"`
	MinUpMembers           types.Int64  `tfsdk:"min_up_members"`
	MinUpMembersAction     types.String `tfsdk:"min_up_members_action"`
	MinUpMembersChecking   types.Bool   `tfsdk:"min_up_members_checking"`
	IPToSToClient          types.String `tfsdk:"ip_tos_to_client"`
	IPToSToServer          types.String `tfsdk:"ip_tos_to_server"`
	LinkQoSToClient        types.String `tfsdk:"link_qos_to_client"`
	LinkQoSToServer        types.String `tfsdk:"link_qos_to_server"`
}

// apply sets them on a pool.
func (f Further) apply(pool *ltm.Pool) {
	pool.ReselectTries = int(f.ReselectTries.ValueInt64())
	pool.AllowNAT = f.AllowNAT.ValueBool()
	pool.AllowSNAT = f.AllowSNAT.ValueBool()
	pool.IgnorePersistedWeight = f.IgnorePersistedWeight.ValueBool()
	pool.QueueOnConnectionLimit = f.QueueOnConnectionLimit.ValueBool()
	pool.QueueDepthLimit = int(f.QueueDepthLimit.ValueInt64())
	pool.QueueTimeLimit = int(f.QueueTimeLimit.ValueInt64())
	pool.MinUpMembers = int(f.MinUpMembers.ValueInt64())
	pool.MinUpMembersAction = f.MinUpMembersAction.ValueString()
	pool.MinUpMembersChecking = f.MinUpMembersChecking.ValueBool()
	pool.IPToSToClient = f.IPToSToClient.ValueString()
	pool.IPToSToServer = f.IPToSToServer.ValueString()
	pool.LinkQoSToClient = f.LinkQoSToClient.ValueString()
	pool.LinkQoSToServer = f.LinkQoSToServer.ValueString()
}

// observedFurther is the inverse of apply.
func observedFurther(pool ltm.Pool) Further {
	return Further{
		ReselectTries:          types.Int64Value(int64(pool.ReselectTries)),
		AllowNAT:               types.BoolValue(pool.AllowNAT),
		AllowSNAT:              types.BoolValue(pool.AllowSNAT),
		IgnorePersistedWeight:  types.BoolValue(pool.IgnorePersistedWeight),
		QueueOnConnectionLimit: types.BoolValue(pool.QueueOnConnectionLimit),
		QueueDepthLimit:        types.Int64Value(int64(pool.QueueDepthLimit)),
		QueueTimeLimit:         types.Int64Value(int64(pool.QueueTimeLimit)),
		MinUpMembers:           types.Int64Value(int64(pool.MinUpMembers)),
		MinUpMembersAction:     types.StringValue(pool.MinUpMembersAction),
		MinUpMembersChecking:   types.BoolValue(pool.MinUpMembersChecking),
		IPToSToClient:          types.StringValue(pool.IPToSToClient),
		IPToSToServer:          types.StringValue(pool.IPToSToServer),
		LinkQoSToClient:        types.StringValue(pool.LinkQoSToClient),
		LinkQoSToServer:        types.StringValue(pool.LinkQoSToServer),
	}
}
