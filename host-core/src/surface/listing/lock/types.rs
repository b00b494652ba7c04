//! Shapes and definitions as text that can be read back. [`Shape`]'s own text is for people: what could not be traced has
//! no name in it, and a type called `str` looks like text.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::iter::Peekable;
use std::str::CharIndices;

use crate::spec::{Body, Field, Shape, TypeDef, Variant, short};

/// No type is deeper.
const DEEPEST: usize = 64;

/// The greatest number of shapes that the texts of a lock stand for: `[[u8; 60000]; 60000]` is short.
pub(super) const MOST: usize = 1 << 20;

const PLAIN: [(&str, Shape); 17] = [
    ("unit", Shape::Unit),
    ("bool", Shape::Bool),
    ("i8", Shape::I8),
    ("i16", Shape::I16),
    ("i32", Shape::I32),
    ("i64", Shape::I64),
    ("i128", Shape::I128),
    ("u8", Shape::U8),
    ("u16", Shape::U16),
    ("u32", Shape::U32),
    ("u64", Shape::U64),
    ("u128", Shape::U128),
    ("f32", Shape::F32),
    ("f64", Shape::F64),
    ("char", Shape::Char),
    ("str", Shape::Str),
    ("bytes", Shape::Bytes),
];

const COMPOUND: [&str; 5] = ["option", "seq", "map", "handle", "opaque"];

pub(super) fn shape(shape: &Shape) -> String {
    match shape {
        Shape::Named(word) => type_name(word),
        Shape::Option(some) => format!("option<{}>", self::shape(some)),
        Shape::Seq(item) => format!("seq<{}>", self::shape(item)),
        Shape::Map(key, value) => format!("map<{}, {}>", self::shape(key), self::shape(value)),
        Shape::Tuple(items) => match &**items {
            [first, rest @ ..] if !rest.is_empty() && rest.iter().all(|item| item == first) => {
                format!("[{}; {}]", self::shape(first), items.len())
            }
            items => tuple(items),
        },
        Shape::Handle(resource) => format!("handle<{}>", path(resource)),
        Shape::Opaque { rust, .. } => format!("opaque {}", quoted(&short(rust))),
        plain => plain.to_string(),
    }
}

fn tuple(items: &[Shape]) -> String {
    match items {
        [one] => format!("({},)", shape(one)),
        items => format!("({})", items.iter().map(shape).collect::<Vec<_>>().join(", ")),
    }
}

/// `name: shape`.
pub(super) fn named(name: &str, of: &Shape) -> String {
    format!("{}: {}", word(name), shape(of))
}

/// A definition for each name, a field or variant to a line.
pub(super) fn definitions(types: &BTreeMap<String, TypeDef>) -> String {
    let mut out = String::new();
    for (name, def) in types {
        match def {
            TypeDef::Struct(body) => {
                // writing to a string cannot fail
                let _ = writeln!(out, "struct {}{}", word(name), self::body(body, ""));
            }
            TypeDef::Enum(variants) => {
                let _ = writeln!(out, "enum {} {{", word(name));
                for variant in variants {
                    let _ = writeln!(out, "    {}{},", word(&variant.name), body(&variant.body, "    "));
                }
                out += "}\n";
            }
        }
    }
    out
}

fn body(of: &Body, indent: &str) -> String {
    match of {
        Body::Unit => String::new(),
        Body::Newtype(inner) => format!("({})", shape(inner)),
        Body::Tuple(items) => tuple(items),
        Body::Fields(fields) => {
            let field = |field: &Field| format!("{indent}    {},\n", named(&field.name, &field.shape));
            format!(" {{\n{}{indent}}}", fields.iter().map(field).collect::<String>())
        }
    }
}

/// A name that differs from the words for shapes.
fn type_name(name: &str) -> String {
    let taken = COMPOUND.contains(&name) || PLAIN.iter().any(|(word, _)| *word == name);
    if taken { quoted(name) } else { word(name) }
}

/// A path of words, as of a Rust type.
fn path(of: &str) -> String {
    let is_path = of.split("::").all(|part| !part.is_empty() && word(part) == part);
    if is_path { of.to_owned() } else { quoted(of) }
}

fn word(name: &str) -> String {
    let mut chars = name.chars();
    let starts = chars.next().is_some_and(starts_word);
    if starts && chars.all(continues_word) { name.to_owned() } else { quoted(name) }
}

