"""``abilock generate``: write what the configuration lists, or say what would be written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from abilock.commands.outcome import BROKEN, FINDINGS, NOTHING_TO_REPORT, Outcome
from abilock.config import Config, find_config, load_config
from abilock.diagnostics.report import Report
from abilock.emit import lock, stamp


def generate(
    files: Sequence[str],
    *,
    config: str | None,
    check_only: bool,
    diff_only: bool,
    force: bool,
    progress: Callable[[str], None],
) -> Outcome:
    """Make every output of the named descriptions, or of all.

    With ``check_only`` or ``diff_only`` nothing is written, not even a cache, and the exit code says
    whether anything would change.
    """
    report = Report()
    found = read_config(config, report)
    if found is None:
        return Outcome(BROKEN, report=report)
    names = select(found, files, report)
    if report.failed:
        return Outcome(BROKEN, report=report)
    if not files and stamp.is_current(found):
        return Outcome(NOTHING_TO_REPORT, remarks=(_unchanged(found),))
    if check_only or diff_only:
        return _compare(found, names, report, diff_only, progress)
    cache = stamp.cache_folder(found)
    with lock.exclusive(cache, report) as held:
        if not held:
            return Outcome(BROKEN, report=report)
        return _write(found, names, report, force, progress)


def read_config(path: str | None, report: Report) -> Config | None:
    """The named configuration, or that of the current folder."""
    if path is not None:
        return load_config(Path(path).absolute(), report)
    return find_config(Path.cwd(), report)


def select(config: Config, files: Sequence[str], report: Report) -> tuple[str, ...]:
    """The configured descriptions that ``files`` name, or all."""
    if not files:
        return config.abi
    from abilock.diagnostics import catalog

    by_path = {(config.root / name).resolve(): name for name in config.abi}
    chosen = []
    for file in files:
        name = by_path.get(Path(file).resolve())
        if name is None:
            report.add(
                catalog.CONFIG_INVALID,
                None,
                f"{file} is not a description of {config.path}",
                hint=f"it lists {', '.join(config.abi)}",
            )
        else:
            chosen.append(name)
    return tuple(dict.fromkeys(chosen))


def _compare(
    config: Config,
    names: Sequence[str],
    report: Report,
    diff_only: bool,
    progress: Callable[[str], None],
) -> Outcome:
    from abilock.emit.writer import Writer
    from abilock.generation import Generation

    made = Generation(config, names, report, progress)
    writer = Writer(config.output_folder, config.root, config.output)
    keep = frozenset(config.abi) - frozenset(names)
    plan = None
    if not report.failed:
        plan = writer.plan(made.files, made.abis, made.sources, report, keep=keep, force=True)
    if plan is None:
        return Outcome(BROKEN, report=report)
    if plan.is_empty and not writer.is_interrupted():
        return Outcome(NOTHING_TO_REPORT, report=report)
    if diff_only:
        return Outcome(FINDINGS, writer.diff(plan), report)
    writer.check(plan, report)
    return Outcome(FINDINGS, report=report)


def _write(
    config: Config,
    names: Sequence[str],
    report: Report,
    force: bool,
    progress: Callable[[str], None],
) -> Outcome:
    from abilock.emit.writer import Writer
    from abilock.generation import Generation

    writer = Writer(config.output_folder, config.root, config.output)
    if not writer.recover(report):
        return Outcome(BROKEN, report=report)
    made = Generation(config, names, report, progress)
    if report.failed:
        return Outcome(BROKEN, report=report)
    keep = frozenset(config.abi) - frozenset(names)
    plan = writer.plan(made.files, made.abis, made.sources, report, keep=keep, force=force)
    if plan is None or not writer.write(plan, report):
        return Outcome(BROKEN, report=report)
    if set(names) == set(config.abi):
        stamp.record(config, made.sources)
    if plan.is_empty:
        return Outcome(NOTHING_TO_REPORT, report=report, remarks=(_unchanged(config),))
    written = [path for path in sorted(plan.write) if path != "MANIFEST.json"]
    lines = [f"wrote {config.output}/{path}" for path in written]
    lines += [f"removed {config.output}/{path}" for path in plan.remove]
    return Outcome(NOTHING_TO_REPORT, "".join(f"{line}\n" for line in lines), report)


def _unchanged(config: Config) -> str:
    return f"{config.output} is up to date"
