//! Patterns of paths.

use std::borrow::Cow;

use super::{List, Pattern, Wild, Wrong, needs_wild};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PathPattern(Box<[Segment]>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    /// `**`
    Deep,
    One(Wild),
}

/// Bytes of a path that is matched: no system opens a longer one.
const LONGEST_PATH: usize = 4_096;

impl Pattern for PathPattern {
    const LONGEST: usize = LONGEST_PATH;

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
        let segments = path.split_terminator('/').map(|segment| match segment {
            "**" => Ok(Segment::Deep),
            _ if segment.contains("**") => Err(PARTLY_DEEP),
            _ => Ok(Segment::One(Wild::new(segment))),
        });
        segments.collect::<Result<_, _>>().map(PathPattern)
    }

    fn value(text: &str) -> Option<Cow<'_, str>> {
        if text.len() > LONGEST_PATH { None } else { normalised(text).ok() }
    }

    fn matches(&self, value: &Cow<'_, str>) -> bool {
        let mut pattern = &*self.0;
        let mut value = Segments(value.as_bytes());
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

    fn covers(&self, other: &Self) -> bool {
        let theirs = other.parts();
        // how many segments the parts before each one stand for, at least
        let least: Vec<usize> = sums(theirs.iter().map(Part::least));
        // before which of their parts ours can be through
        let mut reached = vec![false; least.len()];
        reached[0] = true;
        for part in self.parts() {
            let Some(first) = reached.iter().position(|reached| *reached) else { return false };
            let mut next = vec![false; least.len()];
            for (at, theirs) in (first..).zip(&theirs[first..]) {
                next[at + 1] = match (&part, theirs) {
                    (Part::One(ours), Part::One(theirs)) => reached[at] && ours.covers(theirs),
                    (Part::One(_), Part::AtLeast(_)) => false,
                    (Part::AtLeast(count), _) => least[at + 1] - least[first] >= *count,
                };
            }
            next[first] |= matches!(part, Part::AtLeast(0));
            reached = next;
        }
        reached[theirs.len()]
    }

    fn overlaps(&self, other: &Self) -> bool {
        // before which of their segments ours can be through
        let mut reached = vec![false; other.0.len() + 1];
        reached[0] = true;
        pass_over(&other.0, &mut reached);
        for ours in &self.0 {
            let before = reached.clone();
            for (at, theirs) in other.0.iter().enumerate() {
                reached[at + 1] = match (ours, theirs) {
                    (Segment::Deep, _) => reached[at] || before[at + 1],
                    (Segment::One(_), Segment::Deep) => before[at + 1],
                    (Segment::One(ours), Segment::One(theirs)) => before[at] && ours.overlaps(theirs),
                };
            }
            reached[0] &= *ours == Segment::Deep;
            pass_over(&other.0, &mut reached);
        }
        reached[other.0.len()]
    }

    fn narrowest(value: &Cow<'_, str>) -> String {
        let mut pattern = String::from("/");
        for c in value.chars() {
            match c {
                // never two of them, which would stand for any number of segments
                c if needs_wild(c) && pattern.ends_with('*') => {}
                c if needs_wild(c) => pattern.push('*'),
                c => pattern.push(c),
            }
        }
        pattern
    }
}

/// Lets every `**` that is reached stand for no segment.
fn pass_over(segments: &[Segment], reached: &mut [bool]) {
    for (at, segment) in segments.iter().enumerate() {
        reached[at + 1] |= reached[at] && *segment == Segment::Deep;
    }
}

/// The sums of none, the first, the first two and so on.
fn sums(counts: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut sum = 0;
    let ends = counts.map(|count| {
        sum += count;
        sum
    });
    std::iter::once(0).chain(ends.collect::<Vec<_>>()).collect()
}

/// A stretch of a pattern, in the one form that all its spellings (`*/**`, `**/*/**`) share.
enum Part<'p> {
    One(&'p Wild),
    /// So many segments or more, whatever they are.
    AtLeast(usize),
}

impl Part<'_> {
    fn least(&self) -> usize {
        match self {
            Part::One(_) => 1,
            Part::AtLeast(count) => *count,
        }
    }
}

impl PathPattern {
    fn parts(&self) -> Vec<Part<'_>> {
        let whole = |segment: &Segment| match segment {
            Segment::Deep => true,
            Segment::One(wild) => wild.is_any(),
        };
        let mut parts = Vec::new();
        for run in self.0.chunk_by(|a, b| whole(a) && whole(b)) {
            let ones = run.iter().filter_map(|segment| match segment {
                Segment::Deep => None,
                Segment::One(wild) => Some(Part::One(wild)),
            });
            if run.contains(&Segment::Deep) {
                parts.push(Part::AtLeast(ones.count()));
            } else {
                parts.extend(ones);
            }
        }
        parts
    }

    /// Returns how many segments come before the first one with a wildcard; of a pattern without one, all but the last.
    pub(super) fn fixed(&self) -> usize {
        let wild =
            self.0.iter().position(|segment| !matches!(segment, Segment::One(wild) if wild.is_literal()));
        wild.unwrap_or(self.0.len().saturating_sub(1))
    }

    /// Returns what of `value`, which it matches, stands for the fixed segments, and the rest.
    pub(super) fn split<'v>(&self, value: &'v str) -> (&'v str, &'v str) {
        let mut rest = value;
        for _ in 0..self.fixed() {
            rest = rest.split_once('/').map_or("", |(_, rest)| rest);
        }
        let dir = &value[..value.len() - rest.len()];
        (dir.strip_suffix('/').unwrap_or(dir), rest)
    }

    /// Returns whether its fixed segments begin with all of `path`.
    pub(super) fn base_is_at_or_below(&self, path: &str) -> bool {
        let mut fixed = self.0[..self.fixed()].iter();
        Segments(path.as_bytes())
            .all(|segment| matches!(fixed.next(), Some(Segment::One(wild)) if wild.matches(segment)))
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
    if let Some(plain) = path.strip_prefix('/').filter(|path| is_plain(path)) {
        return Ok(Cow::Borrowed(plain));
    }
    if path.contains('\0') {
        return Err(NUL);
    }
    if path.contains('\\') {
        return Err(BACKSLASH);
    }
    let path = path.strip_prefix('/').ok_or(RELATIVE)?;
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

/// Returns whether there is nothing in it to be refused, left out or resolved, as is so of nearly every value.
fn is_plain(path: &str) -> bool {
    let is_kept = |segment: &[u8]| !matches!(segment, b"" | b"." | b"..");
    let path = path.as_bytes();
    let mut start = 0;
    for (at, byte) in path.iter().enumerate() {
        match byte {
            0 | b'\\' => return false,
            b'/' if !is_kept(&path[start..at]) => return false,
            b'/' => start = at + 1,
            _ => {}
        }
    }
    is_kept(&path[start..])
}

/// The segments of a path that is normalised.
#[derive(Clone)]
struct Segments<'v>(&'v [u8]);

impl<'v> Iterator for Segments<'v> {
    type Item = &'v [u8];

    #[inline]
    fn next(&mut self) -> Option<&'v [u8]> {
        if self.0.is_empty() {
            return None;
        }
        let end = self.0.iter().position(|byte| *byte == b'/').unwrap_or(self.0.len());
        let (segment, rest) = self.0.split_at(end);
        self.0 = rest.get(1..).unwrap_or_default();
        Some(segment)
    }
}
