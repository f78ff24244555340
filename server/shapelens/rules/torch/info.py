"""torch: info."""
