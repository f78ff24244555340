"""`shapelens` without the rule of torch.roll, so that there is something to ask the oracle about."""

import sys

import shapelens.rules.torch  # noqa: F401
from shapelens.cli.main import main
from shapelens.rules import registry

for path in ("torch.roll", "torch.Tensor.roll"):
    registry.rules.pop(path, None)

if __name__ == "__main__":
    sys.exit(main())
