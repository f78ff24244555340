"""Changes one number in a model that runs: where torch then raises, Shapelens must say so; where not, it must not."""
