// Package monotonic reads the clock that all processes of a machine share and that nobody sets: what node's process.hrtime reads.
package monotonic

import "golang.org/x/sys/unix"

// NowNs is the time in nanoseconds since some moment of the past.
func NowNs() int64 {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		panic(err)
	}
	return now.Nano()
}
