//! A statevec plugin in Rust. It keeps accounts: records of the type 1 with an id, which is the primary key,
//! and an amount. What each command and each word of a configuration does is in README.md beside this file.
//! statevec_plugin.c is the same plugin in C.
//!
//! From "the records" on, this is how a plugin is written. What comes before is what only a test needs:
//! everything that is made is counted, every call is written into a journal, and a misuse ends the process.
//!
//! It needs neither cargo nor a crate: `rustc --edition 2021 --crate-type cdylib statevec_plugin.rs`.
#![deny(warnings)]

#[path = "../../../generated/statevec/rust/statevec.rs"]
mod statevec;

use statevec::*;
use std::ffi::{c_char, c_void, CStr, CString};
use std::mem::{offset_of, size_of, MaybeUninit};
use std::ptr::null;
use std::sync::{Mutex, MutexGuard};

use RuntimeCallStatus::{Failure, Success};
use RuntimeErrorPhase::{Create, RunTx, Unload, ValidateBizInvariants};

// Which library this is: see "variants" in README.md.
const ABI_VERSION: u32 = match option_env!("PLUGIN_ABI_VERSION") {
    Some(digit) => (digit.as_bytes()[0] - b'0') as u32,
    None => RUNTIME_PLUGIN_ABI_VERSION_V1,
};

fn die(why: &str) -> ! {
    eprintln!("statevec_plugin: {why}");
    std::process::abort()
}

// --- the journal and the counts. A runtime that has ended is remembered until the test resets the plugin.

struct Runtime {
    /// No account may have more.
    limit: u64,
    fails_unload: Option<Vec<u8>>,
    ended: bool,
}

struct Facts {
    journal: Vec<u8>,
    shown: Option<CString>,
    runtimes: Vec<Box<Runtime>>,
    runtimes_made: usize,
    texts_made: usize,
}

static FACTS: Mutex<Facts> = Mutex::new(Facts {
    journal: Vec::new(),
    shown: None,
    runtimes: Vec::new(),
    runtimes_made: 0,
    texts_made: 0,
});

/// A panic ends the process, so the lock is never poisoned.
fn facts() -> MutexGuard<'static, Facts> {
    FACTS.lock().unwrap_or_else(|_| die("a lock is poisoned"))
}

impl Facts {
    fn live(&self) -> impl Iterator<Item = &Runtime> {
        self.runtimes.iter().map(|each| &**each).filter(|each| !each.ended)
    }

    fn texts(&self) -> usize {
        self.live().filter(|each| each.fails_unload.is_some()).count()
    }
}

fn note_bytes(line: &[u8]) {
    let mut facts = facts();
    facts.journal.extend_from_slice(line);
    facts.journal.push(b'\n');
}

macro_rules! note {
    ($($part:tt)*) => { note_bytes(format!($($part)*).as_bytes()) };
}

#[no_mangle]
pub extern "C" fn test_log() -> *const c_char {
    let mut facts = facts();
    let Ok(shown) = CString::new(facts.journal.clone()) else {
        die("a NUL in the journal")
    };
    facts.shown.insert(shown).as_ptr()
}

unsafe fn sum(kind: *const c_char, runtimes: usize, texts: usize) -> usize {
    if kind.is_null() {
        return runtimes + texts;
    }
    match unsafe { CStr::from_ptr(kind) }.to_bytes() {
        b"Runtime" => runtimes,
        b"char" => texts,
        _ => usize::MAX,
    }
}

#[no_mangle]
pub unsafe extern "C" fn test_live(kind: *const c_char) -> usize {
    let facts = facts();
    unsafe { sum(kind, facts.live().count(), facts.texts()) }
}

#[no_mangle]
pub unsafe extern "C" fn test_made(kind: *const c_char) -> usize {
    let facts = facts();
    unsafe { sum(kind, facts.runtimes_made, facts.texts_made) }
}

#[no_mangle]
pub extern "C" fn test_reset() {
    let mut facts = facts();
    facts.runtimes.retain(|each| !each.ended);
    facts.runtimes_made = facts.runtimes.len();
    facts.texts_made = facts.texts();
    facts.journal.clear();
}

