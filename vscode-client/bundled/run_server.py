"""Start the server with what is bundled here, before anything that the interpreter has installed."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "libs"))

from shapelens.cli.main import main

sys.exit(main(["server"]))
