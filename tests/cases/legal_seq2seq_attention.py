import random
import torch
from torch import nn
import torch.nn.functional as F
class Enc(nn.Module):
    def __init__(self, V, E, H, L=1, dropout=0):
        super().__init__()
        self.emb, self.rnn = nn.Embedding(V, E), nn.GRU(E, H, L, bidirectional=True)
        self.fc = nn.Linear(2 * H, H)
    def forward(self, src):
        out, h = self.rnn(self.emb(src))
        return out, torch.tanh(self.fc(torch.cat((h[-2, :, :], h[-1, :, :]), dim=1)))
class Attn(nn.Module):
    def __init__(self, H):
        super().__init__()
        self.attn, self.v = nn.Linear(3 * H, H), nn.Linear(H, 1, bias=False)
    def forward(self, hidden, enc):
        n = enc.shape[0]
        hidden = hidden.unsqueeze(1).repeat(1, n, 1)
        enc = enc.permute(1, 0, 2)
        return F.softmax(self.v(torch.tanh(self.attn(torch.cat((hidden, enc), dim=2)))).squeeze(2), dim=1)
class Dec(nn.Module):
    def __init__(self, V, E, H, attn):
        super().__init__()
        self.V, self.attn, self.emb = V, attn, nn.Embedding(V, E)
        self.rnn, self.out = nn.GRU(2 * H + E, H), nn.Linear(3 * H + E, V)
    def forward(self, tok, hidden, enc):
        e = self.emb(tok.unsqueeze(0))
        a = self.attn(hidden, enc).unsqueeze(1)
        w = torch.bmm(a, enc.permute(1, 0, 2)).permute(1, 0, 2)
        o, h = self.rnn(torch.cat((e, w), dim=2), hidden.unsqueeze(0))
        assert (o == h).all()
        e, o, w = e.squeeze(0), o.squeeze(0), w.squeeze(0)
        return self.out(torch.cat((o, w, e), dim=1)), h.squeeze(0)
class S2S(nn.Module):
    def __init__(self, enc, dec):
        super().__init__()
        self.enc, self.dec = enc, dec
    def forward(self, src, trg, ratio=0.5):
        T, B = trg.shape
        outs = torch.zeros(T, B, self.dec.V)
        enc, h = self.enc(src)
        x = trg[0, :]
        for t in range(1, T):
            o, h = self.dec(x, h, enc)
            outs[t] = o
            x = trg[t] if random.random() < ratio else o.argmax(1)
        return outs
m = S2S(Enc(20, 4, 6), Dec(15, 5, 6, Attn(6)))
trg = torch.randint(0, 15, (5, 3))
out = m(torch.randint(0, 20, (7, 3)), trg)
loss = nn.CrossEntropyLoss(ignore_index=0)(out[1:].view(-1, out.shape[-1]), trg[1:].reshape(-1))
print(loss)