/// What is done with a runtime that is still there.
fn with_runtime<T>(runtime: *mut c_void, place: &str, work: impl FnOnce(&mut Runtime) -> T) -> T {
    let mut facts = facts();
    let known = facts
        .runtimes
        .iter_mut()
        .find(|each| std::ptr::eq::<Runtime>(&***each, runtime.cast()));
    match known {
        None => die(&format!("{place}: this is no runtime")),
        Some(found) if found.ended => {
            die(&format!("{place}: this runtime was destroyed before"))
        }
        Some(found) => work(found),
    }
}

// --- the records: numbers are little-endian, except in primary keys

const ACCOUNT: RecordKind = 1;
const ID: std::ops::Range<usize> = 0..8;
const AMOUNT: std::ops::Range<usize> = 8..16;

/// Number `index` of some fields; 0 if it is not there.
fn number(bytes: &[u8], index: usize) -> u64 {
    let field = bytes.get(8 * index..8 * index + 8);
    field.map_or(0, |field| u64::from_le_bytes(field.try_into().unwrap_or_default()))
}

fn lent(bytes: &[u8]) -> RuntimeBytesRef {
    RuntimeBytesRef { ptr: bytes.as_ptr(), len: bytes.len() }
}

const NOTHING: RuntimeBytesRef = RuntimeBytesRef { ptr: null(), len: 0 };

unsafe fn seen<'a>(bytes: RuntimeBytesRef) -> &'a [u8] {
    if bytes.ptr.is_null() {
        return &[];
    }
    unsafe { std::slice::from_raw_parts(bytes.ptr, bytes.len) }
}

// --- errors

/// Why a call fails.
struct Refusal {
    phase: RuntimeErrorPhase,
    kind: RuntimeErrorKind,
    text: Vec<u8>,
}

fn refusal<T>(
    phase: RuntimeErrorPhase,
    kind: RuntimeErrorKind,
    text: impl Into<Vec<u8>>,
) -> Result<T, Refusal> {
    Err(Refusal { phase, kind, text: text.into() })
}

/// A buffer as a call finds it: whoever fills it knows the phase.
fn preset(phase: RuntimeErrorPhase) -> RuntimeErrorBuf {
    RuntimeErrorBuf {
        phase,
        kind: RuntimeErrorKind::HOST_INTERNAL_ERROR,
        message_len: 0,
        message_buf: [0; RUNTIME_ERROR_MESSAGE_CAPACITY],
    }
}

/// The result of a call, with the text cut between two characters if it is too long.
unsafe fn told(result: Result<(), Refusal>, error: *mut RuntimeErrorBuf) -> RuntimeCallStatus {
    let mut buffer = preset(RuntimeErrorPhase::Load);
    let status = match result {
        Ok(()) => Success,
        Err(why) => {
            let mut length = why.text.len();
            if length > RUNTIME_ERROR_MESSAGE_CAPACITY {
                length = RUNTIME_ERROR_MESSAGE_CAPACITY;
                while length > 0 && why.text[length] & 0xC0 == 0x80 {
                    length -= 1;
                }
            }
            buffer.phase = why.phase;
            buffer.kind = why.kind;
            buffer.message_len = length;
            buffer.message_buf[..length].copy_from_slice(&why.text[..length]);
            Failure
        }
    };
    if !error.is_null() {
        unsafe { error.write(buffer) };
    }
    status
}

/// A failure of the host becomes a rejection of ours, with the host's reason as its text.
fn accepted(status: RuntimeCallStatus, host: &RuntimeErrorBuf) -> Result<(), Refusal> {
    if status == Success {
        return Ok(());
    }
    let length = host.message_len.min(RUNTIME_ERROR_MESSAGE_CAPACITY);
    let message = &host.message_buf[..length];
    let (phase, kind) = (host.phase as u32, host.kind.0);
    let mut line = format!(
        "host failed: phase={phase} kind={kind} length={} message=",
        host.message_len
    )
    .into_bytes();
    line.extend_from_slice(message);
    note_bytes(&line);
    let mut text = format!("phase={phase} kind={kind} message=").into_bytes();
    text.extend_from_slice(message);
    let own = if host.phase == ValidateBizInvariants { ValidateBizInvariants } else { RunTx };
    refusal(own, RuntimeErrorKind::PLUGIN_REJECTED, text)
}

// --- visitors. Their context is what they fill, or what they write.

#[derive(Default)]
struct Account {
    id: u64,
    amount: u64,
    size: usize,
    calls: u32,
}

