//! A drasi plugin in Rust that offers everything the ABI has: sources, a reaction, a bootstrap provider,
//! an identity provider and a secret store. What its objects do is in their configuration; the table is
//! in README.md beside this file. drasi_plugin.c is the same plugin in C.
//!
//! From "components" on, this is how a plugin is written. What comes before is what each plugin needs in
//! some form (texts, JSON, threads), and what only a test needs: everything that is made is counted, every
//! call is written into a journal, and what is used after its end is told from what is not.
//!
//! It needs neither cargo nor a crate: `rustc --edition 2021 --crate-type cdylib drasi_plugin.rs`.
#![deny(warnings)]

#[path = "../../../generated/drasi/rust/drasi.rs"]
mod drasi;

use drasi::*;
use std::alloc::Layout;
use std::collections::{BTreeMap, VecDeque};
use std::ffi::{c_char, c_void, CStr, CString};
use std::fmt::Write;
use std::mem::{offset_of, size_of, ManuallyDrop};
use std::ptr::{null, null_mut, NonNull};
use std::sync::atomic::{
    AtomicI32, AtomicI64, AtomicU32, AtomicU64, AtomicUsize, Ordering::SeqCst,
};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

// Which library this is: see "variants" in README.md.
const IS_0_8_1: bool = cfg!(plugin_0_8_1);
const SDK_VERSION: &str = match option_env!("PLUGIN_SDK_VERSION") {
    Some(version) => version,
    None if IS_0_8_1 => "0.8.1",
    None => "0.8.4",
};
const TRIPLE: &str = match option_env!("PLUGIN_TRIPLE") {
    Some(triple) => triple,
    None => "x86_64-unknown-linux-gnu",
};

/// When everything happens, in microseconds: journals and events are the same in every run.
const NOW: i64 = 1_700_000_000_000_000;

fn die(why: &str) -> ! {
    eprintln!("drasi_plugin: {why}");
    std::process::abort()
}

/// A panic ends the process, so no lock is ever poisoned.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|_| die("a lock is poisoned"))
}

/// What another thread may have although it holds pointers: they are the host's, who says so.
#[derive(Clone, Copy)]
struct Shared<T>(T);

unsafe impl<T> Send for Shared<T> {}
unsafe impl<T> Sync for Shared<T> {}

impl<T: Copy> Shared<T> {
    fn get(self) -> T {
        self.0
    }
}

// --- what is made is counted, under the name of its type in the ABI

struct Count {
    made: AtomicUsize,
    live: AtomicUsize,
}

impl Count {
    const fn new() -> Count {
        let (made, live) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Count { made, live }
    }

    fn one_more(&self) {
        self.made.fetch_add(1, SeqCst);
        self.live.fetch_add(1, SeqCst);
    }
}

/// What ends by a call into the plugin, and heap blocks that the host frees.
struct Kind {
    name: &'static str,
    objects: Count,
    blocks: Count,
}

macro_rules! kinds {
    ($($name:ident)*) => {
        #[allow(non_upper_case_globals)]
        mod kind {
            use super::{Count, Kind};
            $(pub static $name: Kind = Kind {
                name: stringify!($name),
                objects: Count::new(),
                blocks: Count::new(),
            };)*
        }
        static KINDS: &[&Kind] = &[$(&kind::$name),*];
    };
}

kinds! {
    BootstrapPluginVtable BootstrapProviderVtable FfiBootstrapEvent FfiBootstrapReceiver
    FfiBootstrapResult FfiBootstrapResultReceiver FfiBootstrapSender FfiChangeReceiver FfiOwnedStr
    FfiPluginRegistration FfiSourceEvent FfiStringArray FfiSubscriptionResponse
    IdentityProviderPluginVtable IdentityProviderVtable ReactionPluginVtable ReactionVtable
    SecretStorePluginVtable SecretStoreProviderVtable SourcePluginVtable SourceVtable char
}

unsafe fn sum(name: *const c_char, count: fn(&Kind) -> &AtomicUsize) -> usize {
    let all = name.is_null();
    let wanted = if all {
        c""
    } else {
        unsafe { CStr::from_ptr(name) }
    };
    let chosen: Vec<usize> = KINDS
        .iter()
        .filter(|kind| all || wanted.to_bytes() == kind.name.as_bytes())
        .map(|kind| count(kind).load(SeqCst))
        .collect();
    if chosen.is_empty() {
        return usize::MAX;
    }
    chosen.iter().sum()
}

#[no_mangle]
pub unsafe extern "C" fn test_live(kind: *const c_char) -> usize {
    unsafe { sum(kind, |kind| &kind.objects.live) }
}

#[no_mangle]
pub unsafe extern "C" fn test_made(kind: *const c_char) -> usize {
    unsafe { sum(kind, |kind| &kind.objects.made) }
}

#[no_mangle]
pub unsafe extern "C" fn test_live_blocks(kind: *const c_char) -> usize {
    unsafe { sum(kind, |kind| &kind.blocks.live) }
}

#[no_mangle]
pub unsafe extern "C" fn test_made_blocks(kind: *const c_char) -> usize {
    unsafe { sum(kind, |kind| &kind.blocks.made) }
}

// --- heap blocks that are handed over: of exactly the size that their type has

struct Block {
    size: usize,
    kind: &'static Kind,
}

static BLOCKS: Mutex<BTreeMap<usize, Block>> = Mutex::new(BTreeMap::new());

fn forget(blocks: &mut BTreeMap<usize, Block>, address: usize) -> usize {
    let Some(block) = blocks.remove(&address) else {
        return 0;
    };
    block.kind.blocks.live.fetch_sub(1, SeqCst);
    block.size
}

/// The host is about to free a block: how large it was made, or 0 if it is not known (any more).
#[no_mangle]
pub extern "C" fn test_forget(memory: *mut c_void) -> usize {
    forget(&mut lock(&BLOCKS), memory as usize)
}

fn register<T>(kind: &'static Kind, memory: *mut T, size: usize) -> *mut T {
    let mut blocks = lock(&BLOCKS);
    // An address that comes again was freed, although nobody said so.
    forget(&mut blocks, memory as usize);
    blocks.insert(memory as usize, Block { size, kind });
    kind.blocks.one_more();
    memory
}

/// Rust's system allocator is what the ABI asks for: a box can be handed over as it is.
fn hand_over<T>(kind: &'static Kind, value: T) -> *mut T {
    register(kind, Box::into_raw(Box::new(value)), size_of::<T>())
}

// --- objects: what is behind the `state` of a table, or the `opaque` of an event

const ALIVE: u32 = 0x600d;
const DEAD: u32 = 0xdead;

#[repr(C)]
struct Head {
    mark: AtomicU32,
    kind: &'static Kind,
}

#[repr(C)]
struct Object<T> {
    head: Head,
    content: ManuallyDrop<T>,
}

/// Ended objects keep their memory for a while, so that a use after the end is told, and not guessed.
static GRAVES: Mutex<VecDeque<(usize, Layout)>> = Mutex::new(VecDeque::new());
const MOST_GRAVES: usize = 4096;

fn make<T>(kind: &'static Kind, content: T) -> *mut c_void {
    kind.objects.one_more();
    let head = Head {
        mark: AtomicU32::new(ALIVE),
        kind,
    };
    let content = ManuallyDrop::new(content);
    Box::into_raw(Box::new(Object { head, content })).cast()
}

unsafe fn head<'a>(state: *const c_void, kind: &'static Kind, call: &str) -> &'a Head {
    let Some(head) = (unsafe { state.cast::<Head>().as_ref() }) else {
        die(&format!("{call}: null in place of a {}", kind.name));
    };
    let mark = head.mark.load(SeqCst);
    if mark != ALIVE && mark != DEAD {
        die(&format!("{call}: this is no object of the plugin"));
    }
    if !std::ptr::eq(head.kind, kind) {
        die(&format!(
            "{call}: this is a {} and no {}",
            head.kind.name, kind.name
        ));
    }
    if mark == DEAD {
        die(&format!("{call}: this {} was dropped before", kind.name));
    }
    head
}

unsafe fn check<'a, T>(state: *const c_void, kind: &'static Kind, call: &str) -> &'a T {
    unsafe {
        head(state, kind, call);
        &(*state.cast::<Object<T>>()).content
    }
}

/// Ends an object. From the first moment on every use is told; it is counted until it is gone.
unsafe fn end<T>(state: *mut c_void, kind: &'static Kind, call: &str, farewell: impl FnOnce(&T)) {
    let object: *mut Object<T> = state.cast();
    unsafe {
        if head(state, kind, call).mark.swap(DEAD, SeqCst) == DEAD {
            die(&format!("{call}: this {} was dropped before", kind.name));
        }
        farewell(&(*object).content);
        ManuallyDrop::drop(&mut (*object).content);
    }
    kind.objects.live.fetch_sub(1, SeqCst);
    let mut graves = lock(&GRAVES);
    graves.push_back((state as usize, Layout::new::<Object<T>>()));
    if graves.len() > MOST_GRAVES {
        let (oldest, layout) = graves.pop_front().unwrap();
        unsafe { std::alloc::dealloc(oldest as *mut u8, layout) };
    }
}

// --- texts

/// A text that is as long as the program.
const fn fixed(text: &'static str) -> FfiStr {
    lent(text)
}

const fn lent(text: &str) -> FfiStr {
    lent_bytes(text.as_bytes())
}

/// One of the failures on demand is no UTF-8.
const fn lent_bytes(text: &[u8]) -> FfiStr {
    FfiStr {
        ptr: text.as_ptr().cast(),
        len: text.len(),
    }
}

/// What the host lends. Nothing may have a null pointer.
unsafe fn bytes<'a>(data: *const u8, len: usize) -> &'a [u8] {
    if len == 0 {
        return &[];
    }
    unsafe { std::slice::from_raw_parts(data, len) }
}

unsafe fn text(text: FfiStr) -> String {
    let bytes = unsafe { bytes(text.ptr.cast(), text.len) };
    String::from_utf8_lossy(bytes).into_owned()
}

/// Text for the host, which frees it.
fn owned(text: &str) -> FfiOwnedStr {
    let len = text.len();
    if len == 0 {
        // As a `String` has it: no block, and a pointer that is not null.
        let ptr = NonNull::dangling().as_ptr();
        return FfiOwnedStr { ptr, len, cap: 0 };
    }
    let block = Box::into_raw(Box::<[u8]>::from(text.as_bytes()));
    FfiOwnedStr {
        ptr: register(&kind::FfiOwnedStr, block.cast(), len),
        len,
        cap: len,
    }
}

/// A C string for the host: exactly its length plus one byte, as Rust finds its size by the NUL.
fn c_string(text: &[u8]) -> *mut c_char {
    let block = Box::into_raw([text, b"\0"].concat().into_boxed_slice());
    register(&kind::char, block.cast(), text.len() + 1)
}

/// The content of a text of the host, which is freed.
unsafe fn taken(text: FfiOwnedStr) -> String {
    let copy = unsafe { bytes(text.ptr.cast(), text.len) }.to_vec();
    if text.cap != 0 {
        drop(unsafe { Vec::from_raw_parts(text.ptr.cast::<u8>(), 0, text.cap) });
    }
    String::from_utf8_lossy(&copy).into_owned()
}

/// The content of a C string of the host, which is freed; none if it is null.
unsafe fn taken_c_string(text: *mut c_char) -> Option<String> {
    let owned = (!text.is_null()).then(|| unsafe { CString::from_raw(text) })?;
    Some(owned.to_string_lossy().into_owned())
}

/// Bytes as a person reads them: quoted if they are printable, in hexadecimal if not.
fn shown(bytes: &[u8]) -> String {
    if bytes.iter().all(|byte| (b' '..0x7f).contains(byte)) {
        return format!("\"{}\"", String::from_utf8_lossy(bytes));
    }
    bytes.iter().fold("hex:".to_owned(), |shown, byte| {
        shown + &format!("{byte:02x}")
    })
}

/// `hex:00ff` says bytes that are no text.
fn bytes_of(word: &str) -> Vec<u8> {
    let Some(digits) = word.strip_prefix("hex:") else {
        return word.as_bytes().to_vec();
    };
    let pairs = digits.as_bytes().chunks_exact(2);
    pairs
        .map(|pair| u8::from_str_radix(&String::from_utf8_lossy(pair), 16).unwrap_or(0))
        .collect()
}

// --- the journal

struct Journal {
    lines: String,
    /// What test_log has given out; the last one is the journal as it is, unless something was added.
    copies: Vec<CString>,
    grew: bool,
}

static JOURNAL: Mutex<Journal> = Mutex::new(Journal {
    lines: String::new(),
    copies: Vec::new(),
    grew: false,
});

fn note_line(line: &str) {
    let line: String = line
        .chars()
        .map(|character| if character < ' ' { '?' } else { character })
        .collect();
    let mut journal = lock(&JOURNAL);
    journal.lines.push_str(&line);
    journal.lines.push('\n');
    journal.grew = true;
}

/// One line. Calls of the host as they are; calls of the plugin begin with `> `.
macro_rules! note {
    ($($part:tt)*) => { note_line(&format!($($part)*)) };
}

/// The calls since the last test_reset, one per line. It stays as it is until test_reset.
#[no_mangle]
pub extern "C" fn test_log() -> *const c_char {
    let mut journal = lock(&JOURNAL);
    if journal.grew || journal.copies.is_empty() {
        // No line has a NUL in it.
        let copy = CString::new(journal.lines.as_str()).unwrap();
        journal.copies.push(copy);
        journal.grew = false;
    }
    journal.copies.last().unwrap().as_ptr()
}

