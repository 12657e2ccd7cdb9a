"""Generated input against every door: whatever arrives, no server error, no hang, nothing half stored."""
