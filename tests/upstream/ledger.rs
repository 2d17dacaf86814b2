//! What was made, and what was dropped: a file for each loaded library, if a folder is named.
//!
//! `UPSTREAM_LEDGER` is a folder; the file there has a line for each kind of thing, and is right at
//! every moment. Who includes this module lists its `KINDS`.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::{Mutex, OnceLock};

use super::KINDS;

const WIDTH: usize = 54;

struct Ledger {
    file: Option<File>,
    made: Vec<u64>,
    dropped: Vec<u64>,
}

static LEDGER: OnceLock<Mutex<Ledger>> = OnceLock::new();

fn open() -> Mutex<Ledger> {
    let file = std::env::var_os("UPSTREAM_LEDGER").map(|folder| {
        // Where this library lies is what tells it from a copy of itself in the same process.
        let name = format!("{}-{:p}", std::process::id(), &LEDGER);
        File::create(std::path::Path::new(&folder).join(name)).expect("the ledger's folder is there")
    });
    let counts = vec![0; KINDS.len()];
    let ledger = Ledger { file, made: counts.clone(), dropped: counts };
    for kind in 0..KINDS.len() {
        ledger.write(kind);
    }
    Mutex::new(ledger)
}

impl Ledger {
    fn write(&self, kind: usize) {
        if let Some(file) = &self.file {
            let (made, dropped) = (self.made[kind], self.dropped[kind]);
            let line = format!("{:<12}{made:>20} {dropped:>20}\n", KINDS[kind]);
            debug_assert_eq!(line.len(), WIDTH);
            let _ = file.write_all_at(line.as_bytes(), (kind * WIDTH) as u64);
        }
    }
}

/// Something that is counted as long as it lives.
pub struct Entry(usize);

impl Entry {
    pub fn new(kind: &str) -> Self {
        let kind = KINDS.iter().position(|each| *each == kind).expect("a kind of the ledger");
        let mut ledger = LEDGER.get_or_init(open).lock().unwrap_or_else(|e| e.into_inner());
        ledger.made[kind] += 1;
        ledger.write(kind);
        Self(kind)
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let mut ledger = LEDGER.get_or_init(open).lock().unwrap_or_else(|e| e.into_inner());
        ledger.dropped[self.0] += 1;
        ledger.write(self.0);
    }
}
