"""Defects that released packages have: the reason says what the framework does there, seen by running it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Defect:
    """A line of a package that raises whenever a run comes to it."""

    package: str
    file: str
    line: int
    code: str
    reason: str

    @property
    def place(self) -> tuple[str, int, str]:
        return self.file, self.line, self.code


_FLOAT_INDEX = "`assignments` is made by np.zeros without a dtype and used as an index: NumPy raises IndexError"
_LDA = "numpy_ml/lda/lda_smoothed.py"

DEFECTS = (
    Defect(
        "asteroid", "asteroid/models/x_umx.py", 408, "rank-mismatch",
        "torch.istft takes complex tensors since PyTorch 2.0 and raises RuntimeError on the stacked real and imaginary parts",
    ),
    Defect("numpy-ml", _LDA, 149, "index-dtype", _FLOAT_INDEX),
    Defect("numpy-ml", _LDA, 169, "index-dtype", _FLOAT_INDEX),
    Defect("numpy-ml", _LDA, 181, "index-dtype", _FLOAT_INDEX),
    Defect("numpy-ml", _LDA, 189, "index-dtype", _FLOAT_INDEX),
    Defect(
        "numpy-ml", "numpy_ml/preprocessing/general.py", 350, "call-arguments",
        "np.zeros(N, self.n_dim) takes the second size for a dtype and raises TypeError",
    ),
    Defect(
        "tensorflow-ranking", "tensorflow_ranking/python/keras/model.py", 474, "call-arguments",
        "`(1)` is no tuple: Keras 3 cannot convert it to a shape and raises ValueError",
    ),
    Defect(
        "torch-geometric", "torch_geometric/graphgym/loader.py", 285, "call-arguments",
        "ClusterLoader hands its keywords on to DataLoader, which knows no `num_parts` and raises TypeError",
    ),
    Defect(
        "ultralytics", "ultralytics/models/sam/sam3/vitdet.py", 542, "argument-value",
        "math.sqrt gives a float, which Tensor.reshape refuses as a size with TypeError",
    ),
)  # fmt: skip
