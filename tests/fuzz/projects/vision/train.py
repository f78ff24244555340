import torch
from torch import nn, optim

from model import Net, wide
from sizes import CLASSES, IMAGE

BATCH = 8


def batches(count):
    for _ in range(count):
        yield torch.randn(BATCH, *IMAGE), torch.randint(0, CLASSES, (BATCH,))


def accuracy(logits, labels):
    guess = logits.argmax(dim=1)
    return (guess == labels).float().mean()


def train(model, steps=3):
    criterion = nn.CrossEntropyLoss()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for images, labels in batches(steps):
        logits = model(images)
        loss = criterion(logits, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return accuracy(logits, labels)


if __name__ == "__main__":
    print(train(Net()))
    features = wide().features(torch.zeros(2, *IMAGE))
    print(features.mean(dim=(2, 3)).shape)