fn quoted(name: &str) -> String {
    let mut out = String::from("`");
    for c in name.chars() {
        match c {
            '\\' | '`' => out.extend(['\\', c]),
            // a definition's lines are its fields
            '\n' => out += "\\n",
            '\r' => out += "\\r",
            c => out.push(c),
        }
    }
    out + "`"
}

fn starts_word(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

fn continues_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// An error in a text, and its position: an offset in bytes.
#[derive(Debug, PartialEq)]
pub(super) struct Wrong {
    pub(super) at: usize,
    pub(super) what: String,
}

type Read<T> = Result<T, Wrong>;

pub(super) fn read_shape(text: &str, left: &mut usize) -> Read<Shape> {
    let mut reader = Reader::new(text, left);
    let shape = reader.shape(0)?;
    reader.end().map(|()| shape)
}

pub(super) fn read_named(text: &str, left: &mut usize) -> Read<(String, Shape)> {
    let mut reader = Reader::new(text, left);
    let named = reader.named(0)?;
    reader.end().map(|()| named)
}

pub(super) fn read_definitions(text: &str, left: &mut usize) -> Read<BTreeMap<String, TypeDef>> {
    let mut reader = Reader::new(text, left);
    let mut types = BTreeMap::new();
    while let Some(at) = reader.more() {
        let is_enum = match &*reader.bare()? {
            "struct" => false,
            "enum" => true,
            other => return Err(Wrong { at, what: format!("expected `struct` or `enum`, found `{other}`") }),
        };
        let name = reader.name()?;
        let def = if is_enum { TypeDef::Enum(reader.variants()?) } else { TypeDef::Struct(reader.body(0)?) };
        if types.insert(name.clone(), def).is_some() {
            return Err(Wrong { at, what: format!("`{name}` is defined twice") });
        }
    }
    Ok(types)
}

struct Reader<'t> {
    text: &'t str,
    chars: Peekable<CharIndices<'t>>,
    left: &'t mut usize,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str, left: &'t mut usize) -> Self {
        Reader { text, chars: text.char_indices().peekable(), left }
    }

    /// Returns where the next character is that is not white space.
    fn more(&mut self) -> Option<usize> {
        while self.chars.next_if(|(_, c)| c.is_whitespace()).is_some() {}
        self.chars.peek().map(|(at, _)| *at)
    }

    fn end(&mut self) -> Read<()> {
        match self.more() {
            None => Ok(()),
            Some(_) => Err(self.unexpected("the end")),
        }
    }

    fn unexpected(&mut self, wanted: &str) -> Wrong {
        let at = self.more().unwrap_or(self.text.len());
        let found = self
            .chars
            .peek()
            .map_or_else(|| "the end".to_owned(), |(_, c)| format!("`{}`", c.escape_debug()));
        Wrong { at, what: format!("expected {wanted}, found {found}") }
    }

    /// Takes `c` if it is next.
    fn takes(&mut self, c: char) -> bool {
        self.more();
        self.chars.next_if(|(_, next)| *next == c).is_some()
    }

    fn expect(&mut self, c: char) -> Read<()> {
        if self.takes(c) { Ok(()) } else { Err(self.unexpected(&format!("`{c}`"))) }
    }

    /// A word without quotes; empty if absent.
    fn letters(&mut self) -> String {
        self.more();
        let mut word = String::new();
        if let Some((_, c)) = self.chars.next_if(|(_, c)| starts_word(*c)) {
            word.push(c);
            while let Some((_, c)) = self.chars.next_if(|(_, c)| continues_word(*c)) {
                word.push(c);
            }
        }
        word
    }

    fn bare(&mut self) -> Read<String> {
        let word = self.letters();
        if word.is_empty() { Err(self.unexpected("a word")) } else { Ok(word) }
    }

    fn name(&mut self) -> Read<String> {
        if !self.takes('`') {
            return self.bare();
        }
        let mut name = String::new();
        loop {
            match self.chars.next() {
                Some((_, '`')) => return Ok(name),
                Some((_, '\\')) => name.extend(self.chars.next().map(|(_, c)| match c {
                    'n' => '\n',
                    'r' => '\r',
                    c => c,
                })),
                Some((_, c)) => name.push(c),
                None => return Err(self.unexpected("a closing `")),
            }
        }
    }

    fn spend(&mut self, shapes: usize) -> Read<()> {
        let at = self.more().unwrap_or(self.text.len());
        let what = || "this is a larger type than any that is traced".to_owned();
        *self.left = self.left.checked_sub(shapes).ok_or_else(|| Wrong { at, what: what() })?;
        Ok(())
    }

    fn shape(&mut self, depth: usize) -> Read<Shape> {
        self.spend(if depth > DEEPEST { usize::MAX } else { 1 })?;
        let deeper = depth + 1;
        if self.takes('(') {
            return Ok(Shape::Tuple(self.items(deeper)?.0));
        }
        if self.takes('[') {
            return self.array(deeper);
        }
        self.more();
        if self.chars.peek().is_some_and(|(_, c)| *c == '`') {
            return self.name().map(Shape::Named);
        }
        let word = self.letters();
        match &*word {
            "" => Err(self.unexpected("a type")),
            "option" => self.inner(deeper).map(|some| Shape::Option(Box::new(some))),
            "seq" => self.inner(deeper).map(|item| Shape::Seq(Box::new(item))),
            "map" => {
                self.expect('<')?;
                let key = self.shape(deeper)?;
                self.expect(',')?;
                let value = self.shape(deeper)?;
                self.expect('>')?;
                Ok(Shape::Map(Box::new(key), Box::new(value)))
            }
            "handle" => {
                self.expect('<')?;
                let resource = self.path()?;
                self.expect('>')?;
                Ok(Shape::Handle(resource))
            }
            "opaque" => Ok(Shape::Opaque { rust: self.name()?, reason: String::new() }),
            _ => match PLAIN.into_iter().find(|(plain, _)| *plain == word) {
                Some((_, shape)) => Ok(shape),
                None => Ok(Shape::Named(word)),
            },
        }
    }

    fn path(&mut self) -> Read<String> {
        let mut path = self.name()?;
        while self.takes(':') {
            self.expect(':')?;
            path += "::";
            path += &self.bare()?;
        }
        Ok(path)
    }

    fn inner(&mut self, depth: usize) -> Read<Shape> {
        self.expect('<')?;
        let shape = self.shape(depth)?;
        self.expect('>')?;
        Ok(shape)
    }

    fn array(&mut self, depth: usize) -> Read<Shape> {
        let before = *self.left;
        let item = self.shape(depth)?;
        self.expect(';')?;
        let at = self.more().unwrap_or(self.text.len());
        let mut digits = String::new();
        while let Some((_, digit)) = self.chars.next_if(|(_, c)| c.is_ascii_digit()) {
            digits.push(digit);
        }
        let count: usize =
            digits.parse().map_err(|_| Wrong { at, what: "expected how many there are".to_owned() })?;
        self.expect(']')?;
        self.spend((before - *self.left).saturating_mul(count))?;
        Ok(Shape::Tuple(vec![item; count]))
    }

    /// Returns what stands in parentheses that are open, and whether the last has a comma behind it.
    fn items(&mut self, depth: usize) -> Read<(Vec<Shape>, bool)> {
        let mut items = Vec::new();
        loop {
            if self.takes(')') {
                return Ok((items, true));
            }
            items.push(self.shape(depth)?);
            if !self.takes(',') {
                self.expect(')')?;
                return Ok((items, false));
            }
        }
    }

    fn named(&mut self, depth: usize) -> Read<(String, Shape)> {
        let name = self.name()?;
        self.expect(':')?;
        Ok((name, self.shape(depth)?))
    }

    fn body(&mut self, depth: usize) -> Read<Body> {
        if self.takes('(') {
            let (mut items, comma) = self.items(depth)?;
            return Ok(match items.pop() {
                Some(one) if items.is_empty() && !comma => Body::Newtype(one),
                last => {
                    items.extend(last);
                    Body::Tuple(items)
                }
            });
        }
        if !self.takes('{') {
            return Ok(Body::Unit);
        }
        let mut fields = Vec::new();
        while !self.takes('}') {
            let (name, shape) = self.named(depth)?;
            self.expect(',')?;
            fields.push(Field { name, shape });
        }
        Ok(Body::Fields(fields))
    }

    fn variants(&mut self) -> Read<Vec<Variant>> {
        self.expect('{')?;
        let mut variants = Vec::new();
        while !self.takes('}') {
            let (name, body) = (self.name()?, self.body(0)?);
            self.expect(',')?;
            variants.push(Variant { name, body });
        }
        Ok(variants)
    }
}
