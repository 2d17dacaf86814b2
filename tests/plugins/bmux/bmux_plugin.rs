//! A bmux plugin in Rust, with participants in snapshots. What each input makes it do is in README.md beside
//! this file. bmux_plugin.c is the same plugin in C.
//!
//! From "the participants" on, this is how a plugin is written. What comes before is what only a test needs:
//! everything that is made is counted, every call is written into a journal, and a misuse ends the process.
//!
//! It needs neither cargo nor a crate: `rustc --edition 2021 --crate-type cdylib bmux_plugin.rs`.
#![deny(warnings)]

#[path = "../../../generated/bmux/rust/bmux.rs"]
mod bmux;

use bmux::*;
use std::ffi::{c_char, c_void, CStr, CString};
use std::mem::{offset_of, size_of, transmute, ManuallyDrop, MaybeUninit};
use std::ptr::{null, null_mut};
use std::sync::{Mutex, MutexGuard};
use std::thread;

fn die(why: &str) -> ! {
    eprintln!("bmux_plugin: {why}");
    std::process::abort()
}

/// A panic ends the process, so no lock is ever poisoned.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|_| die("a lock is poisoned"))
}

// --- the journal: one line per call. This lock is never held while somebody else's code runs.

struct Journal {
    lines: Vec<u8>,
    shown: Option<CString>,
}

static JOURNAL: Mutex<Journal> = Mutex::new(Journal { lines: Vec::new(), shown: None });

fn note_bytes(line: &[u8]) {
    let mut journal = locked(&JOURNAL);
    journal.lines.extend_from_slice(line);
    journal.lines.push(b'\n');
}

macro_rules! note {
    ($($part:tt)*) => { note_bytes(format!($($part)*).as_bytes()) };
}

#[no_mangle]
pub extern "C" fn test_log() -> *const c_char {
    let mut journal = locked(&JOURNAL);
    let Ok(shown) = CString::new(journal.lines.clone()) else {
        die("a NUL in the journal")
    };
    journal.shown.insert(shown).as_ptr()
}

// --- everything that is made, by kind; what has ended is remembered until the test resets the plugin

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Participant,
    Snapshot,
    Reason,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Participant => "BmuxStatefulPlugin",
            Kind::Snapshot => "BmuxSnapshot",
            Kind::Reason => "BmuxStatefulError",
        }
    }
}

/// A thing is known by its address, which nothing else gets before a reset.
struct Thing {
    address: usize,
    kind: Kind,
    ended: bool,
    /// What is behind the address.
    free: fn(usize),
}

struct Things {
    all: Vec<Thing>,
    /// The kinds of what was made since the last reset.
    made: Vec<Kind>,
}

static THINGS: Mutex<Things> = Mutex::new(Things { all: Vec::new(), made: Vec::new() });

unsafe fn count(kinds: impl Iterator<Item = Kind>, kind: *const c_char) -> usize {
    if kind.is_null() {
        return kinds.count();
    }
    let wanted = unsafe { CStr::from_ptr(kind) }.to_bytes();
    kinds.filter(|each| each.name().as_bytes() == wanted).count()
}

#[no_mangle]
pub unsafe extern "C" fn test_live(kind: *const c_char) -> usize {
    let things = locked(&THINGS);
    let live = things.all.iter().filter(|each| !each.ended);
    unsafe { count(live.map(|each| each.kind), kind) }
}

#[no_mangle]
pub unsafe extern "C" fn test_made(kind: *const c_char) -> usize {
    unsafe { count(locked(&THINGS).made.iter().copied(), kind) }
}

#[no_mangle]
pub extern "C" fn test_reset() {
    let mut things = locked(&THINGS);
    for each in things.all.iter().filter(|each| each.ended) {
        (each.free)(each.address);
    }
    things.all.retain(|each| !each.ended);
    things.made = things.all.iter().map(|each| each.kind).collect();
    drop(things);
    locked(&JOURNAL).lines.clear();
    let mut turn = locked(&TURN);
    turn.panicked = false;
    turn.grown = 0;
}

/// Memory of a kind, until it is `checked` for the last time.
fn begin<T>(kind: Kind, value: T) -> *mut T {
    let pointer = Box::into_raw(Box::new(value));
    let free = |address: usize| drop(unsafe { Box::from_raw(address as *mut T) });
    let mut things = locked(&THINGS);
    things.all.push(Thing { address: pointer as usize, kind, ended: false, free });
    things.made.push(kind);
    pointer
}

