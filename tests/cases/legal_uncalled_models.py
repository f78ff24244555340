import torch
import torch.nn as nn
import torch.nn.functional as F
class LeNet(nn.Module):
    def __init__(self, num_classes=10, in_ch=1):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(in_ch, 6, 5), nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2 = nn.Linear(16 * 4 * 4, 120), nn.Linear(120, num_classes)
    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = x.view(-1, self.num_flat(x))
        return self.fc2(F.relu(self.fc1(x)))
    def num_flat(self, x):
        n = 1
        for s in x.size()[1:]:
            n *= s
        return n
class Attn(nn.Module):
    def __init__(self, dim, heads=8, qkv_bias=False, sr_ratio=1):
        super().__init__()
        self.heads, self.sr = heads, sr_ratio
        self.q, self.kv = nn.Linear(dim, dim, bias=qkv_bias), nn.Linear(dim, dim * 2, bias=qkv_bias)
        if sr_ratio > 1:
            self.srconv, self.norm = nn.Conv2d(dim, dim, sr_ratio, sr_ratio), nn.LayerNorm(dim)
    def forward(self, x, H, W):
        B, N, C = x.shape
        q = self.q(x).reshape(B, N, self.heads, C // self.heads).permute(0, 2, 1, 3)
        if self.sr > 1:
            x_ = self.srconv(x.permute(0, 2, 1).reshape(B, C, H, W)).reshape(B, C, -1).permute(0, 2, 1)
            x = self.norm(x_)
        k, v = self.kv(x).reshape(B, -1, 2, self.heads, C // self.heads).permute(2, 0, 3, 1, 4)
        return ((q @ k.transpose(-2, -1)).softmax(-1) @ v).transpose(1, 2).reshape(B, N, C)
class Flexible(nn.Module):
    def __init__(self, dims, bn=None, cond=None, out=None):
        super().__init__()
        self.cond, self.out = cond, out
        self.layers = nn.ModuleList()
        for i, o in zip(dims, dims[1:]):
            self.layers.append(nn.Linear(i, o))
        self.bn = nn.BatchNorm1d(dims[-1]) if bn else None
        self.film = nn.Linear(cond, dims[-1] * 2) if cond is not None else None
    def forward(self, x, c=None, mask=None, *, return_features=False):
        feats = []
        for l in self.layers:
            x = l(x).relu()
            feats += [x]
        if self.bn is not None:
            x = self.bn(x)
        if self.film is not None and c is not None:
            g, b = self.film(c).chunk(2, -1)
            x = x * g + b
        if mask is not None:
            x = x.masked_fill(mask[..., None], 0)
        return (x, feats) if return_features else x
class RNNModel(nn.Module):
    def __init__(self, rnn_type, ntoken, ninp, nhid, nlayers, dropout=0.5, tie_weights=False):
        super().__init__()
        self.encoder = nn.Embedding(ntoken, ninp)
        if rnn_type in ["LSTM", "GRU"]:
            self.rnn = getattr(nn, rnn_type)(ninp, nhid, nlayers, dropout=dropout)
        else:
            try:
                nonlinearity = {"RNN_TANH": "tanh", "RNN_RELU": "relu"}[rnn_type]
            except KeyError as e:
                raise ValueError("bad type") from e
            self.rnn = nn.RNN(ninp, nhid, nlayers, nonlinearity=nonlinearity, dropout=dropout)
        self.decoder = nn.Linear(nhid, ntoken)
        if tie_weights:
            if nhid != ninp:
                raise ValueError("tied")
            self.decoder.weight = self.encoder.weight
        self.rnn_type, self.nhid, self.nlayers = rnn_type, nhid, nlayers
    def forward(self, input, hidden):
        out, hidden = self.rnn(self.encoder(input), hidden)
        return F.log_softmax(self.decoder(out).view(-1, self.encoder.num_embeddings), dim=1), hidden
    def init_hidden(self, bsz):
        weight = next(self.parameters())
        if self.rnn_type == "LSTM":
            return (weight.new_zeros(self.nlayers, bsz, self.nhid), weight.new_zeros(self.nlayers, bsz, self.nhid))
        return weight.new_zeros(self.nlayers, bsz, self.nhid)
class VAE(nn.Module):
    def __init__(self, h=20):
        super().__init__()
        self.fc1, self.fc21, self.fc22, self.fc3, self.fc4 = nn.Linear(784, 40), nn.Linear(40, h), nn.Linear(40, h), nn.Linear(h, 40), nn.Linear(40, 784)
    def reparameterize(self, mu, logvar):
        std = torch.exp(0.5 * logvar)
        return mu + torch.randn_like(std) * std
    def forward(self, x):
        h = F.relu(self.fc1(x.view(-1, 784)))
        mu, logvar = self.fc21(h), self.fc22(h)
        return torch.sigmoid(self.fc4(F.relu(self.fc3(self.reparameterize(mu, logvar))))), mu, logvar
def loss_function(recon, x, mu, logvar):
    return F.binary_cross_entropy(recon, x.view(-1, 784), reduction="sum") - 0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
def mixup(x, y, alpha=1.0, use_cuda=True):
    lam = 0.3 if alpha > 0 else 1
    index = torch.randperm(x.size()[0])
    return lam * x + (1 - lam) * x[index, :], y, y[index], lam
def accuracy(output, target, topk=(1,)):
    maxk = max(topk)
    batch_size = target.size(0)
    _, pred = output.topk(maxk, 1, True, True)
    correct = pred.t().eq(target.view(1, -1).expand_as(pred))
    return [correct[:k].reshape(-1).float().sum(0, keepdim=True).mul_(100.0 / batch_size) for k in topk]
def train(model, loader, criterion, optimizer, epoch, args):
    model.train()
    for i, (images, target) in enumerate(loader):
        if args.gpu is not None:
            images = images.cuda(args.gpu, non_blocking=True)
        output = model(images)
        loss = criterion(output, target)
        acc1, acc5 = accuracy(output, target, topk=(1, 5))
        optimizer.zero_grad(); loss.backward(); optimizer.step()
def make_mask(src, tgt, pad=0, causal=None):
    src_mask = (src != pad).unsqueeze(-2)
    if tgt is None:
        return src_mask
    n = tgt.size(-1)
    sub = torch.triu(torch.ones((1, n, n)), diagonal=1).type(torch.uint8) == 0
    return src_mask, (tgt != pad).unsqueeze(-2) & sub
def pairwise(a, b=None):
    b = a if b is None else b
    return (a.unsqueeze(1) - b.unsqueeze(0)).pow(2).sum(-1)
print(LeNet()(torch.rand(2, 1, 28, 28)).shape, Attn(16, 4, sr_ratio=2)(torch.rand(2, 64, 16), 8, 8).shape)
