import torch
from torch import nn
from collections import OrderedDict
net = nn.Sequential(OrderedDict([("conv1", nn.Conv2d(3, 8, 3)), ("bn", nn.BatchNorm2d(8)), ("relu", nn.ReLU()), ("pool", nn.AdaptiveAvgPool2d(1)), ("flat", nn.Flatten()), ("fc", nn.Linear(8, 5))]))
acts, handles = {}, []
def get(name):
    def hook(module, inp, out):
        acts[name] = out.detach()
    return hook
for name, layer in net.named_children():
    handles.append(layer.register_forward_hook(get(name)))
class GradCam:
    def __init__(self, model, layer):
        self.model, self.grads, self.act = model, None, None
        layer.register_forward_hook(self._fwd)
        layer.register_full_backward_hook(self._bwd)
    def _fwd(self, m, i, o):
        self.act = o
    def _bwd(self, m, gi, go):
        self.grads = go[0]
    def __call__(self, x, cls=None):
        out = self.model(x)
        cls = out.argmax(1) if cls is None else cls
        out[torch.arange(len(x)), cls].sum().backward()
        w = self.grads.mean(dim=(2, 3), keepdim=True)
        return torch.relu((w * self.act).sum(1, keepdim=True))
cam = GradCam(net, net.conv1)
print(cam(torch.rand(2, 3, 9, 9)).shape, acts["conv1"].shape, acts["flat"].shape)
for h in handles:
    h.remove()
pre = net.fc.register_forward_pre_hook(lambda m, a: (a[0] * 2,))
scale = net.bn.register_forward_hook(lambda m, a, o: o.repeat(1, 1, 2, 2))
print(net(torch.rand(1, 3, 9, 9)).shape)
