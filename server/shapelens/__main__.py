"""`python -m shapelens`."""

import os
import sys

# Python has put the folder that it was started in first, which may be anyone's: nothing is imported from there. What of
# this package lies in it is found all the same.
if sys.path and sys.path[0] in ("", os.getcwd()):
    del sys.path[0]

from shapelens.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
