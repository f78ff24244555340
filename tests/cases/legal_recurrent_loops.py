import torch
from torch import nn


class Decoder(nn.Module):
    def __init__(self, words=30, width=12):
        super().__init__()
        self.embed = nn.Embedding(words, width)
        self.cell = nn.LSTMCell(width, width)
        self.out = nn.Linear(width, words)

    def forward(self, state, steps, forced=None):
        batch = state[0].size(0)
        token = torch.zeros(batch, dtype=torch.long)
        logits = []
        for t in range(steps):
            state = self.cell(self.embed(token), state)
            logits.append(self.out(state[0]))
            token = forced[:, t] if forced is not None else logits[-1].argmax(dim=-1)
        return torch.stack(logits, dim=1)


decoder = Decoder()
start = (torch.zeros(4, 12), torch.zeros(4, 12))
out = decoder(start, 7)
loss = nn.functional.cross_entropy(out.transpose(1, 2), torch.randint(0, 30, (4, 7)))
print(decoder(start, 5, torch.randint(0, 30, (4, 5))).shape, loss.item())

rnn = nn.GRU(6, 6, 2)
hidden = None
for chunk in torch.randn(20, 3, 6).split(8):
    y, hidden = rnn(chunk, hidden)
    hidden = hidden.detach()
    if y.size(0) < 8:
        y = torch.cat([y, y.new_zeros(8 - y.size(0), *y.shape[1:])])
    print(y.shape)

beam, score = torch.zeros(1, 1, dtype=torch.long), torch.zeros(1)
for _ in range(3):
    options = score[:, None] + torch.randn(beam.size(0), 30).log_softmax(-1)
    score, index = options.flatten().topk(5)
    beam = torch.cat([beam[index // 30], (index % 30)[:, None]], dim=1)
print(beam.shape)

memory = []
state = torch.zeros(2, 6)
for t in range(4):
    memory.append(state)
    context = torch.stack(memory, 1).mean(1)
    state = torch.tanh(state + context)
state_bank = torch.cat([m.unsqueeze(0) for m in memory], 0)
assert state_bank.shape == (4, 2, 6)
