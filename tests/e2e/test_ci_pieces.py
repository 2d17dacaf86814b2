"""What is offered for the CI of others: services take it, and its commands do what they say."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

#: Each starts many processes, as a service does.
pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
WORKFLOW = ".github/workflows/abilock.yml"
HOOKS = ".pre-commit-hooks.yaml"
GITLAB = "tools/ci/gitlab.yml"
STALE = "abi shop 1.0.0;\nstruct A { a: u8 }\n"
CONFIG = '[tool.abilock]\nabi = ["abi/shop.abi"]\noutputs = ["header"]\ncompilers = []\n'


def read(name: str) -> dict[str, object]:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose generated files are missing, and `abilock` on the PATH of what runs there."""
    root = tmp_path / "some project"
    (root / "abi").mkdir(parents=True)
    (root / "abi/shop.abi").write_text(STALE)
    (root / "pyproject.toml").write_text(CONFIG)
    command(root, "abilock", shlex.join([sys.executable, "-m", "abilock"]) + ' "$@"')
    return root


def command(root: Path, name: str, line: str) -> Path:
    """A command that runs a line of shell."""
    path = root.parent / "bin" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)
    return path


def bash(
    root: Path, lines: str, *, ok: tuple[int, ...] = (0,), **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run what a service runs, as GitHub and GitLab do: a failing line is the last one."""
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", lines],
        cwd=root,
        env={
            **os.environ,
            "PATH": f"{root.parent / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT / "gen"),
            **variables,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in ok, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


# --- their form


@pytest.mark.parametrize(
    ("schema", "file", "options"),
    [
        ("github-workflows", WORKFLOW, ()),
        ("github-workflows", ".github/workflows/ci.yml", ()),
        ("github-actions", "action.yml", ()),
        ("gitlab-ci", GITLAB, ("--data-transform", "gitlab-ci")),
    ],
)
def test_services_take_the_files(schema: str, file: str, options: tuple[str, ...]) -> None:
    checked(schema, ROOT / file, *options)


def checked(schema: str, file: Path, *options: str) -> None:
    """Hold a file to a schema that ships with check-jsonschema, so that nothing is fetched."""
    arguments = ["--builtin-schema", f"vendor.{schema}", *options, str(file)]
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_schemas_refuse_something(tmp_path: Path) -> None:
    wrong = tmp_path / "action.yml"
    wrong.write_text(
        (ROOT / "action.yml").read_text().replace("using: composite", "using: compost")
    )
    with pytest.raises(AssertionError):
        checked("github-actions", wrong)


def steps() -> list[dict[str, object]]:
    return read("action.yml")["runs"]["steps"]


def test_nothing_of_an_event_is_put_into_a_script() -> None:
    """What others choose reaches shells through variables only."""
    for step in steps():
        assert "${{" not in str(step.get("run", ""))


def test_the_workflow_says_what_the_action_takes() -> None:
    (job,) = read(WORKFLOW)["jobs"].values()
    (used,) = [step for step in job["steps"] if step["uses"] == "./"]
    action = read("action.yml")
    assert set(used["with"]) <= set(action["inputs"])
    named = re.findall(r"steps\.abilock\.outputs\.([\w-]+)", (ROOT / WORKFLOW).read_text())
    assert named
    assert set(named) <= set(action["outputs"])


# --- GitHub


def github(project: Path, *, ok: tuple[int, ...], **variables: str) -> tuple[str, dict[str, str]]:
    """Run the step that checks; what it prints, and its outputs."""
    (step,) = [step for step in steps() if step.get("id") == "check"]
    outputs = project.parent / "outputs"
    done = bash(
        project,
        str(step["run"]),
        ok=ok,
        GITHUB_ACTION_PATH=str(ROOT),
        GITHUB_OUTPUT=str(outputs),
        GITHUB_STEP_SUMMARY=str(project.parent / "summary.md"),
        RUNNER_TEMP=str(project.parent),
        **variables,
    )
    return done.stdout, dict(line.split("=", 1) for line in outputs.read_text().splitlines())


@pytest.mark.slow
def test_the_action_annotates_sums_up_and_fails(project: Path) -> None:
    told, outputs = github(project, ok=(1,))
    assert "::error file=generated/shop/include/shop.h,title=abilock A0909 " in told
    assert outputs["status"] == "1"
    markdown = Path(outputs["markdown-file"]).read_text()
    assert "### abilock: 2 errors" in markdown
    assert (project.parent / "summary.md").read_text() == markdown
    log = json.loads(Path(outputs["sarif-file"]).read_text())
    assert len(log["runs"][0]["results"]) == 3
    outputs_of_action = read("action.yml")["outputs"].values()
    assert {one["value"] for one in outputs_of_action} == {
        f"${{{{ steps.check.outputs.{name} }}}}" for name in outputs if name != "status"
    }


@pytest.mark.slow
def test_the_action_passes(project: Path) -> None:
    bash(project, "abilock generate")
    told, outputs = github(project, ok=(0,))
    assert told == ""
    assert outputs["status"] == "0"


@pytest.mark.slow
def test_the_action_takes_another_configuration(project: Path) -> None:
    (project / "pyproject.toml").rename(project / "my abi.toml")
    assert "A0901" in github(project, ok=(2,))[0]
    assert "A0909" in github(project, ok=(1,), ABILOCK_CONFIG="my abi.toml")[0]


@pytest.mark.parametrize(
    ("there", "status", "written"),
    [
        ("", "1", ["--method POST repos/me/sdk/issues/7/comments"]),
        ("", "0", []),
        ("41", "1", ["--method PATCH repos/me/sdk/issues/comments/41"]),
        ("41", "0", ["--method PATCH repos/me/sdk/issues/comments/41"]),
    ],
)
def test_there_is_one_comment(project: Path, there: str, status: str, written: list[str]) -> None:
    command(
        project, "gh", f'echo "$*" >>../calls; case "$*" in *--paginate*) echo "{there}";; esac'
    )
    comment(project, status)
    first, *others = (project.parent / "calls").read_text().splitlines()
    assert first.startswith("api --paginate repos/me/sdk/issues/7/comments --jq ")
    assert "<!-- abilock -->" in first
    assert [call.partition(" --field ")[0] for call in others] == [
        f"api --silent {one}" for one in written
    ]
    assert all(call.endswith(" --field body=@../abilock.md") for call in others)


def test_who_may_not_comment_is_told_so_and_no_more(project: Path) -> None:
    command(project, "gh", "exit 1")
    assert "::warning title=abilock::the comment could not be written" in comment(project, "1")


def comment(project: Path, status: str) -> str:
    (step,) = [step for step in steps() if step.get("name") == "Comment"]
    return bash(
        project,
        str(step["run"]),
        GITHUB_ACTION_PATH=str(ROOT),
        GITHUB_REPOSITORY="me/sdk",
        PULL_REQUEST="7",
        ABILOCK_STATUS=status,
        ABILOCK_MARKDOWN="../abilock.md",
    ).stdout


# --- GitLab


def gitlab() -> dict[str, object]:
    return read(GITLAB)["abilock"]


@pytest.mark.parametrize(
    "status", [1, *(pytest.param(code, marks=pytest.mark.slow) for code in (0, 2))]
)
def test_the_job_of_gitlab(project: Path, status: int) -> None:
    if status == 0:
        bash(project, "abilock generate")
    job = gitlab()
    variables = {str(key): str(value) for key, value in job["variables"].items()}
    if status == 2:
        variables["ABILOCK_OPTIONS"] = "--config missing.toml"
    bash(project, "\n".join(job["script"]), ok=(status,), **variables)
    reports = job["artifacts"]["reports"]
    issues = json.loads((project / reports["codequality"]).read_text())
    tests = ElementTree.parse(project / reports["junit"]).getroot()
    assert bool(issues) == bool(status)
    assert (tests.get("failures") != "0") == bool(status)


# --- what was released where a request began


@pytest.fixture
def request_of_loss(project: Path) -> tuple[Path, str]:
    """A shallow checkout of a branch that has lost a release, and the commit where it began."""
    origin = project.parent / "origin"
    identity = "git -c user.name=me -c user.email=me@example.invalid commit -qam"
    bash(
        project,
        "abilock generate && abilock release abi/shop.abi && echo .abilock-cache >.gitignore",
    )
    bash(project, f"git init -q -b main && git add -A && {identity} released")
    base = bash(project, "git rev-parse HEAD").stdout.strip()
    bash(project, f"git rm -q -r abi/shop.lock abi/history && {identity} lost")
    bash(project, f"git clone -q --bare . {shlex.quote(str(origin))}")
    checkout = project.parent / "checkout"
    bash(project, f"git clone -q --depth=1 {shlex.quote(origin.as_uri())} ../checkout")
    return checkout, base


@pytest.mark.slow
def test_the_action_misses_releases(request_of_loss: tuple[Path, str]) -> None:
    checkout, base = request_of_loss
    assert github(checkout, ok=(0,))[0] == ""
    assert "A1009 release-lost" in github(checkout, ok=(1,), ABILOCK_AGAINST=base)[0]


@pytest.mark.slow
def test_the_job_of_gitlab_misses_releases(request_of_loss: tuple[Path, str]) -> None:
    checkout, base = request_of_loss
    script = "\n".join(gitlab()["script"])
    bash(checkout, script, ABILOCK_OPTIONS="")
    done = bash(checkout, script, ok=(1,), ABILOCK_OPTIONS="", CI_MERGE_REQUEST_DIFF_BASE_SHA=base)
    assert "A1009" in done.stdout


# --- pre-commit


def hooks() -> list[dict[str, object]]:
    return yaml.safe_load((ROOT / HOOKS).read_text(encoding="utf-8"))


@pytest.mark.slow
def test_hooks_run_what_there_is(project: Path) -> None:
    entries = {str(hook["id"]): str(hook["entry"]) for hook in hooks()}
    assert set(entries) == {"abilock-check", "abilock-generate", "abilock-fmt"}
    bash(project, entries["abilock-check"], ok=(1,))
    bash(project, entries["abilock-generate"])
    bash(project, entries["abilock-check"])
    bash(project, f"{entries['abilock-fmt']} abi/shop.abi")
    assert (project / "abi/shop.abi").read_text() != STALE


def test_hooks_are_for_the_right_files() -> None:
    for hook in hooks():
        if hook.get("pass_filenames", True):
            assert re.search(str(hook["files"]), "abi/shop.abi")
            assert not re.search(str(hook["files"]), "abi/shop.abi.md")
        else:
            assert hook["always_run"]


@pytest.mark.slow
def test_pre_commit_takes_the_hooks(project: Path) -> None:
    """As whoever uses them would: cloned, installed and run."""
    hooks_at = project.parent / "abilock"
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("gen", "templates"):
        shutil.copytree(ROOT / name, hooks_at / name, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE", HOOKS):
        shutil.copy(ROOT / name, hooks_at / name)
    identity = "git -c user.name=me -c user.email=me@example.invalid"
    for root in (hooks_at, project):
        bash(root, f"git init -q && git add -A && {identity} commit -qm all")
    environment = {"PYTHONPATH": "", "PRE_COMMIT_HOME": str(project.parent / "home")}
    revision = bash(hooks_at, "git rev-parse HEAD").stdout.strip()
    used = [{"id": hook["id"]} for hook in hooks()]
    config = {"repos": [{"repo": str(hooks_at), "rev": revision, "hooks": used}]}
    (project / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    run = shlex.join([sys.executable, "-m", "pre_commit", "run"])
    bash(project, "git add -A")
    done = bash(project, f"{run} abilock-check --verbose", ok=(1,), **environment)
    assert "error[A0909]" in done.stdout
    bash(project, f"{run} abilock-generate", **environment)
    bash(project, "git add -A")
    bash(project, f"{run} abilock-check", **environment)
    done = bash(project, f"{run} abilock-fmt --all-files", ok=(1,), **environment)
    assert "files were modified by this hook" in done.stdout


@pytest.mark.slow
def test_the_action_installs_abilock(project: Path) -> None:
    (step,) = [step for step in steps() if step.get("name") == "Install abilock"]
    path = project.parent / "path"
    bash(
        project,
        str(step["run"]),
        GITHUB_ACTION_PATH=str(ROOT),
        RUNNER_TEMP=str(project.parent),
        GITHUB_PATH=str(path),
        PYTHONPATH="",
    )
    (folder,) = path.read_text().splitlines()
    done = bash(project, f"{shlex.quote(folder)}/abilock check", ok=(1,), PYTHONPATH="")
    assert "error[A0909]" in done.stdout
