"""Lines that count, log and save."""

import logging

import torch
from torch import nn

logger = logging.getLogger(__name__)
model = nn.Linear(16, 10)
optimizer = torch.optim.AdamW([{"params": model.weight}, {"params": [model.bias], "weight_decay": 0.0}], lr=1e-3)
scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=4)
scaler = torch.amp.GradScaler("cpu", enabled=False)
confusion = torch.zeros(10, 10, dtype=torch.int64)
running, correct, total, history = 0.0, 0, 0, {"loss": [], "accuracy": []}
for step in range(4):
    x, y = torch.randn(32, 16), torch.randint(0, 10, (32,))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        out = model(x)
        loss = nn.functional.cross_entropy(out, y)
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    scaler.step(optimizer)
    scaler.update()
    optimizer.zero_grad(set_to_none=True)
    scheduler.step()
    running += loss.item() * x.size(0)
    _, predicted = torch.max(out.data, 1)
    total += y.size(0)
    correct += (predicted == y).sum().item()
    top5 = out.topk(5, dim=1)[1].eq(y.view(-1, 1)).any(dim=1).float().mean()
    for t, p in zip(y, predicted):
        confusion[t.long(), p.long()] += 1
    history["loss"].append(running / total)
    logger.info("%d %.3f %.1f%% %.2e %.3f", step, running / total, 100.0 * correct / total, scheduler.get_last_lr()[0], norm)
per_class = confusion.diag() / confusion.sum(1).clamp(min=1)
state = {"model": model.state_dict(), "epoch": 1}
grads = torch.stack([p.grad.norm() for p in model.parameters() if p.grad is not None] or [torch.zeros(())])
ones = torch.autograd.grad(model(torch.randn(2, 16)).sum(), model.weight)[0]
weighted = (model(torch.randn(2, 16)) * 2).backward(torch.ones(2, 10))
