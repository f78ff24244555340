import torch
import torch.nn as nn
from torch.nn.utils import weight_norm


class Chomp1d(nn.Module):
    def __init__(self, chomp_size):
        super().__init__()
        self.chomp_size = chomp_size

    def forward(self, x):
        return x[:, :, : -self.chomp_size].contiguous()


class TemporalBlock(nn.Module):
    def __init__(self, n_inputs, n_outputs, kernel_size, stride, dilation, padding, dropout=0.2):
        super().__init__()
        self.conv1 = weight_norm(
            nn.Conv1d(n_inputs, n_outputs, kernel_size, stride=stride, padding=padding, dilation=dilation)
        )
        self.chomp1 = Chomp1d(padding)
        self.conv2 = weight_norm(
            nn.Conv1d(n_outputs, n_outputs, kernel_size, stride=stride, padding=padding, dilation=dilation)
        )
        self.chomp2 = Chomp1d(padding)
        self.net = nn.Sequential(
            self.conv1, self.chomp1, nn.ReLU(), nn.Dropout(dropout), self.conv2, self.chomp2, nn.ReLU()
        )
        self.downsample = nn.Conv1d(n_inputs, n_outputs, 1) if n_inputs != n_outputs else None

    def forward(self, x):
        out = self.net(x)
        res = x if self.downsample is None else self.downsample(x)
        return torch.relu(out + res)


class TemporalConvNet(nn.Module):
    def __init__(self, num_inputs, num_channels, kernel_size=2):
        super().__init__()
        layers = []
        for i in range(len(num_channels)):
            dilation_size = 2**i
            in_channels = num_inputs if i == 0 else num_channels[i - 1]
            layers += [
                TemporalBlock(
                    in_channels,
                    num_channels[i],
                    kernel_size,
                    stride=1,
                    dilation=dilation_size,
                    padding=(kernel_size - 1) * dilation_size,
                )
            ]
        self.network = nn.Sequential(*layers)

    def forward(self, x):
        return self.network(x)


class WordTCN(nn.Module):
    def __init__(self, vocab=40, emb=20, channels=[25, 25, 30]):
        super().__init__()
        self.emb = nn.Embedding(vocab, emb)
        self.tcn = TemporalConvNet(emb, channels, kernel_size=3)
        self.gru = nn.GRU(30, 18, batch_first=True)
        self.decoder = nn.Linear(18, vocab)

    def forward(self, tokens):
        y = self.tcn(self.emb(tokens).transpose(1, 2)).transpose(1, 2)
        y, h = self.gru(y, torch.zeros(1, tokens.size(0), 18))
        return self.decoder(y), h[-1]


text = torch.randint(40, (6, 33))
scores, last = WordTCN()(text[:, :-1])
loss = nn.CrossEntropyLoss()(scores.reshape(-1, 40), text[:, 1:].reshape(-1))
flat = nn.functional.avg_pool1d(last.unsqueeze(0), 3, 3).squeeze(0)
print(flat.shape)
