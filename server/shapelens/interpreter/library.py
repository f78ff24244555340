"""What is known of library names that are no rules: constants, natives, and which unknown ones leave objects alone."""

from __future__ import annotations

import math
import string
import sys
from typing import Any

from shapelens.interpreter import (
    builtins,
    chance,
    copying,
    functional,
    options,
    packages,
    pure,
    python_types,
    stdlib,
    tensorflow_control,
    torch_state,
)
from shapelens.interpreter.keras import backend
from shapelens.interpreter.natives import NATIVES

# Those of which nothing is used here are imported so that their natives are known.
__all__ = [
    "NATIVES",
    "backend",
    "builtins",
    "chance",
    "copying",
    "functional",
    "options",
    "packages",
    "python_types",
    "tensorflow_control",
    "torch_state",
]  # fmt: skip

CONSTANTS: dict[str, Any] = {
    "math.pi": math.pi,
    "math.e": math.e,
    "math.inf": math.inf,
    "math.nan": math.nan,
    "numpy.pi": math.pi,
    "numpy.inf": math.inf,
    "numpy.nan": math.nan,
    "numpy.newaxis": None,
    "numpy.e": math.e,
    "numpy.euler_gamma": 0.5772156649015329,
    "numpy.NaN": math.nan,
    "numpy.Inf": math.inf,
    "tensorflow.newaxis": None,
    "tensorflow.__version__": "2.21.0",
    "torch.pi": math.pi,
    "torch.inf": math.inf,
    "torch.nan": math.nan,
    "sys.maxsize": sys.maxsize,
    "sys.version_info": tuple(sys.version_info[:3]),
    "sys.platform": "linux",
    "string.ascii_letters": string.ascii_letters,
    "string.ascii_lowercase": string.ascii_lowercase,
    "string.ascii_uppercase": string.ascii_uppercase,
    "string.digits": string.digits,
    "string.punctuation": string.punctuation,
    "typing.TYPE_CHECKING": False,
    "torch.__version__": stdlib.Version("2.13.0"),
    "os.sep": "/",
}


# Library names that may be handed a model or a list without changing it.
_HARMLESS = (
    "torch.optim.", "torch.save", "torch.utils.", "torch.autograd.", "torch.cuda.", "torch.onnx.", "torch.backends.",
    "torch.distributed.", "torch.amp.", "torch.jit.", "torch.profiler.", "torch.nn.utils.", "torch.nn.parallel.",
    "torch.compile", "torch.manual_seed", "torch.set_", "torch.fx.", "torch._", "torch.func.", "torch.hub.", "torch.export",
    "builtins.", "typing.", "logging.", "warnings.", "json.", "time.", "os.", "sys.", "collections.", "functools.",
    "numpy.", "pandas.", "matplotlib.", "sklearn.", "tqdm", "torchinfo.", "torchsummary.", "torchmetrics.", "wandb.",
    "datetime.", "random.", "math.", "itertools.", "dataclasses.", "contextlib.", "copy.", "pprint.", "argparse.", "PIL.",
    "tensorboardX.", "thop.", "fvcore.", "accelerate.", "pytorch_lightning.", "lightning.", "torchviz.", "onnx", "gc.",
    "torchvision.", "torchaudio.", "transformers.", "tensorflow.", "keras.", "seaborn.", "abc.", "enum.", "types.", "inspect.",
    "threading.", "multiprocessing.", "pathlib.", "re.", "string.", "struct.", "pickle.", "shutil.", "glob.", "unittest.",
    "pytest.", "mlflow.", "optuna.", "ray.", "hydra.", "omegaconf.", "timeit.", "traceback.", "textwrap.", "tempfile.",
)  # fmt: skip


def is_harmless(path: str) -> bool:
    """Whether an unknown library callable is known to leave modules and lists as they are."""
    return path.startswith(_HARMLESS)


def is_known_place(path: str) -> bool:
    """Whether a name, or names below it, are known without being a rule: `torch.xpu`."""
    if not _places:
        for each in (*NATIVES, *CONSTANTS, *pure.PURE):
            while each:
                _places.add(each)
                each = each.rpartition(".")[0]
    return path in _places


_places: set[str] = set()