/// The thing behind a pointer of the host; it ends here if `ends`.
fn checked<'a, T>(pointer: *const c_void, kind: Kind, ends: bool, place: &str) -> &'a T {
    let mut things = locked(&THINGS);
    let found = things.all.iter_mut().find(|each| each.address == pointer as usize);
    match found {
        Some(thing) if thing.kind == kind && !thing.ended => thing.ended = ends,
        Some(thing) if thing.kind == kind => {
            die(&format!("{place}: this {} has ended before", kind.name()))
        }
        _ => die(&format!("{place}: this is no {}", kind.name())),
    }
    unsafe { &*pointer.cast::<T>() }
}

// --- the participants

struct State {
    value: u32,
    text: Vec<u8>,
}

struct Participant {
    behaviour: &'static str,
    id: String,
    state: Mutex<State>,
}

const BEHAVIOURS: [&str; 14] = [
    "counter",
    "notes",
    "static",
    "short",
    "empty",
    "fails-snapshot",
    "fails-restore",
    "mismatch",
    "garbled",
    "long",
    "bare",
    "strange",
    "newer",
    "null-slot",
];
/// No id and no text is longer, with a NUL.
const ROOM: usize = 200;
const LONG_TEXT: usize = 100_000;

/// Addresses of the participants that live. The lock is not held while the host's code runs.
static PARTICIPANTS: Mutex<Vec<usize>> = Mutex::new(Vec::new());

/// What a snapshot or a failure lives in until it is released.
#[derive(Default)]
struct Block {
    bytes: Vec<u8>,
    plugin: String,
    versions: Vec<u32>,
}

unsafe extern "C" fn release_snapshot(release_ctx: *mut c_void) {
    checked::<Block>(release_ctx, Kind::Snapshot, true, "release");
    note!("release snapshot");
}

unsafe extern "C" fn release_reason(release_ctx: *mut c_void) {
    checked::<Block>(release_ctx, Kind::Reason, true, "release");
    note!("release error");
}

fn text(bytes: &[u8]) -> BmuxStr {
    BmuxStr { ptr: bytes.as_ptr().cast(), len: bytes.len() }
}

/// Why a participant fails.
enum Failure {
    /// A status, whom it names, and the details.
    Explained(BmuxStatefulStatus, String, Vec<u8>),
    /// The version that came, and those that are known.
    Unsupported(u32, Vec<u32>),
    Fixed(BmuxStatefulStatus, &'static str),
    Bare(BmuxStatefulStatus),
}

impl Participant {
    fn explained<T>(&self, status: BmuxStatefulStatus, details: &[u8]) -> Result<T, Failure> {
        Err(Failure::Explained(status, self.id.clone(), details.to_vec()))
    }

    fn snapshot(&self) -> Result<BmuxSnapshot, Failure> {
        use BmuxStatefulStatus as Status;
        let state = locked(&self.state);
        match self.behaviour {
            "notes" => Ok(handed_out(2, &state.text)),
            "static" => Ok(borrowed(b"fixed\0\xff")),
            "empty" => Ok(BmuxSnapshot {
                bytes: BmuxBytes { ptr: null(), len: 0 },
                ..borrowed(b"")
            }),
            "fails-snapshot" => {
                self.explained(Status::SNAPSHOT_FAILED, "der Zustand ist weg – 状態".as_bytes())
            }
            "garbled" => Err(Failure::Explained(
                Status::SNAPSHOT_FAILED,
                String::new(),
                b"bad \xff\xfe bytes".to_vec(),
            )),
            "long" => self.explained(Status::SNAPSHOT_FAILED, &[b'x'; LONG_TEXT]),
            "bare" => Err(Failure::Bare(Status::SNAPSHOT_FAILED)),
            "strange" => Err(Failure::Fixed(BmuxStatefulStatus(99), "static")),
            "mismatch" => Ok(handed_out(7, &state.value.to_le_bytes())),
            _ => Ok(handed_out(1, &state.value.to_le_bytes())),
        }
    }

