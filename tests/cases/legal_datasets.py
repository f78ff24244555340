import random

import numpy as np
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
from torch.utils.data import DataLoader, Dataset, IterableDataset


class Sentences(Dataset):
    def __init__(self, count):
        self.rows = [torch.randint(1, 50, (random.randint(3, 9),)) for _ in range(count)]
        self.labels = [random.random() for _ in range(count)]

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        return {"ids": self.rows[i], "label": self.labels[i], "length": len(self.rows[i])}


def collate(samples):
    lengths = torch.tensor([s["length"] for s in samples])
    ids = pad_sequence([s["ids"] for s in samples], batch_first=True)
    return ids, lengths, torch.tensor([s["label"] for s in samples])


class Noise(IterableDataset):
    def __iter__(self):
        for i in range(10):
            yield torch.full((2, 3), float(i)), np.float32(i)


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(50, 8, padding_idx=0)
        self.rnn = nn.LSTM(8, 16, batch_first=True, bidirectional=True)
        self.out = nn.Linear(32, 1)

    def forward(self, ids, lengths):
        packed = pack_padded_sequence(self.embed(ids), lengths, batch_first=True, enforce_sorted=False)
        packed, (h, c) = self.rnn(packed)
        padded, _ = pad_packed_sequence(packed, batch_first=True)
        last = padded[torch.arange(len(ids)), lengths - 1]
        pooled = padded.sum(1) / lengths.unsqueeze(1)
        assert last.shape == pooled.shape == torch.cat([h[0], h[1]], 1).shape
        return self.out(last + pooled).squeeze(1)


reader = Reader()
for ids, lengths, labels in DataLoader(Sentences(20), batch_size=6, collate_fn=collate):
    loss = nn.functional.binary_cross_entropy_with_logits(reader(ids, lengths), labels)
    loss.backward()
for x, scale in DataLoader(Noise(), batch_size=4):
    print((x * scale[:, None, None]).shape)
for pair in DataLoader(list(zip(torch.randn(6, 2), [0, 1] * 3)), batch_size=3):
    features, classes = pair
    print(nn.CrossEntropyLoss()(nn.Linear(2, 2)(features), classes))
array = np.zeros((5, 4), dtype=np.float32)
print(nn.Linear(4, 2)(torch.from_numpy(array)), nn.Linear(4, 1)(torch.tensor(array.tolist())))
