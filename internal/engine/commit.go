package engine

import "context"

// Committer makes what was written to a device last: it is copied to the other
// units of its group, and saved to disk.
type Committer interface {
	// Commit waits for a commit that began after the call; all who wait then share
	// it. It does nothing if nothing was written since the last one began. Errors
	// are *SyncError, *SaveError, *MovedError, joined, or ctx.Err(). What was
	// written is in force all the same; of a failed commit, only one of those who
	// share it is told.
	Commit(ctx context.Context) error
}

// SyncError is a configuration that was not copied to the device group.
type SyncError struct {
	Group  string
	Device string // the unit to copy from
	State  string // the group's status: "Changes Pending", "Disconnected"; "" if it was not read
	Err    error  // a *DeviceError, or nil: the wait is over
}

// Error tells the group and the reason.
func (e *SyncError) Error() string {
	text := "config sync of " + e.Device + " to group " + e.Group
	if e.State != "" {
		text += ": " + e.State
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *SyncError) Unwrap() error { return e.Err }

// SaveError is a configuration that was not saved to disk.
type SaveError struct {
	Device string
	Err    error // a *DeviceError; ErrForbidden is told once per process
}

// Error tells the device and the reason.
func (e *SaveError) Error() string { return "save on " + e.Device + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *SaveError) Unwrap() error { return e.Err }

// MovedError is a pair that failed over between a write and its commit: what was
// written to the one unit may not have reached the other.
type MovedError struct{ From, To string }

// Error tells both units.
func (e *MovedError) Error() string {
	return "the pair failed over from " + e.From + " to " + e.To + " before the change was committed"
}
