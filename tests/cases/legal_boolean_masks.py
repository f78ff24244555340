import torch
import torch.nn.functional as F

torch.manual_seed(0)
scores = torch.rand(100)
boxes = torch.rand(100, 4)
keep = scores > 0.5
boxes = boxes[keep]
scores = scores[keep]
order = scores.argsort(descending=True)[:10]
boxes, scores = boxes[order], scores[order]
area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
print(torch.cat([boxes, scores[:, None], area[:, None]], dim=1).shape)

image = torch.zeros(3, 32, 32)
mask = torch.zeros(32, 32, dtype=torch.bool)
mask[4:10, 5:9] = True
image[:, mask] = torch.rand(3, 24)
values = image[:, mask]
assert values.shape == (3, 24)

logits = torch.randn(4, 12, 50)
targets = torch.randint(0, 50, (4, 12))
targets[torch.rand(4, 12) < 0.3] = -100
active = targets != -100
loss = F.cross_entropy(logits[active], targets[active])
flat = F.cross_entropy(logits.view(-1, 50), targets.view(-1), ignore_index=-100)
assert torch.allclose(loss, flat)

rows, columns = torch.where(logits.max(-1).values > 2)
picked = logits[rows, columns]
print(picked.shape, logits.nonzero().shape, torch.unique(targets).numel())

by_class = {}
for label in targets.unique():
    by_class[int(label)] = logits[targets == label].mean(0)
centres = torch.stack(list(by_class.values()))
distance = torch.cdist(logits.reshape(-1, 50), centres)
print(distance.argmin(1).shape)
