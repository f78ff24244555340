"""Loops of which most turns do the same: what they leave and show is what they would if each turn were run."""

import pytest

from shapelens.analysis.session import Session

_HEAD = """
import torch
import torch.nn as nn
"""


def _analysed(tmp_path, text):
    file = tmp_path / "script.py"
    file.write_text(_HEAD + text)
    session = Session((tmp_path,))
    analysis = session.analyse(str(file))
    assert not analysis.unfinished
    return analysis


def _shown(tmp_path, text):
    """The shapes that each name was given in the file, in order, and what was found wrong."""
    analysis = _analysed(tmp_path, text)
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


_EQUAL_MODULES = """
class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.inner = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 7))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.ModuleList([nn.Linear(5, 5) for _ in range(6)])
        self.wide = nn.Linear(9, 5)
        self.blocks = nn.ModuleList([Block(5), Block(6), Block(5), Block(5)])
        self.last = nn.Linear(5, 5)
        WHERE

    def loop(self):
        count, fan = 0, 1
        for m in self.modules():
            BODY
        return torch.zeros(count + 1, fan), m


net = Net()
x, m = net.loop()
net
"""
# All parameters: of seven linear layers of 5, that of 9, and the inner ones of four blocks.
_ALL = 7 * 30 + 50 + 3 * (30 + 42) + (42 + 49)
_WEIGHTS = _ALL - 8 * 5 - 3 * (5 + 7) - (6 + 7)


@pytest.mark.parametrize(
    ("body", "x", "frozen"),
    [
        ("nn.init.zeros_(m.weight) if isinstance(m, nn.Linear) else None", (1, 1), 0),
        ("count += isinstance(m, nn.Linear)", (17, 1), 0),
        ("if isinstance(m, nn.Linear): fan = m.in_features * 2", (1, 10), 0),
        ("if isinstance(m, nn.Linear): fan = fan + m.in_features", (1, 87), 0),
        ("if isinstance(m, nn.Linear): m.weight.requires_grad = False", (1, 1), _WEIGHTS),
        ("m.requires_grad_(not isinstance(m, nn.Linear))", (1, 1), _ALL),
        ("if isinstance(m, Block): break", (1, 1), 0),
    ],
)
def test_a_loop_over_equal_modules_does_what_each_of_its_turns_does(tmp_path, body, x, frozen):
    analysis = _analysed(tmp_path, _EQUAL_MODULES.replace("BODY", body).replace("WHERE", "pass"))
    assert not analysis.problems
    assert [fact.values[0].shape for fact in analysis.facts if fact.name == "x"] == [x]
    line = len(analysis.text.splitlines())
    (said,) = [e.about for e in analysis.expressions if e.span.line == line]
    assert f"{_ALL:,} parameters" in said
    assert (f"{frozen:,} of them frozen" in said) if frozen else ("frozen" not in said)


def test_equal_modules_are_changed_one_by_one(tmp_path):
    text = _EQUAL_MODULES.replace("BODY", "if isinstance(m, nn.Linear): m.weight = nn.Parameter(m.weight.t())")
    text = text.replace("WHERE", "self.apply(lambda m: setattr(m, 'seen', torch.zeros(3, 1)))")
    found, problems = _shown(
        tmp_path, text + "y = net.last.weight\nz = net.wide.weight\ns = net.blocks[3].inner[2].seen\n"
    )
    assert not problems
    assert (found["y"], found["z"], found["s"]) == ([(5, 5)], [(9, 5)], [(3, 1)])


def test_large_blocks_that_are_made_often_have_weights_of_their_own(tmp_path):
    text = """
class Large(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.rows = nn.ModuleList([nn.Linear(width, width) for _ in range(20)])
        self.tied = self.rows[3]


class Outer(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.inner = Large(width)
        self.head = nn.Linear(width, 2)


made = [Outer(4) for _ in range(5)]
made[3].inner.rows[3].weight = nn.Parameter(torch.zeros(8, 4))
shapes = [o.inner.tied.weight for o in made]
a, b, c, d, e = shapes
n = torch.zeros(sum(p.numel() for p in made[4].parameters()))
"""
    found, problems = _shown(tmp_path, text)
    assert not problems
    assert [found[name] for name in "abcde"] == [[(4, 4)], [(4, 4)], [(4, 4)], [(8, 4)], [(4, 4)]]
    assert found["n"] == [(20 * 20 + 10,)]


def test_what_the_first_turn_of_any_number_fails_with_is_reported(tmp_path):
    text = """
def total(batches):
    sum = torch.zeros(4, 3)
    for x in batches:
        sum = sum + torch.zeros(5, 3)
    return sum


def nested(batches):
    sum = torch.zeros(4, 3)
    for x in batches:
        for y in x:
            sum = sum @ torch.zeros(4, 3)
    return sum
"""
    assert _shown(tmp_path, text)[1] == [(8, "broadcast-mismatch"), (16, "matmul-mismatch")]


def test_what_only_some_first_turn_could_fail_with_is_not_reported(tmp_path):
    text = """
def total(batches, test):
    sum = torch.zeros(4, 3)
    for i, x in enumerate(batches):
        if i == 0:
            sum = torch.zeros(5, 3)
            continue
        sum = sum + torch.zeros(5, 3)
    for x in batches:
        if test(x):
            sum = sum @ sum
    for x in batches:
        if test(x):
            break
        sum = sum @ sum
    return sum
"""
    assert _shown(tmp_path, text)[1] == []
