import torch
import torch.nn.functional as F
from torch import nn


class Fpn(nn.Module):
    def __init__(self, widths=(32, 64, 128), out=24):
        super().__init__()
        self.lateral = nn.ModuleDict({f"p{i}": nn.Conv2d(w, out, 1) for i, w in enumerate(widths)})
        self.smooth = nn.Conv2d(out, out, 3, padding=1)

    def forward(self, maps):
        names = list(self.lateral)
        top = self.lateral[names[-1]](maps[-1])
        results = [top]
        for name, feature in zip(names[-2::-1], maps[-2::-1]):
            top = F.interpolate(top, scale_factor=4) + self.lateral[name](feature)  # raises
            results.append(self.smooth(top))
        return results


Fpn()([torch.randn(1, 32, 32, 32), torch.randn(1, 64, 16, 16), torch.randn(1, 128, 8, 8)])
