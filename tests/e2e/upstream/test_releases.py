"""Plugins of every published release of drasi's SDK under the binding of every release.

A pair is refused before anything of the plugin runs, or it works. Upstream's own hosts load many that do
neither.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.upstream import RELEASES, ROOT, built, package_of

pytestmark = [pytest.mark.slow, pytest.mark.tool("cargo")]

CONFIG = """
[tool.abilock]
abi = ["abi/drasi.abi"]
outputs = ["cffi"]
releases = {releases}
"""

#: Hosts under which plugins of a release work, besides the host of that release.
ALSO_WORKS = {
    # Upstream's hosts read what these do not have; a binding that knows since when it is there does not.
    "0.8.1": {"0.8.4", "0.8.5"},
    "0.8.2": {"0.8.1", "0.8.3", "0.8.4", "0.8.5"},
    "0.8.3": {"0.8.1", "0.8.2", "0.8.4", "0.8.5"},
    "0.8.4": {"0.8.1", "0.8.2", "0.8.3", "0.8.5"},
    **{each: {"0.4.0", "0.4.1", "0.4.2"} - {each} for each in ("0.4.0", "0.4.1", "0.4.2")},
    **{each: {"0.6.0", "0.6.1", "0.6.2"} - {each} for each in ("0.6.0", "0.6.1", "0.6.2")},
}


@pytest.fixture(scope="session")
def bindings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that has the binding of every release."""
    project = tmp_path_factory.mktemp("releases")
    shutil.copytree(ROOT / "abi", project / "abi")
    frozen = [f"drasi@{release}" for release in RELEASES if release != "0.8.4"]
    (project / "pyproject.toml").write_text(CONFIG.format(releases=json.dumps(frozen)))
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "gen")}
    subprocess.run(
        [sys.executable, "-m", "abilock", "generate"], cwd=project, env=environment, check=True
    )
    return project / "generated"


def pairs(bindings: Path, host: str) -> dict[str, dict[str, Any]]:
    """What becomes of the plugin of each release under the host of one."""
    name = "drasi" if host == "0.8.4" else f"drasi_{host.replace('.', '_')}"
    libraries = {str(built(package_of(release))): release for release in RELEASES}
    script = ROOT / "tests" / "support" / "upstream_pairs.py"
    done = subprocess.run(
        [sys.executable, str(script), str(bindings / name / "python"), name, *libraries],
        stdout=subprocess.PIPE,
        text=True,
        timeout=300,
        check=True,
    )
    told = [json.loads(line) for line in done.stdout.splitlines()]
    return {libraries[each.pop("library")]: each for each in told}


@pytest.mark.parametrize("host", RELEASES)
def test_each_pair_is_refused_or_works(bindings: Path, host: str) -> None:
    found = pairs(bindings, host)
    works = {plugin for plugin, told in found.items() if "refused" not in told}
    good = {
        plugin for plugin in RELEASES if host == plugin or host in ALSO_WORKS.get(plugin, set())
    }
    assert works - good == set(), "the rule of upstream takes these, and they are not fine"
    assert works == good, found
    for plugin, told in found.items():
        if plugin in works:
            assert told["ops"] == ["Insert"] * 3, (plugin, told)
            assert told["ended"], (plugin, told)
            assert told["started"] > 0, f"threads do not tell that something of {plugin} ran"
            assert told["kind"].startswith("upstream-"), (plugin, told)
            assert told["id"] == "s1", (plugin, told)
        else:
            assert told["started"] == 0, f"something of {plugin} ran before it was refused"
            assert plugin in told["refused"] or "version" in told["refused"], told
