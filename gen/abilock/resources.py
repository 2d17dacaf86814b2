"""Where the files are that ship beside the code."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent


def template_root() -> Path:
    """Templates ship inside the wheel; in a checkout they live at the top of the repository."""
    shipped = _PACKAGE / "templates"
    return shipped if shipped.is_dir() else _PACKAGE.parents[1] / "templates"
