"""torch: losses."""
