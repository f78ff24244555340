import torch
from torch import nn

classifier = nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 5))
criterion = nn.CrossEntropyLoss()
images = torch.rand(20, 3, 32, 32)
labels = torch.randint(5, (20,))
logits = classifier(images)
loss = criterion(logits[:16], labels[:16])
loss.backward()