    fn restore(&self, version: u32, bytes: &[u8]) -> Result<(), Failure> {
        let refused = "passt nicht – 壊れた".as_bytes();
        let mut state = locked(&self.state);
        match self.behaviour {
            "counter" | "newer" => {
                if version != 1 {
                    return Err(Failure::Unsupported(version, vec![1]));
                }
                let Ok(value) = bytes.try_into() else {
                    let details = format!("4 bytes are a counter, {} are not", bytes.len());
                    return self.explained(BmuxStatefulStatus::RESTORE_FAILED, details.as_bytes());
                };
                state.value = u32::from_le_bytes(value);
                Ok(())
            }
            "notes" => {
                if version != 1 && version != 2 {
                    return Err(Failure::Unsupported(version, vec![1, 2]));
                }
                if bytes.len() >= ROOM {
                    return self.explained(BmuxStatefulStatus::RESTORE_FAILED, refused);
                }
                state.text = bytes.to_vec();
                Ok(())
            }
            "fails-restore" => self.explained(BmuxStatefulStatus::RESTORE_FAILED, refused),
            "mismatch" => Err(Failure::Unsupported(version, vec![1, 2, 5])),
            _ => Ok(()),
        }
    }

    /// Fills the error of a call. The texts live in a block that the host releases.
    fn fail(&self, failure: Failure, out_error: &mut BmuxStatefulError) -> BmuxStatefulStatus {
        let (status, block) = match failure {
            Failure::Bare(status) => return status,
            Failure::Fixed(status, details) => {
                out_error.details = text(details.as_bytes());
                return status;
            }
            Failure::Explained(status, plugin, bytes) => {
                (status, Block { bytes, plugin, ..Block::default() })
            }
            Failure::Unsupported(version, versions) => {
                out_error.version = version;
                let plugin = self.id.clone();
                let block = Block { versions, plugin, ..Block::default() };
                (BmuxStatefulStatus::UNSUPPORTED_VERSION, block)
            }
        };
        let pointer = begin(Kind::Reason, block);
        let block = unsafe { &*pointer };
        out_error.plugin = text(block.plugin.as_bytes());
        out_error.details = text(&block.bytes);
        out_error.expected =
            BmuxVersionList { data: block.versions.as_ptr(), len: block.versions.len() };
        out_error.release_ctx = pointer.cast();
        out_error.release = Some(release_reason);
        status
    }
}

fn handed_out(version: u32, bytes: &[u8]) -> BmuxSnapshot {
    let block = begin(Kind::Snapshot, Block { bytes: bytes.to_vec(), ..Block::default() });
    let bytes = unsafe { &(*block).bytes };
    BmuxSnapshot {
        version,
        bytes: BmuxBytes { ptr: bytes.as_ptr(), len: bytes.len() },
        release_ctx: block.cast(),
        release: Some(release_snapshot),
    }
}

fn borrowed(bytes: &'static [u8]) -> BmuxSnapshot {
    BmuxSnapshot {
        version: 1,
        bytes: BmuxBytes { ptr: bytes.as_ptr(), len: bytes.len() },
        release_ctx: null_mut(),
        release: None,
    }
}

unsafe extern "C" fn drop_participant(state: *mut c_void) {
    let participant: &Participant = checked(state, Kind::Participant, true, "drop");
    note!("drop id={}", participant.id);
    locked(&PARTICIPANTS).retain(|each| *each != state as usize);
}

unsafe extern "C" fn id(state: *const c_void) -> BmuxStr {
    let participant: &Participant = checked(state, Kind::Participant, false, "id");
    note!("id id={}", participant.id);
    text(participant.id.as_bytes())
}

unsafe extern "C" fn snapshot(
    state: *const c_void,
    out_snapshot: *mut BmuxSnapshot,
    out_error: *mut BmuxStatefulError,
) -> BmuxStatefulStatus {
    let participant: &Participant = checked(state, Kind::Participant, false, "snapshot");
    note!("snapshot id={}", participant.id);
    match participant.snapshot() {
        Ok(snapshot) => {
            unsafe { out_snapshot.write(snapshot) };
            BmuxStatefulStatus::OK
        }
        Err(failure) => participant.fail(failure, unsafe { &mut *out_error }),
    }
}

unsafe extern "C" fn restore(
    state: *const c_void,
    version: u32,
    bytes: BmuxBytes,
    out_error: *mut BmuxStatefulError,
) -> BmuxStatefulStatus {
    let participant: &Participant = checked(state, Kind::Participant, false, "restore");
    note!("restore id={} version={version} length={}", participant.id, bytes.len);
    match participant.restore(version, unsafe { seen(bytes.ptr, bytes.len) }) {
        Ok(()) => BmuxStatefulStatus::OK,
        Err(failure) => participant.fail(failure, unsafe { &mut *out_error }),
    }
}

// --- inputs: text such as `verb:rest`; a plugin of the real world decodes bmux's codec here

unsafe fn seen<'a>(pointer: *const u8, length: usize) -> &'a [u8] {
    if length == 0 {
        return &[];
    }
    unsafe { std::slice::from_raw_parts(pointer, length) }
}

/// What stands before a separator, and what behind it.
fn parts(text: &[u8], separator: u8) -> (&[u8], &[u8]) {
    match text.iter().position(|each| *each == separator) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, &[]),
    }
}

