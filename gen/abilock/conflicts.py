"""The lines that git's merges put around what two branches say differently."""

from __future__ import annotations

import re
from typing import AnyStr, Generic, NamedTuple


class Markers(NamedTuple, Generic[AnyStr]):
    """Each matches a whole line. ``base`` is only there if git was asked for the common ancestor."""

    ours: re.Pattern[AnyStr]
    base: re.Pattern[AnyStr]
    between: re.Pattern[AnyStr]
    theirs: re.Pattern[AnyStr]


_SPELLED = (r"<{7}(?: .*)?", r"\|{7}(?: .*)?", r"={7}", r">{7}(?: .*)?")
IN_TEXT: Markers[str] = Markers(*map(re.compile, _SPELLED))
IN_BYTES: Markers[bytes] = Markers(*(re.compile(each.encode()) for each in _SPELLED))
