import random
import torch
from torch.nn.utils.rnn import pad_sequence, pack_padded_sequence, pad_packed_sequence
from torch.utils.data import Dataset, DataLoader, Sampler, BatchSampler, WeightedRandomSampler, IterableDataset, ConcatDataset, Subset
from torch import nn
class Words(Dataset):
    def __init__(self, n=20):
        self.data = [(torch.randint(1, 50, (random.randint(2, 9),)), i % 3) for i in range(n)]
    def __len__(self):
        return len(self.data)
    def __getitem__(self, i):
        return self.data[i]
def collate(batch):
    batch.sort(key=lambda p: len(p[0]), reverse=True)
    xs, ys = zip(*batch)
    lens = torch.tensor([len(x) for x in xs])
    return pad_sequence(xs, batch_first=True, padding_value=0), lens, torch.tensor(ys)
class Buckets(Sampler):
    def __init__(self, data, size):
        self.order = sorted(range(len(data)), key=lambda i: len(data[i][0]))
        self.size = size
    def __iter__(self):
        groups = [self.order[i:i + self.size] for i in range(0, len(self.order), self.size)]
        random.shuffle(groups)
        yield from groups
    def __len__(self):
        return (len(self.order) + self.size - 1) // self.size
class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(50, 8, padding_idx=0)
        self.rnn = nn.GRU(8, 6, bidirectional=True, batch_first=True)
        self.fc = nn.Linear(12, 3)
    def forward(self, x, lens):
        p = pack_padded_sequence(self.emb(x), lens, batch_first=True)
        out, h = self.rnn(p)
        out, _ = pad_packed_sequence(out, batch_first=True)
        mask = (x != 0)[:, :out.size(1)].unsqueeze(-1)
        pooled = out.masked_fill(~mask, float("-inf")).max(dim=1).values
        return self.fc(pooled) + self.fc(torch.cat([h[0], h[1]], dim=1))
ds = Words()
net = Tagger()
for x, lens, y in DataLoader(ds, batch_sampler=Buckets(ds, 4), collate_fn=collate):
    loss = nn.functional.cross_entropy(net(x, lens), y)
class Stream(IterableDataset):
    def __iter__(self):
        for i in range(7):
            yield torch.full((3,), float(i)), i
for a, b in DataLoader(Stream(), batch_size=3):
    c = a.sum(1) + b
both = ConcatDataset([ds, Subset(ds, [0, 1])])
w = WeightedRandomSampler([1.0] * len(both), 8)
for batch in DataLoader(both, batch_size=2, sampler=w, collate_fn=lambda b: b):
    first = batch[0][0].float().mean()
