import copy

import torch
import torch.nn as nn
import torch.optim as optim
from torch.optim import lr_scheduler
from torch.utils.data import DataLoader, TensorDataset, random_split

dataset = TensorDataset(torch.randn(100, 3, 16, 16), torch.randint(0, 4, (100,)))
train_set, val_set = random_split(dataset, [70, 30])
loaders = {
    "train": DataLoader(train_set, batch_size=32, shuffle=True),
    "val": DataLoader(val_set, batch_size=64),
}
sizes = {phase: len(loader.dataset) for phase, loader in loaders.items()}
model = nn.Sequential(
    nn.Conv2d(3, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 4)
)
criterion = nn.CrossEntropyLoss(label_smoothing=0.1, weight=torch.ones(4))
optimizer = optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
scheduler = lr_scheduler.StepLR(optimizer, step_size=1)
best, best_acc = copy.deepcopy(model.state_dict()), 0.0
history = {"train": [], "val": []}

for epoch in range(2):
    for phase in ("train", "val"):
        model.train(phase == "train")
        running, correct = 0.0, 0
        for inputs, labels in loaders[phase]:
            optimizer.zero_grad()
            with torch.set_grad_enabled(phase == "train"):
                outputs = model(inputs)
                _, preds = torch.max(outputs, 1)
                loss = criterion(outputs, labels)
                if phase == "train":
                    loss.backward()
                    optimizer.step()
            running += loss.item() * inputs.size(0)
            correct += torch.sum(preds == labels.data)
        if phase == "train":
            scheduler.step()
        history[phase].append(running / sizes[phase])
        accuracy = correct.double() / sizes[phase]
        if phase == "val" and accuracy > best_acc:
            best_acc = accuracy
            best = copy.deepcopy(model.state_dict())

model.load_state_dict(best)
confusion = torch.zeros(4, 4)
with torch.no_grad():
    for inputs, labels in loaders["val"]:
        predicted = model(inputs).argmax(1)
        for t, p in zip(labels.view(-1), predicted.view(-1)):
            confusion[t.long(), p.long()] += 1
print(confusion.diag() / confusion.sum(1).clamp(min=1), best_acc)
