import torch
from torch import nn
class GCN(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.lin = nn.Linear(i, o, bias=False)
        self.bias = nn.Parameter(torch.zeros(o))
    def forward(self, x, edge_index, edge_weight=None):
        row, col = edge_index
        deg = torch.zeros(x.size(0)).scatter_add_(0, col, torch.ones(col.size(0)))
        dis = deg.pow(-0.5)
        dis[dis == float("inf")] = 0
        norm = dis[row] * dis[col]
        if edge_weight is not None:
            norm = norm * edge_weight
        msg = norm.view(-1, 1) * self.lin(x)[row]
        out = torch.zeros(x.size(0), msg.size(1)).index_add_(0, col, msg)
        return out + self.bias
class GAT(nn.Module):
    def __init__(self, i, o, heads=2):
        super().__init__()
        self.h, self.o = heads, o
        self.lin = nn.Linear(i, heads * o)
        self.att = nn.Parameter(torch.rand(1, heads, 2 * o))
    def forward(self, x, adj):
        N = x.size(0)
        z = self.lin(x).view(N, self.h, self.o)
        pair = torch.cat([z.unsqueeze(1).expand(N, N, self.h, self.o), z[None].expand(N, -1, -1, -1)], -1)
        e = nn.functional.leaky_relu((pair * self.att).sum(-1), 0.2)
        e = e.masked_fill(adj.unsqueeze(-1) == 0, -1e9)
        return torch.einsum("ijh,jho->iho", e.softmax(1), z).flatten(1)
x = torch.rand(5, 3)
ei = torch.tensor([[0, 1, 2, 3], [1, 2, 3, 4]], dtype=torch.long)
ei = torch.cat([ei, torch.arange(5).repeat(2, 1)], dim=1)
h = GCN(3, 8)(x, ei).relu()
adj = torch.zeros(5, 5)
adj[ei[0], ei[1]] = 1
batch = torch.tensor([0, 0, 1, 1, 1])
pooled = torch.zeros(2, 8).index_add(0, batch, h) / torch.bincount(batch).unsqueeze(1)
print(h.shape, GAT(3, 4)(x, adj + torch.eye(5)).shape, pooled.shape)
mask = torch.zeros(5, dtype=torch.bool)
mask[:3] = True
loss = nn.functional.cross_entropy(h[mask], torch.tensor([0, 1, 2, 3, 4])[mask])
