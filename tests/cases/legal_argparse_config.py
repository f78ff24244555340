import argparse
import json
from types import SimpleNamespace
import torch
from torch import nn
def parse(argv=None):
    p = argparse.ArgumentParser()
    p.add_argument("--hidden", type=int, default=32)
    p.add_argument("--layers", type=int, nargs="+", default=[16, 8])
    p.add_argument("--bidirectional", action="store_true")
    p.add_argument("--act", choices=["relu", "tanh"], default="relu")
    p.add_argument("--drop", type=float, default=None)
    return p.parse_args(argv)
args = parse([])
class MLP(nn.Module):
    def __init__(self, cfg, n_in=10, n_out=3):
        super().__init__()
        dims = [n_in] + list(cfg.layers)
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(dims[:-1], dims[1:]))
        self.out = nn.Linear(dims[-1], n_out)
        self.act = getattr(torch, cfg.act)
        self.drop = nn.Dropout(cfg.drop) if cfg.drop else None
    def forward(self, x):
        for layer in self.layers:
            x = self.act(layer(x))
            if self.drop is not None:
                x = self.drop(x)
        return self.out(x)
print(MLP(args)(torch.rand(2, 10)).shape)
cfg = json.loads('{"layers": [4, 5], "act": "tanh", "drop": 0.1}')
print(MLP(SimpleNamespace(**cfg))(torch.rand(2, 10)).shape)
opts = vars(args)
opts.update(layers=[7])
rnn = nn.LSTM(10, args.hidden, bidirectional=args.bidirectional, batch_first=True)
y, (h, c) = rnn(torch.rand(2, 5, 10))
d = 2 if args.bidirectional else 1
fc = nn.Linear(args.hidden * d, 3)
print(fc(y[:, -1]).shape, h.view(1, d, 2, args.hidden)[-1].shape)