/// Begins a new journal, and counts from 0 what is made. What is alive stays counted.
#[no_mangle]
pub extern "C" fn test_reset() {
    let mut journal = lock(&JOURNAL);
    journal.lines.clear();
    journal.copies.clear();
    journal.grew = false;
    for kind in KINDS {
        kind.objects.made.store(0, SeqCst);
        kind.blocks.made.store(0, SeqCst);
    }
}

// --- JSON

#[derive(Clone, Copy, PartialEq)]
enum Form {
    Absent,
    Object,
    Array,
    Text,
    Number,
    True,
    False,
    Null,
}

#[derive(Clone)]
struct Json {
    form: Form,
    /// Of a member.
    name: String,
    /// What a string says; the characters of anything else.
    text: String,
    items: Vec<Json>,
}

static ABSENT: Json = Json {
    form: Form::Absent,
    name: String::new(),
    text: String::new(),
    items: Vec::new(),
};

impl Json {
    fn member(&self, name: &str) -> &Json {
        let members = if self.form == Form::Object {
            &self.items[..]
        } else {
            &[]
        };
        members
            .iter()
            .find(|item| item.name == name)
            .unwrap_or(&ABSENT)
    }

    fn has(&self, name: &str) -> bool {
        self.member(name).form != Form::Absent
    }

    fn flag(&self, name: &str) -> bool {
        self.member(name).form == Form::True
    }

    fn number(&self, name: &str, otherwise: i64) -> i64 {
        let found = self.member(name);
        let number = (found.form == Form::Number).then(|| found.text.parse().unwrap_or(0));
        number.unwrap_or(otherwise)
    }

    fn text<'a>(&'a self, name: &str, otherwise: &'a str) -> &'a str {
        let found = self.member(name);
        if found.form == Form::Text {
            &found.text
        } else {
            otherwise
        }
    }

    fn written(&self) -> String {
        if self.form == Form::Text {
            quoted(&self.text)
        } else {
            self.text.clone()
        }
    }
}

fn quoted(content: &str) -> String {
    let mut text = "\"".to_owned();
    for character in content.chars() {
        match character {
            '"' | '\\' => text.extend(['\\', character]),
            control if control < ' ' => write!(text, "\\u{:04x}", control as u32).unwrap(),
            _ => text.push(character),
        }
    }
    text + "\""
}

struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl Cursor<'_> {
    fn next(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while matches!(self.next(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        self.skip_blanks();
        let found = self.next() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Behind `\u`: four digits.
    fn unit(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        self.at += 4;
        let hexadecimal = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        hexadecimal.then(|| u32::from_str_radix(digits, 16).unwrap())
    }

    /// Half of a pair becomes U+FFFD.
    fn code_point(&mut self) -> Option<char> {
        let high = self.unit()?;
        let start = self.at;
        if (0xd800..0xdc00).contains(&high) && self.text[start..].starts_with("\\u") {
            self.at += 2;
            match self.unit() {
                Some(low) if (0xdc00..0xe000).contains(&low) => {
                    return char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
                }
                _ => self.at = start,
            }
        }
        Some(char::from_u32(high).unwrap_or('\u{fffd}'))
    }

    fn string(&mut self) -> Option<String> {
        let mut content = String::new();
        if !self.take(b'"') {
            return None;
        }
        loop {
            let character = self.text[self.at..].chars().next()?;
            self.at += character.len_utf8();
            match character {
                '"' => return Some(content),
                '\\' => {
                    let escape = self.next()?;
                    self.at += 1;
                    content.push(match escape {
                        b'"' | b'\\' | b'/' => char::from(escape),
                        b'b' => '\u{8}',
                        b'f' => '\u{c}',
                        b'n' => '\n',
                        b'r' => '\r',
                        b't' => '\t',
                        b'u' => self.code_point()?,
                        _ => return None,
                    });
                }
                control if control < ' ' => return None,
                _ => content.push(character),
            }
        }
    }

    fn items(&mut self, named: bool, depth: u32) -> Option<Vec<Json>> {
        let mut items = Vec::new();
        let end = if named { b'}' } else { b']' };
        if self.take(end) {
            return Some(items);
        }
        loop {
            let mut name = String::new();
            if named {
                name = self.string()?;
                self.take(b':').then_some(())?;
            }
            items.push(Json {
                name,
                ..self.value(depth)?
            });
            if !self.take(b',') {
                return self.take(end).then_some(items);
            }
        }
    }

    fn value(&mut self, depth: u32) -> Option<Json> {
        self.skip_blanks();
        let start = self.at;
        let made = |form, text: &str, items| {
            let (name, text) = (String::new(), text.to_owned());
            Some(Json {
                form,
                name,
                text,
                items,
            })
        };
        match self.next()? {
            _ if depth == 64 => None,
            opening @ (b'{' | b'[') => {
                self.at += 1;
                let items = self.items(opening == b'{', depth + 1)?;
                let form = if opening == b'{' {
                    Form::Object
                } else {
                    Form::Array
                };
                made(form, &self.text[start..self.at], items)
            }
            b'"' => made(Form::Text, &self.string()?, Vec::new()),
            _ => {
                let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
                while self.next().is_some_and(letter) {
                    self.at += 1;
                }
                let word = &self.text[start..self.at];
                let form = match word {
                    "true" => Form::True,
                    "false" => Form::False,
                    "null" => Form::Null,
                    "" => return None,
                    _ if word.bytes().all(|byte| b"+-.0123456789eE".contains(&byte)) => {
                        Form::Number
                    }
                    _ => return None,
                };
                made(form, word, Vec::new())
            }
        }
    }
}

fn parse(text: &str) -> Option<Json> {
    let mut cursor = Cursor { text, at: 0 };
    let json = cursor.value(0)?;
    cursor.skip_blanks();
    (cursor.at == text.len()).then_some(json)
}

// --- failures on demand

/// What a failure says; none is a null, and not an empty text.
type Complaint = Option<Vec<u8>>;

/// Whether the configuration has the slot in its `"fail"`, which is a name or a list of names.
fn told_to_fail(config: &Json, slot: &str) -> bool {
    let fail = config.member("fail");
    config.text("fail", "") == slot || fail.items.iter().any(|item| item.text == slot)
}

fn complaint(wanted: &str, slot: &str) -> Complaint {
    match wanted {
        "null" => None,
        "empty" => Some(Vec::new()),
        "" => Some(format!("{slot}: das ging schief — 失敗 ✗").into_bytes()),
        "bad-utf8" => Some([slot.as_bytes(), b": \xff\xfe"].concat()),
        "long" => Some(format!("{slot}: {}", "ä".repeat(100_000)).into_bytes()),
        _ => Some(wanted.as_bytes().to_vec()),
    }
}

fn configured_complaint(config: &Json, slot: &str) -> Complaint {
    complaint(config.text("message", ""), slot)
}

fn success() -> FfiResult {
    let error_msg = null_mut();
    FfiResult {
        error_code: 0,
        error_msg,
    }
}

fn failure(config: &Json, why: Complaint) -> FfiResult {
    FfiResult {
        error_code: config.number("code", 1) as i32,
        error_msg: why.map_or(null_mut(), |why| c_string(&why)),
    }
}

/// The host's result, whose message is freed.
unsafe fn succeeded(code: i32, message: *mut c_char) -> Result<(), String> {
    if code == 0 {
        return Ok(());
    }
    match unsafe { taken_c_string(message) } {
        Some(message) => Err(format!("error {code} \"{message}\"")),
        None => Err(format!("error {code} without a message")),
    }
}

// --- threads

#[derive(Default)]
struct Hired {
    threads: Vec<JoinHandle<()>>,
    /// Nobody joins any more.
    left: bool,
}

/// Those that somebody is going to join.
#[derive(Default)]
struct Crew(Mutex<Hired>);

impl Crew {
    fn hire(&self, work: impl FnOnce() + Send + 'static) {
        let mut hired = lock(&self.0);
        let thread = thread::Builder::new().spawn(work);
        let thread = thread.unwrap_or_else(|_| die("no thread to be had"));
        if !hired.left {
            hired.threads.push(thread);
        }
    }

    /// Waits for all threads; for none if it is called by one of them. That is a host that ends things
    /// from within a callback, and the others may be waiting for their turn behind it.
    fn dismiss(&self, join: bool, for_good: bool) {
        let threads = {
            let mut hired = lock(&self.0);
            hired.left |= for_good;
            std::mem::take(&mut hired.threads)
        };
        let caller = thread::current().id();
        if join && threads.iter().all(|each| each.thread().id() != caller) {
            for each in threads {
                each.join().unwrap_or_else(|_| die("a thread panicked"));
            }
        }
    }
}

// --- the library

unsafe extern "C" fn no_executor(_future: *mut c_void) -> *mut c_void {
    null_mut()
}

/// A callback and its context.
type Bound<F> = Option<(F, Shared<*mut c_void>)>;

/// What the setters of the registration were given.
static LOG: Mutex<Bound<LogCallbackFn>> = Mutex::new(None);
static LIFECYCLE: Mutex<Bound<LifecycleCallbackFn>> = Mutex::new(None);
static RESOLVER: Mutex<Bound<ConfigResolverFn>> = Mutex::new(None);

unsafe extern "C" fn set_log_callback(ctx: *mut c_void, callback: LogCallbackFn) {
    note!("Plugin.set_log_callback");
    *lock(&LOG) = Some((callback, Shared(ctx)));
}

unsafe extern "C" fn set_lifecycle_callback(ctx: *mut c_void, callback: LifecycleCallbackFn) {
    note!("Plugin.set_lifecycle_callback");
    *lock(&LIFECYCLE) = Some((callback, Shared(ctx)));
}

unsafe extern "C" fn set_config_resolver(ctx: *mut c_void, callback: ConfigResolverFn) {
    note!("Plugin.set_config_resolver");
    *lock(&RESOLVER) = Some((callback, Shared(ctx)));
}

// --- components: what sources and reactions have in common

/// What the runtime context of `initialize_fn` leaves behind.
#[derive(Clone, Default)]
struct Services {
    instance: String,
    log: Bound<LogCallbackFn>,
    lifecycle: Bound<LifecycleCallbackFn>,
    store: Option<Shared<*const StateStoreVtable>>,
    identity: Option<Shared<*const IdentityProviderVtable>>,
    fetcher: Option<Shared<*const SnapshotFetcherVtable>>,
}

impl Services {
    unsafe fn of(ctx: &FfiRuntimeContext) -> Services {
        let given = |pointer: *const c_void| !pointer.is_null();
        Services {
            instance: unsafe { text(ctx.instance_id) },
            log: ctx.log_callback.map(|log| (log, Shared(ctx.log_ctx))),
            lifecycle: ctx
                .lifecycle_callback
                .map(|tell| (tell, Shared(ctx.lifecycle_ctx))),
            store: given(ctx.state_store.cast()).then_some(Shared(ctx.state_store)),
            identity: given(ctx.identity_provider.cast()).then_some(Shared(ctx.identity_provider)),
            fetcher: given(ctx.snapshot_fetcher.cast()).then_some(Shared(ctx.snapshot_fetcher)),
        }
    }

    /// Their states belong to the component, their tables stay the host's.
    unsafe fn end(self) {
        unsafe {
            if let Some(store) = self.store.map(|store| &*store.get()) {
                note!("> drop state store");
                (store.drop_fn)(store.state);
            }
            if let Some(identity) = self.identity.map(|identity| &*identity.get()) {
                note!("> drop identity provider");
                (identity.drop_fn)(identity.state);
            }
            if let Some(fetcher) = self.fetcher.map(|fetcher| &*fetcher.get()) {
                note!("> drop snapshot fetcher");
                (fetcher.drop_fn)(fetcher.state);
            }
        }
    }
}

/// A provider from the host: the source holds it, and everyone who is using it.
struct Provider(Shared<BootstrapProviderVtable>);

impl Drop for Provider {
    fn drop(&mut self) {
        let table = &self.0 .0;
        unsafe { (table.drop_fn)(table.state) };
    }
}

struct Component {
    /// In the journal.
    name: &'static str,
    /// In lifecycle events.
    type_: &'static str,
    /// Of the factory.
    kind: &'static str,
    id: String,
    config: Json,
    auto_start: bool,
    status: AtomicI32,
    services: Mutex<Services>,
    // of a source
    provider: Mutex<Option<Arc<Provider>>>,
    subscriptions: Mutex<Vec<Arc<Subscription>>>,
    // of a reaction
    query_ids: Json,
    forwarders: Crew,
    snapshot: Mutex<Option<Rows>>,
}

unsafe fn component<'a>(state: *const c_void, slot: &str) -> &'a Component {
    let reaction = !state.is_null()
        && std::ptr::eq(
            unsafe { (*state.cast::<Head>()).kind },
            &kind::ReactionVtable,
        );
    let kind = if reaction {
        &kind::ReactionVtable
    } else {
        &kind::SourceVtable
    };
    unsafe { check(state, kind, slot) }
}

/// A record for the component's log, or the library's if it has none or is not there at all.
fn say(speaker: Option<&Component>, level: FfiLogLevel, message: &[u8]) {
    let services = speaker
        .map(|speaker| lock(&speaker.services).clone())
        .unwrap_or_default();
    let Some((log, ctx)) = services.log.or_else(|| *lock(&LOG)) else {
        return;
    };
    let entry = FfiLogEntry {
        level,
        plugin_id: fixed("drasi-test-plugin"),
        target: fixed("drasi_plugin::component"),
        message: lent_bytes(message),
        timestamp_us: NOW,
        instance_id: lent(&services.instance),
        component_id: lent(speaker.map_or("", |speaker| &speaker.id)),
    };
    unsafe { log(ctx.get(), &entry) };
}

impl Component {
    fn tell(&self, event_type: FfiLifecycleEventType, message: &[u8]) {
        let own = lock(&self.services).lifecycle;
        let component_type = fixed(if own.is_some() { self.type_ } else { "plugin" });
        let Some((lifecycle, ctx)) = own.or_else(|| *lock(&LIFECYCLE)) else {
            return;
        };
        let event = FfiLifecycleEvent {
            component_id: lent(&self.id),
            component_type,
            event_type,
            message: lent_bytes(message),
            timestamp_us: NOW,
        };
        unsafe { lifecycle(ctx.get(), &event) };
    }
}

// --- steps: what a component does with the services of its host, as its configuration says

/// The rows of a snapshot or the entries of an outbox. Used by one thread at a time, and dropped once.
struct Rows {
    ctx: Shared<*mut c_void>,
    next: unsafe extern "C" fn(*mut c_void) -> FfiOwnedStr,
    drop: unsafe extern "C" fn(*mut c_void),
}

impl Rows {
    fn of_snapshot(rows: FfiSnapshotIterator) -> Rows {
        Rows {
            ctx: Shared(rows.iter_ctx),
            next: rows.next_fn,
            drop: rows.drop_fn,
        }
    }

    fn of_outbox(rows: FfiOutboxIterator) -> Rows {
        Rows {
            ctx: Shared(rows.iter_ctx),
            next: rows.next_fn,
            drop: rows.drop_fn,
        }
    }

    /// Reads them to their end, or to the limit.
    fn read(&self, limit: u64) -> String {
        let mut outcome = String::new();
        for _ in 0..limit {
            let row = unsafe { taken((self.next)(self.ctx.get())) };
            if row.is_empty() {
                return outcome + " end";
            }
            write!(outcome, " {row}").unwrap();
        }
        outcome
    }
}

impl Drop for Rows {
    fn drop(&mut self) {
        unsafe { (self.drop)(self.ctx.get()) };
    }
}

/// What a step was good for, or why it failed.
type Outcome = Result<String, String>;

unsafe fn got_result(result: FfiResult) -> Outcome {
    unsafe { succeeded(result.error_code, result.error_msg) }.map(|()| "ok".to_owned())
}

/// Success is true, a failure with a certain message is false, any other one is a failure.
unsafe fn got_truth(result: FfiResult) -> Outcome {
    let message = result.error_msg;
    let not_found = result.error_code != 0
        && !message.is_null()
        && unsafe { CStr::from_ptr(message) } == NOT_FOUND_MESSAGE_CSTR;
    let outcome = unsafe { succeeded(result.error_code, message) };
    if not_found {
        return Ok("false".to_owned());
    }
    outcome.map(|()| "true".to_owned())
}

fn got_count(count: i64) -> Outcome {
    if count < 0 {
        return Err(format!("error {count}"));
    }
    Ok(count.to_string())
}

unsafe fn got_value(result: FfiGetResult) -> Outcome {
    unsafe { succeeded(result.error_code, result.error_msg) }?;
    if !result.found {
        return Ok("nothing".to_owned());
    }
    let outcome = shown(unsafe { bytes(result.data, result.len) });
    if result.cap != 0 {
        drop(unsafe { Vec::from_raw_parts(result.data, 0, result.cap) });
    }
    Ok(outcome)
}

/// Whether a fetch went well; its error is freed in any case.
unsafe fn fetched(error: FfiOwnedStr) -> Result<(), String> {
    if error.ptr.is_null() {
        die("an error at null, where it is taken for a String");
    }
    let why = unsafe { taken(error) };
    if why.is_empty() {
        return Ok(());
    }
    Err(format!("error \"{why}\""))
}

/// The steps of one slot.
struct Work<'a> {
    component: &'a Component,
    services: Services,
    bootstrap: Option<&'a FfiBootstrapContext>,
    checkpoint: FfiCheckpoint,
}

/// One step: `["set", "store", "key", "value"]`.
struct Step<'a>(&'a [Json]);