unsafe extern "C" fn read_account(visitor_ctx: *mut c_void, bytes: RuntimeBytesRef) {
    let account = unsafe { &mut *visitor_ctx.cast::<Account>() };
    account.calls += 1;
    account.size = bytes.len;
    if bytes.len >= AMOUNT.end {
        let bytes = unsafe { seen(bytes) };
        account.id = number(bytes, 0);
        account.amount = number(bytes, 1);
    }
}

unsafe extern "C" fn write_account(visitor_ctx: *mut c_void, bytes: RuntimeBytesMutRef) {
    let account = unsafe { &mut *visitor_ctx.cast::<Account>() };
    account.calls += 1;
    account.size = bytes.len;
    if bytes.len >= AMOUNT.end {
        let record = unsafe { std::slice::from_raw_parts_mut(bytes.ptr, bytes.len) };
        record[ID].copy_from_slice(&account.id.to_le_bytes());
        record[AMOUNT].copy_from_slice(&account.amount.to_le_bytes());
    }
}

unsafe extern "C" fn add_to_account(visitor_ctx: *mut c_void, bytes: RuntimeBytesMutRef) {
    let account = unsafe { &mut *visitor_ctx.cast::<Account>() };
    account.calls += 1;
    account.size = bytes.len;
    if bytes.len >= AMOUNT.end {
        let record = unsafe { std::slice::from_raw_parts_mut(bytes.ptr, bytes.len) };
        account.amount = account.amount.wrapping_add(number(record, 1));
        record[AMOUNT].copy_from_slice(&account.amount.to_le_bytes());
    }
}

unsafe extern "C" fn collect_key(visitor_ctx: *mut c_void, key: RuntimeRecordKeyView) {
    let keys = unsafe { &mut *visitor_ctx.cast::<Vec<SysId>>() };
    if key.kind == ACCOUNT {
        keys.push(key.sys_id);
    }
}

fn context<T>(value: &mut T) -> *mut c_void {
    std::ptr::from_mut(value).cast()
}

// --- transactions

/// What a transaction has: the host, and the fields of the command.
struct Tx<'a> {
    ctx: *mut c_void,
    host: &'a RuntimeHostVTableV1,
    payload: &'a [u8],
}

/// The host of a transaction that is over; its addresses, as numbers.
static KEPT: Mutex<(usize, usize)> = Mutex::new((0, 0));

