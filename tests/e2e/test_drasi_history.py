"""Every release of drasi-plugin-sdk has bindings, which load what was built with its header."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from abilock.host import host_triple
from support.building import FLAGS, run
from support.drasi_empty import TOLD, empty_plugin, generate
from support.drasi_releases import RELEASES

ROOT = Path(__file__).parents[2]
SERIALIZED = ROOT / "tests/plugins/drasi/serialized.c"
LOAD = r"""
import sys
import drasi
try:
    plugin = drasi.load(sys.argv[1])
except drasi.VersionRefusedError:
    print("refused")
else:
    print(len(plugin.registration.source_plugins), hasattr(plugin.registration, "set_log_level"))
"""

#: A host of 0.11.0: what it reads, and what it hands over, are bytes with a function that ends them.
HOST = r"""
import ctypes
import sys
import drasi
plugin = drasi.load(sys.argv[1])
ended = ctypes.CDLL(sys.argv[1]).test_ended
plugin.registration.set_log_level(drasi.LogLevelFilter.Debug)
(factory,) = plugin.registration.bootstrap_plugins
stream = factory.create_bootstrap_provider("{}", "{}").bootstrap("q", ["Node"], [], "r", "h", "s")
came = []
stream.events.start_push(lambda event: came.append(event) or True)
stream.result.start(came.append)
record, end, result = came
print(record.payload, end, result.event_count, result.error, ended())
(factory,) = plugin.registration.reaction_plugins
reaction = factory.create_reaction("r", "[]", "{}", False)
results = [drasi.QueryResult(b"one, "), drasi.QueryResult(b"two"), None]
reaction.start_result_push(lambda gone: results.pop(0) if results else None)
print(reaction.type_name())
"""

pytestmark = pytest.mark.slow


def python(program: str, plugin: Path, folder: Path) -> str:
    """What a program prints that imports the package."""
    done = subprocess.run(
        (sys.executable, "-c", program, str(plugin)),
        cwd=folder / "python",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("release", RELEASES)
def test_a_binding_takes_the_plugins_of_its_release(
    release: str, tmp_path: Path, cc: list[str]
) -> None:
    generate(release, tmp_path)

    def loaded(told: str) -> str:
        """What comes of loading a plugin of this release that tells a version."""
        return python(LOAD, empty_plugin(cc, release, tmp_path, told), tmp_path)

    told = TOLD.get(release, release)
    assert loaded(told) == f"0 {release == '0.11.0'}"
    assert loaded("0.12.0") == "refused"
    if told != release:
        assert loaded(release) == "refused"


def test_payloads_of_the_last_release_are_read_and_handed_over(
    tmp_path: Path, cc: list[str]
) -> None:
    generate("0.11.0", tmp_path)
    built = tmp_path / "serialized.so"
    triple = f'-DPLUGIN_TRIPLE="{host_triple()}"'
    run(*cc, *FLAGS, triple, f"-I{tmp_path / 'include'}", str(SERIALIZED), "-o", str(built))
    read, handed = python(HOST, built, tmp_path).splitlines()
    assert read == "b'record' None -1 b'no table' 14"
    assert handed == "one, two"
