package follow

import "time"

// Next decides what a pool's next step is.
func Next(_ Policy, _ World, m Memory, _ time.Time) Step { return Step{Memory: m} }
