//! drasi's own engine, with its published host SDK, runs a source and a reaction that are written in Python.
//!
//!     drasi_python_host PLUGIN
//!
//! The source makes five nodes, a query keeps those from the third on, and the reaction writes each result
//! into the log, which is what this prints.

#![deny(warnings)]

use std::ffi::c_void;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use drasi_host_sdk::callbacks::default_lifecycle_callback;
use drasi_host_sdk::loader::load_plugin_from_path;
use drasi_lib::{DrasiLib, Query};
use drasi_plugin_sdk::descriptor::{ReactionPluginDescriptor, SourcePluginDescriptor};
use drasi_plugin_sdk::ffi::FfiLogEntry;

static RESULTS: AtomicUsize = AtomicUsize::new(0);

extern "C" fn print(_context: *mut c_void, entry: *const FfiLogEntry) {
    let message = unsafe { (*entry).message.to_string() };
    if message.starts_with("late:") {
        RESULTS.fetch_add(1, Ordering::SeqCst);
    }
    println!("{message}");
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let path = std::env::args().nth(1).expect("the plugin's path");
    let nobody = std::ptr::null_mut();
    let plugin = load_plugin_from_path(Path::new(&path), nobody, print, nobody, default_lifecycle_callback)?;
    let refused = plugin.source_plugins[0].create_source("no", &serde_json::json!([]), true).await;
    println!("{}", refused.err().map_or("taken".into(), |why| why.to_string()));

    let source = plugin.source_plugins[0]
        .create_source("ticks", &serde_json::json!({"count": 5, "pauseMs": 50}), true)
        .await?;
    let reaction = plugin.reaction_plugins[0]
        .create_reaction("notes", vec!["late".into()], &serde_json::json!({}), true)
        .await?;
    let query = Query::cypher("late")
        .query("MATCH (t:Tick) WHERE t.number >= 2 RETURN t.number AS number")
        .from_source("ticks")
        .enable_bootstrap(false)
        .build();
    let core = DrasiLib::builder()
        .with_id("host")
        .with_source(source)
        .with_query(query)
        .with_reaction(reaction)
        .build()
        .await?;
    core.start().await?;
    for _ in 0..600 {
        if RESULTS.load(Ordering::SeqCst) == 3 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    core.stop().await?;
    println!("{} results", RESULTS.load(Ordering::SeqCst));
    Ok(())
}
