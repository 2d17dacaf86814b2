"""View of the module with the classes of streams."""

from __future__ import annotations

import re
from dataclasses import dataclass

from abilock.outputs.cffi.modules import BridgeView
from abilock.outputs.cffi.package import Package
from abilock.outputs.cffi.streams import StreamView


@dataclass(frozen=True, slots=True)
class StreamsView:
    """All of ``cffi/_streams.py.jinja``; ``arriving`` are classes of ``_bridge``."""

    banner: str
    has_enums: bool
    arriving: tuple[str, ...]
    streams: tuple[StreamView, ...]


def streams_view(package: Package, bridge: BridgeView, banner: str) -> StreamsView | None:
    """``_streams.py``, if anything in the package is a stream."""
    if not package.streams.classes and not bridge.has_streams:
        return None
    streams = tuple(package.streams.classes.values())
    texts = (text for each in streams for text in (each.item, each.parameters))
    words = {word for text in texts for word in re.findall(r"\w+", text)}
    arriving = (each.name for each in bridge.proxies)
    return StreamsView(
        banner,
        bridge.has_enums,
        tuple(each for each in sorted(arriving) if each in words),
        streams,
    )