impl Step<'_> {
    fn word(&self, index: usize) -> &str {
        self.0.get(index).map_or("", |word| &word.text)
    }

    fn lent(&self, index: usize) -> FfiStr {
        lent(self.word(index))
    }

    fn number(&self, index: usize, otherwise: u64) -> u64 {
        self.0
            .get(index)
            .map_or(otherwise, |word| word.text.parse().unwrap_or(0))
    }

    /// The words from an index on, as an array for a call. Its pointer is not null, even if there is none.
    fn lent_from(&self, from: usize, stride: usize) -> Vec<FfiStr> {
        (from..self.0.len())
            .step_by(stride)
            .map(|index| self.lent(index))
            .collect()
    }
}

impl Work<'_> {
    unsafe fn store_get_many(&self, step: &Step, store: &StateStoreVtable) -> Outcome {
        let keys = step.lent_from(2, 1);
        // Room, which need not be initialised.
        let mut values: Vec<FfiGetResult> = Vec::with_capacity(keys.len());
        let (state, room) = (store.state, values.as_mut_ptr());
        let outcomes: Vec<String> = unsafe {
            let result = (store.get_many_fn)(state, step.lent(1), keys.as_ptr(), keys.len(), room);
            got_result(result)?;
            values.set_len(keys.len());
            // Each is ended, also behind one that failed.
            values
                .into_iter()
                .map(|value| got_value(value).unwrap_or_else(|why| why))
                .collect()
        };
        Ok(outcomes.join(" "))
    }

    unsafe fn store_set_many(&self, step: &Step, store: &StateStoreVtable) -> Outcome {
        let keys = step.lent_from(2, 2);
        let count = keys.len();
        let values: Vec<Vec<u8>> = (0..count)
            .map(|index| bytes_of(step.word(3 + 2 * index)))
            .collect();
        let pointers: Vec<*const u8> = values.iter().map(|value| value.as_ptr()).collect();
        let lengths: Vec<usize> = values.iter().map(Vec::len).collect();
        unsafe {
            got_result((store.set_many_fn)(
                store.state,
                step.lent(1),
                keys.as_ptr(),
                pointers.as_ptr(),
                lengths.as_ptr(),
                count,
            ))
        }
    }

    unsafe fn store_list_keys(&self, step: &Step, store: &StateStoreVtable) -> Outcome {
        let keys = unsafe { (store.list_keys_fn)(store.state, step.lent(1)) };
        let mut names = Vec::new();
        if keys.cap != 0 {
            let keys = unsafe { Vec::from_raw_parts(keys.data, keys.len, keys.cap) };
            names = keys.into_iter().map(|key| unsafe { taken(key) }).collect();
        }
        Ok(format!("[{}]", names.join(", ")))
    }

    unsafe fn store_step(&self, step: &Step) -> Outcome {
        let Some(store) = self.services.store.map(|store| unsafe { &*store.get() }) else {
            return Err("no state store".to_owned());
        };
        let (state, id, key) = (store.state, step.lent(1), step.lent(2));
        unsafe {
            match step.word(0) {
                "get" => got_value((store.get_fn)(state, id, key)),
                "set" => {
                    let value = bytes_of(step.word(3));
                    got_result((store.set_fn)(state, id, key, value.as_ptr(), value.len()))
                }
                "delete" => got_result((store.delete_fn)(state, id, key)),
                "contains_key" => got_truth((store.contains_key_fn)(state, id, key)),
                "get_many" => self.store_get_many(step, store),
                "set_many" => self.store_set_many(step, store),
                "delete_many" => {
                    let keys = step.lent_from(2, 1);
                    got_count((store.delete_many_fn)(state, id, keys.as_ptr(), keys.len()))
                }
                "clear_store" => got_count((store.clear_store_fn)(state, id)),
                "list_keys" => self.store_list_keys(step, store),
                "store_exists" => got_truth((store.store_exists_fn)(state, id)),
                "key_count" => got_count((store.key_count_fn)(state, id)),
                "sync" => got_result((store.sync_fn)(state)),
                _ => Err("no such step".to_owned()),
            }
        }
    }

    unsafe fn credentials(
        &self,
        step: &Step,
        table: &IdentityProviderVtable,
        state: *const c_void,
    ) -> Outcome {
        let context = step.word(1);
        let pointer = if context.is_empty() {
            null()
        } else {
            context.as_ptr()
        };
        let result = unsafe { (table.get_credentials_fn)(state, pointer, context.len()) };
        unsafe { succeeded(result.error_code, result.error_msg) }?;
        let found = result.credentials;
        let mut outcome = format!("{:?}", found.credential_type);
        let fields = [found.field1, found.field2, found.field3];
        for (number, field) in (1..).zip(fields) {
            let field = unsafe { taken_c_string(field) };
            write!(
                outcome,
                " field{number}={}",
                field.as_deref().unwrap_or("null")
            )
            .unwrap();
        }
        Ok(outcome)
    }

    unsafe fn identity_step(&self, step: &Step, cloned: bool) -> Outcome {
        let Some(identity) = self
            .services
            .identity
            .map(|identity| unsafe { &*identity.get() })
        else {
            return Err("no identity provider".to_owned());
        };
        unsafe {
            if !cloned {
                return self.credentials(step, identity, identity.state);
            }
            // A second state, which ends on its own.
            let clone = (identity.clone_fn)(identity.state);
            if clone.is_null() {
                return Err("no clone".to_owned());
            }
            let outcome = self.credentials(step, identity, clone);
            (identity.drop_fn)(clone);
            outcome
        }
    }

    unsafe fn got_snapshot(
        &mut self,
        response: FfiSnapshotIteratorResponse,
        limit: u64,
    ) -> Outcome {
        // After a failure there is no iterator.
        unsafe { fetched(response.error) }?;
        let (sequence, config_hash) = (response.as_of_sequence, response.config_hash);
        self.checkpoint = FfiCheckpoint {
            sequence,
            config_hash,
        };
        let rows = Rows::of_snapshot(response.iterator).read(limit);
        Ok(format!("as_of={sequence} hash={config_hash} rows:{rows}"))
    }

    unsafe fn got_outbox(&mut self, response: FfiOutboxIteratorResponse, limit: u64) -> Outcome {
        let (sequence, config_hash) = (response.latest_sequence, response.config_hash);
        let outcome = format!("latest={sequence} hash={config_hash}");
        unsafe { fetched(response.error) }.map_err(|why| format!("{why} {outcome}"))?;
        self.checkpoint = FfiCheckpoint {
            sequence,
            config_hash,
        };
        let entries = Rows::of_outbox(response.iterator).read(limit);
        Ok(format!("{outcome} entries:{entries}"))
    }

    /// The iterator may outlive the call that it was made in; it is read when the reaction stops.
    unsafe fn kept_snapshot(&self, response: FfiSnapshotIteratorResponse) -> Outcome {
        unsafe { fetched(response.error) }?;
        let rows = Rows::of_snapshot(response.iterator);
        let before = lock(&self.component.snapshot).replace(rows);
        drop(before);
        Ok("kept".to_owned())
    }

    unsafe fn got_checkpoint(&self, result: FfiCheckpointResult) -> Outcome {
        unsafe { fetched(result.error) }?;
        if !result.found {
            return Ok("nothing".to_owned());
        }
        let FfiCheckpoint {
            sequence,
            config_hash,
        } = result.checkpoint;
        Ok(format!("sequence={sequence} hash={config_hash}"))
    }

    unsafe fn bootstrap_step(&mut self, step: &Step, context: &FfiBootstrapContext) -> Outcome {
        let ctx = context.callback_ctx;
        unsafe {
            match step.word(0) {
                "read_checkpoint" => self.got_checkpoint((context.read_checkpoint_fn)(ctx)),
                "write_checkpoint" => {
                    let checkpoint = FfiCheckpoint {
                        sequence: step.number(1, self.checkpoint.sequence),
                        config_hash: step.number(2, self.checkpoint.config_hash),
                    };
                    got_result((context.write_checkpoint_fn)(ctx, checkpoint))
                }
                "fetch_snapshot" => {
                    let response = (context.fetch_snapshot_fn)(ctx);
                    self.got_snapshot(response, step.number(1, u64::MAX))
                }
                "fetch_outbox" => {
                    let response =
                        (context.fetch_outbox_fn)(ctx, step.number(1, self.checkpoint.sequence));
                    self.got_outbox(response, step.number(2, u64::MAX))
                }
                "keep_snapshot" => self.kept_snapshot((context.fetch_snapshot_fn)(ctx)),
                _ => Err("no such step".to_owned()),
            }
        }
    }

    unsafe fn fetcher_step(&mut self, step: &Step) -> Outcome {
        let Some(fetcher) = self
            .services
            .fetcher
            .map(|fetcher| unsafe { &*fetcher.get() })
        else {
            return Err("no snapshot fetcher".to_owned());
        };
        unsafe {
            let response = (fetcher.fetch_snapshot_fn)(fetcher.state, step.lent(1));
            self.got_snapshot(response, step.number(2, u64::MAX))
        }
    }

    fn log_step(&self, step: &Step) -> Outcome {
        let level = match step.word(1) {
            "error" => FfiLogLevel::Error,
            "warn" => FfiLogLevel::Warn,
            "info" => FfiLogLevel::Info,
            "debug" => FfiLogLevel::Debug,
            "trace" => FfiLogLevel::Trace,
            _ => return Err("no such level".to_owned()),
        };
        say(Some(self.component), level, step.word(2).as_bytes());
        Ok("said".to_owned())
    }

    unsafe fn do_step(&mut self, step: &Step) -> Outcome {
        let verb = step.word(0);
        let reads = ["fetch_", "keep_", "read_", "write_"];
        unsafe {
            match (verb, self.bootstrap) {
                ("log", _) => self.log_step(step),
                ("credentials", _) => self.identity_step(step, false),
                ("clone_credentials", _) => self.identity_step(step, true),
                ("fetcher", _) => self.fetcher_step(step),
                (_, Some(context)) if reads.iter().any(|prefix| verb.starts_with(prefix)) => {
                    self.bootstrap_step(step, context)
                }
                _ => self.store_step(step),
            }
        }
    }

    /// Does all steps. The first failure is what counts.
    fn do_steps(&mut self, steps: &Json) -> Result<(), String> {
        let mut result = Ok(());
        for words in &steps.items {
            let step = Step(&words.items);
            let outcome = unsafe { self.do_step(&step) };
            let said = step
                .0
                .iter()
                .fold(String::new(), |said, word| said + " " + &word.text);
            let (Ok(seen) | Err(seen)) = &outcome;
            note!(">{said}: {seen}");
            result = result.and(
                outcome
                    .map(|_| ())
                    .map_err(|why| format!("{}: {why}", step.word(0))),
            );
        }
        result
    }
}

