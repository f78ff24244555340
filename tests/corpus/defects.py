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
_IF_MAIN = "init_before_training of elegantrl.run.Arguments takes `if_main`, which is not given: TypeError"
_RESAMPLING = "nnunetv2/preprocessing/resampling/default_resampling.py"
_AXIS_3 = "run as a script, it resamples along axis 3 of the three that the shape has: IndexError"
_NORM = "torch.norm(v, 2, 1) no longer keeps the dim that squeeze(1) drops: IndexError"
_FUSED = "BatchNormalization of Keras 3 knows no `fused` and raises ValueError"
_LDA = "numpy_ml/lda/lda_smoothed.py"

DEFECTS = (
    Defect(
        "asteroid", "asteroid/models/x_umx.py", 408, "rank-mismatch",
        "torch.istft takes complex tensors since PyTorch 2.0 and raises RuntimeError on the stacked real and imaginary parts",
    ),
    Defect(
        "allennlp", "allennlp/tools/create_elmo_embeddings_from_vocab.py", 47, "uncaught-exception",
        "the indexer's tokens_to_indices gives a table with \"elmo_tokens\" alone, which is asked for \"tokens\": KeyError",
    ),
    Defect(
        "deepface", "deepface/models/spoofing/tf/FasNetBackbone.py", 99, "kernel-too-large",
        "the default conv6_kernel of (7, 7) does not fit the 5×5 that are left of the 80×80 input: Keras raises ValueError",
    ),
    Defect("elegantrl", "elegantrl/envs/FinRL/FinRL.py", 271, "uncaught-exception", _IF_MAIN),
    Defect("elegantrl", "elegantrl/envs/FinRL/StockTrading.py", 305, "uncaught-exception", _IF_MAIN),
    Defect(
        "mmpretrain", "mmpretrain/models/necks/itpn_neck.py", 338, "argument-value",
        "math.sqrt gives a float, which Tensor.reshape refuses as a size with TypeError",
    ),
    Defect(
        "mmsegmentation", "mmseg/models/decode_heads/knet_head.py", 111, "feature-mismatch",
        "with the defaults the input is reshaped to 64 features and given to a Linear that takes 256: RuntimeError",
    ),
    Defect(
        "mmsegmentation", "mmseg/models/decode_heads/ocr_head.py", 79, "argument-value",
        "resize is called with no size and no scale, where F.interpolate raises ValueError",
    ),
    Defect("nnunetv2", _RESAMPLING, 154, "index-out-of-range", _AXIS_3),
    Defect("nnunetv2", _RESAMPLING, 156, "index-out-of-range", _AXIS_3),
    Defect("nnunetv2", _RESAMPLING, 163, "index-out-of-range", _AXIS_3),
    Defect("numpy-ml", _LDA, 149, "index-dtype", _FLOAT_INDEX),
    Defect("numpy-ml", _LDA, 169, "index-dtype", _FLOAT_INDEX),
    Defect("numpy-ml", _LDA, 181, "index-dtype", _FLOAT_INDEX),
    Defect("numpy-ml", _LDA, 189, "index-dtype", _FLOAT_INDEX),
    Defect(
        "numpy-ml", "numpy_ml/preprocessing/general.py", 350, "call-arguments",
        "np.zeros(N, self.n_dim) takes the second size for a dtype and raises TypeError",
    ),
    Defect("opennmt-py", "onmt/modules/weight_norm.py", 90, "axis-out-of-range", _NORM),
    Defect("opennmt-py", "onmt/modules/weight_norm.py", 271, "axis-out-of-range", _NORM),
    Defect("qkeras", "qkeras/qconv2d_batchnorm.py", 132, "call-arguments", _FUSED),
    Defect("qkeras", "qkeras/qdepthwiseconv2d_batchnorm.py", 133, "call-arguments", _FUSED),
    Defect(
        "tensorflow-ranking", "tensorflow_ranking/extension/premade/tfrbert_task.py", 139, "argument-value",
        "ModelBuilder hands an Input to tf.shape (keras/model.py, line 642), which Keras 3 refuses with a ValueError",
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
        "torch-uncertainty", "torch_uncertainty/datasets/segmentation/camvid.py", 211, "einops-mismatch",
        "repeat is given c=3, which the pattern \"h w  -> h w 3\" does not name: einops raises EinopsError",
    ),
    Defect(
        "ultralytics", "ultralytics/models/sam/sam3/vitdet.py", 542, "argument-value",
        "math.sqrt gives a float, which Tensor.reshape refuses as a size with TypeError",
    ),
)  # fmt: skip
