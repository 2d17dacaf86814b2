"""What docs/language.md shows is a package that is imported, type-checked, loaded and called."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from abilock.model.decls import EntryFunction, EntryStatic, Library
from abilock.outputs import OUTPUTS
from abilock.outputs.c_declarations import declare
from abilock.outputs.header.macros import header_naming
from abilock.pipeline import lay_out_all
from support.building import FLAGS, run
from support.library import read_text
from support.rendering import unformatted

pytestmark = pytest.mark.slow

PAGE = Path(__file__).parents[2] / "docs/language.md"


def examples() -> Iterator[tuple[str, Library]]:
    """Those that stand by themselves, and of which Python makes a package."""
    blocks = re.findall(r"^```abi\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    for index, text in enumerate(blocks):
        name = f"docs{index}"
        whole = re.sub(r"^abi \w+ ", f"abi {name} ", text, flags=re.MULTILINE)
        if whole == text and not text.startswith("abi "):
            whole = f"abi {name} 1.2.0;\n{text}"
        library, report = read_text(whole)
        if library is None:
            continue
        for output in OUTPUTS:
            output.limits(library, lay_out_all(library), report)
        if not report.failed:
            yield name, library


EXAMPLES = dict(examples())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, cc: list[str]) -> Path:
    """Every package, and beside each a library whose entries return nothing but zero."""
    folder = tmp_path_factory.mktemp("docs")
    for name, library in EXAMPLES.items():
        for path, text in unformatted(library, "header", "cffi").items():
            target = folder / path.removeprefix("python/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        (folder / f"{name}.c").write_text(_stub(library), encoding="utf-8")
        source, built = str(folder / f"{name}.c"), str(folder / f"{name}.so")
        quiet = ("-Wno-unused-parameter", "-Wno-missing-field-initializers")
        run(*cc, *FLAGS, *quiet, f"-I{folder / 'include'}", source, "-o", built)
    return folder


def _stub(library: Library) -> str:
    naming = header_naming(library)
    lines = [f'#include "{library.name}.h"', "#include <string.h>", "#include <stdlib.h>"]
    for each in library.declarations:
        if isinstance(each, EntryStatic):
            lines.append(f"{declare(each.type, each.name, naming)};")
        if not isinstance(each, EntryFunction) or each.signature.variadic:
            continue
        names = [f"a{index}" for index, _ in enumerate(each.signature.parameters)]
        head = ", ".join(
            declare(one.type, name, naming)
            for one, name in zip(each.signature.parameters, names, strict=True)
        )
        result = each.signature.result
        body = ""
        if each.attributes.has("noreturn"):
            body = "abort();"
        elif result is not None:
            body = f"static {declare(result.type, 'zero', naming)}; return zero;"
        text = f"{each.name}({head or 'void'})"
        made = declare(result.type, text, naming) if result is not None else f"void {text}"
        lines.append(f"{made} {{ {body} }}")
    return "\n".join(lines)


def test_there_are_some() -> None:
    assert len(EXAMPLES) > 12


def test_types_of_all(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--no-pretty", *EXAMPLES],
        cwd=folder,
        env={**os.environ, "MYPYPATH": "."},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith("Success"), done.stdout + done.stderr


@pytest.mark.parametrize("name", EXAMPLES)
def test_entries_are_called(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is easily given to an entry is; nothing but what the package says may come of it."""
    monkeypatch.syspath_prepend(str(folder))
    package = importlib.import_module(name)
    try:
        plugin = package.load(folder / f"{name}.so", "ready-made")
    except package.LoadError:
        # A plugin of nothing but zeros has no version, and no manifest.
        return
    for label, method in inspect.getmembers(plugin, inspect.ismethod):
        signature = inspect.signature(method)
        if label in ("offers", "leave") or label.startswith("_"):
            continue
        given = [_sample(each.annotation, package) for each in signature.parameters.values()]
        if any(each is inspect.Parameter.empty for each in given):
            continue
        with contextlib.suppress(package.CallError, package.ContractError, ValueError):
            method(*given)


def _sample(annotation: str, package: Any) -> Any:
    """Something of a type that needs nothing else, or ``empty``."""
    if annotation.endswith("| None"):
        return None
    plain = {
        "int": 1,
        "float": 0.5,
        "bool": True,
        "str": "a",
        "bytes": b"a",
        "memoryview": bytearray(1),
    }
    if annotation.startswith("list["):
        return []
    found = plain.get(annotation)
    if found is not None:
        return found
    declared = getattr(package, annotation, None)
    members = getattr(declared, "__members__", None)
    return next(iter(members.values())) if members else inspect.Parameter.empty
