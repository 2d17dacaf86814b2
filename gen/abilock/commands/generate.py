"""``abilock generate``: write what the configuration lists, or say what would be written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from abilock.commands.outcome import BROKEN, FINDINGS, NOTHING_TO_REPORT, Outcome
from abilock.config import Config, find_config, load_config
from abilock.diagnostics.report import Report
from abilock.emit import stamp
from abilock.progress import Progress
from abilock.source import printable

# What does the work is imported by the functions that need it: most runs find that nothing changed.
if TYPE_CHECKING:
    from abilock.commands.summary import Summary
    from abilock.emit.plan import Plan, Wanted
    from abilock.emit.writer import Writer
    from abilock.generation import Generation

_WAITING = "waiting for another abilock that is writing here"


def generate(
    files: Sequence[str],
    *,
    config: str | None,
    check_only: bool,
    diff_only: bool,
    force: bool,
    progress: Progress,
    remembers: bool = False,
) -> Outcome:
    """Make every output of the named descriptions, or of all.

    With ``check_only`` or ``diff_only`` nothing is written, not even a cache unless it ``remembers``, and
    the exit code says whether anything would change.
    """
    outcome = _generate(files, config, check_only, diff_only, force, remembers, progress)
    return replace(outcome, is_findings=True) if check_only and not diff_only else outcome


def _generate(
    files: Sequence[str],
    config: str | None,
    check_only: bool,
    diff_only: bool,
    force: bool,
    remembers: bool,
    progress: Progress,
) -> Outcome:
    report = Report()
    found = read_config(config, report)
    if found is None:
        return Outcome(BROKEN, report=report)
    names = select(found, files, report)
    outcome = _of(found, names, files, report, check_only, diff_only, force, remembers, progress)
    return replace(outcome, root=found.root, checked=names)


def _of(
    found: Config,
    names: Sequence[str],
    files: Sequence[str],
    report: Report,
    check_only: bool,
    diff_only: bool,
    force: bool,
    remembers: bool,
    progress: Progress,
) -> Outcome:
    """The same, with the configuration."""
    if report.failed:
        return Outcome(BROKEN, report=report)
    compares = check_only or diff_only
    if not files and stamp.is_current(found):
        if not compares and not stamp.are_releases_current(found):
            from abilock.releases.remembered import remember_current

            remember_current(found)
        nothing = {} if compares else _lists((), ())
        return Outcome(NOTHING_TO_REPORT, remarks=(up_to_date(found),), data=nothing)
    from abilock.emit.lock import exclusive

    # A folder that is being written is a mixture, so that comparing waits for its end too.
    with exclusive(
        found.root, report, leave_no_trace=compares, waiting=lambda: progress(_WAITING)
    ) as held:
        if not held:
            return Outcome(BROKEN, report=report)
        if diff_only:
            return _diff(found, names, report, progress)
        if check_only:
            return _check(found, names, report, remembers, progress)
        return _write(found, names, report, force, progress)


def read_config(path: str | None, report: Report) -> Config | None:
    """The named configuration, or that of the current folder."""
    here = Path.cwd()
    return find_config(here, report) if path is None else load_config(here / path, report)


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
            near = next((each for each in config.abi if Path(each).stem == Path(file).stem), None)
            report.add(
                catalog.CONFIG_INVALID,
                None,
                f"{file} is not a description that {config.path} lists",
                hint=f"did you mean `{near}`?"
                if near is not None
                else f"it lists {', '.join(config.abi)}; `-` and `REV:path.abi` are for"
                " `layout`, `fmt` and `doc`",
            )
        else:
            chosen.append(name)
    return tuple(dict.fromkeys(chosen))


def _check(
    config: Config, names: Sequence[str], report: Report, remembers: bool, progress: Progress
) -> Outcome:
    """Say what differs, and what is in the way."""
    from abilock.emit.writer import add_findings

    writer = _writer(config)
    interruption = writer.interruption()
    # Told before anything is read: what is saved while this runs is not what was looked at.
    run = stamp.run_key(config) if remembers else None
    made = _make(config, names, report, progress)
    plan = writer.plan(_wanted(config, names, made), report) if made is not None else None
    if made is None or plan is None:
        return Outcome(BROKEN, report=report)
    # Of a mixture it cannot be told what was edited; only that it is one.
    findings = plan.findings if interruption is None else (interruption,)
    conflict = writer.merge_conflict(plan)
    if conflict is not None and interruption is None:
        findings = (conflict, *plan.blockers(force=False))
    add_findings(findings, report)
    report.take_over(made.unknown)
    if run is not None:
        made.memory.save()
        if plan.is_empty and interruption is None:
            _remember(config, names, run, made, plan, report)
    code = FINDINGS if report.failed else NOTHING_TO_REPORT
    return Outcome(code, report=report, remarks=_all_is_well(code, config), data={})


def _diff(config: Config, names: Sequence[str], report: Report, progress: Progress) -> Outcome:
    """Show what would change, and say what would keep it from being written."""
    from abilock.emit.writer import add_findings

    writer = _writer(config)
    interruption = writer.interruption()
    made = _make(config, names, report, progress)
    plan = writer.plan(_wanted(config, names, made), report) if made is not None else None
    if made is None or plan is None:
        return Outcome(BROKEN, report=report)
    add_findings((interruption,) if interruption else plan.blockers(force=False), report)
    report.take_over(made.unknown)
    is_fine = plan.is_empty and interruption is None and not report.failed
    code = NOTHING_TO_REPORT if is_fine else FINDINGS
    summary = _summary(config, made, report)
    remarks = _told(summary, plan, made) or _all_is_well(code, config)
    return Outcome(code, writer.diff(plan), report, remarks)


def _write(
    config: Config, names: Sequence[str], report: Report, force: bool, progress: Progress
) -> Outcome:
    """Make the tree what it should be, or leave it as it is."""
    from abilock.emit.paths import MANIFEST

    writer = _writer(config)
    interrupted = writer.interruption() is not None
    if not writer.recover(report):
        return Outcome(BROKEN, report=report)
    put_right = (
        (f"put right what an interrupted run left in {config.output}",) if interrupted else ()
    )
    # Told before anything is read: what is saved while this runs is not what it was made from.
    run = stamp.run_key(config)
    made = _make(config, names, report, progress)
    if made is None:
        return Outcome(BROKEN, report=report)
    # A loader that lacks what was known of a release is not written over one that has it.
    report.take_over(made.unknown)
    if report.failed:
        return Outcome(BROKEN, report=report)
    wanted = _wanted(config, names, made)
    plan = writer.plan(wanted, report)
    summary = _summary(config, made, report)
    told = _told(summary, plan, made) if plan is not None else ()
    progress(f"writing {config.output}")
    if plan is None or not writer.write(plan, report, force=force):
        return Outcome(BROKEN, report=report)
    made.memory.save()
    summary.keep()
    _remember(config, names, run, made, plan, report)
    if plan.is_empty:
        nothing = _lists((), ())
        remarks = (*put_right, up_to_date(config))
        return Outcome(NOTHING_TO_REPORT, report=report, remarks=remarks, data=nothing)
    # The manifest changes with every other file, so that it is named only where it is alone.
    alone = not plan.written and not plan.removed
    written = [f"{config.output}/{path}" for path in ((MANIFEST,) if alone else plan.written)]
    removed = [f"{config.output}/{path}" for path in plan.removed]
    lines = [*(f"wrote {path}" for path in written), *(f"removed {path}" for path in removed)]
    text = "".join(f"{printable(line)}\n" for line in lines)
    remarks = (*put_right, *_healed(plan), *told)
    return Outcome(NOTHING_TO_REPORT, text, report, remarks, data=_lists(written, removed))


def _remember(
    config: Config,
    names: Sequence[str],
    run: str,
    made: Generation,
    plan: Plan,
    report: Report,
) -> None:
    """The next run need not look. One that warns is not remembered, so that the next one warns again."""
    from abilock.releases.remembered import remember

    if set(names) == set(config.abi) and not report.diagnostics:
        stamp.record(config, run, made.sources, plan.digests)
        remember(config, made.libraries)


def _healed(plan: Plan) -> tuple[str, ...]:
    """Where to look for what somebody may have written into files that git had merged."""
    from abilock.emit.merges import ASIDE

    if not plan.merged:
        return ()
    count = len(plan.merged)
    which = "1 generated file is" if count == 1 else f"{count} generated files are"
    return (f"{which} written anew after a merge; what stood there is in {ASIDE}",)


def _summary(config: Config, made: Generation, report: Report) -> Summary:
    from abilock.commands.summary import Summary

    return Summary(config, made.libraries, report)


def _told(summary: Summary, plan: Plan, made: Generation) -> tuple[str, ...]:
    """What changed in the descriptions of which files are not as they were."""
    changed = {made.abis[each.path] for each in plan.changes if each.path in made.abis}
    return tuple(map(printable, summary.lines(sorted(changed))))


def _lists(written: Sequence[str], removed: Sequence[str]) -> dict[str, object]:
    """What was done, as scripts read it."""
    return {"written": list(written), "removed": list(removed)}


def _make(
    config: Config, names: Sequence[str], report: Report, progress: Progress
) -> Generation | None:
    from abilock.generation import Generation

    made = Generation(config, names, report, progress)
    progress(f"comparing {config.output}")
    return None if report.failed else made


def _wanted(config: Config, names: Sequence[str], made: Generation) -> Wanted:
    from abilock.emit.plan import Wanted

    keep = frozenset(config.abi) - frozenset(names)
    return Wanted(made.files, made.abis, keep, frozenset(made.unsure))


def _writer(config: Config) -> Writer:
    from abilock.emit.writer import Writer

    return Writer(config.output_folder, config.root, config.output)


def _all_is_well(code: int, config: Config) -> tuple[str, ...]:
    return (up_to_date(config),) if code == NOTHING_TO_REPORT else ()


def up_to_date(config: Config) -> str:
    """The remark of a run that found nothing to do."""
    return f"{printable(config.output)} is up to date"
