"""Rules of torchvision's datasets and transforms, and of PIL images: importing this package registers them."""

from shapelens.rules.torchvision import datasets, images, transforms

__all__ = ["datasets", "images", "transforms"]