impl Component {
    /// Does the steps of a slot: here, or on as many threads as the configuration says, each of them all.
    /// It fails only if the configuration is `"strict"`.
    fn work_through(
        &self,
        steps: &Json,
        bootstrap: Option<&FfiBootstrapContext>,
        threads: usize,
    ) -> Result<(), String> {
        let shared = Shared(bootstrap);
        let work = || {
            let mut work = Work {
                component: self,
                services: lock(&self.services).clone(),
                bootstrap: shared.get(),
                checkpoint: FfiCheckpoint {
                    sequence: 0,
                    config_hash: 0,
                },
            };
            work.do_steps(steps)
        };
        let result = if threads == 0 {
            work()
        } else {
            thread::scope(|scope| {
                let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
                let results = workers.into_iter().map(|worker| worker.join().unwrap());
                results.fold(Ok(()), Result::and)
            })
        };
        result.or_else(|why| {
            if self.config.flag("strict") {
                Err(why)
            } else {
                Ok(())
            }
        })
    }
}

// --- slots of every component

unsafe extern "C" fn component_id(state: *const c_void) -> FfiStr {
    let it = unsafe { component(state, "id") };
    note!("{}.id id={}", it.name, it.id);
    lent(&it.id)
}

unsafe extern "C" fn component_type_name(state: *const c_void) -> FfiStr {
    let it = unsafe { component(state, "type_name") };
    note!("{}.type_name id={}", it.name, it.id);
    fixed(it.kind)
}

unsafe extern "C" fn component_auto_start(state: *const c_void) -> bool {
    let it = unsafe { component(state, "auto_start") };
    note!("{}.auto_start id={}", it.name, it.id);
    it.auto_start
}

/// The configuration with what the resolver said in it; a text in it stands for everything.
unsafe extern "C" fn component_properties(state: *const c_void) -> FfiOwnedStr {
    let it = unsafe { component(state, "properties") };
    note!("{}.properties id={}", it.name, it.id);
    let wanted = it.config.member("properties");
    if wanted.form == Form::Text {
        return owned(&wanted.text);
    }
    let members = it.config.items.iter();
    let members: Vec<String> = members
        .map(|item| format!("{}:{}", quoted(&item.name), item.written()))
        .collect();
    owned(&format!("{{{}}}", members.join(",")))
}

unsafe extern "C" fn component_status(state: *const c_void) -> FfiComponentStatus {
    let it = unsafe { component(state, "status") };
    note!("{}.status id={}", it.name, it.id);
    match it.status.load(SeqCst) {
        0 => FfiComponentStatus::Stopped,
        1 => FfiComponentStatus::Starting,
        2 => FfiComponentStatus::Running,
        3 => FfiComponentStatus::Stopping,
        _ => FfiComponentStatus::Error,
    }
}

impl Component {
    fn put(&self, status: FfiComponentStatus) {
        self.status.store(status as i32, SeqCst);
    }

    /// From one resting status to the next one, if `from` or an error is where it is.
    fn set_out(&self, from: FfiComponentStatus, to: FfiComponentStatus) -> bool {
        let from_there = |from: FfiComponentStatus| {
            self.status
                .compare_exchange(from as i32, to as i32, SeqCst, SeqCst)
                .is_ok()
        };
        from_there(from) || from_there(FfiComponentStatus::Error)
    }

    fn failed(&self, why: Complaint) -> FfiResult {
        let message = why.as_deref().unwrap_or(b"");
        self.put(FfiComponentStatus::Error);
        say(Some(self), FfiLogLevel::Error, message);
        self.tell(FfiLifecycleEventType::Error, message);
        failure(&self.config, why)
    }

    fn joins(&self) -> bool {
        !self.config.has("join") || self.config.flag("join")
    }

    /// Closes all streams; only then may threads be waited for: nothing holds them up any more.
    fn let_threads_go(&self, for_good: bool) {
        let subscriptions = std::mem::take(&mut *lock(&self.subscriptions));
        for subscription in &subscriptions {
            subscription.change(|state| state.changes_closed = true);
            subscription.give_bootstrap_up();
        }
        for subscription in subscriptions {
            subscription.crew.dismiss(self.joins(), true);
        }
        self.forwarders.dismiss(self.joins(), for_good);
    }
}

unsafe extern "C" fn component_start(state: *mut c_void) -> FfiResult {
    let it = unsafe { component(state, "start") };
    note!("{}.start id={}", it.name, it.id);
    if !it.set_out(FfiComponentStatus::Stopped, FfiComponentStatus::Starting) {
        return failure(&it.config, Some("already started — stop it first".into()));
    }
    it.tell(FfiLifecycleEventType::Starting, b"");
    let workers = it.config.number("workers", 0) as usize;
    if let Err(why) = it.work_through(it.config.member("start"), None, workers) {
        return it.failed(Some(why.into_bytes()));
    }
    if told_to_fail(&it.config, "start") {
        return it.failed(configured_complaint(&it.config, "start"));
    }
    it.put(FfiComponentStatus::Running);
    say(Some(it), FfiLogLevel::Info, b"started");
    it.tell(FfiLifecycleEventType::Started, b"");
    success()
}

unsafe extern "C" fn component_stop(state: *mut c_void) -> FfiResult {
    let it = unsafe { component(state, "stop") };
    note!("{}.stop id={}", it.name, it.id);
    if !it.set_out(FfiComponentStatus::Running, FfiComponentStatus::Stopping) {
        return failure(&it.config, Some("not running — start it first".into()));
    }
    it.tell(FfiLifecycleEventType::Stopping, b"");
    if let Err(why) = it.work_through(it.config.member("stop"), None, 0) {
        return it.failed(Some(why.into_bytes()));
    }
    let kept = lock(&it.snapshot).take();
    if let Some(rows) = kept {
        note!("> kept_snapshot:{}", rows.read(u64::MAX));
    }
    if told_to_fail(&it.config, "stop") {
        return it.failed(configured_complaint(&it.config, "stop"));
    }
    if !it.config.flag("keepStreams") {
        it.let_threads_go(false);
    }
    it.put(FfiComponentStatus::Stopped);
    say(Some(it), FfiLogLevel::Info, b"stopped");
    it.tell(FfiLifecycleEventType::Stopped, b"");
    success()
}

unsafe extern "C" fn component_deprovision(state: *mut c_void) -> FfiResult {
    let it = unsafe { component(state, "deprovision") };
    note!("{}.deprovision id={}", it.name, it.id);
    if told_to_fail(&it.config, "deprovision") {
        return failure(&it.config, configured_complaint(&it.config, "deprovision"));
    }
    success()
}

unsafe extern "C" fn component_initialize(state: *mut c_void, ctx: *const FfiRuntimeContext) {
    let (it, services) = unsafe { (component(state, "initialize"), Services::of(&*ctx)) };
    note!(
        "{}.initialize id={} instance={} component={} store={} log={} lifecycle={} identity={} fetcher={}",
        it.name,
        it.id,
        services.instance,
        unsafe { text((*ctx).component_id) },
        services.store.is_some() as u8,
        services.log.is_some() as u8,
        services.lifecycle.is_some() as u8,
        services.identity.is_some() as u8,
        services.fetcher.is_some() as u8
    );
    let before = std::mem::replace(&mut *lock(&it.services), services);
    unsafe { before.end() };
}

fn say_goodbye(it: &Component) {
    note!("{}.drop id={}", it.name, it.id);
    it.let_threads_go(true);
    // No lock is held while the host is called.
    let (snapshot, provider) = (lock(&it.snapshot).take(), lock(&it.provider).take());
    drop(snapshot);
    drop(provider);
    let services = std::mem::take(&mut *lock(&it.services));
    unsafe { services.end() };
}

unsafe extern "C" fn source_drop(state: *mut c_void) {
    unsafe { end(state, &kind::SourceVtable, "Source.drop", say_goodbye) };
}

unsafe extern "C" fn reaction_drop(state: *mut c_void) {
    unsafe { end(state, &kind::ReactionVtable, "Reaction.drop", say_goodbye) };
}

// --- changes and initial data

/// What is behind the `opaque` of an event.
struct Content {
    source_id: String,
}

unsafe extern "C" fn end_change(opaque: *mut c_void) {
    unsafe {
        end(
            opaque,
            &kind::FfiSourceEvent,
            "FfiSourceEvent.drop_fn",
            |_: &Content| (),
        )
    };
}

unsafe extern "C" fn end_record(opaque: *mut c_void) {
    unsafe {
        end(
            opaque,
            &kind::FfiBootstrapEvent,
            "FfiBootstrapEvent.drop_fn",
            |_: &Content| (),
        )
    };
}

/// The content of an event, and the id of the source, which points into it.
fn make_content(kind: &'static Kind, source_id: &str) -> (*mut c_void, FfiStr) {
    let opaque = make(
        kind,
        Content {
            source_id: source_id.to_owned(),
        },
    );
    let content: &Content = unsafe { check(opaque, kind, "make_content") };
    (opaque, lent(&content.source_id))
}

fn make_change(source_id: &str, timestamp_us: i64, sequence: i64) -> *mut FfiSourceEvent {
    let (opaque, source_id) = make_content(&kind::FfiSourceEvent, source_id);
    let event = FfiSourceEvent {
        opaque,
        source_id,
        timestamp_us,
        op: [
            FfiChangeOp::Insert,
            FfiChangeOp::Update,
            FfiChangeOp::Delete,
        ][sequence as usize % 3],
        label: fixed(""),
        entity_id: fixed(""),
        drop_fn: end_change,
    };
    hand_over(&kind::FfiSourceEvent, event)
}

fn make_record(
    source_id: &str,
    timestamp_us: i64,
    sequence: u64,
    label: &str,
    entity_id: &str,
) -> *mut FfiBootstrapEvent {
    let (opaque, source_id) = make_content(&kind::FfiBootstrapEvent, source_id);
    let event = FfiBootstrapEvent {
        opaque,
        source_id,
        timestamp_us,
        sequence,
        label: lent(label),
        entity_id: lent(entity_id),
        drop_fn: end_record,
    };
    hand_over(&kind::FfiBootstrapEvent, event)
}

// --- the outcome of a bootstrap

#[derive(Clone)]
struct Bootstrapped {
    events: i64,
    last_sequence: i64,
    aligned: bool,
    position: Vec<u8>,
}

/// Positions that the host has, by their address, with their lengths.
static POSITIONS: Mutex<BTreeMap<usize, usize>> = Mutex::new(BTreeMap::new());

unsafe extern "C" fn end_position(bytes: *mut u8, _length: usize) {
    let Some(length) = lock(&POSITIONS).remove(&(bytes as usize)) else {
        die("source_position_drop_fn: this FfiBootstrapResult was dropped before");
    };
    drop(unsafe { Vec::from_raw_parts(bytes, length, length) });
    kind::FfiBootstrapResult.objects.live.fetch_sub(1, SeqCst);
}

fn hand_over_position(position: &[u8]) -> *const u8 {
    let bytes = Box::into_raw(Box::<[u8]>::from(position)).cast::<u8>();
    lock(&POSITIONS).insert(bytes as usize, position.len());
    kind::FfiBootstrapResult.objects.one_more();
    bytes
}

/// Null if there is no outcome.
fn make_result(outcome: Option<Bootstrapped>) -> *mut FfiBootstrapResult {
    let Some(outcome) = outcome else {
        return null_mut();
    };
    let somewhere = !outcome.position.is_empty();
    let result = FfiBootstrapResult {
        event_count: outcome.events,
        last_sequence: outcome.last_sequence,
        sequences_aligned: outcome.aligned,
        source_position_ptr: if somewhere {
            hand_over_position(&outcome.position)
        } else {
            null()
        },
        source_position_len: outcome.position.len(),
        source_position_drop_fn: if somewhere { Some(end_position) } else { None },
    };
    hand_over(&kind::FfiBootstrapResult, result)
}

