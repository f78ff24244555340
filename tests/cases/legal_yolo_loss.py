import torch
from torch import nn
class Head(nn.Module):
    def __init__(self, nc=3, anchors=((10, 13, 16, 30), (30, 61, 62, 45)), ch=(8, 16)):
        super().__init__()
        self.nc, self.no, self.nl, self.na = nc, nc + 5, len(anchors), len(anchors[0]) // 2
        self.register_buffer("anchors", torch.tensor(anchors).float().view(self.nl, -1, 2))
        self.m = nn.ModuleList(nn.Conv2d(x, self.no * self.na, 1) for x in ch)
        self.grid = [torch.empty(0) for _ in range(self.nl)]
    def forward(self, x):
        z = []
        for i in range(self.nl):
            x[i] = self.m[i](x[i])
            bs, _, ny, nx = x[i].shape
            x[i] = x[i].view(bs, self.na, self.no, ny, nx).permute(0, 1, 3, 4, 2).contiguous()
            if not self.training:
                if self.grid[i].shape[2:4] != x[i].shape[2:4]:
                    self.grid[i] = self._grid(nx, ny)
                xy, wh, conf = x[i].sigmoid().split((2, 2, self.nc + 1), 4)
                xy = xy * 2 + self.grid[i]
                wh = (wh * 2) ** 2 * self.anchors[i].view(1, self.na, 1, 1, 2)
                z.append(torch.cat((xy, wh, conf), 4).view(bs, self.na * nx * ny, self.no))
        return x if self.training else (torch.cat(z, 1), x)
    def _grid(self, nx, ny):
        yv, xv = torch.meshgrid(torch.arange(ny), torch.arange(nx), indexing="ij")
        return torch.stack((xv, yv), 2).expand((1, self.na, ny, nx, 2)).float()
h = Head()
out = h([torch.rand(1, 8, 8, 8), torch.rand(1, 16, 4, 4)])
pred, _ = h.eval()([torch.rand(1, 8, 8, 8), torch.rand(1, 16, 4, 4)])
print(out[0].shape, pred.shape)
def xywh2xyxy(x):
    y = x.clone()
    y[..., 0] = x[..., 0] - x[..., 2] / 2
    y[..., 1] = x[..., 1] - x[..., 3] / 2
    y[..., 2] = x[..., 0] + x[..., 2] / 2
    return y
def iou(a, b):
    (a1, a2), (b1, b2) = a.unsqueeze(1).chunk(2, 2), b.unsqueeze(0).chunk(2, 2)
    inter = (torch.min(a2, b2) - torch.max(a1, b1)).clamp(0).prod(2)
    return inter / ((a2 - a1).prod(2) + (b2 - b1).prod(2) - inter + 1e-7)
print(iou(xywh2xyxy(pred[0, :5, :4]), torch.rand(3, 4)).shape)
for xi, x in enumerate(pred):
    x = x[x[..., 4] > 0.5]
    if not x.shape[0]:
        continue
    box = xywh2xyxy(x[:, :4])
    conf, j = x[:, 5:].max(1, keepdim=True)
    det = torch.cat((box, conf, j.float()), 1)[conf.view(-1) > 0.1]
    i, k = (x[:, 5:] > 0.3).nonzero(as_tuple=False).T
    multi = torch.cat((box[i], x[i, k + 5, None], k[:, None].float()), 1)
