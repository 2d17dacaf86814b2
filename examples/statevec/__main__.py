"""``python3 examples/statevec``: build the example plugin, run it in an engine, and print what happens."""

import sys
from pathlib import Path

# A host of yours has the generated package among its dependencies; here it lies in the checkout.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "generated" / "statevec" / "python"))

from demo import main

main()
