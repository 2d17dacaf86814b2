"""A host in Python of the drasi plugins, on the generated package and nothing else."""

from __future__ import annotations

import gc
import importlib
import importlib.util
import json
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from support.drasi_plugins import PATIENCE, ROOT, DrasiProbe, run

_RUST = [pytest.mark.slow, pytest.mark.tool("rustc")]

#: The language of the plugin, and how it is called.
WAYS = [
    pytest.param(("c", "ready-made"), id="c"),
    pytest.param(("c", "compiled"), id="c-compiled", marks=pytest.mark.slow),
    pytest.param(("rust", "ready-made"), id="rust", marks=_RUST),
]


@contextmanager
def package_in(folder: Path, abi: str = "drasi") -> Iterator[ModuleType]:
    """A copy of the generated package, in which the compiled mode can be built.

    It is loaded under a name of its own: other tests import theirs as ``drasi``.
    """
    copy, name = folder / abi, f"{abi}_under_test"
    shutil.copytree(ROOT / "generated" / abi / "python" / abi, copy)
    spec = importlib.util.spec_from_file_location(
        name, copy / "__init__.py", submodule_search_locations=[str(copy)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    yield module
    for each in [each for each in sys.modules if each.split(".")[0] == name]:
        del sys.modules[each]


def compiled(package: ModuleType) -> None:
    """Build the compiled mode, once."""
    folder = Path(str(package.__file__)).parent
    if not list(folder.glob("_native.*.so")):
        run(sys.executable, folder / "build.py")
        importlib.invalidate_caches()


class Host:
    """A loaded plugin, its factories by kind, and what it says to a test.

    Each has a library of its own, so that nothing of one test is counted in another.
    """

    def __init__(self, package: ModuleType, path: Path, mode: str) -> None:
        self.drasi = package
        self.plugin = package.load(path, mode)
        self.registration = self.plugin.registration
        self.probe = DrasiProbe(path)
        self.factories = {factory.kind(): factory for factory in self._all()}

    def _all(self) -> Iterator[Any]:
        offered = self.registration
        for name in ("source", "reaction", "bootstrap", "identity_provider", "secret_store"):
            if offered.offers(f"{name}_plugins"):
                yield from getattr(offered, f"{name}_plugins")

    def source(self, id: str = "s1", kind: str = "ticker", **config: object) -> Any:
        return self.factories[kind].create_source(id, json.dumps(config), True)

    def reaction(self, id: str = "r1", **config: object) -> Any:
        text = json.dumps(config)
        return self.factories["collector"].create_reaction(id, '["q1", "q2"]', text, False)

    def loader(self, **config: object) -> Any:
        return self.factories["loader"].create_bootstrap_provider(json.dumps(config), "{}")

    def identity(self, **config: object) -> Any:
        return self.factories["badge"].create_identity_provider(json.dumps(config))

    def secrets(self, **config: object) -> Any:
        return self.factories["vault"].create_secret_store(json.dumps(config))

    def context(self, component: str = "s1", **services: object) -> Any:
        return self.drasi.RuntimeContext("host", component, **services)

    def journal(self, start: str = "") -> list[str]:
        return [line for line in self.probe.journal() if line.startswith(start)]

    def close(self) -> None:
        """End the factories; then nothing of the plugin is left."""
        for factory in self.factories.values():
            factory.close()
        self.registration.close()
        gc.collect()
        assert self.probe.live() == 0, "\n".join(self.journal())


class Stream:
    """A callback that collects what comes, until the null."""

    def __init__(self, take: Callable[[Any], Any] = lambda event: event, most: int = 0) -> None:
        self.got: list[Any] = []
        self.after_end = 0
        self._take = take
        self._most = most
        self._end = threading.Event()

    def __call__(self, event: Any) -> bool:
        self.after_end += self._end.is_set()
        if event is None:
            self._end.set()
            return False
        self.got.append(self._take(event))
        return len(self.got) != self._most

    def wait(self) -> list[Any]:
        assert self._end.wait(PATIENCE), "the stream does not end"
        return self.got


class Once:
    """A callback that is called once."""

    def __init__(self) -> None:
        self._value: Any = None
        self._called = threading.Event()

    def __call__(self, value: Any) -> None:
        assert not self._called.is_set()
        self._value = value
        self._called.set()

    def wait(self) -> Any:
        assert self._called.wait(PATIENCE), "nothing comes"
        return self._value


class Sender:
    """Where a bootstrap provider sends to; it refuses after ``most`` records."""

    def __init__(self, drasi: ModuleType, most: int | None = None) -> None:
        self.got: list[tuple[int, str, str]] = []
        self.closed = 0
        self._drasi = drasi
        self._most = most
        self._lock = threading.Lock()

    def send(self, event: Any) -> None:
        with self._lock:
            if self._most is not None and len(self.got) >= self._most:
                raise self._drasi.CallError("nobody listens", 7)
            self.got.append((event.sequence, event.label, event.entity_id))

    def close(self) -> None:
        self.closed += 1


def received(host: Host, source: Any, **subscription: object) -> Any:
    wanted = {"query_id": "q1", "nodes_json": '["A"]', "relations_json": "[]"}
    return source.subscribe("s1", **{"enable_bootstrap": False, **wanted, **subscription})


def outcomes(host: Host, steps: list[list[str]]) -> list[str]:
    """What the journal says of steps, in their order."""
    lines = host.journal("> ")
    found = []
    for step in steps:
        start = f"> {' '.join(step)}: "
        found.append(next(line for line in lines if line.startswith(start)).removeprefix(start))
        lines.remove(start + found[-1])
    return found


def started(host: Host, steps: list[list[str]], **services: object) -> list[str]:
    """What came of steps that a source does when it starts."""
    with host.source(start=steps) as source:
        source.initialize(host.context(**services))
        source.start()
        source.stop()
    return outcomes(host, steps)


class Store:
    """A state store in memory."""

    def __init__(self) -> None:
        self.data: dict[str, dict[str, bytes]] = {}
        self.closed = 0
        self.synced = 0

    def get(self, store_id: str, key: str) -> bytes | None:
        return self.data.get(store_id, {}).get(key)

    def set(self, store_id: str, key: str, value: bytes) -> None:
        self.data.setdefault(store_id, {})[key] = value

    def delete(self, store_id: str, key: str) -> None:
        self.data.get(store_id, {}).pop(key, None)

    def contains_key(self, store_id: str, key: str) -> bool:
        return key in self.data.get(store_id, {})

    def get_many(self, store_id: str, keys: list[str]) -> list[bytes | None]:
        return [self.get(store_id, key) for key in keys]

    def set_many(self, store_id: str, keys: list[str], values: list[bytes]) -> None:
        self.data.setdefault(store_id, {}).update(zip(keys, values, strict=True))

    def delete_many(self, store_id: str, keys: list[str]) -> int:
        store = self.data.get(store_id, {})
        return sum(store.pop(key, None) is not None for key in keys)

    def clear_store(self, store_id: str) -> int:
        return len(self.data.pop(store_id, {}))

    def list_keys(self, store_id: str) -> list[str]:
        return list(self.data.get(store_id, {}))

    def store_exists(self, store_id: str) -> bool:
        return store_id in self.data

    def key_count(self, store_id: str) -> int:
        return len(self.data.get(store_id, {}))

    def sync(self) -> None:
        self.synced += 1

    def close(self) -> None:
        self.closed += 1


class Identity:
    """An identity provider whose credentials say what they are for."""

    def __init__(self, drasi: ModuleType) -> None:
        self.drasi = drasi
        self.asked: list[Any] = []
        self.closed = 0

    def get_credentials(self, context_json: bytes | None) -> Any:
        self.asked.append(context_json)
        wanted = json.loads(context_json) if context_json else {}
        if "fail" in wanted:
            raise PermissionError("not you")
        kind = self.drasi.CredentialType.UsernamePassword
        return self.drasi.Credentials(kind, "jürgen", wanted.get("host", "?"))

    def close(self) -> None:
        self.closed += 1
