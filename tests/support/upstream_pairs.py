"""A host of one release of drasi, and plugins of all: `python upstream_pairs.py PACKAGES NAME LIBRARY…`.

It prints a line of JSON for each library: that it was refused, and why; or what came of using it. It is a
process of its own, so that a pair that crashes takes no other with it.
"""

from __future__ import annotations

import importlib
import json
import sys
import threading
from pathlib import Path
from typing import Any


def plugin_threads() -> int:
    """The SDK starts its runtime in the first call behind the version check."""
    names = [path.read_text() for path in Path("/proc/self/task").glob("*/comm")]
    return sum(name.startswith("upstream-worker") for name in names)


def used(drasi: Any, plugin: Any) -> dict[str, Any]:
    """One life of a source: created, subscribed to, stopped, dropped; a failure with its text between."""
    registration = plugin.registration
    (factory,) = registration.source_plugins
    found: dict[str, Any] = {"kind": factory.kind(), "version": factory.config_version()}
    try:
        factory.create_source("s0", '{"fail": ["create"]}', True)
    except drasi.AbiError as error:
        found["failure"] = str(error)
    with factory.create_source("s1", '{"events": 3, "ops": ["insert"]}', True) as source:
        found["id"] = source.id()
        source.initialize(drasi.RuntimeContext("host", "s1"))
        source.start()
        response = source.subscribe("s1", False, "q1", '["Sensor"]', "[]")
        all_came, ended, ops = threading.Event(), threading.Event(), []

        def take(event: Any) -> bool:
            if event is None:
                ended.set()
                return False
            ops.append(event.op.name)
            if hasattr(event, "close"):
                event.close()
            if len(ops) == 3:
                all_came.set()
            # Plugins before 0.6.0 end a stream without a last call, if they are told that it is enough.
            return True

        with response.receiver as receiver:
            receiver.start_push(take)
            all_came.wait(30)
        found["ended"] = ended.wait(30)
        found["ops"] = ops
        source.stop()
    factory.close()
    registration.close()
    return found


def main(packages: str, name: str, *libraries: str) -> None:
    sys.path.insert(0, packages)
    drasi = importlib.import_module(name)
    for library in libraries:
        before = plugin_threads()
        try:
            plugin = drasi.load(library)
        except drasi.LoadError as error:
            told = {"refused": f"{type(error).__name__}: {error}"}
            told["started"] = plugin_threads() - before
        else:
            told = used(drasi, plugin)
        print(json.dumps({"library": library, **told}), flush=True)  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
