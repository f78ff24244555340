"""The same examples in every run, so that a red test means a change; `python -m tests.fuzz` looks for new ones.

TensorFlow reads its settings when it is first imported, whichever test does that.
"""

import os

from hypothesis import settings

settings.register_profile("same", derandomize=True)
settings.load_profile("same")

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"  # its kernels end the process where others raise
