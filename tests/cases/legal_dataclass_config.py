from dataclasses import dataclass, field, asdict, replace
from enum import Enum
from typing import List, Optional
import torch
from torch import nn
class Norm(str, Enum):
    BATCH = "batch"
    LAYER = "layer"
    NONE = "none"
@dataclass
class Stage:
    width: int
    depth: int = 1
    stride: int = 2
@dataclass
class Cfg:
    in_ch: int = 3
    stages: List[Stage] = field(default_factory=lambda: [Stage(8), Stage(16, 2), Stage(32, 1, 1)])
    norm: Norm = Norm.BATCH
    head: Optional[int] = None
    def __post_init__(self):
        self.out_ch = self.stages[-1].width
        if self.head is None:
            self.head = self.out_ch // 4
    @property
    def total_stride(self):
        s = 1
        for stage in self.stages:
            s *= stage.stride
        return s
def norm(cfg, ch):
    return {Norm.BATCH: nn.BatchNorm2d, Norm.LAYER: lambda c: nn.GroupNorm(1, c), Norm.NONE: lambda c: nn.Identity()}[cfg.norm](ch)
class Net(nn.Module):
    def __init__(self, cfg: Cfg):
        super().__init__()
        layers, ch = [], cfg.in_ch
        for st in cfg.stages:
            for i in range(st.depth):
                layers += [nn.Conv2d(ch, st.width, 3, st.stride if i == 0 else 1, 1), norm(cfg, st.width), nn.ReLU()]
                ch = st.width
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(cfg.out_ch, cfg.head)
        self.cfg = cfg
    def forward(self, x):
        f = self.body(x)
        assert f.shape[-1] * self.cfg.total_stride == x.shape[-1]
        return self.head(f.flatten(2).mean(-1))
for c in (Cfg(), Cfg(norm=Norm.LAYER, head=5), replace(Cfg(), in_ch=1)):
    print(Net(c)(torch.rand(2, c.in_ch, 16, 16)).shape, asdict(c)["in_ch"])
print(Net(Cfg(norm=Norm("none")))(torch.rand(1, 3, 8, 8)).shape)
