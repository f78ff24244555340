"""Rules of TensorFlow, one file a topic; TensorFlow itself is never imported."""

from shapelens.rules.tensorflow import tensor

__all__ = ["tensor"]
