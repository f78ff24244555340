"""Rules of einops: importing this package registers them. einops itself is never imported."""

from shapelens.rules.einops import functions, layers, packing

__all__ = ["functions", "layers", "packing"]
