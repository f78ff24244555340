from __future__ import annotations
import functools
import operator
from abc import ABC, abstractmethod
from typing import Generic, NamedTuple, Protocol, TypeVar
import torch
from torch import Tensor, nn
T = TypeVar("T", bound=nn.Module)
class Out(NamedTuple):
    x: Tensor
    aux: Tensor | None = None
class Base(nn.Module, ABC, Generic[T]):
    registry: dict[str, type] = {}
    def __init_subclass__(cls, name: str = "", **kw):
        super().__init_subclass__(**kw)
        Base.registry[name or cls.__name__.lower()] = cls
    @property
    @abstractmethod
    def width(self) -> int: ...
    @abstractmethod
    def features(self, x): ...
    def forward(self, x) -> Out:
        y = self.features(x)
        return Out(y) if self.width < 8 else Out(x=y, aux=y.mean(-1))
class Small(Base, name="s"):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, self.width)
    width = property(lambda self: 4)
    def features(self, x):
        return self.fc(x)
class Big(Small, name="b"):
    width = 16
    def features(self, x):
        return super().features(x).relu_()
for k, cls in Base.registry.items():
    o = cls()(torch.rand(2, 3))
    print(k, o.x.shape, o.aux is None, *(t.shape for t in o if t is not None))
compose = lambda *fs: functools.reduce(lambda f, g: lambda x: g(f(x)), fs)
print(compose(nn.Linear(3, 4), torch.relu, nn.Linear(4, 5))(torch.rand(2, 3)).shape)
class Lazy:
    def __set_name__(self, owner, name):
        self.name = name
    def __get__(self, obj, owner=None):
        return torch.ones(2, 3) if obj is not None else self
class Holder:
    grid = Lazy()
    __slots__ = ("w", "__dict__")
    def __init__(self):
        self.w = torch.rand(3, 2)
    def __matmul__(self, other):
        return self.grid @ self.w @ other
    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *a: getattr(torch, name)(self.w, *a)
    def __enter__(self):
        return self.w
    def __exit__(self, *exc):
        return False
h = Holder()
print((h @ torch.rand(2, 4)).shape, h.transpose(0, 1).shape)
with h as w, torch.no_grad():
    print(w.T.shape)
if (n := torch.rand(4, 3).shape[0]) > 3:
    print(torch.rand(n)[: n // 2].shape)
match torch.rand(2, 3).shape:
    case (a, b) if a > b:
        r = torch.rand(a)
    case (a, b):
        r = torch.rand(b)
    case _:
        r = torch.rand(1)
print(r.shape, operator.itemgetter(0, 1)([torch.rand(1), torch.rand(2)])[1].shape)
sizes = dict(zip("abc", (1, 2, 3))) | {"d": 4}
print(torch.rand(*sizes.values()).shape, torch.rand(*(v for k, v in sizes.items() if k > "b")).shape)
x = [torch.rand(i + 1) for i in range(3)]
x[1:1] = [torch.rand(9)]
del x[0]
x.sort(key=len, reverse=True)
first, *_, last = x
print(first.shape, last.shape, sum(map(len, x)))
def outer():
    count = 0
    def inner(t):
        nonlocal count
        count += t.shape[0]
        return t.new_ones(count)
    return inner
f = outer()
print(f(torch.rand(2)).shape, f(torch.rand(3)).shape)
global_state = {"dim": 3}
def uses_global():
    global layer
    layer = nn.Linear(global_state["dim"], 2)
    return layer
uses_global()
global_state["dim"] = 5
print(layer(torch.rand(1, 3)).shape, uses_global()(torch.rand(1, 5)).shape)
