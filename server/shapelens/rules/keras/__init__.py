"""Rules of Keras 3: importing this package registers them. One file a topic; Keras itself is never imported."""

from shapelens.rules.keras import (
    attention,
    convolution,
    core,
    kerastensor,
    merging,
    ops,
    pooling,
    recurrent,
    reshaping,
)

__all__ = [
    "attention",
    "convolution",
    "core",
    "kerastensor",
    "merging",
    "ops",
    "pooling",
    "recurrent",
    "reshaping",
]
