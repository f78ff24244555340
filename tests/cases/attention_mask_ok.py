import torch


def masked_softmax(scores, lengths):
    positions = torch.arange(scores.size(-1))
    mask = (positions[None, :] >= lengths[:, None])[:, None, None, :]
    return scores.masked_fill(mask, -1e9).softmax(-1)


weights = masked_softmax(torch.randn(4, 8, 20, 20), torch.tensor([20, 18, 5, 11]))