/// What a result of the host says; it is freed.
unsafe fn take_result(result: *mut FfiBootstrapResult) -> Bootstrapped {
    if result.is_null() {
        return Bootstrapped {
            events: -1,
            last_sequence: -1,
            aligned: false,
            position: Vec::new(),
        };
    }
    let result = unsafe { Box::from_raw(result) };
    let (pointer, length) = (result.source_position_ptr, result.source_position_len);
    let mut position = Vec::new();
    if !pointer.is_null() {
        position = unsafe { bytes(pointer, length) }.to_vec();
        if let Some(end_position) = result.source_position_drop_fn {
            unsafe { end_position(pointer.cast_mut(), length) };
        }
    }
    Bootstrapped {
        events: result.event_count,
        last_sequence: result.last_sequence,
        aligned: result.sequences_aligned,
        position,
    }
}

// --- subscriptions

/// What may be waited for.
#[derive(Default)]
struct State {
    changes_closed: bool,
    bootstrap_begun: bool,
    bootstrap_closed: bool,
    settled: bool,
    outcome: Option<Bootstrapped>,
}

/// Held by the source, by each of its receivers and by each of its threads; the last one ends it.
struct Subscription {
    source_id: String,
    query_id: String,
    server_id: String,
    config: Json,
    nodes: Json,
    relations: Json,
    provider: Option<Arc<Provider>>,
    crew: Crew,
    state: Mutex<State>,
    changed: Condvar,
    /// Changes, one at a time.
    turn: Mutex<()>,
    push_change: OnceLock<(FfiChangePushCallbackFn, Shared<*mut c_void>)>,
    senders: AtomicUsize,
    /// Initial data, one record at a time.
    bootstrap_turn: Mutex<()>,
    push_record: OnceLock<(FfiBootstrapPushCallbackFn, Shared<*mut c_void>)>,
    report: OnceLock<(FfiBootstrapResultCallbackFn, Shared<*mut c_void>)>,
}

impl Subscription {
    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut lock(&self.state));
        self.changed.notify_all();
    }

    fn is(&self, mark: fn(&State) -> bool) -> bool {
        mark(&lock(&self.state))
    }

    /// Waits that long, or forever if that is negative, but no longer than until the mark is set.
    fn rest(&self, mark: fn(&State) -> bool, milliseconds: i64) {
        let until = u64::try_from(milliseconds)
            .ok()
            .map(|time| Instant::now() + Duration::from_millis(time));
        let mut state = lock(&self.state);
        while !mark(&state) {
            state = match until.map(|until| until.saturating_duration_since(Instant::now())) {
                None => self.changed.wait(state).unwrap(),
                Some(Duration::ZERO) => return,
                Some(left) => self.changed.wait_timeout(state, left).unwrap().0,
            };
        }
    }

    fn settle(&self, outcome: Option<Bootstrapped>) {
        self.change(|state| {
            if !state.settled {
                state.outcome = outcome;
                state.settled = true;
            }
        });
    }
}

// --- the stream of changes

impl Subscription {
    fn push_change(&self, sequence: i64) -> bool {
        let &(push, ctx) = self.push_change.get().unwrap();
        let _turn = lock(&self.turn);
        if self.is(|state| state.changes_closed) {
            return false;
        }
        let timestamp = self.config.number("timestamp", NOW + sequence);
        let more = unsafe { push(ctx.get(), make_change(&self.source_id, timestamp, sequence)) };
        if !more {
            self.change(|state| state.changes_closed = true);
        }
        more
    }

    fn push_changes(self: Arc<Self>) {
        let pause = self.config.number("pauseMs", 0);
        for sequence in 0..self.config.number("events", 0) {
            if !self.push_change(sequence) {
                break;
            }
            self.rest(|state| state.changes_closed, pause);
        }
        if self.config.flag("hold") {
            self.rest(|state| state.changes_closed, -1);
        }
        let &(push, ctx) = self.push_change.get().unwrap();
        let last = self.senders.fetch_sub(1, SeqCst) == 1;
        // Before the null, not after it: who has got it may count what is left.
        drop(self);
        if last {
            unsafe { push(ctx.get(), null_mut()) };
        }
    }
}

/// What is behind each of the three receivers.
struct Receiver(Arc<Subscription>);

unsafe extern "C" fn change_receiver_start_push(
    state: *mut c_void,
    callback: FfiChangePushCallbackFn,
    callback_ctx: *mut c_void,
) {
    let call = "ChangeReceiver.start_push";
    let Receiver(it) = unsafe { check(state, &kind::FfiChangeReceiver, call) };
    note!("{call} query={}", it.query_id);
    if it
        .push_change
        .set((callback, Shared(callback_ctx)))
        .is_err()
    {
        die(&format!("{call}: called twice"));
    }
    let threads = it.config.number("threads", 1);
    if threads < 1 {
        die(&format!("{call}: without a thread nobody says null"));
    }
    it.senders.store(threads as usize, SeqCst);
    for _ in 0..threads {
        let subscription = it.clone();
        it.crew.hire(move || subscription.push_changes());
    }
}

/// It only asks for the end: the thread may be in the callback, and says null when it is out of it.
unsafe extern "C" fn change_receiver_drop(state: *mut c_void) {
    let farewell = |Receiver(it): &Receiver| {
        note!("ChangeReceiver.drop query={}", it.query_id);
        it.change(|state| state.changes_closed = true);
    };
    unsafe {
        end(
            state,
            &kind::FfiChangeReceiver,
            "ChangeReceiver.drop",
            farewell,
        )
    };
}

// --- the stream of initial data

/// What a provider sends to. It lives while the provider runs.
struct Sender {
    subscription: Arc<Subscription>,
    sent: AtomicUsize,
    refused: AtomicUsize,
}

/// The record comes from the host: what is wanted of it is copied, then its content and its block end.
unsafe extern "C" fn sender_send(state: *mut c_void, event: *mut FfiBootstrapEvent) -> i32 {
    let sender: &Sender =
        unsafe { check(state, &kind::FfiBootstrapSender, "BootstrapSender.send") };
    if event.is_null() {
        note!("BootstrapSender.send null");
        return -1;
    }
    let event = unsafe { Box::from_raw(event) };
    note!(
        "BootstrapSender.send source={} label={} entity={} sequence={} timestamp={}",
        unsafe { text(event.source_id) },
        unsafe { text(event.label) },
        unsafe { text(event.entity_id) },
        event.sequence,
        event.timestamp_us
    );
    unsafe { (event.drop_fn)(event.opaque) };
    let accepted = sender
        .subscription
        .push_record(event.timestamp_us, event.sequence);
    let count = if accepted {
        &sender.sent
    } else {
        &sender.refused
    };
    count.fetch_add(1, SeqCst);
    if accepted {
        0
    } else {
        -1
    }
}

unsafe extern "C" fn sender_drop(state: *mut c_void) {
    unsafe {
        end(
            state,
            &kind::FfiBootstrapSender,
            "BootstrapSender.drop",
            |_: &Sender| (),
        )
    };
}

impl Subscription {
    fn push_record(&self, timestamp: i64, sequence: u64) -> bool {
        let &(push, ctx) = self.push_record.get().unwrap();
        let _turn = lock(&self.bootstrap_turn);
        if self.is(|state| state.bootstrap_closed) {
            return false;
        }
        let record = make_record(&self.source_id, timestamp, sequence, "", "");
        if !unsafe { push(ctx.get(), record) } {
            self.change(|state| state.bootstrap_closed = true);
        }
        true
    }

    /// Has the provider send everything. The sender is the caller's, so it ends here.
    fn bootstrap_by(self: &Arc<Self>, provider: &Provider) -> Bootstrapped {
        let state = make(
            &kind::FfiBootstrapSender,
            Sender {
                subscription: self.clone(),
                sent: AtomicUsize::new(0),
                refused: AtomicUsize::new(0),
            },
        );
        let mut sender = Box::new(FfiBootstrapSender {
            state,
            send_fn: sender_send,
            drop_fn: sender_drop,
        });
        let labels = |list: &Json| {
            list.items
                .iter()
                .map(|label| lent(&label.text))
                .collect::<Vec<_>>()
        };
        let (nodes, relations) = (labels(&self.nodes), labels(&self.relations));
        let table = &provider.0 .0;
        let result = unsafe {
            (table.bootstrap_fn)(
                table.state,
                lent(&self.query_id),
                nodes.as_ptr(),
                nodes.len(),
                relations.as_ptr(),
                relations.len(),
                fixed("request-1"),
                lent(&self.server_id),
                lent(&self.source_id),
                &mut *sender,
            )
        };
        let count: &Sender = unsafe { check(state, &kind::FfiBootstrapSender, "bootstrap_by") };
        let (sent, refused) = (count.sent.load(SeqCst), count.refused.load(SeqCst));
        unsafe { (sender.drop_fn)(sender.state) };
        let outcome = unsafe { take_result(result) };
        note!(
            "> bootstrap query={}: sent={sent} refused={refused} events={} last={}",
            self.query_id,
            outcome.events,
            outcome.last_sequence
        );
        outcome
    }

    fn bootstrap_by_itself(&self) -> Option<Bootstrapped> {
        let events = self.config.number("bootstrapEvents", 0);
        let mut sent = 0;
        while sent < events && self.push_record(NOW + sent, sent as u64) {
            sent += 1;
            self.rest(
                |state| state.bootstrap_closed,
                self.config.number("pauseMs", 0),
            );
        }
        let fails = told_to_fail(&self.config, "bootstrap");
        let outcome = Bootstrapped {
            events: if fails { -1 } else { sent },
            last_sequence: if fails { -1 } else { sent - 1 },
            aligned: true,
            position: bytes_of(self.config.text("position", "")),
        };
        (!told_to_fail(&self.config, "outcome")).then_some(outcome)
    }

    fn push_records(self: Arc<Self>) {
        let outcome = match &self.provider {
            _ if self.is(|state| state.bootstrap_closed) => None,
            Some(provider) => Some(self.bootstrap_by(provider)),
            None => self.bootstrap_by_itself(),
        };
        self.settle(outcome);
        let &(push, ctx) = self.push_record.get().unwrap();
        drop(self);
        unsafe { push(ctx.get(), null_mut()) };
    }

    /// Closes the stream. If nothing was ever sent, there will be no outcome either.
    fn give_bootstrap_up(&self) {
        self.change(|state| state.bootstrap_closed = true);
        if !self.is(|state| state.bootstrap_begun) {
            self.settle(None);
        }
    }

    fn report_outcome(self: Arc<Self>) {
        self.rest(|state| state.settled, -1);
        let &(report, ctx) = self.report.get().unwrap();
        let result = make_result(lock(&self.state).outcome.clone());
        drop(self);
        unsafe { report(ctx.get(), result) };
    }
}

unsafe extern "C" fn bootstrap_receiver_start_push(
    state: *mut c_void,
    callback: FfiBootstrapPushCallbackFn,
    callback_ctx: *mut c_void,
) {
    let call = "BootstrapReceiver.start_push";
    let Receiver(it) = unsafe { check(state, &kind::FfiBootstrapReceiver, call) };
    note!("{call} query={}", it.query_id);
    if it
        .push_record
        .set((callback, Shared(callback_ctx)))
        .is_err()
    {
        die(&format!("{call}: called twice"));
    }
    it.change(|state| state.bootstrap_begun = true);
    let subscription = it.clone();
    it.crew.hire(move || subscription.push_records());
}

unsafe extern "C" fn bootstrap_receiver_drop(state: *mut c_void) {
    let farewell = |Receiver(it): &Receiver| {
        note!("BootstrapReceiver.drop query={}", it.query_id);
        it.give_bootstrap_up();
    };
    unsafe {
        end(
            state,
            &kind::FfiBootstrapReceiver,
            "BootstrapReceiver.drop",
            farewell,
        )
    };
}

unsafe extern "C" fn result_receiver_start(
    state: *mut c_void,
    callback: FfiBootstrapResultCallbackFn,
    ctx: *mut c_void,
) {
    let call = "BootstrapResultReceiver.start";
    let Receiver(it) = unsafe { check(state, &kind::FfiBootstrapResultReceiver, call) };
    note!("{call} query={}", it.query_id);
    if it.report.set((callback, Shared(ctx))).is_err() {
        die(&format!("{call}: called twice"));
    }
    let subscription = it.clone();
    it.crew.hire(move || subscription.report_outcome());
}

/// Hosts call it right after the start; the outcome still comes.
unsafe extern "C" fn result_receiver_drop(state: *mut c_void) {
    let call = "BootstrapResultReceiver.drop";
    let farewell = |Receiver(it): &Receiver| note!("{call} query={}", it.query_id);
    unsafe { end(state, &kind::FfiBootstrapResultReceiver, call, farewell) };
}

// --- position handles

struct Handle {
    source_id: String,
    query_id: String,
    removed: bool,
    position: Arc<AtomicU64>,
}

/// They are never freed: no host but one in Rust can say when it is done.
static HANDLES: Mutex<Vec<Handle>> = Mutex::new(Vec::new());

