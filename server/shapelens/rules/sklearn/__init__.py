"""Rules of scikit-learn: what prepares data for training."""

from shapelens.rules.sklearn import datasets, preparing

__all__ = ["datasets", "preparing"]