fn number(text: &[u8]) -> u64 {
    std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).unwrap_or(0)
}

// --- registration

fn new_participant(word: &[u8]) -> *mut Participant {
    let (kind, name) = parts(word, b'=');
    let name = if name.is_empty() { kind } else { name };
    let Some(behaviour) = BEHAVIOURS.iter().find(|each| each.as_bytes() == kind) else {
        let shown = String::from_utf8_lossy(kind);
        die(&format!("there are no participants of this kind: {shown}"))
    };
    let participant = begin(
        Kind::Participant,
        Participant {
            behaviour,
            id: format!("bmux.test/{}", String::from_utf8_lossy(name)),
            state: Mutex::new(State { value: 0, text: Vec::new() }),
        },
    );
    locked(&PARTICIPANTS).push(participant as usize);
    participant
}

fn register_participant(registry: &Registry, word: &[u8]) {
    let pointer = new_participant(word);
    let participant = unsafe { &*pointer };
    let is_short = participant.behaviour == "short";
    let whole = size_of::<BmuxStatefulPlugin>();
    let size = if is_short { offset_of!(BmuxStatefulPlugin, restore) } else { whole };
    let table = ManuallyDrop::new(BmuxStatefulPlugin {
        abi_version: if participant.behaviour == "newer" { 2 } else { BMUX_STATEFUL_ABI_VERSION },
        struct_size: size as u32,
        state: pointer.cast(),
        drop: drop_participant,
        id,
        snapshot,
        restore: if participant.behaviour == "static" { None } else { Some(restore) },
    });
    // The table is a block of exactly its size, and gone after the call: the host has to copy it.
    let mut block = vec![MaybeUninit::<u64>::zeroed(); size / 8];
    unsafe {
        let bytes = block.as_mut_ptr().cast::<u8>();
        std::ptr::copy_nonoverlapping(std::ptr::from_ref(&table).cast::<u8>(), bytes, size);
        if participant.behaviour == "null-slot" {
            bytes.add(offset_of!(BmuxStatefulPlugin, snapshot)).cast::<usize>().write(0);
        }
    }
    let status = unsafe { (registry.register)(registry.state(), block.as_ptr().cast()) };
    block.fill(MaybeUninit::new(u64::MAX));
    std::hint::black_box(&block);
    note!("registered id={} status={}", participant.id, status.0);
    if status != BmuxRegisterStatus::OK {
        unsafe { drop_participant(pointer.cast()) };
    }
}

// --- the entries, which take turns

type RegisterFn =
    unsafe extern "C" fn(*mut c_void, *const BmuxStatefulPlugin) -> BmuxRegisterStatus;

/// What is kept of a registry; its state is an address, as a number.
#[derive(Clone, Copy)]
struct Registry {
    state: usize,
    register: RegisterFn,
}

impl Registry {
    fn state(&self) -> *mut c_void {
        self.state as *mut c_void
    }
}

struct Turn {
    configuration: Vec<u8>,
    kept: Option<Registry>,
    panicked: bool,
    grown: usize,
}

static TURN: Mutex<Turn> =
    Mutex::new(Turn { configuration: Vec::new(), kept: None, panicked: false, grown: 0 });

/// The input of an entry, or the status that it returns.
unsafe fn entered<'a>(
    turn: &Turn,
    place: &str,
    input: *const u8,
    length: usize,
) -> Result<&'a [u8], BmuxCallStatus> {
    let refused = if turn.panicked {
        BmuxCallStatus::UNAVAILABLE
    } else if input.is_null() {
        BmuxCallStatus::NULL_INPUT
    } else {
        let input = unsafe { seen(input, length) };
        let mut line = format!("{place} input=").into_bytes();
        line.extend_from_slice(&input[..input.len().min(100)]);
        note_bytes(&line);
        return Ok(input);
    };
    note!("{place} status={}", refused.0);
    Err(refused)
}