impl Tx<'_> {
    fn create(&self) -> Result<(), Refusal> {
        let mut account = self.account();
        let mut key = RuntimeRecordKeyView { kind: 0, sys_id: 0 };
        let mut reason = preset(RunTx);
        let visitor_ctx = context(&mut account);
        let create = self.host.create_typed_raw;
        let status = unsafe {
            create(self.ctx, ACCOUNT, visitor_ctx, write_account, &mut key, &mut reason)
        };
        accepted(status, &reason)?;
        let (size, calls) = (account.size, account.calls);
        note!("created kind={} sys_id={} size={size} calls={calls}", key.kind, key.sys_id);
        Ok(())
    }

    fn account(&self) -> Account {
        let (id, amount) = (number(self.payload, 0), number(self.payload, 1));
        Account { id, amount, ..Account::default() }
    }

    /// The primary key that the command names.
    fn key(&self) -> [u8; 8] {
        number(self.payload, 0).to_be_bytes()
    }

    fn read_by_sys_id(&self) -> Result<(), Refusal> {
        let (mut account, mut found, mut reason) = (Account::default(), false, preset(RunTx));
        let visitor_ctx = context(&mut account);
        let sys_id = number(self.payload, 0);
        let read = self.host.with_read_typed_raw;
        let status = unsafe {
            read(self.ctx, ACCOUNT, sys_id, visitor_ctx, read_account, &mut found, &mut reason)
        };
        accepted(status, &reason)?;
        note_read(found, &account);
        Ok(())
    }

    fn read_by_key(&self) -> Result<(), Refusal> {
        let (mut account, mut found, mut reason) = (Account::default(), false, preset(RunTx));
        let visitor_ctx = context(&mut account);
        let key = self.key();
        let read = self.host.with_read_typed_by_pk_raw;
        let status = unsafe {
            read(self.ctx, ACCOUNT, lent(&key), visitor_ctx, read_account, &mut found, &mut reason)
        };
        accepted(status, &reason)?;
        note_read(found, &account);
        Ok(())
    }

    fn update(&self) -> Result<(), Refusal> {
        let (mut account, mut found, mut reason) = (self.account(), false, preset(RunTx));
        let visitor_ctx = context(&mut account);
        let key = self.key();
        let update = self.host.update_typed_by_pk_raw;
        let status = unsafe {
            update(self.ctx, ACCOUNT, lent(&key), visitor_ctx, add_to_account, &mut found, &mut reason)
        };
        accepted(status, &reason)?;
        let Account { amount, size, calls, .. } = account;
        note!("updated found={} amount={amount} size={size} calls={calls}", u8::from(found));
        Ok(())
    }

    fn delete(&self) -> Result<(), Refusal> {
        let (mut deleted, mut reason) = (false, preset(RunTx));
        let key = self.key();
        let delete = self.host.delete_by_pk_raw;
        let status = unsafe { delete(self.ctx, ACCOUNT, lent(&key), &mut deleted, &mut reason) };
        accepted(status, &reason)?;
        note!("deleted={}", u8::from(deleted));
        Ok(())
    }

    fn emit(&self, kind: u8, payload: RuntimeBytesRef) -> Result<(), Refusal> {
        let mut reason = preset(RunTx);
        let emit = self.host.emit_typed_event_raw;
        let status = unsafe { emit(self.ctx, kind, payload, &mut reason) };
        accepted(status, &reason)?;
        note!("emitted kind={kind} length={}", payload.len);
        Ok(())
    }

    fn emit_count(&self) -> Result<(), Refusal> {
        let (mut keys, mut reason) = (Vec::<SysId>::new(), preset(RunTx));
        let visitor_ctx = context(&mut keys);
        let each = self.host.for_each_record_key_raw;
        let status = unsafe { each(self.ctx, ACCOUNT, visitor_ctx, collect_key, &mut reason) };
        accepted(status, &reason)?;
        self.emit(6, lent(&(keys.len() as u64).to_le_bytes()))
    }

    fn emit_two(&self) -> Result<(), Refusal> {
        self.emit(1, lent(self.payload))?;
        // No content: no address either.
        self.emit(2, NOTHING)
    }

    fn log(&self, text: &[u8]) -> Result<(), Refusal> {
        let mut reason = preset(RunTx);
        let log = self.host.debug_log;
        let status = unsafe { log(self.ctx, lent(text), &mut reason) };
        accepted(status, &reason)?;
        note!("logged length={}", text.len());
        Ok(())
    }

    fn everything(&self) -> Result<(), Refusal> {
        self.create()?;
        self.read_by_key()?;
        self.update()?;
        self.read_by_key()?;
        self.emit_count()?;
        self.emit_two()?;
        self.log("alles erledigt – готово".as_bytes())
    }
}

fn note_read(found: bool, account: &Account) {
    let Account { id, amount, size, calls } = account;
    note!("found={} id={id} amount={amount} size={size} calls={calls}", u8::from(found));
}

/// Uses the host of a transaction that is over, which no plugin may do.
fn call_late() -> Result<(), Refusal> {
    let (ctx, vtable) = *KEPT.lock().unwrap_or_else(|_| die("a lock is poisoned"));
    let (ctx, vtable) = (ctx as *mut c_void, vtable as *const RuntimeHostVTableV1);
    let mut reason = preset(RunTx);
    let status = unsafe { ((*vtable).debug_log)(ctx, lent(b"late"), &mut reason) };
    let message = &reason.message_buf[..reason.message_len];
    note!("late: status={} message={}", status as u32, String::from_utf8_lossy(message));
    Ok(())
}

/// Failures that no well-made plugin has, written over one that it may have.
unsafe fn spoil(error: *mut RuntimeErrorBuf, command_kind: u8) {
    if error.is_null() {
        return;
    }
    let buffer = unsafe { &mut *error };
    match command_kind {
        // Bytes that are no text, and no room left.
        10 => {
            buffer.message_buf.fill(0xFF);
            buffer.message_buf[..8].copy_from_slice(b"kaputt: ");
            buffer.message_len = RUNTIME_ERROR_MESSAGE_CAPACITY;
        }
        // More bytes than there are.
        13 => {
            buffer.message_buf.fill(b'x');
            buffer.message_len = usize::MAX;
        }
        // Nothing is written at all.
        14 => unsafe { error.cast::<u8>().write_bytes(0, size_of::<RuntimeErrorBuf>()) },
        // A kind of a later version.
        15 => buffer.kind = RuntimeErrorKind(60000),
        // A phase that there is not.
        _ => unsafe {
            let phase = error.cast::<u8>().add(offset_of!(RuntimeErrorBuf, phase));
            phase.cast::<u32>().write(77);
        },
    }
}

