"""Which paths may be written: below the output folder, and the same on every machine."""

from __future__ import annotations

from abilock.portable import DEVICES

#: The manifest's place in the output folder; no page may claim it.
MANIFEST = "MANIFEST.json"
#: What abilock keeps for itself begins so, wherever it lies.
PRIVATE_PREFIX = ".abilock"
#: The folder in the output folder where a run keeps what it is about to write.
STAGING = ".abilock-staging"

_FORBIDDEN = frozenset('<>:"|?*\\')
_COMPONENT_LIMIT = 255


def path_problem(path: str) -> str | None:
    """Why ``path`` is not a portable relative posix path, or None.

    ex) ``path_problem("drasi/include/drasi.h")`` is None; ``path_problem("../x")`` is
    "`..` leads out of the folder"
    """
    if not path:
        return "it is empty"
    if path.startswith("/"):
        return "it is absolute"
    for part in path.split("/"):
        problem = _component_problem(part)
        if problem:
            return problem
    return None


def page_problem(path: str) -> str | None:
    """As :func:`path_problem`, for files below the output folder: some names there are abilock's."""
    problem = path_problem(path)
    if problem:
        return problem
    if fold(path) == fold(MANIFEST):
        return f"`{MANIFEST}` is kept for the manifest"
    if any(fold(part).startswith(PRIVATE_PREFIX) for part in path.split("/")):
        return f"names in `{PRIVATE_PREFIX}…` are kept for abilock"
    return None


def fold(path: str) -> str:
    """The path as macOS and Windows compare it. Enough, since portable paths are ASCII."""
    return path.lower()


def parents(path: str) -> list[str]:
    """The folders that lead to ``path``, outermost first. ex) ``a/b/c`` has ``["a", "a/b"]``"""
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


def _component_problem(part: str) -> str | None:
    if part == "..":
        return "`..` leads out of the folder"
    if part in ("", "."):
        return "it has an empty part or a `.`"
    bad = next((char for char in part if not " " <= char <= "~" or char in _FORBIDDEN), None)
    if bad is not None:
        return f"{bad!a} is not portable in a file name"
    if part[-1] in " ." or part[0] == " ":
        return f"`{part}` begins or ends with a character that Windows drops"
    if part.split(".")[0].rstrip().lower() in DEVICES:
        return f"`{part}` is a device on Windows"
    if len(part) > _COMPONENT_LIMIT:
        return f"a part of it is longer than {_COMPONENT_LIMIT} characters"
    return None
