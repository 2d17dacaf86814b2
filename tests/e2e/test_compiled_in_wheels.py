"""A host's own wheel, which brings a generated package in compiled form, by setuptools and by hatch."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.tool("gcc", "python-headers")]

SETUPTOOLS = {
    "pyproject.toml": """\
[build-system]
requires = ["setuptools", "cffi"]
build-backend = "setuptools.build_meta"

[project]
name = "acme"
version = "1.0"
dependencies = ["cffi"]
""",
    "setup.py": """\
from setuptools import setup

setup(
    package_dir={"": "src"},
    packages=["acme", "acme.statevec"],
    cffi_modules=["src/acme/statevec/build.py:ffibuilder"],
)
""",
}

HATCH = {
    "pyproject.toml": """\
[build-system]
requires = ["hatchling", "cffi", "setuptools"]
build-backend = "hatchling.build"

[project]
name = "acme"
version = "1.0"
dependencies = ["cffi"]

[tool.hatch.build.targets.wheel]
packages = ["src/acme"]
artifacts = ["_native.*"]

[tool.hatch.build.targets.wheel.hooks.custom]
""",
    "hatch_build.py": """\
import runpy

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Compiled(BuildHookInterface):
    def initialize(self, version, build_data):
        runpy.run_path("src/acme/statevec/build.py")["build"]()
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
""",
}


@pytest.mark.parametrize("project", [SETUPTOOLS, HATCH], ids=["setuptools", "hatch"])
def test_a_wheel_with_the_compiled_form(
    project: dict[str, str], root: Path, tmp_path: Path
) -> None:
    source = tmp_path / "project"
    package = source / "src" / "acme"
    generated = root / "generated" / "statevec" / "python" / "statevec"
    shutil.copytree(
        generated, package / "statevec", ignore=shutil.ignore_patterns("_native.*", "__pycache__")
    )
    (package / "__init__.py").touch()
    for name, text in project.items():
        (source / name).write_text(text, encoding="utf-8")
    run("-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-w", str(tmp_path), str(source))
    (wheel,) = tmp_path.glob("*.whl")
    assert not wheel.name.endswith("-none-any.whl"), "it is for one platform only"
    installed = tmp_path / "installed"
    zipfile.ZipFile(wheel).extractall(installed)
    script = (
        "import json, acme.statevec, acme.statevec._native as native; "
        "from acme.statevec._bindings import binding_for; "
        "print(json.dumps([binding_for(None).mode, native.__file__]))"
    )
    mode, where = json.loads(run("-c", script, path=installed))
    assert mode == "compiled"
    assert Path(where).parent == installed / "acme" / "statevec"


def run(*arguments: str, path: Path | None = None) -> str:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    if path is not None:
        environment["PYTHONPATH"] = str(path)
    done = subprocess.run(
        [sys.executable, *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout
