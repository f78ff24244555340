"""Loops of which most turns do the same: what they leave and show is what they would if each turn were run."""

import pytest

from shapelens.analysis.session import Session

_HEAD = """
import torch
import torch.nn as nn
"""


def _shown(tmp_path, text):
    """The shapes that each name was given in the file, in order, and what was found wrong."""
    file = tmp_path / "script.py"
    file.write_text(_HEAD + text)
    session = Session((tmp_path,))
    analysis = session.analyse(str(file))
    assert not analysis.unfinished
    found = {}
    for fact in analysis.facts:
        found.setdefault(fact.name, []).extend(value.shape for value in fact.values)
    return found, [(p.span.line, p.code) for p in analysis.problems]


_TRAINING = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(20, 30)
        self.out = nn.Linear(30, 5)

    def forward(self, x):
        return self.out(torch.relu(self.hidden(x)))


def train(model, optimizer, epoch):
    model.train()
    criterion = nn.CrossEntropyLoss()
    for turn in range(8):
        optimizer.zero_grad()
        logits = model(torch.randn(4, 20))
        loss = criterion(logits, torch.randint(0, 5, (4,)))
        loss.backward()
        optimizer.step()
        print(f"{epoch} {turn}")
    return loss


model = Net()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
losses = []
for epoch in range(EPOCHS):
    losses.append(train(model, optimizer, epoch))
    if epoch % 10 == 9:
        torch.save(model.state_dict(), f"{epoch}.pt")
last = torch.zeros(epoch, 2)
kept = torch.stack(losses)
"""


@pytest.mark.parametrize("epochs", [3, 7, 100])
def test_training_shows_the_same_for_any_number_of_epochs(tmp_path, epochs):
    found, problems = _shown(tmp_path, _TRAINING.replace("EPOCHS", str(epochs)))
    assert not problems
    assert found["logits"] == [(4, 5)]
    assert found["loss"] == [()]
    assert found["last"] == [(epochs - 1, 2)]
    assert found["kept"] == [(epochs,)]


def test_what_one_late_turn_does_is_not_missed(tmp_path):
    text = """
x = torch.zeros(2, 3)
for epoch in range(60):
    a = x + 1
    b = a * 2
    c = torch.relu(b) + torch.tanh(b) - torch.exp(b) * torch.sin(b) / torch.cos(b) + torch.sqrt(torch.abs(b))
    d = c + a - b * 2 + c / a - torch.relu(c) + torch.tanh(c)
    if epoch == 40:
        x = torch.zeros(5, 7)
after = x + 1
"""
    found, problems = _shown(tmp_path, text)
    assert not problems
    assert found["after"] == [(5, 7)]
    assert set(found["d"]) == {(2, 3), (5, 7)}


def test_what_one_late_turn_fails_with_is_reported(tmp_path):
    text = """
x = torch.zeros(2, 3)
for epoch in range(60):
    a = x + 1
    c = torch.relu(a) + torch.tanh(a) - torch.exp(a) * torch.sin(a) / torch.cos(a) + torch.sqrt(torch.abs(a))
    d = c + a - c * 2 + c / a - torch.relu(c) + torch.tanh(c)
    if epoch == 40:
        d @ x
"""
    assert _shown(tmp_path, text)[1] == [(11, "matmul-mismatch")]


def test_lists_that_grow_by_modules_hold_each_of_them(tmp_path):
    text = """
layers = []
for i in range(20):
    layers.append(nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 8), nn.Tanh()))
model = nn.Sequential(*layers, nn.Linear(8, 3))
count = torch.zeros(sum(p.numel() for p in model.parameters()))
"""
    assert _shown(tmp_path, text)[0]["count"] == [(20 * 3 * 72 + 27,)]


def test_tensors_and_numbers_that_grow_are_followed(tmp_path):
    text = """
x, steps = torch.zeros(1, 2), 0
for i in range(50):
    y = torch.relu(x) + torch.tanh(x) - torch.exp(x) * torch.sin(x) / torch.cos(x) + torch.sqrt(torch.abs(x))
    z = y + x - y * 2 + y / x - torch.relu(y) + torch.tanh(y)
    x = torch.cat([x, z[:1]])
    steps += 2
end = torch.zeros(steps)
last = x * 1
"""
    found, _ = _shown(tmp_path, text)
    assert found["end"] == [(100,)]
    assert found["last"] == [(51, 2)]


def test_work_is_counted_for_all_turns(tmp_path):
    text = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.Linear(30, 30)

    def forward(self, h):
        for step in range(STEPS):
            a = torch.relu(self.cell(h)) + torch.tanh(h) - torch.exp(h) * torch.sin(h) / torch.cos(h)
            h = a + h - a * 2 + a / h - torch.relu(a) + torch.tanh(a) + torch.abs(a) - torch.sqrt(torch.abs(a))
        return h


out = Net()(torch.randn(2, 30))
"""
    for steps in (2, 40):
        file = tmp_path / f"steps{steps}.py"
        file.write_text(_HEAD + text.replace("STEPS", str(steps)))
        (model,) = Session((tmp_path,)).analyse(str(file)).models
        assert model.multiply_adds == 2 * 30 * 30 * steps


def test_a_long_loop_leaves_enough_budget_for_what_follows(tmp_path):
    text = "x = torch.zeros(2, 3)\nfor epoch in range(120):\n" + "    x = x + 1\n" * 2000 + "after = x + 1\n"
    assert _shown(tmp_path, text)[0]["after"] == [(2, 3)]
