package icontrol

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"
)

// saveTimeout is for a save of a very large configuration, which takes tens of
// seconds (icontrol-rest 9).
const saveTimeout = 5 * time.Minute

// Partitions are named without a slash (icontrol-rest 3.13).
func (c *Client) Partitions() Collection[Partition] {
	return Collection[Partition]{client: c, path: managementRoot + "auth/partition"}
}

// Partition is an administrative partition.
type Partition struct {
	Name               string `json:"name"`
	DefaultRouteDomain Int    `json:"defaultRouteDomain"`
	Description        string `json:"description"`
}

// PartitionBody writes a partition.
type PartitionBody struct {
	Name               string  `json:"name,omitempty"`
	DefaultRouteDomain *int    `json:"defaultRouteDomain,omitempty"`
	Description        *string `json:"description,omitempty"`
}

// Folders are the folders of the device; a partition "/shop" is one of them.
func (c *Client) Folders() Collection[Folder] {
	return Collection[Folder]{client: c, path: managementRoot + "sys/folder"}
}

// Folder is a folder.
type Folder struct {
	Object
	DeviceGroup  string `json:"deviceGroup"`
	TrafficGroup string `json:"trafficGroup"`
}

// Version is what runs on the device.
type Version struct {
	Product string // "BIG-IP"
	Version string // "17.1.1"
	Build   string
	Edition string
}

// Version reads the device's software version (icontrol-rest 3.17).
func (c *Client) Version(ctx context.Context) (Version, error) {
	stats, err := c.oneStats(ctx, managementRoot+"sys/version")
	if err != nil {
		return Version{}, err
	}
	return Version{
		Product: stats.Text("Product"), Version: stats.Text("Version"),
		Build: stats.Text("Build"), Edition: stats.Text("Edition"),
	}, nil
}

// Ready reports whether configuration, license and provisioning are loaded
// (icontrol-rest 3.17).
func (c *Client) Ready(ctx context.Context) (bool, error) {
	stats, err := c.oneStats(ctx, managementRoot+"sys/ready")
	if err != nil {
		return false, err
	}
	for _, part := range []string{"configReady", "licenseReady", "provisionReady"} {
		if stats.Text(part) != "yes" {
			return false, nil
		}
	}
	return true, nil
}

// ClusterStatus is what a device tells about its pair.
type ClusterStatus struct {
	Failover string // ACTIVE, STANDBY, FORCED OFFLINE, OFFLINE
	Sync     SyncStatus
}

// ClusterStatus reads failover and sync status (icontrol-rest 3.16).
func (c *Client) ClusterStatus(ctx context.Context) (status ClusterStatus, err error) {
	status.Failover, err = failoverStatus(func(path string, out any) error { return c.get(ctx, path, nil, out) })
	if err == nil {
		status.Sync, err = c.SyncStatus(ctx)
	}
	return status, err
}

// getter reads one page.
type getter func(path string, out any) error

// activityOf reads "ACTIVE", "STANDBY" … from the one page or, as a role may not
// be allowed to read it, from the other (icontrol-rest 3.16).
func activityOf(get getter) (string, error) {
	status, err := failoverStatus(get)
	if errors.Is(err, ErrForbidden) {
		return failoverText(get)
	}
	return status, err
}

func failoverStatus(get getter) (string, error) {
	const path = managementRoot + "cm/failover-status"
	var tree statsTree
	if err := get(path, &tree); err != nil {
		return "", err
	}
	for _, stats := range tree.objects() {
		if status := stats.Text("status"); status != "" {
			return status, nil
		}
	}
	return "", noStats(path)
}

// failoverText reads the same from a sentence: "Failover active for 0d 01:20:32".
func failoverText(get getter) (string, error) {
	const path = managementRoot + "sys/failover"
	var answer struct {
		Values struct {
			Text string `json:"apiAnonymous"`
		} `json:"apiRawValues"`
	}
	if err := get(path, &answer); err != nil {
		return "", err
	}
	words := strings.Fields(answer.Values.Text)
	if len(words) < 2 {
		return "", noStats(path)
	}
	return strings.ToUpper(words[1]), nil
}

// Save writes the running configuration of all partitions to disk. It takes
// seconds to tens of seconds: once per batch, not per object (icontrol-rest 3.15).
func (c *Client) Save(ctx context.Context) error {
	req, err := newPost(managementRoot+"sys/config", map[string]string{"command": "save"}, lasting)
	if err != nil {
		return err
	}
	req.timeout = saveTimeout
	return c.do(ctx, req, nil)
}

func noStats(path string) *Error {
	return &Error{Method: http.MethodGet, Path: path, StatusCode: http.StatusOK, Message: "the answer holds no entries"}
}

// oneStats reads statistics of which there is one set.
func (c *Client) oneStats(ctx context.Context, path string) (Stats, error) {
	all, err := c.stats(ctx, path)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, noStats(path)
	}
	return all[0], nil
}
