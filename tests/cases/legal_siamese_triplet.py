import torch
from torch import nn
import torch.nn.functional as F
class E(nn.Module):
    def __init__(self):
        super().__init__()
        self.f = nn.Sequential(nn.Flatten(), nn.LazyLinear(8))
    def forward_one(self, x):
        return F.normalize(self.f(x), dim=-1)
    def forward(self, *xs):
        return tuple(self.forward_one(x) for x in xs) if len(xs) > 1 else self.forward_one(xs[0])
e = E()
a, p, n = e(*(torch.rand(4, 1, 5, 5) for _ in range(3)))
print(nn.TripletMarginLoss(margin=0.2)(a, p, n), nn.CosineEmbeddingLoss()(a, p, torch.ones(4)), e(torch.rand(2, 1, 5, 5)).shape)
def nt_xent(z1, z2, T=0.5):
    N = z1.size(0)
    z = torch.cat([z1, z2], 0)
    sim = z @ z.t() / T
    sim.fill_diagonal_(float("-inf"))
    target = torch.cat([torch.arange(N, 2 * N), torch.arange(N)])
    return F.cross_entropy(sim, target)
def batch_hard(emb, labels):
    d = torch.cdist(emb, emb)
    same = labels[:, None] == labels[None, :]
    pos = (d * same).max(1)[0]
    neg = d.masked_fill(same, float("inf")).min(1)[0]
    return F.relu(pos - neg + 0.3).mean()
print(nt_xent(a, p), batch_hard(a, torch.tensor([0, 0, 1, 1])))
queue = F.normalize(torch.randn(8, 32), dim=0)
l_pos = torch.einsum("nc,nc->n", [a, p]).unsqueeze(-1)
l_neg = torch.einsum("nc,ck->nk", [a, queue.clone().detach()])
logits = torch.cat([l_pos, l_neg], dim=1) / 0.07
loss = F.cross_entropy(logits, torch.zeros(logits.shape[0], dtype=torch.long))
ptr = 4
queue[:, ptr:ptr + 4] = a.T.detach()
