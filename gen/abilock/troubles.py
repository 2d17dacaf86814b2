"""What to do about troubles that a system reports."""

from __future__ import annotations

import errno

_ADVICE = {
    errno.ENOSPC: "make room on the disk, and run it again",
    errno.EDQUOT: "make room, and run it again",
    errno.EROFS: "that is a place where nothing can be written; choose another",
    errno.EACCES: "see to the permissions of the file and of its folder",
    errno.EPERM: "see to the permissions of the file and of its folder",
    errno.EEXIST: "something is there already; name another place",
    errno.ENOTDIR: "a part of the path is a file; name another place",
    errno.EISDIR: "that is a folder; name a file",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.ELOOP: "links lead in a circle; remove them",
    errno.EINVAL: "name a file; what a pipe has can be passed on standard input, as `-`",
    errno.ENOENT: "see whether the path is right",
}


def said_by_system(error: OSError) -> str:
    """ex) ``abi/drasi.abi: No space left on device``"""
    why = error.strerror or str(error)
    if _is_of_here(error):
        return f"the current folder cannot be told: {why}"
    return why if error.filename is None else f"{error.filename}: {why}"


def what_to_do(error: OSError) -> str:
    """ex) ``make room on the disk, and run it again``"""
    if _is_of_here(error):
        return "it may have been deleted; go to another one"
    return _ADVICE.get(error.errno or 0, "see to that, and run it again")


def _is_of_here(error: OSError) -> bool:
    """Whether it is the current folder that is not there, the only one that is asked for without a name."""
    return error.errno == errno.ENOENT and error.filename is None


def said_by_git(stderr: bytes) -> str:
    """What git says went wrong, in one line. ex) ``not a git repository``"""
    text = " ".join(stderr.decode("utf-8", "replace").split())
    return text.removeprefix("fatal: ")
