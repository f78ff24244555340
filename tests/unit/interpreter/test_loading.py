"""Data loading in whole programs: what a loop over a DataLoader gives, and where it fails."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest

from shapelens.analysis.facts import FileAnalysis
from shapelens.analysis.session import Session
from shapelens.values.text import shape_text


@pytest.fixture
def analyse(tmp_path: Path) -> Any:
    """The analysis of a program."""

    def run(text: str) -> FileAnalysis:
        path = tmp_path / "program.py"
        path.write_text(textwrap.dedent(text))
        return Session(roots=[tmp_path]).analyse(str(path))

    return run


def shapes(analysis: FileAnalysis, *names: str) -> list[str]:
    """The last shape that each name was seen with."""
    found = {f.name: shape_text(f.values[-1].shape) for f in analysis.facts if f.kind == "assign"}
    return [found.get(name, "nothing") for name in names]


def dtypes(analysis: FileAnalysis, *names: str) -> list[str | None]:
    found = {f.name: f.values[-1].dtype for f in analysis.facts if f.kind == "assign"}
    return [found.get(name) for name in names]


def problems(analysis: FileAnalysis) -> list[tuple[int, str]]:
    return [(p.span.line, p.code) for p in analysis.problems]


CIFAR = """\
import torch
from torchvision import datasets, transforms

train_set = datasets.CIFAR10(root="data", train=True, download=True{transform})
loader = torch.utils.data.DataLoader(train_set, batch_size=64, shuffle=True)

for images, labels in loader:
    x = images.float()
"""


def test_images_without_a_transform(analyse: Any) -> None:
    analysis = analyse(CIFAR.format(transform=""))
    assert problems(analysis) == [(7, "collate-mismatch")]
    (problem,) = analysis.problems
    assert "ends in ToTensor()" in problem.message
    assert [(r.span.line, r.message) for r in problem.related] == [
        (4, "the dataset is made here"),
        (5, "the DataLoader is made here"),
    ]


def test_images_with_a_transform(analyse: Any) -> None:
    analysis = analyse(CIFAR.format(transform=", transform=transforms.ToTensor()"))
    assert problems(analysis) == []
    assert shapes(analysis, "images", "labels", "x") == ["(64, 3, 32, 32)", "(64,)", "(64, 3, 32, 32)"]
    assert dtypes(analysis, "images", "labels") == ["float32", "int64"]


def test_channels_of_a_model(analyse: Any) -> None:
    analysis = analyse(
        """
        import torch.nn as nn
        import torchvision
        import torchvision.transforms as T
        from torch.utils.data import DataLoader

        loader = DataLoader(torchvision.datasets.MNIST("data", transform=T.ToTensor()), batch_size=32)
        conv = nn.Conv2d(3, 8, 3)
        for batch, (x, y) in enumerate(loader):
            y_hat = conv(x)
        """
    )
    assert problems(analysis) == [(10, "channel-mismatch")]
    assert shapes(analysis, "x") == ["(32, 1, 28, 28)"]


def test_loader_without_a_parameter(analyse: Any) -> None:
    """Seed 003, example 2: `transform` belongs to the dataset; RandomResizedCrop gives one size."""
    analysis = analyse(
        """
        from torchvision import transforms
        from torch.utils.data import DataLoader, TensorDataset
        transform = transforms.Compose([
            transforms.ToPILImage(),
            transforms.RandomResizedCrop(size=(224, 224)),
            transforms.ToTensor(),
        ])
        dataset = TensorDataset(images, labels)
        data_loader = DataLoader(dataset, batch_size=32, transform=transform)
        for x, y in data_loader:
            print(x)
        """
    )
    assert problems(analysis) == [(10, "call-arguments")]
    assert analysis.problems[0].message == "DataLoader has no parameter 'transform'"


def test_failure_where_the_first_batch_is_asked_for(analyse: Any) -> None:
    analysis = analyse(
        """
        from torchvision import datasets
        from torch.utils.data import DataLoader
        loader = DataLoader(datasets.MNIST("data"), 4)
        batches = iter(loader)
        x, y = next(batches)
        """
    )
    assert problems(analysis) == [(6, "collate-mismatch")]


def test_own_dataset(analyse: Any) -> None:
    analysis = analyse(
        """
        import os
        import torch
        from PIL import Image
        from torch.utils.data import DataLoader, Dataset, random_split
        from torchvision import transforms

        class Cats(Dataset):
            def __init__(self, root, transform=None):
                self.files = sorted(os.listdir(root))
                self.transform = transform

            def __len__(self):
                return len(self.files)

            def __getitem__(self, index):
                with Image.open(self.files[index]) as file:
                    image = file.convert("RGB")
                if self.transform is not None:
                    image = self.transform(image)
                return {"image": image, "label": index % 2, "name": self.files[index], "weight": 0.5}

        transform = transforms.Compose([
            transforms.Resize(256),
            transforms.CenterCrop(224),
            transforms.ToTensor(),
            transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
        ])
        cats = Cats("cats", transform)
        train, val = random_split(cats, [0.8, 0.2])
        for batch in DataLoader(train, batch_size=16, shuffle=True, num_workers=4):
            image, label, weight = batch["image"], batch["label"], batch["weight"]
        """
    )
    assert problems(analysis) == []
    assert shapes(analysis, "image", "label", "weight") == ["(16, 3, 224, 224)", "(16,)", "(16,)"]
    assert dtypes(analysis, "image", "label", "weight") == ["float32", "int64", "float64"]


def test_loops_in_functions(analyse: Any) -> None:
    analysis = analyse(
        """
        import torch
        from torch import nn
        from torch.utils.data import DataLoader, TensorDataset
        from tqdm import tqdm

        def train(model, loader, loss_function, optimizer):
            for step, (x, y) in enumerate(tqdm(loader)):
                logits = model(x)
                loss = loss_function(logits, y)
                loss.backward()
                optimizer.step()
            return loss

        data = TensorDataset(torch.randn(1000, 20), torch.randint(0, 3, (1000,)))
        model = nn.Sequential(nn.Linear(20, 5), nn.ReLU(), nn.Linear(5, 3))
        for epoch in range(3):
            train(model, DataLoader(data, 50), nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters()))
        """
    )
    assert problems(analysis) == []
    assert shapes(analysis, "x", "y", "logits", "loss") == ["(50, 20)", "(50,)", "(50, 3)", "()"]


def test_lengths(analyse: Any) -> None:
    analysis = analyse(
        """
        import torch
        from torchvision import datasets
        from torch.utils.data import DataLoader, Subset
        mnist = datasets.MNIST("data", train=False)
        a = torch.zeros(len(mnist), len(mnist.classes))
        b = torch.zeros(len(DataLoader(mnist, 64)))
        c = torch.zeros(len(Subset(mnist, range(100))))
        d = mnist.data.unsqueeze(1)
        """
    )
    assert shapes(analysis, "a", "b", "c", "d") == ["(10000, 10)", "(157,)", "(100,)", "(10000, 1, 28, 28)"]


def test_classes_that_inherit(analyse: Any) -> None:
    analysis = analyse(
        """
        from torchvision import datasets, transforms
        from torch.utils.data import DataLoader

        class Pairs(datasets.CIFAR10):
            def __getitem__(self, index):
                image, label = super().__getitem__(index)
                return image, image, label

        class Same(datasets.MNIST):
            pass

        a, b, label = next(iter(DataLoader(Pairs("data", transform=transforms.ToTensor()), 8)))
        x, y = next(iter(DataLoader(Same("data", transform=transforms.ToTensor()), 8)))
        """
    )
    assert problems(analysis) == []
    assert shapes(analysis, "a", "b", "label", "x") == ["(8, 3, 32, 32)", "(8, 3, 32, 32)", "(8,)", "(8, 1, 28, 28)"]


def test_iterable_dataset(analyse: Any) -> None:
    analysis = analyse(
        """
        import torch
        from torch.utils.data import DataLoader, IterableDataset

        class Stream(IterableDataset):
            def __iter__(self):
                while True:
                    yield torch.zeros(4, 5), 1

        for x, y in DataLoader(Stream(), batch_size=10):
            break
        """
    )
    assert problems(analysis) == []
    assert shapes(analysis, "x", "y") == ["(10, 4, 5)", "(10,)"]


def test_transform_assigned_later(analyse: Any) -> None:
    analysis = analyse(
        """
        from torchvision import datasets, transforms
        from torch.utils.data import DataLoader
        data = datasets.MNIST("data")
        data.transform = transforms.Compose([transforms.Pad(2), transforms.ToTensor()])
        x, y = next(iter(DataLoader(data, 8)))
        """
    )
    assert problems(analysis) == []
    assert shapes(analysis, "x") == ["(8, 1, 32, 32)"]


@pytest.mark.parametrize(
    "line",
    [
        "from torchvision import datasets, transforms, models",
        "import torchvision\nfrom torchvision import models, transforms\ndatasets = torchvision.datasets",
        "import torchvision.models as models\nimport torchvision.datasets as datasets\nimport torchvision.transforms as transforms",
        "import torchvision\nimport torchvision.transforms\n"
        "datasets, models, transforms = torchvision.datasets, torchvision.models, torchvision.transforms",
    ],
)
def test_ways_to_import(analyse: Any, line: str) -> None:
    analysis = analyse(
        f"""{line}
