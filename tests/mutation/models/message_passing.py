import torch
from torch import nn, Tensor


class GCNLayer(nn.Module):
    def __init__(self, d_in, d_out):
        super().__init__()
        self.lin = nn.Linear(d_in, d_out, bias=False)
        self.bias = nn.Parameter(torch.zeros(d_out))

    def forward(self, x, edge_index):
        src, dst = edge_index
        n = x.size(0)
        degree = torch.zeros(n).scatter_add_(0, dst, torch.ones(dst.size(0))) + 1
        messages = self.lin(x)[src] * degree[src].rsqrt().unsqueeze(-1)
        out = torch.zeros(n, messages.size(1)).index_add_(0, dst, messages)
        return out + self.bias


class GATLayer(nn.Module):
    def __init__(self, d_in, d_head, heads=4):
        super().__init__()
        self.heads, self.d_head = heads, d_head
        self.proj = nn.Linear(d_in, heads * d_head)
        self.att = nn.Parameter(torch.empty(1, heads, 2 * d_head))
        nn.init.xavier_uniform_(self.att)

    def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:
        h = self.proj(x).view(-1, self.heads, self.d_head)
        src, dst = edge_index[0], edge_index[1]
        pairs = torch.cat([h[src], h[dst]], dim=-1)
        alpha = (pairs * self.att).sum(-1).exp()
        total = torch.zeros(x.shape[0], self.heads).index_add(0, dst, alpha)
        alpha = alpha / total[dst]
        out = torch.zeros(x.shape[0], self.heads, self.d_head)
        index = dst[:, None, None].expand(-1, self.heads, self.d_head)
        out = out.scatter_add(0, index, h[src] * alpha.unsqueeze(2))
        return out.flatten(1)


class Graph(nn.Module):
    def __init__(self, d_node=16, d_hidden=24, n_classes=7):
        super().__init__()
        self.gcn = GCNLayer(d_node, d_hidden)
        self.gat = GATLayer(d_hidden, 6, heads=4)
        self.edge_mlp = nn.Sequential(nn.Linear(2 * 24 + 3, 32), nn.SiLU(), nn.Linear(32, 1))
        self.update = nn.GRUCell(24, d_hidden)
        self.readout = nn.Bilinear(24, d_hidden, n_classes)

    def forward(self, x, edge_index, edge_attr, batch):
        h = torch.relu(self.gcn(x, edge_index))
        h2 = self.update(self.gat(h, edge_index), h)
        row, col = edge_index
        gate = torch.sigmoid(self.edge_mlp(torch.cat((h2[row], h2[col], edge_attr), 1)))
        agg = torch.zeros_like(h2)
        agg = agg.index_add(0, col, gate * h2[row])
        pooled = torch.zeros(2, 24).index_add(0, batch, agg)
        pooled_max = torch.stack([h2[batch == g].max(dim=0).values for g in range(2)])
        return self.readout(pooled, pooled_max)


nodes = torch.randn(10, 16)
edges = torch.stack([torch.randint(0, 10, (40,)), torch.randint(0, 10, (40,))])
attr = torch.rand(40, 3)
graph_of = torch.tensor([0] * 6 + [1] * 4)
logits = Graph()(nodes, edges, attr, graph_of)
loss = nn.functional.nll_loss(logits.log_softmax(1), torch.tensor([2, 5]))
loss.backward()