unsafe extern "C" fn run_tx(
    runtime: *mut c_void,
    host: RuntimeHostContextV1,
    command: RuntimeCommandView,
    out_error: *mut RuntimeErrorBuf,
) -> RuntimeCallStatus {
    let RuntimeCommandView { command_kind, ext_seq, ref_ext_time_us, payload } = command;
    if runtime.is_null() || (payload.ptr.is_null() && payload.len != 0) {
        let kind = RuntimeErrorKind::ABI_CONTRACT_VIOLATION;
        return unsafe { told(refusal(RunTx, kind, "null where none may be"), out_error) };
    }
    with_runtime(runtime, "run_tx", |_| ());
    let length = payload.len;
    note!("run_tx kind={command_kind} seq={ext_seq} time={ref_ext_time_us} payload={length}");
    let payload = unsafe { seen(payload) };
    let tx = Tx { ctx: host.ctx_ptr, host: unsafe { &*host.vtable }, payload };
    let rejected = RuntimeErrorKind::PLUGIN_REJECTED;
    let result = match command_kind {
        1 => tx.create(),
        2 => tx.read_by_sys_id(),
        3 => tx.read_by_key(),
        4 => tx.update(),
        5 => tx.delete(),
        6 => tx.emit_count(),
        7 => tx.emit_two(),
        8 => tx.log(payload),
        9 => refusal(
            RunTx,
            rejected,
            ["zurückgewiesen – отказано: ".as_bytes(), payload].concat(),
        ),
        10 | 13..=16 => refusal(RunTx, rejected, "kaputt – 壊れた"),
        // The number 0 is reserved: a host refuses it.
        11 => tx.emit(0, NOTHING),
        12 => tx.everything(),
        17 => {
            let kept = (host.ctx_ptr as usize, host.vtable as usize);
            *KEPT.lock().unwrap_or_else(|_| die("a lock is poisoned")) = kept;
            Ok(())
        }
        18 => call_late(),
        _ => refusal(
            RunTx,
            RuntimeErrorKind::INVALID_COMMAND,
            format!("no command has the number {command_kind}"),
        ),
    };
    let status = unsafe { told(result, out_error) };
    if matches!(command_kind, 10 | 13..=16) {
        unsafe { spoil(out_error, command_kind) };
    }
    status
}

/// Each account that the keys tell of is there, also under its primary key, and has at most the limit.
unsafe fn validated(runtime: *mut c_void, host: RuntimeReadContextV1) -> Result<(), Refusal> {
    const PHASE: RuntimeErrorPhase = ValidateBizInvariants;
    if runtime.is_null() {
        return refusal(PHASE, RuntimeErrorKind::ABI_CONTRACT_VIOLATION, "no runtime");
    }
    let limit = with_runtime(runtime, "validate_biz_invariants", |runtime| runtime.limit);
    let (ctx, table) = (host.ctx_ptr, unsafe { &*host.vtable });
    let (mut keys, mut reason) = (Vec::<SysId>::new(), preset(PHASE));
    let each = table.for_each_record_key_raw;
    let status = unsafe { each(ctx, ACCOUNT, context(&mut keys), collect_key, &mut reason) };
    accepted(status, &reason)?;
    note!("validate_biz_invariants accounts={}", keys.len());
    for sys_id in keys {
        let (mut account, mut reason) = (Account::default(), preset(PHASE));
        let (mut found, mut found_by_key) = (false, false);
        let visitor_ctx = context(&mut account);
        let read = table.with_read_typed_raw;
        let status = unsafe {
            read(ctx, ACCOUNT, sys_id, visitor_ctx, read_account, &mut found, &mut reason)
        };
        accepted(status, &reason)?;
        let key = account.id.to_be_bytes();
        let visitor_ctx = context(&mut account);
        let read = table.with_read_typed_by_pk_raw;
        let status = unsafe {
            read(ctx, ACCOUNT, lent(&key), visitor_ctx, read_account, &mut found_by_key, &mut reason)
        };
        accepted(status, &reason)?;
        if !found || !found_by_key || account.calls != 2 || account.amount > limit {
            let text = format!("Konto {} überzogen: {}", account.id, account.amount);
            return refusal(PHASE, RuntimeErrorKind::PLUGIN_REJECTED, text);
        }
    }
    Ok(())
}

