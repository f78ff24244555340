"""Rules of Keras 3: importing this package registers them. One file a topic; Keras itself is never imported."""

from shapelens.rules.keras import (
    convolution,
    core,
    kerastensor,
    merging,
    ops,
    pooling,
    reshaping,
)

__all__ = [
    "convolution",
    "core",
    "kerastensor",
    "merging",
    "ops",
    "pooling",
    "reshaping",
]
