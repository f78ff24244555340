"""Rules of Keras 3: importing this package registers them. One file a topic; Keras itself is never imported."""

from shapelens.rules.keras import (
    activations,
    attention,
    convolution,
    core,
    datasets,
    kerastensor,
    losses,
    merging,
    metrics,
    normalization,
    ops,
    pooling,
    recurrent,
    regularization,
    reshaping,
    utils,
)

__all__ = [
    "activations",
    "attention",
    "convolution",
    "core",
    "datasets",
    "kerastensor",
    "losses",
    "merging",
    "metrics",
    "normalization",
    "ops",
    "pooling",
    "recurrent",
    "regularization",
    "reshaping",
    "utils",
]
