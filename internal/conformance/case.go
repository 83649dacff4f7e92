package conformance

import (
	"slices"
	"strconv"
	"strings"
)

// Confidence is how sure a fact is. The marks are those of the fact sheet.
type Confidence string

// From the surest to the least sure.
const (
	Recorded   Confidence = "recorded"    // from a real device
	Client     Confidence = "client"      // behaviour that a client relies on which was tested against devices
	Documented Confidence = "documented"  // an article, or F5's documentation
	UserReport Confidence = "user report" // an issue, a forum
	Inferred   Confidence = "inferred"    // from other facts: no source says so
)

// Confidences are all of them, from the surest to the least sure.
var Confidences = []Confidence{Recorded, Client, Documented, UserReport, Inferred}

// Role is a kind of user that a case needs besides the administrator.
type Role string

// The roles that cases need.
const (
	Guest   Role = "guest"   // may read
	Manager Role = "manager" // may write in [Partition] and nowhere else

	// Operator may take members and nodes of [Partition] in and out of service.
	Operator Role = "operator"
)

// Extra is what a case needs besides the device.
type Extra string

// The extras that cases need.
const (
	Peer     Extra = "the other device of a pair"       // with which it may sync and fail over
	Hostname Extra = "a name that DNS has addresses of" // as the device asks DNS
)

// Case is one fact about a device.
type Case struct {
	Name       string     // a sentence of behaviour, unique
	Must       string     // what a device must do, with the words it must use
	Source     string     // the section of the fact sheet: "4.5"
	Confidence Confidence // how sure the fact is
	Versions   Versions   // where it holds; the zero value: everywhere
	Needs      Role       // a user besides the administrator; "": none
	With       Extra      // what there must be besides the device; "": nothing
	Test       func(*Check)
}

// Group is what belongs together.
type Group struct {
	Title string
	Cases []Case
}

// Groups are all cases, in the order in which they run.
func Groups() []Group {
	return []Group{
		{"Login and rights", slices.Concat(sessionCases(), roleCases())},
		{"Names, envelopes, collections", slices.Concat(nameCases(), collectionCases())},
		{"Fields and JSON types", slices.Concat(shapeCases(), builtinCases())},
		{"PATCH and PUT", verbCases()},
		{"Pools and members", slices.Concat(poolCases(), memberCases(), fqdnCases())},
		{"Nodes", nodeCases()},
		{"Monitors", monitorCases()},
		{"Virtual servers", virtualCases()},
		{"Every property that the provider sets", propertyCases()},
		{"LTM policies and data groups", slices.Concat(policyCases(), dataGroupCases())},
		{"Files and certificates", fileCases()},
		{"Routes by host and path", routeCases()},
		{"Refusals", slices.Concat(refusalCases(), inUseCases())},
		{"Transactions", transactionCases()},
		{"Statistics", statsCases()},
		{"The system", systemCases()},
		{"Two devices", pairCases()},
		{"What F5's Terraform provider sends", terraformCases()},
	}
}

// Cases are all cases, in the order in which they run.
func Cases() []Case {
	var all []Case
	for _, g := range Groups() {
		all = append(all, g.Cases...)
	}
	return all
}

// Versions are the TMOS versions From, included, to Before, excluded; "" is no
// bound.
type Versions struct{ From, Before string }

func from(version string) Versions   { return Versions{From: version} }
func before(version string) Versions { return Versions{Before: version} }

// Contain tells whether a version such as "14.1.2.1" is one of them.
func (v Versions) Contain(version string) bool {
	return (v.From == "" || compareVersions(version, v.From) >= 0) &&
		(v.Before == "" || compareVersions(version, v.Before) < 0)
}

// String is for people: "all", "from 13.0", "before 14.1".
func (v Versions) String() string {
	switch {
	case v.From != "" && v.Before != "":
		return "from " + v.From + ", before " + v.Before
	case v.From != "":
		return "from " + v.From
	case v.Before != "":
		return "before " + v.Before
	}
	return "all"
}

func compareVersions(a, b string) int { return slices.Compare(versionNumbers(a), versionNumbers(b)) }

func versionNumbers(version string) []int {
	var numbers []int
	for part := range strings.SplitSeq(version, ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			break
		}
		numbers = append(numbers, n)
	}
	return numbers
}
