import torch
from torch import nn
class Dec(nn.Module):
    def __init__(self, V=12, H=8):
        super().__init__()
        self.e, self.r, self.o = nn.Embedding(V, H), nn.GRUCell(H, H), nn.Linear(H, V)
    def forward(self, tok, h):
        h = self.r(self.e(tok), h)
        return self.o(h).log_softmax(-1), h
@torch.no_grad()
def beam(dec, h, k=3, steps=5, eos=1):
    V = dec.o.out_features
    B = h.size(0)
    h = h.repeat_interleave(k, 0)
    seqs = torch.full((B, k, 1), 0, dtype=torch.long)
    scores = torch.tensor([0.0] + [float("-inf")] * (k - 1)).repeat(B, 1)
    done = torch.zeros(B, k, dtype=torch.bool)
    for t in range(steps):
        logp, h = dec(seqs[:, :, -1].reshape(-1), h)
        logp = logp.view(B, k, V)
        logp = logp.masked_fill(done.unsqueeze(-1), float("-inf"))
        logp[..., eos] = torch.where(done, torch.zeros(()), logp[..., eos])
        total = (scores.unsqueeze(-1) + logp).view(B, -1)
        scores, idx = total.topk(k, dim=-1)
        parent, tok = idx // V, idx % V
        seqs = torch.cat([seqs.gather(1, parent.unsqueeze(-1).expand(-1, -1, seqs.size(-1))), tok.unsqueeze(-1)], -1)
        done = done.gather(1, parent) | (tok == eos)
        flat = (parent + torch.arange(B).unsqueeze(1) * k).view(-1)
        h = h[flat]
        if done.all():
            break
    return seqs, scores
s, sc = beam(Dec(), torch.zeros(2, 8))
print(s.shape[:2], sc.shape)
def greedy(dec, h):
    tok, out = torch.zeros(h.size(0), dtype=torch.long), []
    while len(out) < 4:
        lp, h = dec(tok, h)
        tok = lp.argmax(-1)
        out.append(tok)
    return torch.stack(out, dim=1)
def sample(dec, h, top_k=4, temperature=0.7, top_p=None):
    tok = torch.zeros(h.size(0), dtype=torch.long)
    for _ in range(3):
        lp, h = dec(tok, h)
        logits = lp / temperature
        if top_k is not None:
            v, _ = torch.topk(logits, min(top_k, logits.size(-1)))
            logits[logits < v[:, [-1]]] = -float("Inf")
        probs = torch.softmax(logits, dim=-1)
        tok = torch.multinomial(probs, num_samples=1).squeeze(1)
    return tok
print(greedy(Dec(), torch.zeros(2, 8)).shape, sample(Dec(), torch.zeros(2, 8)).shape)
