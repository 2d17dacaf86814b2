"""``abilock init DIR``: a new project that generates, checks and passes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from abilock.commands.outcome import NOTHING_TO_REPORT, Outcome, refused
from abilock.diagnostics import catalog
from abilock.model.abi_names import abi_name_refusal
from abilock.model.naming import C_RESERVED, python_name, rust_name
from abilock.source import printable
from abilock.troubles import what_to_do

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

/// The version of this ABI that the plugin was built with. A loader asks for it before anything else, and
/// so knows what an older plugin does not have.
@handshake @version
entry fn {name}_plugin_version() -> *const char @nul @until(library);

/// Called once, when the library is loaded. Null if the plugin cannot start.
entry fn {name}_plugin_open() -> own *mut {camel}Plugin?;
"""

_README = """\
# {name}

The plugin ABI of {name}, and what abilock generates from it.

| what | where |
| --- | --- |
| the ABI: types, functions, what they mean | `abi/{name}.abi`, which is written by hand |
| what to generate from it, and where | `[tool.abilock]` in `pyproject.toml` |
| header, modules, layouts, tests, reference | `generated/`, which is never edited |

```console
$ abilock generate
$ abilock check
```

`abilock generate` writes `generated/` anew after a change of the ABI: commit both. `abilock check` changes
no file; run it in CI, where it fails if `generated/` is not what the ABI says.

`abilock release abi/{name}.abi` freezes a version for good; from then on `check` also fails if the ABI
changes and its version does not. `abilock bump abi/{name}.abi` writes the one that it needs.

After a merge, resolve conflicts in `abi/` by hand and those in `generated/` with `abilock generate`.
"""

_ATTRIBUTES = """\
# Reviews fold what is generated; after a merge, `abilock generate` puts it right
generated/** linguist-generated=true
# but for what is made to be reviewed
generated/*/report.txt linguist-generated=false
"""

_IGNORED = """\
# What abilock remembers between runs
.abilock-cache/
# What Python and its packages build
__pycache__/
*.pyd
*.so
"""


def init(folder: str) -> Outcome:
    """Write a configuration, a first description, and what tells people and git of them; existing files
    are never touched."""
    if not folder:
        return refused("the folder has no name", "`abilock init .` is for this one")
    root = Path(folder)
    name = _abi_name(root.resolve().name)
    camel = "".join(part.capitalize() for part in name.split("_"))
    files = {
        root / "pyproject.toml": _PYPROJECT.format(name=name),
        root / "abi" / f"{name}.abi": _ABI.format(name=name, camel=camel),
    }
    beside = {
        root / "README.md": _README.format(name=name),
        root / ".gitignore": _IGNORED,
        root / ".gitattributes": _ATTRIBUTES,
    }
    table = _PYPROJECT.format(name=name)
    configuration, description = files
    if description.exists():
        there = f"{description} is there already, and stays as it is"
        return refused(there, "name another folder")
    remarks = []
    if configuration.exists():
        del files[configuration]
        remarks.append(
            f"{printable(str(configuration))} is yours: add this table to it by hand\n\n{table}"
        )
    for path, text in beside.items():
        if path.exists():
            remarks.append(f"{printable(str(path))} is yours, and stays as it is")
        else:
            files[path] = text
    try:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
    except OSError as error:
        reason = f"cannot write {path}: {error.strerror or error}"
        return refused(reason, what_to_do(error), catalog.SYSTEM_ERROR)
    written = "".join(f"wrote {printable(str(path))}\n" for path in files)
    remarks.append(f"next: cd {printable(_quoted(folder))} && abilock generate")
    return Outcome(NOTHING_TO_REPORT, written, remarks=tuple(remarks))


def _abi_name(folder: str) -> str:
    """A name that every language takes. ex) ``my_shop`` for ``My Shop``, ``int_abi`` for ``int``"""
    name = re.sub(r"[^a-z0-9]+", "_", folder.lower()).strip("_") or "shop"
    if name[0].isdigit():
        name = f"abi_{name}"
    is_word = name in C_RESERVED or python_name(name) != name or rust_name(name) != name
    is_taken = is_word or abi_name_refusal(name) is not None
    return f"{name}_abi" if is_taken else name


def _quoted(folder: str) -> str:
    """As a shell takes it. ex) ``'My Shop'``, ``./-x``"""
    return shlex.quote(f"./{folder}" if folder.startswith("-") else folder)
