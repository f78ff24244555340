import argparse
import logging
import os
import sys

import torch
from torch import nn, optim

try:
    import wandb
except ImportError:
    wandb = None
try:
    from apex import amp
    from apex.normalization import FusedLayerNorm as LayerNorm
except ImportError:
    amp, LayerNorm = None, nn.LayerNorm

logger = logging.getLogger(__name__)


def parse_args(argv=None):
    parser = argparse.ArgumentParser()
    parser.add_argument("--hidden", type=int, default=32)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--bidirectional", action="store_true")
    parser.add_argument("--cell", choices=["lstm", "gru"], default="gru")
    return parser.parse_args(argv)


class Model(nn.Module):
    def __init__(self, args):
        super().__init__()
        cell = {"lstm": nn.LSTM, "gru": nn.GRU}[args.cell]
        self.rnn = cell(7, args.hidden, args.layers, bidirectional=args.bidirectional, batch_first=True)
        self.norm = LayerNorm(args.hidden * (2 if args.bidirectional else 1))
        self.out = nn.Linear(args.hidden * (1 + args.bidirectional), 1)

    def forward(self, x):
        y, _ = self.rnn(x)
        return self.out(self.norm(y)[:, -1]).squeeze(-1)


def main(args):
    device = torch.device("cuda" if torch.cuda.is_available() and not os.environ.get("CPU") else "cpu")
    model = Model(args).to(device)
    if wandb is not None and hasattr(wandb, "init"):
        wandb.watch(model)
    optimizer = optim.AdamW(model.parameters(), lr=args.lr)
    if amp is not None:
        model, optimizer = amp.initialize(model, optimizer)
    for step in range(2):
        x = torch.randn(4, 10 + step, 7, device=device)
        loss = (model(x) - x.mean((1, 2))).pow(2).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        logger.info("step %d loss %.3f", step, loss.item())
    print(f"{loss.item():.3f}", file=sys.stderr)


if __name__ == "__main__":
    main(parse_args([]))
