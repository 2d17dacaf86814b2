//! How a crate's own types are held against those of a generated module: every difference at once, by its name.

use std::any::type_name;

/// What differs, as `Type.field: what it is there, what the description has`.
#[derive(Default)]
pub struct Differences(Vec<String>);

impl Differences {
    pub fn number(&mut self, what: &str, theirs: i128, ours: i128) {
        if theirs != ours {
            self.0.push(format!("{what} is {theirs} upstream, and {ours} in the description"));
        }
    }

    /// Types by their text, without paths; `same` are names that stand for the same thing.
    pub fn types(&mut self, what: &str, theirs: &str, ours: &str, same: &[(&str, &str)]) {
        let (theirs, ours) = (plain(theirs, &[]), plain(ours, same));
        if theirs != ours {
            self.0.push(format!("{what} is {theirs} upstream, and {ours} in the description"));
        }
    }

    pub fn none(self) {
        assert!(self.0.is_empty(), "\n{}\n", self.0.join("\n"));
    }
}

/// The type of a field that is never read.
pub fn field<T, F>(_: fn(&T) -> &F) -> &'static str {
    type_name::<F>()
}

pub fn alias<T>() -> &'static str {
    type_name::<T>()
}

fn plain(text: &str, same: &[(&str, &str)]) -> String {
    let text = text.replace("unsafe ", "");
    let mut plain = String::new();
    let is_name = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
    let mut rest = text.as_str();
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|letter| is_name(letter) != is_name(first)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let name = word.rsplit("::").next().expect("one at least");
        let known = same.iter().find(|each| each.0 == name);
        plain += known.map_or(name, |each| each.1);
        rest = after;
    }
    plain
}
