"""torch: indexing."""
