import torch
from torch import nn

device = "cuda" if torch.cuda.is_available() else "cpu"
net = nn.Sequential(nn.Conv2d(3, 16, 3), nn.BatchNorm2d(16), nn.ReLU(), nn.Flatten(), nn.LazyLinear(10)).to(device)
net(torch.randn(2, 3, 12, 12, device=device))
scaler = torch.amp.GradScaler(device, enabled=device == "cuda")
optimizer = torch.optim.Adam(net.parameters())

for _ in range(2):
    images = torch.randn(4, 3, 12, 12, device=device)
    target = torch.randint(0, 10, (4,), device=device)
    with torch.autocast(device_type=device, dtype=torch.bfloat16):
        logits = net(images)
        product = logits @ torch.randn(10, 3, device=device)
        loss = nn.functional.cross_entropy(logits.float(), target)
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()

half = nn.Linear(4, 4).to(torch.bfloat16)
x = torch.randn(2, 4)
print(half(x.to(half.weight.dtype)).float() + x, product.dtype)
with torch.autocast("cpu", dtype=torch.bfloat16):
    mixed = nn.Linear(4, 4)(x.double().bfloat16())
double = nn.Linear(4, 2).double()
print(double(x.double()).dtype, mixed.shape)
q = x.half()
print((q.float() @ torch.eye(4)).to(q).type_as(x))
