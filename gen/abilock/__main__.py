"""``abilock``, and ``python -m abilock``. Everything is imported where an interrupt is expected."""

import sys


def main() -> int:
    """Run one command and return its exit code."""
    try:
        from abilock.cli import main as run

        return run()
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; nothing was left half-written\n")
        return 130


if __name__ == "__main__":
    sys.exit(main())
