"""The names of the targets: Rust's triples, in the order in which outputs name them."""

from __future__ import annotations

from collections.abc import Sequence

TRIPLES = (
    "x86_64-unknown-linux-gnu",
    "aarch64-unknown-linux-gnu",
    "x86_64-apple-darwin",
    "aarch64-apple-darwin",
    "x86_64-pc-windows-msvc",
    "aarch64-pc-windows-msvc",
    "x86_64-pc-windows-gnu",
    "i686-unknown-linux-gnu",
    "i686-pc-windows-msvc",
    "armv7-unknown-linux-gnueabihf",
    "riscv64gc-unknown-linux-gnu",
    "s390x-unknown-linux-gnu",
    "powerpc64le-unknown-linux-gnu",
    "wasm32-unknown-unknown",
)

_32_BIT = ("i686-", "armv7-", "wasm32-")

#: The words that an allocator's schemes are for: parts of the triples that they mean.
_FAMILIES = {"windows": "-windows-", "darwin": "-darwin", "linux": "-linux-", "wasm": "wasm"}
#: What allocators are written down for.
FAMILIES = ("unix", *_FAMILIES)


def in_family(family: str, triple: str) -> bool:
    """Whether a target is of a family; ``unix`` is everything but Windows and WebAssembly."""
    if family == "unix":
        return not in_family("windows", triple) and not in_family("wasm", triple)
    return _FAMILIES[family] in triple


def describe_targets(triples: Sequence[str], among: Sequence[str]) -> str:
    """A group of targets in as few words as say which they are ``among`` others.

    ex) ``all targets``, ``64-bit targets but Windows``, ``Windows, wasm32-unknown-unknown``
    """
    group, everything = set(triples), set(among)
    families = {
        "all targets": everything,
        "64-bit targets": {t for t in among if not t.startswith(_32_BIT)},
        "32-bit targets": {t for t in among if t.startswith(_32_BIT)},
        "Windows": {t for t in among if "-windows-" in t},
        "all targets but Windows": {t for t in among if "-windows-" not in t},
    }
    families["64-bit targets but Windows"] = families["64-bit targets"] - families["Windows"]
    families["32-bit targets but Windows"] = families["32-bit targets"] - families["Windows"]
    families["64-bit Windows"] = families["64-bit targets"] & families["Windows"]
    for name, members in families.items():
        if group == members:
            return name
    for name, members in families.items():
        missing = sorted(members - group)
        if group < members and len(missing) == 1 and len(group) > 1:
            return f"{name}{' and' if ' but ' in name else ' but'} {missing[0]}"
    parts: list[str] = []
    for name, members in families.items():
        if " but " not in name and len(members) > 1 and members < group:
            parts.append(name)
            group -= members
    return ", ".join([*parts, *(triple for triple in triples if triple in group)])
