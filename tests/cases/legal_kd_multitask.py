import torch
from torch import nn
import torch.nn.functional as F
teacher = nn.Sequential(nn.Linear(6, 32), nn.ReLU(), nn.Linear(32, 4)).eval()
student = nn.Linear(6, 4)
for p in teacher.parameters():
    p.requires_grad = False
x, y = torch.rand(5, 6), torch.randint(0, 4, (5,))
with torch.no_grad():
    t = teacher(x)
s = student(x)
T = 2.0
kd = F.kl_div(F.log_softmax(s / T, dim=1), F.softmax(t / T, dim=1), reduction="batchmean") * T * T
loss = 0.5 * kd + 0.5 * F.cross_entropy(s, y, label_smoothing=0.1)
loss.backward()
lam = torch.distributions.Beta(1.0, 1.0).sample().item()
perm = torch.randperm(x.size(0))
mixed = lam * x + (1 - lam) * x[perm]
mix_loss = lam * F.cross_entropy(student(mixed), y) + (1 - lam) * F.cross_entropy(student(mixed), y[perm])
log_vars = nn.Parameter(torch.zeros(2))
losses = torch.stack([loss.detach(), mix_loss.detach()])
total = (torch.exp(-log_vars) * losses + log_vars).sum()
dice = 1 - (2 * (s.sigmoid() * F.one_hot(y, 4)).sum() + 1) / (s.sigmoid().sum() + F.one_hot(y, 4).sum() + 1)
focal = ((1 - s.softmax(1).gather(1, y[:, None]).squeeze(1)) ** 2 * F.cross_entropy(s, y, reduction="none")).mean()
ctc = nn.CTCLoss()(torch.randn(10, 2, 5).log_softmax(2), torch.randint(1, 5, (2, 3)), torch.full((2,), 10), torch.tensor([3, 2]))
weights = torch.tensor([1.0, 2.0, 1.0, 0.5])
wce = nn.CrossEntropyLoss(weight=weights, ignore_index=3)(s, y)
bce = nn.BCEWithLogitsLoss(pos_weight=torch.ones(4))(s, F.one_hot(y, 4).float())
confusion = torch.zeros(4, 4, dtype=torch.long)
for a, b in zip(y.view(-1), s.argmax(1).view(-1)):
    confusion[a.long(), b.long()] += 1
per_class = confusion.diag() / confusion.sum(1).clamp(min=1)
print(total, dice, focal, ctc, wce, bce, per_class.shape)
