"""``abilock init DIR``: a new project that generates, checks and passes."""

from __future__ import annotations

import re
from pathlib import Path

from abilock.commands.outcome import BROKEN, NOTHING_TO_REPORT, Outcome

_PYPROJECT = """\
[tool.abilock]
abi = ["abi/{name}.abi"]
output = "generated"
"""

_ABI = """\
//! The plugin ABI of {name}.
abi {name} 0.1.0;

compat major.minor;

/// Borrowed UTF-8 text.
@string(ptr, len)
struct {camel}Str {{ ptr: *const char, len: usize }}

/// What a plugin implements.
vtable {camel}Plugin {{
    /// The plugin's own data; every slot gets it back as `self`.
    state: *mut void,

    /// The plugin's name.
    fn name(self: const) -> {camel}Str @until(drop);

    /// Ends the plugin; no slot may be called afterwards.
    drop fn drop(self: own);
}}

/// Called once, when the library is loaded. Null if the plugin cannot start.
entry fn {name}_plugin_open() -> own *mut {camel}Plugin?;
"""


def init(folder: str) -> Outcome:
    """Write a configuration and a first description; existing files are never touched."""
    root = Path(folder)
    name = re.sub(r"[^a-z0-9]+", "_", root.resolve().name.lower()).strip("_") or "shop"
    if name[0].isdigit():
        name = f"abi_{name}"
    camel = "".join(part.capitalize() for part in name.split("_"))
    files = {
        root / "pyproject.toml": _PYPROJECT.format(name=name),
        root / "abi" / f"{name}.abi": _ABI.format(name=name, camel=camel),
    }
    present = [path for path in files if path.exists()]
    if present:
        hint = ""
        if present[0].name == "pyproject.toml":
            hint = "; add the table [tool.abilock] to it by hand:\n\n" + _PYPROJECT.format(
                name=name
            )
        return Outcome(BROKEN, remarks=(f"{present[0]} is there already{hint}",))
    try:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
    except OSError as error:
        return Outcome(BROKEN, remarks=(f"cannot write {path}: {error.strerror}",))
    written = "".join(f"wrote {path}\n" for path in files)
    return Outcome(NOTHING_TO_REPORT, written, remarks=(f"next: cd {folder} && abilock generate",))
