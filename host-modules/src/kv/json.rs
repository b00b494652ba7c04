//! A store in a JSON file.

use std::fmt;
use std::io::{self, BufWriter, Write};
use std::ops::{Bound, ControlFlow};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::backend::{Backend, BackendError, Before, Change, Entry};
use super::error::FileError;
use super::file::OwnFile;
use super::image::{Image, Kept, Memory};

const FORMAT: &str = "hostfn-kv";
const VERSION: u64 = 1;

/// All entries in memory, and a file that is replaced by each change.
pub(super) struct Json {
    file: OwnFile,
    memory: Memory,
    /// Held by the change that is being made.
    turn: Mutex<()>,
}

impl Json {
    pub(super) fn open(path: &Path) -> Result<Self, FileError> {
        let file = OwnFile::at(path)?;
        let image = if file.existed() { read(&contents(file.path())?)? } else { Image::default() };
        if !file.existed() {
            let saved = save(&file, &image.snapshot());
            saved.map_err(|error| FileError::Io(io::Error::other(error)))?;
        }
        Ok(Self { file, memory: Memory::new(image), turn: Mutex::new(()) })
    }
}

/// All of the file, which another host may have replaced with other content.
fn contents(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::Read::read_to_end(&mut hostfn::__private::open_regular_file(path)?, &mut bytes)?;
    Ok(bytes)
}

impl Backend for Json {
    fn get(&self, key: &str, now: u64, found: &mut dyn FnMut(&[u8])) -> Result<(), BackendError> {
        self.memory.get(key, now, found)
    }

    fn update<'v>(
        &self,
        key: &str,
        now: u64,
        change: &mut dyn FnMut(Before<'_>) -> Change<'v>,
    ) -> Result<(), BackendError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let draft = |image: &Image| Ok(image.snapshot());
        self.memory.update_saved(key, now, change, draft, |entries| save(&self.file, &entries))
    }

    fn changes_at_once(&self) -> usize {
        1
    }

    fn held_by_change(&self) -> usize {
        self.memory.snapshot_bytes().saturating_add(BUFFER)
    }

    fn keys(
        &self,
        from: Bound<&str>,
        now: u64,
        visit: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<(), BackendError> {
        self.memory.keys(from, now, visit)
    }

    fn count(&self, now: u64) -> Result<u64, BackendError> {
        self.memory.count(now)
    }
}

/// Bytes that are written to the file at once.
const BUFFER: usize = 64 << 10;

type Entries = [(Arc<str>, Kept)];

/// Writes the file as it is put together: all of its text is nowhere.
fn save(file: &OwnFile, entries: &Entries) -> Result<(), BackendError> {
    file.replace(|draft| {
        let mut writer = BufWriter::with_capacity(BUFFER, draft);
        let document = Document { format: FORMAT, version: VERSION, entries: Written(entries) };
        serde_json::to_writer_pretty(&mut writer, &document)?;
        writer.write_all(b"\n")?;
        Ok(writer.flush()?)
    })
}

fn read(text: &[u8]) -> Result<Image, FileError> {
    let document: Document<String, Image> =
        serde_json::from_slice(text).map_err(|error| FileError::Unreadable(error.to_string()))?;
    let Document { format, version, entries } = document;
    if format != FORMAT {
        return Err(FileError::Unreadable(format!("its format is `{format}`, not `{FORMAT}`")));
    }
    if version != VERSION {
        return Err(FileError::Unreadable(format!("its version is {version}, and only {VERSION} is known")));
    }
    Ok(entries)
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document<F, E> {
    format: F,
    version: u64,
    entries: E,
}

/// An entry as the file has it: `text`, or `base64` for other bytes.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Saved<T, B> {
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    base64: Option<B>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<u64>,
}

struct Written<'a>(&'a Entries);

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, kept)| {
            let Entry { value, expires } = kept.entry();
            let text = std::str::from_utf8(value).ok().filter(|text| is_short(text));
            let base64 = text.is_none().then_some(Encoded(value));
            (&**key, Saved { text, base64, expires })
        }))
    }
}

/// Returns whether a text is not longer in JSON than in base64: a control character takes six bytes.
fn is_short(text: &str) -> bool {
    let escaped: usize = text
        .bytes()
        .map(|byte| if byte < 0x20 { 6 } else { 1 + usize::from(byte == b'"' || byte == b'\\') })
        .sum();
    escaped <= text.len().saturating_mul(4) / 3 + 16
}

struct Encoded<'a>(&'a [u8]);

impl Serialize for Encoded<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&Base64Display::new(self.0, &STANDARD))
    }
}

impl<'de> Deserialize<'de> for Image {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntriesVisitor)
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Image;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("entries by their keys")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Image, A::Error> {
        let mut image = Image::default();
        while let Some((key, saved)) = map.next_entry::<String, Saved<String, String>>()? {
            let value = match saved {
                Saved { text: Some(text), base64: None, .. } => text.into_bytes(),
                Saved { text: None, base64: Some(text), .. } => {
                    STANDARD.decode(text).map_err(A::Error::custom)?
                }
                _ => return Err(A::Error::custom("an entry has either `text` or `base64`")),
            };
            if image.replace(&key, Some(Kept { value: value.into(), expires: saved.expires })).is_some() {
                return Err(A::Error::custom(format_args!("the key `{key}` is there twice")));
            }
        }
        Ok(image)
    }
}
