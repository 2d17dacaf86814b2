//! The same plugin, and what of it survives a restart: participants on the SDK's `StatefulPlugin`.

#[path = "../counter.rs"]
mod counter;
#[path = "../../ledger.rs"]
mod ledger;
mod table;

use std::sync::Mutex;
use std::sync::atomic::Ordering;

use bmux_plugin_sdk::{
    PluginEventKind, StatefulPlugin, StatefulPluginError, StatefulPluginHandle,
    StatefulPluginResult, StatefulPluginSnapshot,
};
use ledger::Entry;

/// What the ledger counts. A handout is a snapshot or an error that the host has to release.
const KINDS: [&str; 3] = ["plugin", "participant", "handout"];

bmux_plugin_sdk::export_plugin!(counter::Counter, include_str!("plugin.toml"));

/// The participants that the settings name as `participants`, or the first two.
fn participants() -> Vec<StatefulPluginHandle> {
    let settings = counter::SETTINGS.lock().expect("nobody panics with it");
    let named = settings.as_ref().and_then(|each| each.get("participants")?.as_array().cloned());
    let named = named.unwrap_or_else(|| vec!["count".into(), "notes".into()]);
    named.iter().filter_map(|each| participant(each.as_str()?)).collect()
}

fn participant(name: &str) -> Option<StatefulPluginHandle> {
    let _entry = Entry::new("participant");
    Some(match name {
        "count" => StatefulPluginHandle::new(Count { _entry }),
        "notes" => StatefulPluginHandle::new(Notes { text: Mutex::default(), _entry }),
        "fails" => StatefulPluginHandle::new(Fails { _entry }),
        "again" => StatefulPluginHandle::new(Count { _entry }),
        _ => return None,
    })
}

fn refused(id: PluginEventKind, details: impl ToString) -> StatefulPluginError {
    StatefulPluginError::RestoreFailed {
        plugin: id.as_str().into(),
        details: details.to_string(),
    }
}

/// The count, in JSON.
struct Count {
    _entry: Entry,
}

const COUNT: PluginEventKind = PluginEventKind::from_static("upstream.stateful/count");

impl StatefulPlugin for Count {
    fn id(&self) -> PluginEventKind {
        COUNT
    }

    fn snapshot(&self) -> StatefulPluginResult<StatefulPluginSnapshot> {
        let bytes = counter::COUNT.load(Ordering::SeqCst).to_string().into_bytes();
        Ok(StatefulPluginSnapshot::new(COUNT, 1, bytes))
    }

    fn restore_snapshot(&self, snapshot: StatefulPluginSnapshot) -> StatefulPluginResult<()> {
        if snapshot.version != 1 {
            return Err(StatefulPluginError::UnsupportedVersion {
                plugin: COUNT.as_str().into(),
                version: snapshot.version,
                expected: vec![1],
            });
        }
        let count = serde_json::from_slice(&snapshot.bytes).map_err(|e| refused(COUNT, e))?;
        counter::COUNT.store(count, Ordering::SeqCst);
        Ok(())
    }
}

/// Any bytes that are text. It is empty until somebody restores it, and knows two versions.
struct Notes {
    text: Mutex<Vec<u8>>,
    _entry: Entry,
}

const NOTES: PluginEventKind = PluginEventKind::from_static("upstream.stateful/notes");

impl StatefulPlugin for Notes {
    fn id(&self) -> PluginEventKind {
        NOTES
    }

    fn snapshot(&self) -> StatefulPluginResult<StatefulPluginSnapshot> {
        let text = self.text.lock().expect("nobody panics with it").clone();
        Ok(StatefulPluginSnapshot::new(NOTES, 2, text))
    }

    fn restore_snapshot(&self, snapshot: StatefulPluginSnapshot) -> StatefulPluginResult<()> {
        if !(1..=2).contains(&snapshot.version) {
            return Err(StatefulPluginError::UnsupportedVersion {
                plugin: NOTES.as_str().into(),
                version: snapshot.version,
                expected: vec![1, 2],
            });
        }
        std::str::from_utf8(&snapshot.bytes).map_err(|e| refused(NOTES, e))?;
        *self.text.lock().expect("nobody panics with it") = snapshot.bytes;
        Ok(())
    }
}

/// Never has a snapshot, and takes any: that is what the trait does unless told otherwise.
struct Fails {
    _entry: Entry,
}

const FAILS: PluginEventKind = PluginEventKind::from_static("upstream.stateful/fails");

impl StatefulPlugin for Fails {
    fn id(&self) -> PluginEventKind {
        FAILS
    }

    fn snapshot(&self) -> StatefulPluginResult<StatefulPluginSnapshot> {
        Err(StatefulPluginError::SnapshotFailed {
            plugin: FAILS.as_str().into(),
            details: "geht nie ✗".into(),
        })
    }
}
