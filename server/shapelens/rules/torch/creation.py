"""torch: creation."""
