"""torch: joining."""
