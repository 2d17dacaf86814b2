"""What a pair is: two descriptions with one change between them, and what that change must lead to."""

from __future__ import annotations

from dataclasses import dataclass

from abilock.compat.changes import Kind
from abilock.compat.findings import Level
from abilock.compat.outcomes import Cells, Outcome, Pairings

#: A plugin ABI as they are: the plugin is given the host's functions and returns a registration,
#: which leads to its own; structs go both ways, by pointer, by value, in lists and in room for answers.
#: ``drop`` does not stand last, so that slots can be appended.
KIOSK = """\
abi kiosk 1.2.0;

compat major.minor;

allocator heap = malloc/free;
allocator other = kiosk_take/kiosk_give;

const CODE_SIZE: usize = 6;
const LIMIT: u32 = 100;

opaque Session;

enum Mode { Idle = 0, Open = 1, Shut = 2 }
enum Grade: u8 { Low = 1, High = 2 }
open enum Fault: u16 { Paper = 3, Power = 4 }
flags Access: u32 { READ = 1, WRITE = 2 }

struct Place { x: i16, y: i16 }
struct Money { cents: i64, currency: i32 }
struct Angle { turns: i32, part: i32 }
union Payload { number: i64, half: i32 }
struct Bits { low: u32 : 3, high: u32 : 5, rest: u32 : 8 }

/// What there is to sell: the host's.
struct Article {
    id: u64,
    price: i32,
    mode: Mode,
    place: Place,
    count: u16,
    weight: u64,
    grade: Grade,
    stars: u8,
    bits: Bits,
    payload: Payload,
    token: *const void,
    code: [u8; CODE_SIZE],
    rank: u16,
    @reserved(zero) spare: u64,
}

/// A line of a bill: the host's, in lists.
struct Line { article: u32, amount: i32 }

/// What was sold: the host makes room for it, the plugin fills it.
struct Report { sold: u32, lost: u32, total: i64 }

/// How the plugin is doing: its own.
struct Health { uptime: u64, fault: Fault, load: f32, retries: u16 }

callback Visit(@ctx ctx: *mut void, id: u64, level: u32);
callback Watch(@ctx ctx: *mut void, id: u64) -> u32;

/// What the host does for the plugin.
vtable Host {
    state: *mut void,
    fn log(self: mut, level: u32, text: *const char @nul);
    fn clock(self: const) -> u64;
    fn alarm(self: mut, code: i32) -> i32;
}

/// What the plugin does for the host.
vtable Shop {
    state: *mut void,
    drop fn close(self: own);
    fn open(self: mut, mode: Mode) -> i32 @fails(< 0);
    fn sell(self: mut, article: *const Article, count: u32, limit: u32) -> i32;
    fn pause(self: mut, seconds: u32);
    fn resume(self: mut, seconds: u32);
    fn pay(self: mut, money: Money) -> Money;
    fn turn(self: mut, angle: Angle) -> i32;
    fn find(self: const, name: *const char @nul, note: *const Place?) -> *const Health @until(drop);
    fn bill(self: mut, lines: *const Line @len(line_count), line_count: u32, other_count: u32) -> i64;
    fn each(self: const, visit: Visit @scope(call) @ctx(visit_ctx), visit_ctx: *mut void);
    fn watch(self: mut, watch: Watch @scope(call) @ctx(watch_ctx), watch_ctx: *mut void);
    fn report(self: const, report: *mut Report @out);
    fn session(self: const) -> *const Session @until(drop);
    fn grant(self: mut, access: Access) -> bool;
    optional fn idle(self: mut, rounds: u32) -> u32;
    fn tick(self: mut, time: u64) -> u64;
}

struct Registration {
    @version version: *const char @nul,
    shop: *const Shop,
    priority: i32,
    articles: u32,
}

entry fn kiosk_take(size: usize) -> *mut void?;
entry fn kiosk_give(block: *mut void?);
entry fn kiosk_init(host: *const Host) -> *const Registration @until(library);
entry fn kiosk_ping(number: u32) -> u32;
entry fn kiosk_check(article: *const Article, level: i32) -> i32;
entry static kiosk_level: u32;
entry static const kiosk_kind: u32;
optional entry fn kiosk_extra(number: u32) -> u32;
"""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two descriptions of one ABI.

    ``row``: what ``change`` it is, for tables. ``kinds``: every fact that the diff tells. ``cells``: the
    worst that each mix of the two suffers, as far as one can say it in a word. ``required``: the
    smallest honest version, where the old one is 1.2.0. ``same``: new names of what had another name,
    and means the same. ``observed``: whether two processes can show it.
    """

    slug: str
    change: str
    old: str
    new: str
    kinds: tuple[Kind, ...]
    level: Level | None
    cells: Cells
    required: str
    same: tuple[tuple[str, str], ...] = ()
    observed: bool = True

    @property
    def must_move(self) -> bool:
        """Whether the part of the version that loaders compare must move."""
        return self.level is Level.BREAKING


#: Versions that are asked for under ``major.minor``, from 1.2.0 on.
_REQUIRED = {
    None: "1.2.0",
    Level.COMPATIBLE: "1.2.1",
    Level.APPEND_ONLY: "1.2.1",
    Level.BREAKING: "1.3.0",
}

#: For additions that say since when they are there.
SINCE = ("abi kiosk 1.2.0", "abi kiosk 1.2.1")


def pair(
    slug: str,
    change: str,
    *edits: tuple[str, str],
    kinds: str,
    level: Level | None,
    binary: str,
    source: str = "FINE FINE",
    base: str = KIOSK,
    same: tuple[tuple[str, str], ...] = (),
    observed: bool = True,
) -> Pair:
    """A pair by what is replaced in the base.

    ``kinds``: values of ``Kind``. ``binary``, ``source``: two outcomes each, of an old plugin under a
    new host and of a new plugin under an old one.
    """
    return Pair(
        slug,
        change,
        base,
        edited(base, *edits),
        tuple(Kind(kind) for kind in kinds.split()),
        level,
        Cells(_pairings(binary), _pairings(source)),
        _REQUIRED[level],
        same,
        observed,
    )


def edited(text: str, *edits: tuple[str, str]) -> str:
    """The text with each first part, which stands once in it, replaced by its second."""
    for before, after in edits:
        assert text.count(before) == 1, (before, text.count(before))
        text = text.replace(before, after)
    return text


def _pairings(words: str) -> Pairings:
    old_plugin, new_plugin = words.split()
    return Pairings(Outcome[old_plugin], Outcome[new_plugin])
