"""torchvision.datasets: what an item of each looks like, (image, label), and how many there are.

An image is a PIL image of the mode and size in the table below; `transform` and `target_transform` are then applied.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shapelens.dims import Dim, Expr
from shapelens.rules.call import Call, Failure, NotKnown
from shapelens.rules.registry import alias, layer, rule
from shapelens.rules.torch.data import known, library_bases
from shapelens.rules.torchvision.images import CHANNELS, make_image
from shapelens.values import UNKNOWN, Dict, Instance, Lib, List, Scalar, Tensor

_ROOM = "torchvision.datasets"
_VISION = f"{_ROOM}.VisionDataset"
_STANDARD = f"{_ROOM}.vision.StandardTransform"
_INT, _STR = Scalar("int"), Scalar("str")


@dataclass(frozen=True)
class Kind:
    """One dataset: the parameters of its constructor and what its items are.

    `size` is (height, width), None where images differ. `lengths` are keyed by what `split` is called with, "" being
    any. `classes` is how many names `.classes` holds, or the names. `data` says how `.data` is laid out: "hw" a torch
    tensor, "hwc" and "chw" NumPy arrays. `labels` is the attribute that holds the targets and its form.
    """

    declared: str
    mode: str | None = "RGB"
    size: tuple[int, int] | None = None
    lengths: Mapping[object, int] = field(default_factory=dict)
    split: str = "split"
    classes: int | str | None = None
    data: str = ""
    labels: str = ""
    joint: bool = False
    target: str = "label"
    base: str = _VISION


_TRAIN = "root, train=True, transform=None, target_transform=None, download=False"
_LOADED = "transform=None, target_transform=None, download=False, loader=None"
_JOINT = "transform=None, target_transform=None, transforms=None"


def _split(default: str, rest: str = "transform=None, target_transform=None, download=False") -> str:
    return f"root, split='{default}', {rest}"


_MNIST = {True: 60000, False: 10000}
_DIGITS = "0 - zero|1 - one|2 - two|3 - three|4 - four|5 - five|6 - six|7 - seven|8 - eight|9 - nine"
_CLOTHES = "T-shirt/top|Trouser|Pullover|Dress|Coat|Sandal|Shirt|Sneaker|Bag|Ankle boot"
_OBJECTS = "airplane|automobile|bird|cat|deer|dog|frog|horse|ship|truck"
_EMNIST = {
    "byclass": (697932, 116323, 62), "bymerge": (697932, 116323, 47), "balanced": (112800, 18800, 47),
    "letters": (124800, 20800, 27), "digits": (240000, 40000, 10), "mnist": (60000, 10000, 10),
}  # fmt: skip


def _greys(classes: str, declared: str = _TRAIN, lengths: Mapping[Any, int] = _MNIST, base: str = "MNIST") -> Kind:
    base = _VISION if not base else f"{_ROOM}.{base}"
    return Kind(declared, "L", (28, 28), lengths, "train", classes, "hw", "targets tensor", base=base)


_KINDS: dict[str, Kind] = {
    "MNIST": _greys(_DIGITS, base=""),
    "FashionMNIST": _greys(_CLOTHES),
    "KMNIST": _greys("o|ki|su|tsu|na|ha|ma|ya|re|wo"),
    "EMNIST": _greys("", "root, split, *, train=True, transform=None, target_transform=None, download=False", {}),
    "QMNIST": _greys(
        _DIGITS, "root, what=None, compat=True, train=True, *, transform=None, target_transform=None, download=False", {}
    ),
    "USPS": Kind(_TRAIN, "L", (16, 16), {True: 7291, False: 2007}, "train", None, "nhw", "targets list"),
    "CIFAR10": Kind(_TRAIN, "RGB", (32, 32), {True: 50000, False: 10000}, "train", _OBJECTS, "hwc", "targets list"),
    "CIFAR100": Kind(
        _TRAIN, "RGB", (32, 32), {True: 50000, False: 10000}, "train", 100, "hwc", "targets list",
        base=f"{_ROOM}.CIFAR10",
    ),
    "SVHN": Kind(
        _split("train"), "RGB", (32, 32), {"train": 73257, "test": 26032, "extra": 531131}, data="chw",
        labels="labels array",
    ),
    "STL10": Kind(
        "root, split='train', folds=None, transform=None, target_transform=None, download=False", "RGB", (96, 96),
        {"train": 5000, "test": 8000, "unlabeled": 100000, "train+unlabeled": 105000}, classes=10, data="chw",
        labels="labels array",
    ),
    "SEMEION": Kind("root, transform=None, target_transform=None, download=True", "L", (16, 16), {"": 1593}),
    "FakeData": Kind(
        "size=1000, image_size=(3, 224, 224), num_classes=10, transform=None, target_transform=None, random_offset=0"
    ),
    "VisionDataset": Kind("root=None, transforms=None, transform=None, target_transform=None", base="torch.utils.data.Dataset"),
    "DatasetFolder": Kind(
        "root, loader, extensions=None, transform=None, target_transform=None, is_valid_file=None, allow_empty=False",
        labels="folder",
    ),
    "ImageFolder": Kind(
        "root, transform=None, target_transform=None, loader=None, is_valid_file=None, allow_empty=False",
        labels="folder", base=f"{_ROOM}.DatasetFolder",
    ),
    "ImageNet": Kind(
        "root, split='train', *, transform=None, target_transform=None, loader=None, is_valid_file=None, allow_empty=False",
        classes=1000, labels="folder", base=f"{_ROOM}.ImageFolder",
    ),
    "EuroSAT": Kind(f"root, {_LOADED}", "RGB", (64, 64), {"": 27000}, "", 10, labels="folder", base=f"{_ROOM}.ImageFolder"),
    "Country211": Kind(_split("train", _LOADED), classes=211, labels="folder", base=f"{_ROOM}.ImageFolder"),
    "Flowers102": Kind(_split("train", _LOADED), lengths={"train": 1020, "val": 1020, "test": 6149}, classes=102),
    "OxfordIIITPet": Kind(
        "root, split='trainval', target_types='category', transforms=None, transform=None, target_transform=None, "
        "download=False", lengths={"trainval": 3680, "test": 3669}, classes=37, joint=True, target="target_types",
    ),
    "Food101": Kind(_split("train", _LOADED), lengths={"train": 75750, "test": 25250}, classes=101),
    "FGVCAircraft": Kind(
        "root, split='trainval', annotation_level='variant', transform=None, target_transform=None, download=False, "
        "loader=None", lengths={"train": 3334, "val": 3333, "trainval": 6667, "test": 3333},
    ),
    "StanfordCars": Kind(_split("train", _LOADED), lengths={"train": 8144, "test": 8041}, classes=196),
    "DTD": Kind(
        f"root, split='train', partition=1, {_LOADED}", lengths={"train": 1880, "val": 1880, "test": 1880}, classes=47
    ),
    "GTSRB": Kind(_split("train")),
    "SUN397": Kind(f"root, {_LOADED}", classes=397),
    "RenderedSST2": Kind(_split("train", _LOADED), "RGB", (448, 448), classes=2),
    "PCAM": Kind(_split("train"), "RGB", (96, 96), {"train": 262144, "val": 32768, "test": 32768}),
    "FER2013": Kind("root, split='train', transform=None, target_transform=None", "L", (48, 48)),
    "CLEVRClassification": Kind(_split("train", _LOADED)),
    "Imagenette": Kind(
        "root, split='train', size='full', download=False, transform=None, target_transform=None, loader=None", classes=10
    ),
    "Places365": Kind(
        "root, split='train-standard', small=False, download=False, transform=None, target_transform=None, loader=None",
        classes=365,
    ),
    "CelebA": Kind(
        "root, split='train', target_type='attr', transform=None, target_transform=None, download=False", "RGB",
        (218, 178), {"train": 162770, "valid": 19867, "test": 19962, "all": 202599}, target="target_type",
    ),
    "Caltech101": Kind(
        "root, target_type='category', transform=None, target_transform=None, download=False", None, target="target_type"
    ),
    "Caltech256": Kind("root, transform=None, target_transform=None, download=False", None),
    "Omniglot": Kind(f"root, background=True, {_LOADED}", "L", (105, 105)),
    "LFWPeople": Kind("root, split='10fold', image_set='funneled', " + _LOADED, "RGB", (250, 250)),
    "LSUN": Kind("root, classes='train', transform=None, target_transform=None"),
    "INaturalist": Kind(
        "root, version='2021_train', target_type='full', transform=None, target_transform=None, download=False, "
        "loader=None", None, target="",
    ),
    "VOCSegmentation": Kind(
        f"root, year='2012', image_set='train', download=False, {_JOINT}", joint=True, target="mask"
    ),
    "VOCDetection": Kind(f"root, year='2012', image_set='train', download=False, {_JOINT}", joint=True, target=""),
    "CocoDetection": Kind(f"root, annFile, {_JOINT}", joint=True, target=""),
    "CocoCaptions": Kind(f"root, annFile, {_JOINT}", joint=True, target="", base=f"{_ROOM}.CocoDetection"),
    "Cityscapes": Kind(
        f"root, split='train', mode='fine', target_type='instance', {_JOINT}", "RGB", (1024, 2048), joint=True, target=""
    ),
    "Kitti": Kind(f"root, train=True, {_JOINT}, download=False", None, joint=True, target=""),
    "Flickr8k": Kind("root, ann_file, transform=None, target_transform=None, loader=None", target=""),
    "Flickr30k": Kind("root, ann_file, transform=None, target_transform=None, loader=None", target=""),
}  # fmt: skip


# -- making --------------------------------------------------------------------------------------------------------


def _kind(self: Instance) -> Kind:
    for path in library_bases(self):
        name = path.rpartition(".")[2]
        if path.startswith(f"{_ROOM}.") and name in _KINDS:
            return _KINDS[name]
    raise NotKnown


def _make(c: Call, self: Instance) -> None:
    kind = _KINDS[c.name]
    a = {name: c.store.value(value) for name, value in self.attrs.items()}
    given = a.get("transform"), a.get("target_transform")
    if "transforms" in a:
        if _is_set(a["transforms"]) and any(map(_is_set, given)):
            raise Failure("argument-value", f"{c.name}: give either transforms, or transform and target_transform")
        if a["transforms"] is None and given != (None, None):
            self.attrs["transforms"] = _standard(given)
    else:
        self.attrs["transforms"] = None if given == (None, None) else _standard(given)
    length, classes = _size_of(c, c.name, kind, a)
    if classes is not None:
        self.attrs["classes"] = List(classes)
        self.attrs["class_to_idx"] = Dict({n: i for i, n in enumerate(classes) if isinstance(n, str)})
        if not all(isinstance(n, str) for n in classes):
            self.attrs["class_to_idx"] = _table()
    if kind.data:
        _add_data(c, self, kind, length)
    if kind.labels == "folder":
        _add_folder(self, length, classes is None)
    self.attrs["length"] = length


def _is_set(value: Any) -> bool:
    return isinstance(value, (Instance, Lib))


def _standard(given: tuple[Any, Any]) -> Instance:
    return Instance(Lib(_STANDARD), {"transform": given[0], "target_transform": given[1]})


def _table() -> Dict:
    made = Dict()
    made.rest = _INT
    return made


def _repeated(element: Any, count: Dim | None) -> List:
    made = List()
    made.rest, made.count = element, count
    return made


def _size_of(c: Call, name: str, kind: Kind, a: dict[str, Any]) -> tuple[Dim | None, list[Any] | None]:
    """How many items the dataset has, and the names of its classes; None where not known."""
    length: Dim | None
    if name == "EMNIST":
        row = _EMNIST.get(a["split"]) if isinstance(a["split"], str) else None
        if row is None or not isinstance(a["train"], bool):
            return None, None if row is None else [_STR] * row[2]
        return row[0 if a["train"] else 1], [_STR] * row[2]
    if name == "QMNIST":
        what = a["what"] if a["what"] is not None else {True: "train", False: "test"}.get(a["train"])
        counts = {"train": 60000, "test": 60000, "test10k": 10000, "test50k": 50000, "nist": 402953}
        length = counts.get(what) if isinstance(what, str) else None
    elif name == "FakeData":
        length = a["size"] if isinstance(a["size"], (int, Expr)) else None
    else:
        chosen = a.get(kind.split, "") if kind.split and "" not in kind.lengths else ""
        length = kind.lengths.get(chosen) if isinstance(chosen, (str, bool)) else None
        if a.get("folds") is not None:
            length = None
    if isinstance(kind.classes, int):
        return length, [_STR] * kind.classes
    return length, kind.classes.split("|") if kind.classes else None


def _add_data(c: Call, self: Instance, kind: Kind, length: Dim | None) -> None:
    """`.data` and the labels, as the dataset keeps them in memory."""
    count = c.fresh("N") if length is None else length
    assert kind.size is not None
    h, w = kind.size
    shape = {"hw": (h, w), "nhw": (h, w), "hwc": (h, w, 3), "chw": (3, h, w)}[kind.data]
    self.attrs["data"] = Tensor((count, *shape), "uint8", "torch" if kind.data == "hw" else "numpy")
    name, form = kind.labels.split()
    if form == "list":
        self.attrs[name] = _repeated(_INT, count)
    elif form == "array":
        self.attrs[name] = Tensor((count,), None, "numpy")
    else:
        self.attrs[name] = Tensor((count, 8) if c.name == "QMNIST" else (count,), "int64")


def _add_folder(self: Instance, length: Dim | None, nameless: bool) -> None:
    self.attrs["samples"] = self.attrs["imgs"] = _repeated((_STR, _INT), length)
    self.attrs["targets"] = _repeated(_INT, length)
    if nameless:
        self.attrs["classes"], self.attrs["class_to_idx"] = _repeated(_STR, None), _table()


def _not_called(c: Call, self: Instance, *args: object) -> object:
    raise NotKnown


for _name, _each in _KINDS.items():
    layer(f"{_ROOM}.{_name}", _each.declared, bases=(_each.base,), setup=_make)(_not_called)


@layer(_STANDARD, "transform=None, target_transform=None", bases=())
def standard_transform(c: Call, self: Instance, input: object, target: object) -> object:
    return _transformed(c, self.attrs["transform"], input), _transformed(c, self.attrs["target_transform"], target)


def _transformed(c: Call, transform: Any, value: Any) -> Any:
    transform = c.store.value(transform)
    return value if transform is None else c.invoke(transform, value)


# -- items ---------------------------------------------------------------------------------------------------------


def _item(c: Call, self: object, index: object) -> object:
    if not isinstance(self, Instance) or isinstance(c.store.value(index), (slice, List, tuple)):
        raise NotKnown
    a, kind = known(self), _kind(self)
    if kind is _KINDS["VisionDataset"]:
        raise NotKnown
    image, target = _image(c, self, kind), _target(c, self, kind)
    if kind.joint:
        transforms = c.store.value(a["transforms"])
        return (image, target) if transforms is None else c.invoke(transforms, image, target)
    image = _transformed(c, a["transform"], image)
    target = _transformed(c, a["target_transform"], target)
    return image, target


def _image(c: Call, self: Instance, kind: Kind) -> Any:
    a = self.attrs
    loader = c.store.value(a.get("loader"))
    if loader is not None:
        return c.invoke(loader, _STR)
    if "image_size" in a:
        return _fake(c, c.store.value(a["image_size"]))
    if not kind.data:
        h, w = kind.size or (None, None)
        return make_image(c, kind.mode, h, w)
    data = c.store.value(a["data"])
    shape = c.shape(data) if isinstance(data, Tensor) else None
    if not isinstance(shape, tuple) or len(shape) != (3 if kind.mode == "L" else 4):
        return make_image(c, kind.mode if kind.data in ("hw", "nhw") else None, None, None)
    high, wide = shape[2:4] if kind.data == "chw" else shape[1:3]
    channels = 1 if kind.mode == "L" else shape[1] if kind.data == "chw" else shape[3]
    same = kind.mode is not None and channels == CHANNELS[kind.mode]
    return make_image(c, kind.mode if same else None, high, wide, channels)


def _fake(c: Call, size: Any) -> Instance:
    """The image of FakeData: random numbers of `image_size` (C, H, W) through ToPILImage."""
    if not isinstance(size, (tuple, list)) or len(size) != 3 or getattr(size, "rest", None) is not None:
        return make_image(c, None, None, None)
    channels, h, w = c.ints(size)
    mode = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}.get(channels) if isinstance(channels, int) else None
    return make_image(c, mode, h, w, channels)


_TARGETS: dict[str, Any] = {
    "category": _INT,
    "binary-category": _INT,
    "attr": Tensor((40,), "int64"),
    "identity": Tensor((), "int64"),
    "bbox": Tensor((4,), "int64"),
    "landmarks": Tensor((10,), "int64"),
}


def _target(c: Call, self: Instance, kind: Kind) -> Any:
    if kind.target == "label":
        return Tensor((8,), "int64") if c.store.value(self.attrs.get("compat", True)) is False else _INT
    if kind.target == "mask":
        return make_image(c, None, None, None)
    if not kind.target:
        return UNKNOWN
    wanted = c.store.value(self.attrs[kind.target])
    names = [wanted] if isinstance(wanted, str) else wanted
    if not isinstance(names, (tuple, list)) or getattr(names, "rest", None) is not None or not names:
        return UNKNOWN
    found = tuple([_one_target(c, c.store.value(n)) for n in names])
    return found if len(found) > 1 else found[0]


def _one_target(c: Call, name: Any) -> Any:
    if name == "segmentation":
        return make_image(c, None, None, None)
    return _TARGETS.get(name, UNKNOWN) if isinstance(name, str) else UNKNOWN


def _length(c: Call, self: object) -> object:
    if not isinstance(self, Instance):
        raise NotKnown
    a, kind = known(self), _kind(self)
    if kind.data:
        data = c.store.value(a["data"])
        shape = c.shape(data) if isinstance(data, Tensor) else None
        return shape[0] if isinstance(shape, tuple) and shape else _INT
    if "samples" in a:
        samples = c.store.value(a["samples"])
        return c.invoke(Lib("builtins.len"), samples)
    length = c.store.value(a.get("length"))
    return length if isinstance(length, (int, Expr)) else _INT


rule(*(f"{_ROOM}.{name}.__getitem__" for name in _KINDS))(_item)
rule(*(f"{_ROOM}.{name}.__len__" for name in _KINDS))(_length)
for _module, _names in (
    ("mnist", "MNIST FashionMNIST KMNIST EMNIST QMNIST"),
    ("cifar", "CIFAR10 CIFAR100"),
    ("folder", "DatasetFolder ImageFolder"),
    ("vision", "VisionDataset"),
):
    for _name in _names.split():
        alias(f"{_ROOM}.{_module}.{_name}", f"{_ROOM}.{_name}")


@rule(f"{_ROOM}.folder.default_loader", f"{_ROOM}.folder.pil_loader")
def load_image(c: Call, path: object) -> object:
    return make_image(c, "RGB", None, None)
