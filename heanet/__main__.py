"""``python -m heanet``."""

import sys

from heanet.cli import main

if __name__ == "__main__":
    sys.exit(main())
