"""The command line: becomes the executable that the package carries, so that signals and exit codes are its own."""

import os
import sys

from ._command import EXECUTABLE


def main() -> None:
    os.execv(EXECUTABLE, ["scoregate", *sys.argv[1:]])


if __name__ == "__main__":
    main()
