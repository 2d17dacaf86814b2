"""``python -m abilock``."""

import sys

from abilock.cli import main

sys.exit(main())
