"""A focal loss gathers the scores of its targets, which must be a column."""

import torch
import torch.nn.functional as F


def focal_loss(logits, target, gamma=2.0):
    log_p = F.log_softmax(logits, dim=-1)
    log_pt = log_p.gather(1, target.view(-1, 1))
    pt = log_pt.exp()
    return (-((1 - pt) ** gamma) * log_pt).mean()


logits = torch.randn(8, 5, requires_grad=True)
loss = focal_loss(logits, torch.randint(0, 5, (8,)))
loss.backward()
