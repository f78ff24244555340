import copy

import torch
from torch import nn


def conv(cin, cout):
    return nn.Conv2d(cin, cout, 3, padding=1)


net = nn.Sequential(conv(3, 8), nn.ReLU(), conv(8, 16), nn.ReLU())
net.append(nn.AdaptiveAvgPool2d(1)).append(nn.Flatten())
net.add_module("head", nn.Linear(16, 10))
print(net(torch.randn(2, 3, 9, 9)).shape)

net[0] = conv(1, 8)
net.head = nn.Sequential(nn.Dropout(0.2), nn.Linear(16, 4))
print(net(torch.randn(2, 1, 9, 9)).shape)
trunk = nn.Sequential(*list(net.children())[:-3])
print(conv(16, 2)(trunk(torch.randn(1, 1, 6, 6))).shape)
del net[-1]
print(nn.Linear(16, 3)(net(torch.randn(5, 1, 8, 8))).shape, len(net), len(net[:2]))
net.insert(0, nn.Upsample(scale_factor=2))
print(net(torch.rand(1, 1, 4, 4)).shape)

twin = copy.deepcopy(trunk)
twin[0] = conv(4, 8)
print(twin(torch.zeros(1, 4, 5, 5)).shape, trunk(torch.zeros(1, 1, 5, 5)).shape)


def to_group_norm(module):
    for name, child in module.named_children():
        if isinstance(child, nn.BatchNorm2d):
            setattr(module, name, nn.GroupNorm(2, child.num_features))
        else:
            to_group_norm(child)
    return module


block = nn.Sequential(conv(3, 4), nn.BatchNorm2d(4), nn.Sequential(conv(4, 6), nn.BatchNorm2d(6)))
print(to_group_norm(block)(torch.randn(1, 3, 4, 4)).shape)

layer = nn.Linear(10, 10)
layer.weight = nn.Parameter(torch.randn(3, 6))
layer.bias = nn.Parameter(torch.zeros(3))
print(layer(torch.ones(2, 6)).shape)
heads = nn.ModuleDict({"a": nn.Linear(4, 1), "b": nn.Linear(4, 2)})
heads["c"] = nn.Linear(4, 3)
heads.update({"a": nn.Linear(4, 5)})
print({name: head(torch.ones(1, 4)).shape[-1] for name, head in heads.items()}, heads.pop("b"))
shared = nn.Linear(7, 7)
stack = nn.ModuleList([shared] * 3)
stack.extend([nn.Linear(7, 2)])
y = torch.ones(7)
for part in stack:
    y = part(y)
params = nn.ParameterList([nn.Parameter(torch.ones(2, 3)) for _ in range(2)])
print(y.shape, (params[0] @ params[1].T).shape, sum(p.numel() for p in stack.parameters()))