/// What an entry does when it is its turn.
unsafe fn enter(
    place: &str,
    input: *const u8,
    length: usize,
    work: impl FnOnce(&mut Turn, &[u8]) -> BmuxCallStatus,
) -> BmuxCallStatus {
    let mut turn = locked(&TURN);
    match unsafe { entered(&turn, place, input, length) } {
        Ok(input) => work(&mut turn, input),
        Err(status) => status,
    }
}

fn asked_status(input: &[u8]) -> BmuxCallStatus {
    let asked = input.strip_prefix(b"status:");
    asked.map_or(BmuxCallStatus::OK, |rest| BmuxCallStatus(number(rest) as i32))
}

/// The manifest, with these ranges.
macro_rules! manifest {
    ($($ranges:literal),+) => {
        concat!(
            "id = \"bmux.test\"\nname = \"Prüfstand\"\nversion = \"0.0.1\"\n",
            $($ranges,)+
            "\0"
        )
        .as_bytes()
    };
}

#[cfg_attr(not(plugin_no_entry), no_mangle)]
pub extern "C" fn bmux_plugin_entry_v1() -> *const c_char {
    note!("entry");
    if cfg!(plugin_null_manifest) {
        return null();
    }
    let manifest: &[u8] = if cfg!(plugin_garbled_manifest) {
        b"id = \"\xff\xfe\"\n\0"
    } else if cfg!(plugin_bad_manifest) {
        b"id = [\n\0"
    } else if cfg!(plugin_for_later_hosts) {
        manifest!("native_abi = { minimum = \"1.1\", maximum = \"1.4\" }\n")
    } else if cfg!(plugin_for_earlier_hosts) {
        manifest!("[plugin_api]\nminimum = \"0.3\"\nmaximum = \"0.9\"\n")
    } else if cfg!(plugin_for_any_host) {
        manifest!("")
    } else if cfg!(plugin_bad_range) {
        manifest!("[native_abi]\nminimum = \"1.x\"\n")
    } else {
        manifest!(
            "[plugin_api]\nminimum = \"1.0\"\n",
            "[native_abi]\nminimum = \"1.0\"\nmaximum = \"1.0\"\n"
        )
    };
    manifest.as_ptr().cast()
}

const _: bmux_plugin_entry_v1_fn = bmux_plugin_entry_v1;

#[cfg_attr(not(plugin_entry_only), no_mangle)]
pub unsafe extern "C" fn bmux_plugin_activate_v1(
    input_ptr: *const u8,
    input_len: usize,
) -> BmuxCallStatus {
    let work = |turn: &mut Turn, input: &[u8]| {
        if input.len() >= 4096 {
            return BmuxCallStatus::BAD_INPUT;
        }
        turn.configuration = input.to_vec();
        asked_status(input)
    };
    unsafe { enter("activate", input_ptr, input_len, work) }
}

const _: bmux_plugin_activate_v1_fn = bmux_plugin_activate_v1;

#[cfg_attr(not(plugin_entry_only), no_mangle)]
pub unsafe extern "C" fn bmux_plugin_register_stateful_v1(
    registry: *const BmuxStatefulRegistry,
) -> BmuxCallStatus {
    let Some(registry) = (unsafe { registry.as_ref() }) else {
        return BmuxCallStatus::NULL_INPUT;
    };
    let mut turn = locked(&TURN);
    let is_whole = registry.struct_size as usize >= size_of::<BmuxStatefulRegistry>();
    let version = registry.abi_version;
    note!("register abi_version={version} whole={}", i32::from(is_whole));
    if version != BMUX_STATEFUL_ABI_VERSION || !is_whole {
        return BmuxCallStatus::FAILURE;
    }
    let registry =
        Registry { state: registry.state as usize, register: registry.register_plugin };
    let mut status = BmuxCallStatus::OK;
    for word in turn.configuration.clone().split(|each| *each == b' ') {
        if let Some(rest) = word.strip_prefix(b"register:") {
            register_participant(&registry, rest);
        } else if let Some(rest) = word.strip_prefix(b"then:") {
            status = BmuxCallStatus(number(rest) as i32);
        } else if word == b"keep" {
            turn.kept = Some(registry);
        }
    }
    status
}

const _: bmux_plugin_register_stateful_v1_fn = bmux_plugin_register_stateful_v1;

