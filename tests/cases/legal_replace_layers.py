import copy
import torch
from torch import nn
def build():
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 6 * 6, 10))
def swap(module, old, new):
    for name, child in module.named_children():
        if isinstance(child, old):
            setattr(module, name, new(child))
        else:
            swap(child, old, new)
    return module
net = swap(build(), nn.BatchNorm2d, lambda bn: nn.GroupNorm(2, bn.num_features))
print(net(torch.rand(2, 1, 8, 8)).shape)
net[-1] = nn.Linear(net[-1].in_features, 3)
net.add_module("act", nn.Softmax(dim=1))
print(net(torch.rand(2, 1, 8, 8)).shape)
conv = net[0]
w = conv.weight.data
conv.weight = nn.Parameter(w.repeat(1, 3, 1, 1) / 3)
conv.in_channels = 3
print(net(torch.rand(2, 3, 8, 8)).shape)
head = nn.Linear(5, 7)
with torch.no_grad():
    head.weight[:3].copy_(torch.ones(3, 5))
    head.weight[3:] = 0
    head.bias[:3] += 1
head2 = nn.Linear(5, 9)
sd = head2.state_dict()
sd["weight"][:7] = head.state_dict()["weight"]
head2.load_state_dict(sd, strict=False)
prune = copy.deepcopy(head)
keep = torch.tensor([0, 2, 4])
prune.weight = nn.Parameter(head.weight.data[keep])
prune.bias = nn.Parameter(head.bias.data[keep])
prune.out_features = len(keep)
print(prune(torch.rand(2, 5)).shape, head2(torch.rand(2, 5)).shape)
emb = nn.Embedding(5, 3)
new = nn.Embedding(8, 3)
new.weight.data[:5] = emb.weight.data
emb = new
print(emb(torch.tensor([7])).shape)
del net.act
backbone = nn.Sequential(*list(build().children())[:-2])
print(backbone(torch.rand(1, 1, 20, 20)).shape)
