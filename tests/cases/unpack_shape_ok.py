import torch


def to_sequence(features):
    batch, _, height, width = features.shape
    return features.reshape(batch, -1, height * width)


to_sequence(torch.randn(2, 64, 7, 7))
