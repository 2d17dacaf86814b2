"""The modules of an example, imported in a test as its command imports them."""

from __future__ import annotations

import importlib
import re
import shutil
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@contextmanager
def imported(names: Collection[str], paths: Sequence[str]) -> Iterator[Callable[[str], Any]]:
    """Import modules and packages from these folders by name. Others may have some of the same names: those
    are aside meanwhile, and nothing of these is left for them."""
    aside = _taken(names)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [*paths, *sys.path])
        importlib.invalidate_caches()
        try:
            yield importlib.import_module
        finally:
            _taken(names)
            sys.modules.update(aside)


def shown_on(page: Path) -> list[str]:
    """What a page shows of a command's output, block by block."""
    return re.findall(r"^```text\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def _taken(names: Collection[str]) -> dict[str, ModuleType]:
    """What `sys.modules` has of these packages, taken out of it."""
    found = [each for each in sys.modules if each.split(".")[0] in names]
    return {each: sys.modules.pop(each) for each in found}


@contextmanager
def modules_of(example: str, *packages: str, copies: Path) -> Iterator[SimpleNamespace]:
    """The modules of an example's folder and the generated packages that it uses, by name. The packages are
    copies, in which the compiled mode can be built."""
    folder = ROOT / "examples" / example
    for each in packages:
        shutil.copytree(ROOT / "generated" / each / "python" / each, copies / each)
    scripts = [each.stem for each in folder.glob("*.py") if each.stem != "__main__"]
    names = (*packages, *scripts)
    with imported(names, (str(folder), str(copies))) as importer:
        yield SimpleNamespace(**{each: importer(each) for each in names})
