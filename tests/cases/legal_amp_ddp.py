import contextlib
import os
import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel as DDP
from torch.amp import GradScaler, autocast
rank = int(os.environ.get("LOCAL_RANK", -1))
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
model = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2)).to(device)
ddp = rank != -1
if ddp:
    model = DDP(model, device_ids=[rank], output_device=rank, find_unused_parameters=True)
raw = model.module if ddp else model
scaler = GradScaler(device.type, enabled=device.type == "cuda")
opt = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True)
ctx = contextlib.nullcontext() if device.type == "cpu" else autocast(device.type, dtype=torch.float16)
accum = 2
for step in range(4):
    x, y = torch.rand(2, 3, 8, 8, device=device), torch.randint(2, (2,), device=device)
    if ddp:
        model.require_backward_grad_sync = step % accum == accum - 1
    with ctx:
        logits = model(x)
        loss = nn.functional.cross_entropy(logits, y) / accum
    scaler.scale(loss).backward()
    if (step + 1) % accum == 0:
        scaler.unscale_(opt)
        norm = nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        scaler.step(opt)
        scaler.update()
        opt.zero_grad(set_to_none=True)
with autocast("cpu", dtype=torch.bfloat16):
    a = torch.rand(3, 4) @ torch.rand(4, 5).double().float()
    z = raw(torch.rand(1, 3, 8, 8))
    w = z.float() + torch.ones(1, 2)
checkpoint = {"model": raw.state_dict(), "opt": opt.state_dict(), "args": dict(lr=0.1)}
state = {k[len("module."):] if k.startswith("module.") else k: v for k, v in checkpoint["model"].items()}
raw.load_state_dict(state)
