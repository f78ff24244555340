"""torch: reshaping."""
