//! A counter, as a plugin: commands, events and services change it and tell of it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use bmux_plugin_sdk::{
    EXIT_OK, NativeCommandContext, NativeLifecycleContext, NativeServiceContext, NoPluginContract,
    PluginCommandError, PluginEvent, RustPlugin, ServiceResponse, route_command, route_service,
};
use serde::{Deserialize, Serialize};

use crate::ledger::Entry;

/// The count, which outlives every call: bmux makes one plugin of a library, and never ends it.
pub static COUNT: AtomicI64 = AtomicI64::new(0);

/// What the last activation said.
pub static SETTINGS: Mutex<Option<toml::Value>> = Mutex::new(None);

#[derive(Deserialize)]
struct Echo {
    text: String,
    times: u32,
}

#[derive(Serialize)]
struct Told {
    text: String,
    count: i64,
}

pub struct Counter {
    active: bool,
    _entry: Entry,
}

impl Default for Counter {
    fn default() -> Self {
        Self { active: false, _entry: Entry::new("plugin") }
    }
}

fn told(text: String) -> Told {
    Told { text, count: COUNT.load(Ordering::SeqCst) }
}

impl RustPlugin for Counter {
    type Contract = NoPluginContract;

    /// The settings may say where to begin, as `start`; a negative one is refused.
    fn activate(&mut self, context: NativeLifecycleContext) -> Result<i32, PluginCommandError> {
        let start = context.settings.as_ref().and_then(|each| each.get("start"));
        if let Some(start) = start.and_then(|each| each.as_integer()) {
            if start < 0 {
                return Err(PluginCommandError::invalid_arguments("start is negative"));
            }
            COUNT.store(start, Ordering::SeqCst);
        }
        *SETTINGS.lock().expect("nobody panics with it") = context.settings;
        self.active = true;
        Ok(EXIT_OK)
    }

    fn deactivate(&mut self, _context: NativeLifecycleContext) -> Result<i32, PluginCommandError> {
        if !std::mem::replace(&mut self.active, false) {
            return Err("not active".into());
        }
        Ok(EXIT_OK)
    }

    fn run_command(&mut self, context: NativeCommandContext) -> Result<i32, PluginCommandError> {
        route_command!(context, {
            "add" => {
                for each in &context.arguments {
                    let number: i64 = each
                        .parse()
                        .map_err(|_| PluginCommandError::invalid_arguments(each.clone()))?;
                    COUNT.fetch_add(number, Ordering::SeqCst);
                }
                Ok(EXIT_OK)
            },
            // Its own exit code, as every command may have one.
            "exit" => Ok(context.arguments.first().and_then(|each| each.parse().ok()).unwrap_or(3)),
        })
    }

    /// An event `upstream.counter/add` with a number as its payload adds it.
    fn handle_event(&mut self, event: PluginEvent) -> Result<i32, PluginCommandError> {
        let number = serde_json::to_value(&event.payload)?.as_i64();
        let number = number.ok_or_else(|| PluginCommandError::failed("no number"))?;
        COUNT.fetch_add(number, Ordering::SeqCst);
        Ok(EXIT_OK)
    }

    fn invoke_service(&self, context: NativeServiceContext) -> ServiceResponse {
        route_service!(context, {
            "counter/v1", "get" => |(): (), _| Ok(told(String::new())),
            // As long as one wants, to see what becomes of responses for which there is no room.
            "counter/v1", "echo" => |echo: Echo, _| Ok(told(echo.text.repeat(echo.times as usize))),
            "counter/v1", "fail" => |(): (), _| {
                Err::<Told, _>(ServiceResponse::error("as_asked", "das ging schief"))
            },
        })
    }
}