fn make_handle(source_id: &str, query_id: &str, position: u64) -> *const c_void {
    let position = Arc::new(AtomicU64::new(position));
    // One reference is the plugin's, one goes to the host.
    let pointer = Arc::into_raw(position.clone()).cast();
    lock(&HANDLES).push(Handle {
        source_id: source_id.to_owned(),
        query_id: query_id.to_owned(),
        removed: false,
        position,
    });
    pointer
}

/// The last one that was made for them.
fn find_handle<'a>(
    handles: &'a mut [Handle],
    source_id: &str,
    query_id: &str,
) -> Option<&'a mut Handle> {
    let mut newest_first = handles.iter_mut().rev();
    newest_first.find(|handle| handle.source_id == source_id && handle.query_id == query_id)
}

/// What is in the last position handle of a source and a query.
#[no_mangle]
pub unsafe extern "C" fn test_position(source_id: *const c_char, query_id: *const c_char) -> u64 {
    let [source_id, query_id] =
        [source_id, query_id].map(|id| unsafe { CStr::from_ptr(id) }.to_string_lossy());
    match find_handle(&mut lock(&HANDLES), &source_id, &query_id) {
        Some(handle) => handle.position.load(SeqCst),
        None => die(&format!(
            "test_position: there is no handle of {source_id} for {query_id}"
        )),
    }
}

unsafe extern "C" fn source_remove_position_handle(
    state: *mut c_void,
    query_id: FfiStr,
) -> FfiResult {
    let call = "Source.remove_position_handle";
    let it: &Component = unsafe { check(state, &kind::SourceVtable, call) };
    let query_id = unsafe { text(query_id) };
    let mut handles = lock(&HANDLES);
    let found = find_handle(&mut handles, &it.id, &query_id).filter(|handle| !handle.removed);
    let Some(handle) = found else {
        note!("{call} id={} query={query_id} unknown", it.id);
        return failure(
            &it.config,
            Some(format!("no position handle for {query_id}").into()),
        );
    };
    note!(
        "{call} id={} query={query_id} position={}",
        it.id,
        handle.position.load(SeqCst)
    );
    if told_to_fail(&it.config, "remove_position_handle") {
        return failure(
            &it.config,
            configured_complaint(&it.config, "remove_position_handle"),
        );
    }
    handle.removed = true;
    success()
}

// --- further slots of a source

unsafe extern "C" fn source_dispatch_mode(state: *const c_void) -> FfiDispatchMode {
    let it: &Component = unsafe { check(state, &kind::SourceVtable, "Source.dispatch_mode") };
    note!("Source.dispatch_mode id={}", it.id);
    let otherwise = if it.kind == "replayer" {
        "broadcast"
    } else {
        "channel"
    };
    match it.config.text("dispatch", otherwise) {
        "broadcast" => FfiDispatchMode::Broadcast,
        _ => FfiDispatchMode::Channel,
    }
}

unsafe extern "C" fn source_describe_schema(state: *const c_void) -> FfiOwnedStr {
    let it: &Component = unsafe { check(state, &kind::SourceVtable, "Source.describe_schema") };
    note!("Source.describe_schema id={}", it.id);
    let schema = it.config.member("schema");
    owned(if schema.form == Form::Absent {
        "null"
    } else {
        &schema.text
    })
}

unsafe extern "C" fn source_supports_replay(state: *const c_void) -> bool {
    let it: &Component = unsafe { check(state, &kind::SourceVtable, "Source.supports_replay") };
    note!("Source.supports_replay id={}", it.id);
    it.kind == "replayer"
}

/// The struct is moved out and its block, which the host allocated, is freed.
unsafe extern "C" fn source_set_bootstrap_provider(
    state: *mut c_void,
    table: *mut BootstrapProviderVtable,
) {
    let it: &Component =
        unsafe { check(state, &kind::SourceVtable, "Source.set_bootstrap_provider") };
    note!(
        "Source.set_bootstrap_provider id={} provider={}",
        it.id,
        !table.is_null() as u8
    );
    if table.is_null() {
        return;
    }
    let table = *unsafe { Box::from_raw(table) };
    let before = lock(&it.provider).replace(Arc::new(Provider(Shared(table))));
    drop(before);
}

fn make_subscription(
    source: &Component,
    query_id: String,
    nodes: &str,
    relations: &str,
) -> Arc<Subscription> {
    // Bad JSON is an empty list.
    let list = |text| {
        parse(text)
            .filter(|list| list.form == Form::Array)
            .unwrap_or(ABSENT.clone())
    };
    let subscription = Arc::new(Subscription {
        source_id: source.id.clone(),
        query_id,
        server_id: lock(&source.services).instance.clone(),
        config: source.config.clone(),
        nodes: list(nodes),
        relations: list(relations),
        provider: lock(&source.provider).clone(),
        crew: Crew::default(),
        state: Mutex::default(),
        changed: Condvar::new(),
        turn: Mutex::new(()),
        push_change: OnceLock::new(),
        senders: AtomicUsize::new(0),
        bootstrap_turn: Mutex::new(()),
        push_record: OnceLock::new(),
        report: OnceLock::new(),
    });
    lock(&source.subscriptions).push(subscription.clone());
    subscription
}

/// The tables go to the heap: the host moves them and frees the blocks.
fn make_change_receiver(it: &Arc<Subscription>) -> *mut FfiChangeReceiver {
    let table = FfiChangeReceiver {
        state: make(&kind::FfiChangeReceiver, Receiver(it.clone())),
        executor: no_executor,
        start_push_fn: change_receiver_start_push,
        drop_fn: change_receiver_drop,
    };
    hand_over(&kind::FfiChangeReceiver, table)
}

fn make_bootstrap_receiver(it: &Arc<Subscription>) -> *mut FfiBootstrapReceiver {
    let table = FfiBootstrapReceiver {
        state: make(&kind::FfiBootstrapReceiver, Receiver(it.clone())),
        start_push_fn: bootstrap_receiver_start_push,
        drop_fn: bootstrap_receiver_drop,
    };
    hand_over(&kind::FfiBootstrapReceiver, table)
}

fn make_result_receiver(it: &Arc<Subscription>) -> *mut FfiBootstrapResultReceiver {
    let table = FfiBootstrapResultReceiver {
        state: make(&kind::FfiBootstrapResultReceiver, Receiver(it.clone())),
        start_fn: result_receiver_start,
        drop_fn: result_receiver_drop,
    };
    hand_over(&kind::FfiBootstrapResultReceiver, table)
}

unsafe extern "C" fn source_subscribe(
    state: *mut c_void,
    source_id: FfiStr,
    enable_bootstrap: bool,
    query_id: FfiStr,
    nodes_json: FfiStr,
    relations_json: FfiStr,
    resume_from_ptr: *const u8,
    resume_from_len: u32,
    has_last_sequence: bool,
    last_sequence: u64,
    request_position_handle: bool,
) -> *mut FfiSubscriptionResponse {
    let source: &Component = unsafe { check(state, &kind::SourceVtable, "Source.subscribe") };
    let [source_id, query_id, nodes, relations] =
        [source_id, query_id, nodes_json, relations_json].map(|given| unsafe { text(given) });
    let mut resume = unsafe { bytes(resume_from_ptr, resume_from_len as usize) };
    if resume_from_len > RESUME_POSITION_MAX_LEN {
        say(
            Some(source),
            FfiLogLevel::Warn,
            b"a resume position that is too long is ignored",
        );
        resume = &[];
    }
    let last = has_last_sequence.then_some(last_sequence);
    note!(
        "Source.subscribe id={} source={source_id} bootstrap={} query={query_id} nodes={nodes} \
         relations={relations} resume={} last={} handle={}",
        source.id,
        enable_bootstrap as u8,
        shown(resume),
        last.map_or("none".to_owned(), |last| last.to_string()),
        request_position_handle as u8
    );
    let config = &source.config;
    if source_id != source.id || query_id.starts_with("fail:") || told_to_fail(config, "subscribe")
    {
        say(Some(source), FfiLogLevel::Error, b"this subscription fails");
        return null_mut();
    }
    let it = make_subscription(source, query_id, &nodes, &relations);
    let mut response = FfiSubscriptionResponse {
        query_id: owned(&it.query_id),
        source_id: owned(&source_id),
        receiver: null_mut(),
        bootstrap_receiver: null_mut(),
        position_handle_ptr: null(),
        bootstrap_result_receiver: null_mut(),
    };
    if !told_to_fail(config, "receiver") {
        response.receiver = make_change_receiver(&it);
    }
    let has_data = it.provider.is_some() || config.has("bootstrapEvents");
    if enable_bootstrap && has_data && resume.is_empty() {
        response.bootstrap_receiver = make_bootstrap_receiver(&it);
        if !config.flag("noOutcome") {
            response.bootstrap_result_receiver = make_result_receiver(&it);
        }
    }
    if request_position_handle {
        let position = last.unwrap_or(POSITION_NOTHING_CONFIRMED);
        response.position_handle_ptr = make_handle(&source_id, &it.query_id, position);
    }
    hand_over(&kind::FfiSubscriptionResponse, response)
}

// --- further slots of a reaction

unsafe extern "C" fn reaction_query_ids(state: *const c_void) -> FfiStringArray {
    let it: &Component = unsafe { check(state, &kind::ReactionVtable, "Reaction.query_ids") };
    note!("Reaction.query_ids id={}", it.id);
    let ids: Box<[FfiOwnedStr]> = it
        .query_ids
        .items
        .iter()
        .map(|id| owned(&id.text))
        .collect();
    let len = ids.len();
    if len == 0 {
        let data = NonNull::dangling().as_ptr();
        return FfiStringArray { data, len, cap: 0 };
    }
    let block = Box::into_raw(ids).cast::<FfiOwnedStr>();
    let data = register(&kind::FfiStringArray, block, len * size_of::<FfiOwnedStr>());
    FfiStringArray {
        data,
        len,
        cap: len,
    }
}

/// Asks for results until there is none, then says that it is gone. A result is a Rust object that only
/// the same build can read or end: it is counted, and that is all.
unsafe extern "C" fn reaction_start_result_push(
    state: *mut c_void,
    callback: FfiResultPushCallbackFn,
    callback_ctx: *mut c_void,
) {
    let it: &Component =
        unsafe { check(state, &kind::ReactionVtable, "Reaction.start_result_push") };
    note!("Reaction.start_result_push id={}", it.id);
    // The thread lives longer than this call, so it has everything that it needs.
    let (id, limit) = (it.id.clone(), it.config.number("results", i64::MAX));
    let ctx = Shared(callback_ctx);
    it.forwarders.hire(move || {
        let mut count = 0;
        while count < limit && !unsafe { callback(ctx.get(), null_mut()) }.is_null() {
            count += 1;
        }
        note!("> results id={id}: {count}");
        drop(id);
        unsafe { callback(ctx.get(), NonNull::dangling().as_ptr()) };
    });
}

unsafe extern "C" fn reaction_is_durable(state: *const c_void) -> bool {
    let it: &Component = unsafe { check(state, &kind::ReactionVtable, "Reaction.is_durable") };
    note!("Reaction.is_durable id={}", it.id);
    it.config.flag("durable")
}

unsafe extern "C" fn reaction_needs_snapshot_on_fresh_start(state: *const c_void) -> bool {
    let call = "Reaction.needs_snapshot_on_fresh_start";
    let it: &Component = unsafe { check(state, &kind::ReactionVtable, call) };
    note!("{call} id={}", it.id);
    it.config.flag("needsSnapshot")
}

unsafe extern "C" fn reaction_default_recovery_policy(state: *const c_void) -> u8 {
    let call = "Reaction.default_recovery_policy";
    let it: &Component = unsafe { check(state, &kind::ReactionVtable, call) };
    note!("{call} id={}", it.id);
    it.config
        .number("recovery", FfiRecoveryPolicy::Strict.0.into()) as u8
}

unsafe extern "C" fn reaction_bootstrap(
    state: *mut c_void,
    ctx: *const FfiBootstrapContext,
) -> FfiResult {
    const USUAL: &str =
        r#"[["read_checkpoint"], ["fetch_snapshot"], ["fetch_outbox"], ["write_checkpoint"]]"#;
    let it: &Component = unsafe { check(state, &kind::ReactionVtable, "Reaction.bootstrap") };
    let ctx = unsafe { &*ctx };
    let query_id = unsafe { text(ctx.query_id) };
    note!(
        "Reaction.bootstrap id={} query={query_id} reset={}",
        it.id,
        ctx.is_reset as u8
    );
    let usual = parse(USUAL).unwrap();
    let steps = if it.config.has("bootstrap") {
        it.config.member("bootstrap")
    } else {
        &usual
    };
    // On one thread of the plugin, or on the host's: an iterator is nothing for several.
    let threads = usize::from(it.config.number("workers", 0) != 0);
    if let Err(why) = it.work_through(steps, Some(ctx), threads) {
        return failure(&it.config, Some(why.into_bytes()));
    }
    if told_to_fail(&it.config, "bootstrap") {
        return failure(&it.config, configured_complaint(&it.config, "bootstrap"));
    }
    success()
}

// --- a bootstrap provider

struct Loader {
    config: Json,
}

/// One bootstrap that is going on.
struct Loading<'a> {
    config: &'a Json,
    sender: Shared<*mut FfiBootstrapSender>,
    source_id: String,
    label: String,
    accepted: AtomicI64,
    refused: AtomicI64,
}

