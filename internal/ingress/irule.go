package ingress

import "strings"

// StatusVariable is what a rule sets to have StatusRule answer with a status.
const StatusVariable = "bigipkube_status"

// StatusRule is the iRule that answers with a status, which a policy cannot. It is a
// constant: nothing that comes from a cluster is ever part of an iRule. A policy runs
// before the iRules of the same event (icontrol-rest 3.6 has setVariable).
const StatusRule = statusHead + `
when HTTP_REQUEST {
    if { [info exists bigipkube_status] } {
        set status $bigipkube_status
        unset bigipkube_status
        HTTP::respond $status content "$status" noserver
    }
}`

// statusHead tells that an iRule is ours, of whatever release.
const statusHead = "# Made by bigipkube: answers with the status that a policy has chosen."

func isStatusRule(definition string) bool {
	return strings.HasPrefix(strings.TrimSpace(definition), statusHead)
}