#[cfg_attr(not(plugin_entry_only), no_mangle)]
pub unsafe extern "C" fn bmux_plugin_run_command_with_context_v1(
    input_ptr: *const u8,
    input_len: usize,
) -> BmuxCallStatus {
    let work = |turn: &mut Turn, input: &[u8]| {
        if let Some(rest) = input.strip_prefix(b"exit:") {
            return BmuxCallStatus(number(rest) as i32);
        }
        if input.starts_with(b"panic") {
            turn.panicked = true;
            return BmuxCallStatus::UNAVAILABLE;
        }
        BmuxCallStatus::USAGE
    };
    unsafe { enter("command", input_ptr, input_len, work) }
}

const _: bmux_plugin_run_command_with_context_v1_fn = bmux_plugin_run_command_with_context_v1;

#[cfg_attr(not(plugin_entry_only), no_mangle)]
pub unsafe extern "C" fn bmux_plugin_run_command_v1(
    command_name: *const c_char,
    argc: usize,
    argv: *const BmuxArgument,
) -> BmuxCallStatus {
    let _turn = locked(&TURN);
    let name = unsafe { CStr::from_ptr(command_name) }.to_bytes();
    note!("command_by_name name={} count={argc}", String::from_utf8_lossy(name));
    let mut first: &[u8] = b"";
    for each in 0..argc {
        let argument = unsafe { CStr::from_ptr(*argv.add(each)) }.to_bytes();
        note!("argument {each}={}", String::from_utf8_lossy(argument));
        first = if each == 0 { argument } else { first };
    }
    let is_exit = name == b"exit" && argc == 1;
    let code = std::str::from_utf8(first).ok().and_then(|text| text.parse().ok());
    BmuxCallStatus(if is_exit { code.unwrap_or(0) } else { 0 })
}

#[allow(deprecated)]
const _: bmux_plugin_run_command_v1_fn = bmux_plugin_run_command_v1;

/// Changes participants of a name: `NAME:NUMBER` adds, `NAME:TEXT` sets.
fn change(rest: &[u8], is_text: bool) -> BmuxCallStatus {
    let (name, rest) = parts(rest, b':');
    let mut found = BmuxCallStatus::FAILURE;
    for address in locked(&PARTICIPANTS).iter() {
        let participant = unsafe { &*(*address as *const Participant) };
        if participant.id.strip_prefix("bmux.test/").map(str::as_bytes) != Some(name) {
            continue;
        }
        found = BmuxCallStatus::OK;
        let mut state = locked(&participant.state);
        if is_text {
            state.text = rest[..rest.len().min(ROOM - 1)].to_vec();
        } else {
            state.value = state.value.wrapping_add(number(rest) as u32);
        }
    }
    found
}

#[cfg_attr(not(plugin_entry_only), no_mangle)]
pub unsafe extern "C" fn bmux_plugin_handle_event_v1(
    input_ptr: *const u8,
    input_len: usize,
) -> BmuxCallStatus {
    let work = |turn: &mut Turn, input: &[u8]| {
        if let Some(rest) = input.strip_prefix(b"add:") {
            return change(rest, false);
        }
        if let Some(rest) = input.strip_prefix(b"text:") {
            return change(rest, true);
        }
        match turn.kept {
            Some(registry) if input.starts_with(b"late") => {
                register_participant(&registry, b"counter=late");
                BmuxCallStatus::OK
            }
            _ => BmuxCallStatus::BAD_INPUT,
        }
    };
    unsafe { enter("event", input_ptr, input_len, work) }
}

const _: bmux_plugin_handle_event_v1_fn = bmux_plugin_handle_event_v1;

#[cfg_attr(not(plugin_entry_only), no_mangle)]
pub unsafe extern "C" fn bmux_plugin_deactivate_v1(
    input_ptr: *const u8,
    input_len: usize,
) -> BmuxCallStatus {
    let work = |_: &mut Turn, input: &[u8]| {
        note!("deactivate participants={}", locked(&PARTICIPANTS).len());
        asked_status(input)
    };
    unsafe { enter("deactivate", input_ptr, input_len, work) }
}

const _: bmux_plugin_deactivate_v1_fn = bmux_plugin_deactivate_v1;

// --- services