impl Loading<'_> {
    fn load_records(&self) {
        let sender = unsafe { &*self.sender.get() };
        let pause = Duration::from_millis(self.config.number("pauseMs", 0) as u64);
        for sequence in 0..self.config.number("events", 0) {
            // Both texts are lent for the call.
            let entity = format!("entity-{sequence}");
            let timestamp = NOW + sequence;
            let event = make_record(
                &self.source_id,
                timestamp,
                sequence as u64,
                &self.label,
                &entity,
            );
            if unsafe { (sender.send_fn)(sender.state, event) } != 0 {
                self.refused.fetch_add(1, SeqCst);
                break;
            }
            self.accepted.fetch_add(1, SeqCst);
            thread::sleep(pause);
        }
    }
}

unsafe extern "C" fn loader_bootstrap(
    state: *mut c_void,
    query_id: FfiStr,
    node_labels: *const FfiStr,
    node_labels_count: usize,
    relation_labels: *const FfiStr,
    relation_labels_count: usize,
    request_id: FfiStr,
    server_id: FfiStr,
    source_id: FfiStr,
    sender: *mut FfiBootstrapSender,
) -> *mut FfiBootstrapResult {
    let call = "BootstrapProvider.bootstrap";
    let loader: &Loader = unsafe { check(state, &kind::BootstrapProviderVtable, call) };
    let labels = |labels: *const FfiStr, count: usize| -> Vec<String> {
        (0..count)
            .map(|index| unsafe { text(*labels.add(index)) })
            .collect()
    };
    let nodes = labels(node_labels, node_labels_count);
    let relations = labels(relation_labels, relation_labels_count);
    let [query_id, request_id, server_id, source_id] =
        [query_id, request_id, server_id, source_id].map(|given| unsafe { text(given) });
    note!(
        "{call} query={query_id} nodes=[{}] relations=[{}] request={request_id} server={server_id} \
         source={source_id}",
        nodes.join(", "),
        relations.join(", ")
    );
    let config = &loader.config;
    let loading = Loading {
        config,
        sender: Shared(sender),
        source_id,
        label: nodes
            .first()
            .map_or(config.text("label", ""), |label| label)
            .to_owned(),
        accepted: AtomicI64::new(0),
        refused: AtomicI64::new(0),
    };
    match config.number("threads", 0) {
        0 => loading.load_records(),
        threads => thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| loading.load_records());
            }
        }),
    }
    let (accepted, refused) = (loading.accepted.load(SeqCst), loading.refused.load(SeqCst));
    note!("> send query={query_id}: accepted={accepted} refused={refused}");
    let fails = told_to_fail(config, "count");
    let outcome = Bootstrapped {
        events: if fails { -1 } else { accepted },
        last_sequence: if fails { -1 } else { accepted - 1 },
        aligned: true,
        position: bytes_of(config.text("position", "")),
    };
    make_result((!told_to_fail(config, "bootstrap")).then_some(outcome))
}

unsafe extern "C" fn loader_drop(state: *mut c_void) {
    let call = "BootstrapProvider.drop";
    unsafe {
        end(state, &kind::BootstrapProviderVtable, call, |_: &Loader| {
            note!("{call}")
        })
    };
}

// --- an identity provider

struct Badge {
    config: Json,
    /// 0, and one more for each clone of a clone.
    generation: u32,
}

/// What is in the context goes before what is in the configuration.
fn either<'a>(context: &'a Json, config: &'a Json, name: &str, otherwise: &'a str) -> &'a str {
    if context.has(name) {
        context.text(name, "")
    } else {
        config.text(name, otherwise)
    }
}

fn credentials_for(context: &Json, config: &Json) -> FfiCredentials {
    let type_ = either(context, config, "type", "password");
    let user = either(context, config, "user", "user").as_bytes();
    let host = either(context, config, "host", "everything");
    let secret = format!("{type_} for {host}");
    let credential_type = match type_ {
        "certificate" => FfiCredentialType::Certificate,
        "token" => FfiCredentialType::Token,
        _ => FfiCredentialType::UsernamePassword,
    };
    let (mut field1, mut field3) = (user, None);
    if credential_type == FfiCredentialType::Certificate {
        field1 = b"-----BEGIN CERTIFICATE-----\n";
        field3 = (context.has("user") || config.has("user")).then_some(user);
    }
    FfiCredentials {
        credential_type,
        field1: c_string(field1),
        field2: c_string(secret.as_bytes()),
        field3: field3.map_or(null_mut(), c_string),
    }
}

unsafe extern "C" fn badge_get_credentials(
    state: *const c_void,
    context_json: *const u8,
    context_len: usize,
) -> FfiCredentialsResult {
    let call = "IdentityProvider.get_credentials";
    let badge: &Badge = unsafe { check(state, &kind::IdentityProviderVtable, call) };
    let context = String::from_utf8_lossy(unsafe { bytes(context_json, context_len) });
    note!("{call} generation={} context={context}", badge.generation);
    let parsed = parse(&context);
    if parsed.is_none() && context_len != 0 {
        say(
            None,
            FfiLogLevel::Warn,
            b"a context that is no JSON counts as empty",
        );
    }
    let context = parsed.unwrap_or(ABSENT.clone());
    let why = if context.has("fail") {
        complaint(context.text("fail", ""), "get_credentials")
    } else if told_to_fail(&badge.config, "get_credentials") {
        configured_complaint(&badge.config, "get_credentials")
    } else {
        let credentials = credentials_for(&context, &badge.config);
        return FfiCredentialsResult {
            error_code: 0,
            error_msg: null_mut(),
            credentials,
        };
    };
    let FfiResult {
        error_code,
        error_msg,
    } = failure(&badge.config, why);
    let credentials = FfiCredentials {
        credential_type: FfiCredentialType::UsernamePassword,
        field1: null_mut(),
        field2: null_mut(),
        field3: null_mut(),
    };
    FfiCredentialsResult {
        error_code,
        error_msg,
        credentials,
    }
}

unsafe extern "C" fn badge_clone(state: *const c_void) -> *mut c_void {
    let call = "IdentityProvider.clone";
    let badge: &Badge = unsafe { check(state, &kind::IdentityProviderVtable, call) };
    note!("{call} generation={}", badge.generation);
    if told_to_fail(&badge.config, "clone") {
        return null_mut();
    }
    let (config, generation) = (badge.config.clone(), badge.generation + 1);
    make(&kind::IdentityProviderVtable, Badge { config, generation })
}

unsafe extern "C" fn badge_drop(state: *mut c_void) {
    let call = "IdentityProvider.drop";
    let farewell = |badge: &Badge| note!("{call} generation={}", badge.generation);
    unsafe { end(state, &kind::IdentityProviderVtable, call, farewell) };
}

// --- a secret store

struct Vault {
    config: Json,
}

unsafe extern "C" fn vault_get_secret(state: *const c_void, name: FfiStr) -> FfiGetSecretResult {
    let call = "SecretStore.get_secret";
    let vault: &Vault = unsafe { check(state, &kind::SecretStoreProviderVtable, call) };
    let name = unsafe { text(name) };
    note!("{call} name={name}");
    let secret = vault.config.member("secrets").member(&name);
    let why = if let Some(wanted) = name.strip_prefix("fail:") {
        complaint(wanted, "get_secret")
    } else if told_to_fail(&vault.config, "get_secret") {
        configured_complaint(&vault.config, "get_secret")
    } else if secret.form == Form::Text || secret.form == Form::Null {
        // Null is another way to say an empty text.
        let text = (secret.form == Form::Text).then(|| c_string(secret.text.as_bytes()));
        let value = text.unwrap_or(null_mut());
        return FfiGetSecretResult {
            error_code: 0,
            error_msg: null_mut(),
            value,
        };
    } else {
        Some(format!("no secret named {name}").into_bytes())
    };
    let FfiResult {
        error_code,
        error_msg,
    } = failure(&vault.config, why);
    FfiGetSecretResult {
        error_code,
        error_msg,
        value: null_mut(),
    }
}

unsafe extern "C" fn vault_drop(state: *mut c_void) {
    let call = "SecretStore.drop";
    unsafe {
        end(
            state,
            &kind::SecretStoreProviderVtable,
            call,
            |_: &Vault| note!("{call}"),
        )
    };
}

// --- what all factories have in common

/// One of the five types of factories. They begin in the same way, but their objects are told apart.
trait Making {
    /// In the journal.
    const NAME: &'static str;

    fn kind() -> &'static Kind;
}

macro_rules! making {
    ($($type:ident makes $table:ident as $name:literal;)*) => {
        $(struct $type;
        impl Making for $type {
            const NAME: &'static str = $name;

            fn kind() -> &'static Kind {
                &kind::$table
            }
        })*
    };
}

making! {
    Sources makes SourcePluginVtable as "SourcePlugin";
    Reactions makes ReactionPluginVtable as "ReactionPlugin";
    BootstrapProviders makes BootstrapPluginVtable as "BootstrapPlugin";
    IdentityProviders makes IdentityProviderPluginVtable as "IdentityProviderPlugin";
    SecretStores makes SecretStorePluginVtable as "SecretStorePlugin";
}

struct Factory {
    kind: &'static str,
    schema_name: &'static str,
}

fn make_factory<M: Making>(kind: &'static str, schema_name: &'static str) -> *mut c_void {
    make(M::kind(), Factory { kind, schema_name })
}

unsafe fn factory<'a, M: Making>(state: *const c_void, slot: &str) -> &'a Factory {
    unsafe { check(state, M::kind(), &format!("{}.{slot}", M::kind().name)) }
}

unsafe extern "C" fn factory_kind<M: Making>(state: *const c_void) -> FfiStr {
    let it = unsafe { factory::<M>(state, "kind") };
    note!("{}.kind kind={}", M::NAME, it.kind);
    fixed(it.kind)
}

unsafe extern "C" fn factory_config_version<M: Making>(state: *const c_void) -> FfiStr {
    let it = unsafe { factory::<M>(state, "config_version") };
    note!("{}.config_version kind={}", M::NAME, it.kind);
    fixed("1.2.0")
}

unsafe extern "C" fn factory_config_schema_json<M: Making>(state: *const c_void) -> FfiOwnedStr {
    let it = unsafe { factory::<M>(state, "config_schema_json") };
    note!("{}.config_schema_json kind={}", M::NAME, it.kind);
    owned(&format!(
        "{{\"{}\": {{\"type\": \"object\"}}}}",
        it.schema_name
    ))
}

unsafe extern "C" fn factory_config_schema_name<M: Making>(state: *const c_void) -> FfiStr {
    let it = unsafe { factory::<M>(state, "config_schema_name") };
    note!("{}.config_schema_name kind={}", M::NAME, it.kind);
    fixed(it.schema_name)
}

unsafe extern "C" fn factory_drop<M: Making>(state: *mut c_void) {
    let call = format!("{}.drop", M::kind().name);
    let farewell = |it: &Factory| note!("{}.drop kind={}", M::NAME, it.kind);
    unsafe { end(state, M::kind(), &call, farewell) };
}

/// The configuration of something that is to be made, or what to answer if it is not made.
fn read_config(text: &str, id: &str) -> Result<Json, (Json, Complaint)> {
    let Some(config) = parse(text).filter(|config| config.form == Form::Object) else {
        return Err((
            ABSENT.clone(),
            Some("the configuration is no JSON object".into()),
        ));
    };
    if let Some(wanted) = id.strip_prefix("fail:") {
        let why = complaint(wanted, "create");
        return Err((config, why));
    }
    if told_to_fail(&config, "create") {
        let why = configured_complaint(&config, "create");
        return Err((config, why));
    }
    Ok(config)
}

fn created<T>(table: *mut T) -> FfiCreateResult {
    FfiCreateResult {
        ptr: table.cast(),
        error_code: 0,
        error_msg: null_mut(),
    }
}

fn not_created((config, why): (Json, Complaint)) -> FfiCreateResult {
    let FfiResult {
        error_code,
        error_msg,
    } = failure(&config, why);
    FfiCreateResult {
        ptr: null_mut(),
        error_code,
        error_msg,
    }
}

/// One reference of the configuration, such as {"kind": "Secret", "name": "password"}.
fn resolve(reference: &Json) -> Result<Json, String> {
    let Some((resolver, ctx)) = *lock(&RESOLVER) else {
        return Err(format!("no resolver for {}", reference.name));
    };
    let result = unsafe { resolver(ctx.get(), lent(&reference.text)) };
    let outcome = unsafe { succeeded(result.error_code, result.error_msg) };
    let said = outcome.as_ref().map_or_else(String::as_str, |()| "ok");
    note!("> resolve {}: {said}", reference.text);
    outcome.map_err(|why| format!("cannot resolve {}: {why}", reference.name))?;
    Ok(Json {
        form: Form::Text,
        name: reference.name.clone(),
        text: unsafe { taken_c_string(result.value) }.unwrap_or_default(),
        items: Vec::new(),
    })
}

fn resolve_all(mut config: Json) -> Result<Json, (Json, Complaint)> {
    for index in 0..config.items.len() {
        let item = &config.items[index];
        if ["Secret", "EnvironmentVariable"].contains(&item.text("kind", "")) {
            match resolve(item) {
                Ok(resolved) => config.items[index] = resolved,
                Err(why) => return Err((config, Some(why.into_bytes()))),
            }
        }
    }
    Ok(config)
}

