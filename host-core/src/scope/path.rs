//! Patterns of paths.

use std::borrow::Cow;
use std::str::SplitTerminator;

use super::{List, Pattern, Wild, Wrong};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PathPattern(Box<[Segment]>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    /// `**`
    Deep,
    One(Wild),
}

impl Pattern for PathPattern {
    /// Normalised.
    type Value<'v> = Cow<'v, str>;

    fn everything() -> Self {
        PathPattern([Segment::Deep].into())
    }

    fn read(text: &str, _: List) -> Result<Self, Wrong> {
        if text.split('/').any(|segment| segment == "..") {
            return Err(CLIMBS);
        }
        let path = normalised(text)?;
        let segments = segments(&path).map(|segment| match segment {
            "**" => Ok(Segment::Deep),
            _ if segment.contains("**") => Err(PARTLY_DEEP),
            _ => Ok(Segment::One(Wild(segment.into()))),
        });
        segments.collect::<Result<_, _>>().map(PathPattern)
    }

    fn value(text: &str) -> Option<Cow<'_, str>> {
        normalised(text).ok()
    }

    fn matches(&self, value: &Cow<'_, str>) -> bool {
        let mut pattern = &*self.0;
        let mut value = segments(value);
        // only the last `**` passed is ever given another length: a longer run for an earlier one would
        // leave the same rest to match with less
        let mut retry = None;
        loop {
            let mut ahead = value.clone();
            match (pattern, ahead.next()) {
                ([], None) | ([Segment::Deep], _) => return true,
                ([Segment::Deep, rest @ ..], _) => {
                    pattern = rest;
                    retry = Some((rest, value.clone()));
                }
                ([Segment::One(wild), rest @ ..], Some(segment)) if wild.matches(segment) => {
                    pattern = rest;
                    value = ahead;
                }
                _ => {
                    let Some((rest, from)) = &mut retry else { return false };
                    if from.next().is_none() {
                        return false;
                    }
                    pattern = rest;
                    value = from.clone();
                }
            }
        }
    }
}

impl PathPattern {
    /// What of `value` stands for the segments before the first `**`, or for all but the last one, and
    /// what is beneath it.
    pub(super) fn split<'v>(&self, value: &'v str) -> (&'v str, &'v str) {
        let deep = self.0.iter().position(|segment| *segment == Segment::Deep);
        let fixed = deep.unwrap_or(self.0.len().saturating_sub(1));
        let mut rest = value;
        for _ in 0..fixed {
            rest = rest.split_once('/').map_or("", |(_, rest)| rest);
        }
        let dir = &value[..value.len() - rest.len()];
        (dir.strip_suffix('/').unwrap_or(dir), rest)
    }
}

const RELATIVE: Wrong = Wrong::new("is not absolute", "start it with `/`");
const NUL: Wrong = Wrong::new("has a NUL in it", "leave it out");
const BACKSLASH: Wrong = Wrong::new("has a backslash in it", "separate segments with `/`, on every platform");
const CLIMBS: Wrong = Wrong::new("climbs with `..`", "write the path that it leads to");
const PARTLY_DEEP: Wrong = Wrong::new(
    "has `**` as a part of a segment",
    "write `**` between slashes for any number of segments, or `*` within one",
);

/// The segments joined by `/`, without the leading one.
fn normalised(path: &str) -> Result<Cow<'_, str>, Wrong> {
    if path.contains('\0') {
        return Err(NUL);
    }
    if path.contains('\\') {
        return Err(BACKSLASH);
    }
    let path = path.strip_prefix('/').ok_or(RELATIVE)?;
    let path = path.strip_suffix('/').unwrap_or(path);
    if path.is_empty() || path.split('/').all(|segment| !matches!(segment, "" | "." | "..")) {
        return Ok(Cow::Borrowed(path));
    }
    let mut kept = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(kept.pop().ok_or(CLIMBS)?),
            _ => kept.push(segment),
        }
    }
    Ok(Cow::Owned(kept.join("/")))
}

fn segments(path: &str) -> SplitTerminator<'_, char> {
    path.split_terminator('/')
}
