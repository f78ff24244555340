import torch


def to_sequence(features):
    batch, height, width = features.shape  # raises
    return features.reshape(batch, -1, height * width)


to_sequence(torch.randn(2, 64, 7, 7))