fn make_component(
    source: bool,
    kind: &'static str,
    id: String,
    config: Json,
    auto_start: bool,
) -> Component {
    Component {
        name: if source { "Source" } else { "Reaction" },
        type_: if source { "source" } else { "reaction" },
        kind,
        id,
        config,
        auto_start,
        status: AtomicI32::new(FfiComponentStatus::Stopped as i32),
        services: Mutex::default(),
        provider: Mutex::new(None),
        subscriptions: Mutex::new(Vec::new()),
        query_ids: ABSENT.clone(),
        forwarders: Crew::default(),
        snapshot: Mutex::new(None),
    }
}

// --- factories

unsafe extern "C" fn create_source(
    state: *mut c_void,
    id: FfiStr,
    config_json: FfiStr,
    auto_start: bool,
) -> FfiCreateResult {
    let it = unsafe {
        check::<Factory>(
            state,
            &kind::SourcePluginVtable,
            "SourcePlugin.create_source",
        )
    };
    let [id, config] = [id, config_json].map(|given| unsafe { text(given) });
    let starts = auto_start as u8;
    note!(
        "SourcePlugin.create_source kind={} id={id} auto_start={starts} config={config}",
        it.kind
    );
    let config = match read_config(&config, &id).and_then(resolve_all) {
        Ok(config) => config,
        Err(failed) => return not_created(failed),
    };
    if told_to_fail(&config, "table") {
        // No table, and yet no failure.
        return created::<SourceVtable>(null_mut());
    }
    let source = make_component(true, it.kind, id, config, auto_start);
    let table = SourceVtable {
        state: make(&kind::SourceVtable, source),
        executor: no_executor,
        id_fn: component_id,
        type_name_fn: component_type_name,
        auto_start_fn: component_auto_start,
        dispatch_mode_fn: source_dispatch_mode,
        properties_fn: component_properties,
        describe_schema_fn: source_describe_schema,
        start_fn: component_start,
        stop_fn: component_stop,
        status_fn: component_status,
        deprovision_fn: component_deprovision,
        initialize_fn: component_initialize,
        subscribe_fn: source_subscribe,
        set_bootstrap_provider_fn: source_set_bootstrap_provider,
        supports_replay_fn: source_supports_replay,
        remove_position_handle_fn: source_remove_position_handle,
        drop_fn: source_drop,
    };
    created(hand_over(&kind::SourceVtable, table))
}

unsafe extern "C" fn create_reaction(
    state: *mut c_void,
    id: FfiStr,
    query_ids_json: FfiStr,
    config_json: FfiStr,
    auto_start: bool,
) -> FfiCreateResult {
    let call = "ReactionPlugin.create_reaction";
    let it: &Factory = unsafe { check(state, &kind::ReactionPluginVtable, call) };
    let [id, queries, config] =
        [id, query_ids_json, config_json].map(|given| unsafe { text(given) });
    let starts = auto_start as u8;
    note!(
        "{call} kind={} id={id} queries={queries} auto_start={starts} config={config}",
        it.kind
    );
    let config = match read_config(&config, &id).and_then(resolve_all) {
        Ok(config) => config,
        Err(failed) => return not_created(failed),
    };
    let Some(query_ids) = parse(&queries).filter(|list| list.form == Form::Array) else {
        return not_created((config, Some("the query ids are no JSON array".into())));
    };
    let reaction = make_component(false, it.kind, id, config, auto_start);
    let table = ReactionVtable {
        state: make(
            &kind::ReactionVtable,
            Component {
                query_ids,
                ..reaction
            },
        ),
        executor: no_executor,
        id_fn: component_id,
        type_name_fn: component_type_name,
        auto_start_fn: component_auto_start,
        query_ids_fn: reaction_query_ids,
        properties_fn: component_properties,
        start_fn: component_start,
        stop_fn: component_stop,
        status_fn: component_status,
        deprovision_fn: component_deprovision,
        initialize_fn: component_initialize,
        start_result_push_fn: reaction_start_result_push,
        is_durable_fn: reaction_is_durable,
        needs_snapshot_on_fresh_start_fn: reaction_needs_snapshot_on_fresh_start,
        default_recovery_policy_fn: reaction_default_recovery_policy,
        bootstrap_fn: reaction_bootstrap,
        drop_fn: reaction_drop,
    };
    created(hand_over(&kind::ReactionVtable, table))
}

unsafe extern "C" fn create_bootstrap_provider(
    state: *mut c_void,
    config_json: FfiStr,
    source_config_json: FfiStr,
) -> FfiCreateResult {
    let call = "BootstrapPlugin.create_bootstrap_provider";
    let it: &Factory = unsafe { check(state, &kind::BootstrapPluginVtable, call) };
    let [config, source_config] =
        [config_json, source_config_json].map(|given| unsafe { text(given) });
    note!(
        "{call} kind={} config={config} source_config={source_config}",
        it.kind
    );
    let config = match read_config(&config, "") {
        Ok(config) => config,
        Err(failed) => return not_created(failed),
    };
    let table = BootstrapProviderVtable {
        state: make(&kind::BootstrapProviderVtable, Loader { config }),
        executor: no_executor,
        bootstrap_fn: loader_bootstrap,
        drop_fn: loader_drop,
    };
    created(hand_over(&kind::BootstrapProviderVtable, table))
}

/// For a factory whose failures are null: the reason goes to the log.
fn read_config_or_log(text: &str) -> Option<Json> {
    let refused =
        |(_, why): (Json, Complaint)| say(None, FfiLogLevel::Error, &why.unwrap_or_default());
    read_config(text, "").map_err(refused).ok()
}

unsafe extern "C" fn create_identity_provider(
    state: *mut c_void,
    config_json: FfiStr,
) -> *mut IdentityProviderVtable {
    let call = "IdentityProviderPlugin.create_identity_provider";
    let it: &Factory = unsafe { check(state, &kind::IdentityProviderPluginVtable, call) };
    let config = unsafe { text(config_json) };
    note!("{call} kind={} config={config}", it.kind);
    let Some(config) = read_config_or_log(&config) else {
        return null_mut();
    };
    let table = IdentityProviderVtable {
        state: make(
            &kind::IdentityProviderVtable,
            Badge {
                config,
                generation: 0,
            },
        ),
        get_credentials_fn: badge_get_credentials,
        clone_fn: badge_clone,
        drop_fn: badge_drop,
    };
    hand_over(&kind::IdentityProviderVtable, table)
}

unsafe extern "C" fn create_secret_store(
    state: *mut c_void,
    config_json: FfiStr,
) -> *mut SecretStoreProviderVtable {
    let call = "SecretStorePlugin.create_secret_store";
    let it: &Factory = unsafe { check(state, &kind::SecretStorePluginVtable, call) };
    let config = unsafe { text(config_json) };
    note!("{call} kind={} config={config}", it.kind);
    let Some(config) = read_config_or_log(&config) else {
        return null_mut();
    };
    let table = SecretStoreProviderVtable {
        state: make(&kind::SecretStoreProviderVtable, Vault { config }),
        get_secret_fn: vault_get_secret,
        drop_fn: vault_drop,
    };
    hand_over(&kind::SecretStoreProviderVtable, table)
}

// --- loading

/// Each list is a block of exactly as many tables as there are; the host moves them out and frees it.
fn source_factories() -> *mut SourcePluginVtable {
    let table = |kind, schema_name| SourcePluginVtable {
        state: make_factory::<Sources>(kind, schema_name),
        executor: no_executor,
        kind_fn: factory_kind::<Sources>,
        config_version_fn: factory_config_version::<Sources>,
        config_schema_json_fn: factory_config_schema_json::<Sources>,
        config_schema_name_fn: factory_config_schema_name::<Sources>,
        create_source_fn: create_source,
        drop_fn: factory_drop::<Sources>,
    };
    let ticker = table("ticker", "source.ticker.TickerConfig");
    let replayer = table("replayer", "source.replayer.ReplayerConfig");
    let tables = hand_over(&kind::SourcePluginVtable, [ticker, replayer]);
    if cfg!(plugin_null_slot) {
        // No function pointer of Rust is null, so it is written past Rust's back.
        let slot =
            size_of::<SourcePluginVtable>() + offset_of!(SourcePluginVtable, create_source_fn);
        unsafe { tables.cast::<u8>().add(slot).cast::<usize>().write(0) };
    }
    tables.cast()
}

fn reaction_factories() -> *mut ReactionPluginVtable {
    let table = ReactionPluginVtable {
        state: make_factory::<Reactions>("collector", "reaction.collector.CollectorConfig"),
        executor: no_executor,
        kind_fn: factory_kind::<Reactions>,
        config_version_fn: factory_config_version::<Reactions>,
        config_schema_json_fn: factory_config_schema_json::<Reactions>,
        config_schema_name_fn: factory_config_schema_name::<Reactions>,
        create_reaction_fn: create_reaction,
        drop_fn: factory_drop::<Reactions>,
    };
    hand_over(&kind::ReactionPluginVtable, table)
}

fn bootstrap_factories() -> *mut BootstrapPluginVtable {
    let table = BootstrapPluginVtable {
        state: make_factory::<BootstrapProviders>("loader", "bootstrap.loader.LoaderConfig"),
        executor: no_executor,
        kind_fn: factory_kind::<BootstrapProviders>,
        config_version_fn: factory_config_version::<BootstrapProviders>,
        config_schema_json_fn: factory_config_schema_json::<BootstrapProviders>,
        config_schema_name_fn: factory_config_schema_name::<BootstrapProviders>,
        create_bootstrap_provider_fn: create_bootstrap_provider,
        drop_fn: factory_drop::<BootstrapProviders>,
    };
    hand_over(&kind::BootstrapPluginVtable, table)
}

fn identity_factories() -> *mut IdentityProviderPluginVtable {
    let table = IdentityProviderPluginVtable {
        state: make_factory::<IdentityProviders>("badge", "identity.badge.BadgeConfig"),
        executor: no_executor,
        kind_fn: factory_kind::<IdentityProviders>,
        config_version_fn: factory_config_version::<IdentityProviders>,
        config_schema_json_fn: factory_config_schema_json::<IdentityProviders>,
        config_schema_name_fn: factory_config_schema_name::<IdentityProviders>,
        create_identity_provider_fn: create_identity_provider,
        drop_fn: factory_drop::<IdentityProviders>,
    };
    hand_over(&kind::IdentityProviderPluginVtable, table)
}

fn secret_factories() -> *mut SecretStorePluginVtable {
    let table = SecretStorePluginVtable {
        state: make_factory::<SecretStores>("vault", "secret.vault.VaultConfig"),
        executor: no_executor,
        kind_fn: factory_kind::<SecretStores>,
        config_version_fn: factory_config_version::<SecretStores>,
        config_schema_json_fn: factory_config_schema_json::<SecretStores>,
        config_schema_name_fn: factory_config_schema_name::<SecretStores>,
        create_secret_store_fn: create_secret_store,
        drop_fn: factory_drop::<SecretStores>,
    };
    hand_over(&kind::SecretStorePluginVtable, table)
}

static METADATA: Shared<PluginMetadata> = Shared(PluginMetadata {
    sdk_version: fixed(SDK_VERSION),
    core_version: fixed("0.5.3"),
    lib_version: fixed("0.8.4"),
    plugin_version: fixed("1.2.3"),
    target_triple: fixed(TRIPLE),
    git_commit: fixed("unknown"),
    build_timestamp: fixed("dev-build"),
});

#[cfg_attr(not(plugin_no_metadata), no_mangle)]
pub unsafe extern "C" fn drasi_plugin_metadata() -> *const PluginMetadata {
    note!("Plugin.metadata");
    if cfg!(plugin_null_metadata) {
        null()
    } else {
        &METADATA.0
    }
}

const _: drasi_plugin_metadata_fn = drasi_plugin_metadata;

#[no_mangle]
pub unsafe extern "C" fn drasi_plugin_init() -> *mut FfiPluginRegistration {
    note!("Plugin.init");
    if cfg!(plugin_null_init) {
        return null_mut();
    }
    let registration = FfiPluginRegistration {
        source_plugins: source_factories(),
        source_plugin_count: 2,
        reaction_plugins: reaction_factories(),
        reaction_plugin_count: 1,
        bootstrap_plugins: bootstrap_factories(),
        bootstrap_plugin_count: 1,
        set_log_callback,
        set_lifecycle_callback,
        identity_provider_plugins: identity_factories(),
        identity_provider_plugin_count: 1,
        secret_store_plugins: if IS_0_8_1 {
            null_mut()
        } else {
            secret_factories()
        },
        secret_store_plugin_count: 1,
        set_config_resolver,
    };
    if !IS_0_8_1 {
        return hand_over(&kind::FfiPluginRegistration, registration);
    }
    // As 0.8.1 had it: what came with 0.8.2 would lie behind the end of the block.
    let size = offset_of!(FfiPluginRegistration, secret_store_plugins);
    let layout =
        Layout::from_size_align(size, std::mem::align_of::<FfiPluginRegistration>()).unwrap();
    unsafe {
        let block = std::alloc::alloc(layout);
        std::ptr::copy_nonoverlapping(
            (&registration as *const FfiPluginRegistration).cast(),
            block,
            size,
        );
        register(&kind::FfiPluginRegistration, block, size).cast()
    }
}

const _: drasi_plugin_init_fn = drasi_plugin_init;

/// Every plugin of the SDK has it, and no host may call it.
#[cfg_attr(not(plugin_no_shutdown), no_mangle)]
pub unsafe extern "C" fn drasi_plugin_shutdown() {
    die("drasi_plugin_shutdown: no host may call it");
}
