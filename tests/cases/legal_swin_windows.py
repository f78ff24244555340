import torch
from torch import nn
import torch.nn.functional as F
def window_partition(x, w):
    B, H, W, C = x.shape
    x = x.view(B, H // w, w, W // w, w, C)
    return x.permute(0, 1, 3, 2, 4, 5).contiguous().view(-1, w, w, C)
def window_reverse(windows, w, H, W):
    B = int(windows.shape[0] / (H * W / w / w))
    x = windows.view(B, H // w, W // w, w, w, -1)
    return x.permute(0, 1, 3, 2, 4, 5).contiguous().view(B, H, W, -1)
x = torch.rand(2, 8, 8, 5)
y = window_reverse(window_partition(x, 4), 4, 8, 8)
print(y.shape)
class Merge(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.red = nn.Linear(4 * dim, 2 * dim, bias=False)
    def forward(self, x):
        B, H, W, C = x.shape
        if H % 2 == 1 or W % 2 == 1:
            x = F.pad(x, (0, 0, 0, W % 2, 0, H % 2))
        return self.red(torch.cat([x[:, i::2, j::2, :] for j in range(2) for i in range(2)], -1))
print(Merge(5)(x).shape, Merge(5)(torch.rand(1, 7, 9, 5)).shape)
def shuffle(x, g):
    b, c, h, w = x.size()
    return x.view(b, g, c // g, h, w).transpose(1, 2).contiguous().view(b, -1, h, w)
print(shuffle(torch.rand(1, 6, 4, 4), 3).shape, F.pixel_shuffle(torch.rand(1, 8, 3, 3), 2).shape, F.fold(F.unfold(torch.rand(1, 3, 6, 6), 2, stride=2), (6, 6), 2, stride=2).shape)
def patchify(imgs, p=4):
    h = w = imgs.shape[2] // p
    x = imgs.reshape(imgs.shape[0], 3, h, p, w, p)
    return torch.einsum("nchpwq->nhwpqc", x).reshape(imgs.shape[0], h * w, p ** 2 * 3)
def unpatchify(x, p=4):
    h = w = int(x.shape[1] ** .5)
    assert h * w == x.shape[1]
    return torch.einsum("nhwpqc->nchpwq", x.reshape(x.shape[0], h, w, p, p, 3)).reshape(x.shape[0], 3, h * p, h * p)
z = patchify(torch.rand(2, 3, 16, 16))
print(unpatchify(z).shape)
def random_masking(x, ratio):
    N, L, D = x.shape
    keep = int(L * (1 - ratio))
    ids = torch.argsort(torch.rand(N, L), dim=1)
    restore = torch.argsort(ids, dim=1)
    xm = torch.gather(x, 1, ids[:, :keep].unsqueeze(-1).repeat(1, 1, D))
    mask = torch.ones([N, L])
    mask[:, :keep] = 0
    return xm, torch.gather(mask, 1, restore), restore
xm, mask, restore = random_masking(z, 0.75)
tok = torch.zeros(1, 1, 48)
full = torch.cat([xm, tok.repeat(xm.shape[0], restore.shape[1] - xm.shape[1], 1)], 1)
print(torch.gather(full, 1, restore.unsqueeze(-1).repeat(1, 1, full.shape[2])).shape, mask.shape)