import torch
data = datasets.CIFAR10("data", transform=transforms.ToTensor())
x, y = next(iter(torch.utils.data.DataLoader(data, 8)))
z = models.resnet18()(x)
"""
    )
    assert problems(analysis) == []
    assert shapes(analysis, "x", "z") == ["(8, 3, 32, 32)", "(8, 1000)"]


def test_transforms_of_weights(analyse: Any) -> None:
    analysis = analyse(
        """
        from PIL import Image
        from torchvision.models import resnet18, ResNet18_Weights
        weights = ResNet18_Weights.DEFAULT
        model = resnet18(weights=weights)
        preprocess = weights.transforms()
        x = preprocess(Image.open("cat.jpg")).unsqueeze(0)
        y = model(x)
        """
    )
    assert problems(analysis) == []
    assert shapes(analysis, "x", "y") == ["(1, 3, 224, 224)", "(1, 1000)"]


def test_quiet(analyse: Any) -> None:
    """Nothing is reported of what is not known."""
    analysis = analyse(
        """
        import albumentations as A
        import cv2
        import torch
        from datasets import load_dataset
        from torch.utils.data import DataLoader, Dataset
        from torchvision import transforms

        class Own(Dataset):
            def __init__(self, files, transform):
                self.files, self.transform = files, transform
            def __getitem__(self, i):
                image = cv2.imread(self.files[i])
                return self.transform(image=image)["image"], self.files[i]

        def collate(batch):
            images, names = zip(*batch)
            return torch.stack(images), names

        loader = DataLoader(Own(["a"], A.Compose([A.Resize(5, 5)])), 4, collate_fn=collate)
        for images, names in loader:
            print(images.shape)
        for batch in DataLoader(load_dataset("x"), batch_size=args.batch_size):
            x = batch["x"]
        """
    )
    assert problems(analysis) == []
