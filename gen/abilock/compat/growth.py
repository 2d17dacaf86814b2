"""What follows for others when the size or the alignment of a type changes."""

from __future__ import annotations

from abilock.compat.context import Context
from abilock.compat.flows import Flow
from abilock.compat.judging import merged
from abilock.compat.outcomes import Outcome, Pairings
from abilock.compat.passing import passing_changes
from abilock.compat.roles import Side
from abilock.model.decls import Callback, Library, Slot, Vtable, members_of
from abilock.model.types import Aggregate, FunctionPointer, Named, Nested, Type

_MISREADS = Flow.both(Outcome.MISREADS)


def growth(context: Context, name: str) -> Flow:
    """What those suffer that hold a type, have many of it side by side, pass it or have it written.

    What happens behind one pointer to it is not among that: there, it depends on the change.
    """
    return _growth(context, name, set())


def _growth(context: Context, name: str, known: set[str]) -> Flow:
    if name in known:
        return Flow()
    known.add(name)
    found = Flow()
    if passing_changes(context, name):
        found = merged(found, Flow.both(Outcome.WRONG_CALL))
    effects = context.effects(name)
    # Another name has no layout: what it stands for is laid out where it is used.
    is_same = not any(each.has_size or each.has_align for each in effects)
    if is_same and not context.is_alias(name):
        return found
    if context.arrays(name) and any(each.has_size for each in effects):
        found = merged(found, misplaced(context, name))
    if any(each.size[1] > each.size[0] for each in effects) and context.written(name):
        # Who is called writes all of what it knows to what its caller made room for.
        found = merged(found, Flow(Outcome.MISREADS, Outcome.WRITES_PAST_END))
    if any(each.size[1] < each.size[0] for each in effects) and context.written(name):
        found = merged(found, Flow(Outcome.WRITES_PAST_END, Outcome.MISREADS))
    for place in context.embedded(name):
        holder = place.partition(".")[0]
        found = merged(found, _held(context, holder))
        found = merged(found, _growth(context, holder, known))
    return found


def writable(context: Context, name: str, found: Pairings) -> Pairings:
    """What a change of a type does, without writing past the end where nobody can: who knows it larger
    writes to what the other side made, and not the other way round."""
    if Outcome.WRITES_PAST_END not in (found.old_plugin_new_host, found.new_plugin_old_host):
        return found
    newer, older = _writers(context, name, set())
    is_old_plugin = Side.PLUGIN in older or Side.HOST in newer
    is_new_plugin = Side.PLUGIN in newer or Side.HOST in older
    if not (newer or older):
        return found
    return Pairings(
        found.old_plugin_new_host if is_old_plugin else _unwritten(found.old_plugin_new_host),
        found.new_plugin_old_host if is_new_plugin else _unwritten(found.new_plugin_old_host),
    )


def _unwritten(outcome: Outcome) -> Outcome:
    """What was not written is what was there before."""
    return Outcome.MISREADS if outcome is Outcome.WRITES_PAST_END else outcome


def _writers(
    context: Context, name: str, known: set[str]
) -> tuple[frozenset[Side], frozenset[Side]]:
    """Who writes more than the other side made room for: as the newer one, since a type or one that holds
    it grew, and as the older one, since it shrank."""
    newer: frozenset[Side] = frozenset()
    older: frozenset[Side] = frozenset()
    if name in known:
        return newer, older
    known.add(name)
    effects = context.effects(name)
    if any(each.size[1] > each.size[0] for each in effects):
        newer |= context.writers(name)
    if any(each.size[1] < each.size[0] for each in effects):
        older |= context.writers(name)
    for place in context.embedded(name):
        more = _writers(context, place.partition(".")[0], known)
        newer, older = newer | more[0], older | more[1]
    return newer, older


def _held(context: Context, holder: str) -> Flow:
    """What happens to a struct because one that it holds grew or shrank."""
    effects = context.effects(holder)
    if any(each.moved for each in effects):
        return moved(context, holder)
    if any(each.size[1] > each.size[0] for each in effects):
        return Flow(Outcome.READS_PAST_END, Outcome.FINE)
    if any(each.size[1] < each.size[0] for each in effects):
        return Flow(Outcome.FINE, Outcome.READS_PAST_END)
    return Flow()


def pushed(context: Context, subject: str) -> Flow:
    """What an addition does to what stands behind it: nothing, unless it is inside of a struct or union
    that is written out in the middle of another one. Behind that, members move."""
    owner, _, rest = subject.partition(".")
    declared = context.new.find(owner)
    if isinstance(declared, (Aggregate, Vtable)):
        own = {each.name for each in members_of(declared)}
        if rest not in own and any(each.moved for each in context.effects(owner)):
            return moved(context, owner)
    return Flow()


def moved(context: Context, name: str) -> Flow:
    """What readers of a record suffer if what they look for stands elsewhere."""
    functions = function_names(context, name)
    for effect in context.effects(name):
        if any(each.name.rpartition(".")[2] in functions for each in effect.moved):
            return Flow.both(Outcome.WRONG_FUNCTION)
    return _MISREADS


def misplaced(context: Context, name: str) -> Flow:
    """The same for a whole that stands elsewhere, as all but the first of an array do."""
    return Flow.both(Outcome.WRONG_FUNCTION if function_names(context, name) else Outcome.MISREADS)


def function_names(context: Context, name: str) -> frozenset[str]:
    """Members that are functions."""
    try:
        declared = context.new.find(name)
    except KeyError:
        return frozenset()
    if not isinstance(declared, (Aggregate, Vtable)):
        return frozenset()
    return frozenset(_functions(context, declared))


def _functions(context: Context, declared: Aggregate | Vtable) -> list[str]:
    found: list[str] = []
    for member in members_of(declared):
        if isinstance(member, Slot):
            found.append(member.name)
        elif isinstance(member.type, Nested):
            found.extend(_functions(context, member.type.aggregate))
        elif member.name and is_function(context.new, member.type):
            found.append(member.name)
    return found


def is_function(library: Library, given: Type) -> bool:
    """Whether a type is that of functions."""
    if isinstance(given, FunctionPointer):
        return True
    return isinstance(given, Named) and isinstance(library.find(given.name), Callback)
