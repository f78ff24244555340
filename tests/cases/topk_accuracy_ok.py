"""The top k are compared with each label, in k rows."""

import torch


def accuracy(output, target, topk=(1, 5)):
    maxk = max(topk)
    _, pred = output.topk(maxk, 1, True, True)
    pred = pred.t()
    correct = pred.eq(target.view(1, -1).expand_as(pred))
    return [correct[:k].reshape(-1).float().sum(0) * (100.0 / target.size(0)) for k in topk]


top1, top5 = accuracy(torch.randn(32, 10), torch.randint(0, 10, (32,)))
