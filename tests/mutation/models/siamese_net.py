import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset


class Pairs(Dataset):
    def __init__(self, n=12):
        self.images = torch.randn(n, 1, 28, 28)
        self.labels = torch.randint(0, 3, (n,))

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        j = (i * 5 + 1) % len(self.images)
        same = (self.labels[i] == self.labels[j]).float()
        return self.images[i], self.images[j], same


class Siamese(nn.Module):
    def __init__(self, embedding=64):
        super().__init__()
        self.cnn = nn.Sequential(
            nn.Conv2d(1, 8, 5),
            nn.ReLU(),
            nn.MaxPool2d(2, stride=2),
            nn.Conv2d(8, 16, 5),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d((3, 3)),
        )
        self.fc = nn.Sequential(nn.Linear(16 * 3 * 3, 128), nn.ReLU(), nn.Linear(128, embedding))
        self.norm = nn.BatchNorm1d(embedding)
        self.out = nn.Linear(embedding, 1)

    def forward_once(self, x):
        x = self.cnn(x)
        x = x.view(x.size()[0], -1)
        return self.norm(self.fc(x))

    def forward(self, a, b):
        ea, eb = self.forward_once(a), self.forward_once(b)
        return self.out(torch.abs(ea - eb)), ea, eb


class ContrastiveLoss(nn.Module):
    def __init__(self, margin=1.0):
        super().__init__()
        self.margin = margin

    def forward(self, a, b, same):
        distance = F.pairwise_distance(a, b, keepdim=True)
        same = same.unsqueeze(1)
        return torch.mean(same * distance.pow(2) + (1 - same) * torch.clamp(self.margin - distance, min=0.0).pow(2))


model, contrast = Siamese(), ContrastiveLoss(2.0)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
loader = DataLoader(Pairs(), batch_size=4)
for a, b, same in loader:
    score, ea, eb = model(a, b)
    loss = F.binary_cross_entropy_with_logits(score.squeeze(1), same) + contrast(ea, eb, same)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
triplet = nn.TripletMarginLoss()(ea, eb, ea.roll(1, dims=0))
