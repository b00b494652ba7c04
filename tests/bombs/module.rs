//! Modules by their bytes: what a compiler would not emit, and WAT would be slow for.

pub const I32: u8 = 0x7f;
pub const END: u8 = 0x0b;

pub fn leb(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            out.push(byte);
            return out;
        }
        out.push(byte | 0x80);
    }
}

fn section(id: u8, content: &[u8]) -> Vec<u8> {
    [&[id][..], &leb(content.len() as u64), content].concat()
}

fn list(items: &[Vec<u8>]) -> Vec<u8> {
    [leb(items.len() as u64), items.concat()].concat()
}

pub fn name(text: &str) -> Vec<u8> {
    [&leb(text.len() as u64), text.as_bytes()].concat()
}

/// A module that exports a memory of a page; types and functions are counted from 0.
#[derive(Default)]
pub struct Module {
    pub types: Vec<(usize, usize)>,
    pub imports: Vec<Vec<u8>>,
    pub functions: Vec<Vec<u8>>,
    pub bodies: Vec<Vec<u8>>,
    pub table: Option<u64>,
    pub pages: Option<u64>,
    pub globals: Vec<Vec<u8>>,
    pub exports: Vec<Vec<u8>>,
    pub start: Option<u64>,
    pub elements: Vec<Vec<u8>>,
    pub data: Vec<Vec<u8>>,
    pub custom: Vec<(&'static str, Vec<u8>)>,
}

impl Module {
    /// With a type of so many parameters and results, all `i32`, as type 0.
    pub fn new(params: usize, results: usize) -> Self {
        Module { types: vec![(params, results)], ..Module::default() }
    }

    pub fn ty(mut self, params: usize, results: usize) -> Self {
        self.types.push((params, results));
        self
    }

    /// Adds a function with so many locals of `i32`; its body needs no `end`.
    pub fn function(&mut self, ty: u64, locals: u64, body: &[u8]) -> &mut Self {
        self.functions.push(leb(ty));
        let locals = if locals == 0 { vec![0] } else { [&[1][..], &leb(locals), &[I32]].concat() };
        let body = [&locals[..], body, &[END]].concat();
        self.bodies.push([leb(body.len() as u64), body].concat());
        self
    }

    pub fn functions(&mut self, count: usize, ty: u64, locals: u64, body: &[u8]) -> &mut Self {
        for _ in 0..count {
            self.function(ty, locals, body);
        }
        self
    }

    pub fn build(&self) -> Vec<u8> {
        let types: Vec<_> = self
            .types
            .iter()
            .map(|(params, results)| {
                let all = |count: usize| [leb(count as u64), vec![I32; count]].concat();
                [vec![0x60], all(*params), all(*results)].concat()
            })
            .collect();
        let mut exports = vec![[name("memory"), vec![2, 0]].concat()];
        exports.extend(self.exports.iter().cloned());
        let mut out = b"\0asm\x01\0\0\0".to_vec();
        let mut add = |id: u8, items: &[Vec<u8>]| {
            if !items.is_empty() {
                out.extend(section(id, &list(items)));
            }
        };
        add(1, &types);
        add(2, &self.imports);
        add(3, &self.functions);
        add(4, &self.table.map(|size| [vec![0x70, 0], leb(size)].concat()).into_iter().collect::<Vec<_>>());
        add(5, &[[vec![0], leb(self.pages.unwrap_or(1))].concat()]);
        add(6, &self.globals);
        add(7, &exports);
        if let Some(start) = self.start {
            out.extend(section(8, &leb(start)));
        }
        let mut add = |id: u8, items: &[Vec<u8>]| {
            if !items.is_empty() {
                out.extend(section(id, &list(items)));
            }
        };
        add(9, &self.elements);
        add(10, &self.bodies);
        add(11, &self.data);
        for (title, bytes) in &self.custom {
            out.extend(section(0, &[name(title), bytes.clone()].concat()));
        }
        out
    }
}

/// `part`, so many times.
pub fn times(count: usize, part: &[u8]) -> Vec<u8> {
    part.repeat(count)
}

/// `i32.const 0`, so many times.
pub fn zeros(count: usize) -> Vec<u8> {
    times(count, &[0x41, 0])
}

/// `drop`, so many times.
pub fn drops(count: usize) -> Vec<u8> {
    vec![0x1a; count]
}