unsafe extern "C" fn validate_biz_invariants(
    runtime: *mut c_void,
    host: RuntimeReadContextV1,
    out_error: *mut RuntimeErrorBuf,
) -> RuntimeCallStatus {
    unsafe { told(validated(runtime, host), out_error) }
}

// --- runtimes

unsafe fn created(config: RuntimeBytesRef, out: *mut *mut c_void) -> Result<(), Refusal> {
    if out.is_null() || (config.ptr.is_null() && config.len != 0) {
        let kind = RuntimeErrorKind::ABI_CONTRACT_VIOLATION;
        return refusal(Create, kind, "null where none may be");
    }
    let config = unsafe { seen(config) };
    note_bytes(&[b"create_runtime config=", config].concat());
    if let Some(why) = config.strip_prefix(b"fail:") {
        let text = ["ungültig – неверно: ".as_bytes(), why].concat();
        return refusal(Create, RuntimeErrorKind::CONFIG_ERROR, text);
    }
    if config.starts_with(b"fail-long") {
        let text = format!("!{}", "ü".repeat(999));
        return refusal(Create, RuntimeErrorKind::CONFIG_ERROR, text);
    }
    let fails_unload = config.strip_prefix(b"fail-unload:").map(<[u8]>::to_vec);
    let limit = config.strip_prefix(b"limit:").map(String::from_utf8_lossy);
    let limit = limit.map_or(u64::MAX, |digits| digits.parse().unwrap_or(0));
    let mut facts = facts();
    facts.runtimes_made += 1;
    facts.texts_made += usize::from(fails_unload.is_some());
    let mut runtime = Box::new(Runtime { limit, fails_unload, ended: false });
    unsafe { out.write(context(&mut *runtime)) };
    facts.runtimes.push(runtime);
    Ok(())
}

unsafe extern "C" fn create_runtime(
    config: RuntimeBytesRef,
    out_runtime: *mut *mut c_void,
    out_error: *mut RuntimeErrorBuf,
) -> RuntimeCallStatus {
    unsafe { told(created(config, out_runtime), out_error) }
}

fn unloaded(runtime: *mut c_void) -> Result<(), Refusal> {
    if runtime.is_null() {
        return refusal(Unload, RuntimeErrorKind::ABI_CONTRACT_VIOLATION, "no runtime");
    }
    let fails = with_runtime(runtime, "on_unload", |runtime| runtime.fails_unload.clone());
    note!("on_unload");
    match fails {
        Some(text) => refusal(Unload, RuntimeErrorKind::PLUGIN_INTERNAL_ERROR, text),
        None => Ok(()),
    }
}

unsafe extern "C" fn on_unload(
    runtime: *mut c_void,
    out_error: *mut RuntimeErrorBuf,
) -> RuntimeCallStatus {
    unsafe { told(unloaded(runtime), out_error) }
}

unsafe extern "C" fn destroy_runtime(runtime: *mut c_void) {
    if !runtime.is_null() {
        with_runtime(runtime, "destroy_runtime", |runtime| runtime.ended = true);
        note!("destroy_runtime");
    }
}

// --- the plugin

unsafe extern "C" fn plugin_name() -> RuntimeBytesRef {
    lent("Kontoführung – 口座".as_bytes())
}

unsafe extern "C" fn schema_bytes() -> RuntimeBytesRef {
    lent(
        br#"{
  "idlVersion": "1.0",
  "records": [{"kind": 1, "name": "Account", "dataSize": 48}]
}
"#,
    )
}

/// The table; in one variant with a null, which its type does not allow.
#[cfg_attr(not(plugin_no_entry), no_mangle)]
pub unsafe extern "C" fn statevec_runtime_plugin_entry_v1() -> MaybeUninit<RuntimePluginApiV1> {
    let mut api = MaybeUninit::new(RuntimePluginApiV1 {
        abi_version: ABI_VERSION,
        plugin_name,
        schema_bytes,
        create_runtime,
        destroy_runtime,
        run_tx,
        validate_biz_invariants,
        on_unload,
    });
    if cfg!(plugin_null_slot) {
        let at = offset_of!(RuntimePluginApiV1, on_unload);
        unsafe { api.as_mut_ptr().cast::<u8>().add(at).cast::<usize>().write(0) };
    }
    api
}
