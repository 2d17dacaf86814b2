"""``python3 examples/bmux``: build the example plugin, host it, and print what happens."""

import sys
from pathlib import Path

# A host of yours has the generated package among its dependencies; here it lies in the checkout.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "generated" / "bmux" / "python"))

from demo import main

main()
