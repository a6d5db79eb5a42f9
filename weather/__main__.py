"""Run the commands: `python -m weather`."""

import sys

from weather.cli import main

if __name__ == "__main__":
    sys.exit(main())
