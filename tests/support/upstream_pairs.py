"""A host of one release of drasi, and plugins of all: `python upstream_pairs.py PACKAGES NAME LIBRARY…`.

It prints a line of JSON for each library: that it was refused, and why; or what came of using it. Each
library has a process of its own: threads of another plugin are never taken for its own, and a crash is told
with its library's name.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import threading
from pathlib import Path
from typing import Any


def other_threads() -> int:
    """The SDK starts its runtime, with threads, in the first call behind the version check."""
    return len(list(Path("/proc/self/task").iterdir())) - 1


def used(drasi: Any, plugin: Any) -> dict[str, Any]:
    """One life of a source: created, subscribed to, stopped, dropped; a failure with its text between."""
    registration = plugin.registration
    (factory,) = registration.source_plugins
    found: dict[str, Any] = {"kind": factory.kind(), "version": factory.config_version()}
    found["started"] = other_threads()
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


def became(drasi: Any, library: str) -> dict[str, Any]:
    """What became of a plugin, in a process that has no thread but this one."""
    try:
        plugin = drasi.load(library)
    except drasi.LoadError as error:
        return {"refused": f"{type(error).__name__}: {error}", "started": other_threads()}
    return used(drasi, plugin)


def main(packages: str, name: str, *libraries: str) -> None:
    sys.path.insert(0, packages)
    drasi = importlib.import_module(name)
    for library in libraries:
        child = os.fork()
        if child == 0:
            print(json.dumps({"library": library, **became(drasi, library)}), flush=True)  # noqa: T201
            return
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status:
            sys.exit(f"the process that loaded {library} ended with {status}")


if __name__ == "__main__":
    main(*sys.argv[1:])