/// What a call of the host's bridge gives.
fn ask(bridge: BmuxHostKernelBridgeFn, request: &[u8]) -> Result<Vec<u8>, BmuxServiceStatus> {
    let mut room = vec![0_u8; 16];
    let mut length = 0;
    let call = |room: &mut Vec<u8>, length: &mut usize| unsafe {
        bridge(request.as_ptr(), request.len(), room.as_mut_ptr(), room.len(), length)
    };
    let mut status = call(&mut room, &mut length);
    if status == BmuxServiceStatus::BUFFER_TOO_SMALL {
        room = vec![0; length];
        status = call(&mut room, &mut length);
    }
    room.truncate(length);
    if status == BmuxServiceStatus::OK { Ok(room) } else { Err(status) }
}

fn ask_from_threads(bridge: BmuxHostKernelBridgeFn, request: &[u8]) -> usize {
    let ask_often = || (0..100).filter(|_| ask(bridge, request).is_ok()).count();
    thread::scope(|scope| {
        let askers: Vec<_> = (0..4).map(|_| scope.spawn(ask_often)).collect();
        askers.into_iter().map(|each| each.join().unwrap_or_else(|_| die("no thread"))).sum()
    })
}

/// The address that a request begins with, which is how bmux passes the bridge, and what follows.
unsafe fn bridge_of(rest: &[u8]) -> (BmuxHostKernelBridgeFn, &[u8]) {
    let (address, rest) = parts(rest, b':');
    let address = number(address) as usize;
    (unsafe { transmute::<usize, BmuxHostKernelBridgeFn>(address) }, rest)
}

/// A response, or the status and the length that the host gets.
unsafe fn serve(turn: &mut Turn, input: &[u8], capacity: usize) -> Result<Vec<u8>, (i32, usize)> {
    let counted = |length: usize| (0..length).map(|each| each as u8).collect();
    if let Some(rest) = input.strip_prefix(b"echo:") {
        return Ok(rest.to_vec());
    }
    if let Some(rest) = input.strip_prefix(b"status:") {
        return Err((number(rest) as i32, 0));
    }
    if input.starts_with(b"liar") {
        return Err((BmuxServiceStatus::OK.0, capacity + 1));
    }
    if input.starts_with(b"stuck") {
        return Err((BmuxServiceStatus::BUFFER_TOO_SMALL.0, capacity));
    }
    if let Some(rest) = input.strip_prefix(b"size:") {
        return Ok(counted(number(rest) as usize));
    }
    if let Some(rest) = input.strip_prefix(b"grow:") {
        // It wants another byte at each of its first three runs.
        turn.grown = (turn.grown + 1).min(3);
        return Ok(counted(number(rest) as usize + turn.grown));
    }
    if let Some(rest) = input.strip_prefix(b"bridge:") {
        let (bridge, request) = unsafe { bridge_of(rest) };
        let answer = ask(bridge, request);
        note!("bridge status={}", answer.as_ref().map_or_else(|status| status.0, |_| 0));
        return answer.map_err(|status| (status.0, 0));
    }
    if let Some(rest) = input.strip_prefix(b"threads:") {
        let (bridge, request) = unsafe { bridge_of(rest) };
        return Ok(ask_from_threads(bridge, request).to_string().into_bytes());
    }
    Err((BmuxServiceStatus::BAD_REQUEST.0, 0))
}

#[cfg_attr(not(plugin_entry_only), no_mangle)]
pub unsafe extern "C" fn bmux_plugin_invoke_service_v1(
    input_ptr: *const u8,
    input_len: usize,
    output_ptr: *mut u8,
    output_capacity: usize,
    output_len: *mut usize,
) -> BmuxServiceStatus {
    if output_len.is_null() {
        return BmuxServiceStatus::NULL_ARGUMENT;
    }
    let mut turn = locked(&TURN);
    let input = match unsafe { entered(&turn, "service", input_ptr, input_len) } {
        Ok(input) => input,
        Err(status) => return BmuxServiceStatus(status.0),
    };
    match unsafe { serve(&mut turn, input, output_capacity) } {
        Ok(response) => unsafe {
            output_len.write(response.len());
            if output_ptr.is_null() || output_capacity < response.len() {
                return BmuxServiceStatus::BUFFER_TOO_SMALL;
            }
            output_ptr.copy_from_nonoverlapping(response.as_ptr(), response.len());
            BmuxServiceStatus::OK
        },
        Err((status, length)) => {
            if length != 0 {
                unsafe { output_len.write(length) };
            }
            BmuxServiceStatus(status)
        }
    }
}

const _: bmux_plugin_invoke_service_v1_fn = bmux_plugin_invoke_service_v1;
