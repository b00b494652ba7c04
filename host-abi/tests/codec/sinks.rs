//! Sinks of encoded bytes, with and without enough room.

use std::collections::BTreeMap;

use hostfn_abi::codec::{ErrorKind, Full, Sink, SliceSink, Spilling, Written, encode, to_slice, to_vec};
use serde::{Serialize, Serializer};

#[derive(Serialize)]
struct Mixed {
    id: u32,
    bytes: Vec<u8>,
    text: &'static str,
    #[serde(flatten)]
    rest: BTreeMap<&'static str, Unsized>,
}

struct Unsized(Vec<u8>);

impl Serialize for Unsized {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().filter(|n| **n > 0).map(|n| u16::from(*n)))
    }
}

fn mixed() -> Mixed {
    Mixed {
        id: 70_000,
        bytes: (0..200).collect(),
        text: "some text",
        rest: BTreeMap::from([("one", Unsized(vec![1; 20])), ("two", Unsized(vec![]))]),
    }
}

#[test]
fn every_room_holds_the_whole_value_or_none() {
    let value = mixed();
    let expected = to_vec(&value).unwrap();
    for room in 0..expected.len() + 2 {
        let mut bytes = vec![0xee; room];
        match to_slice(&value, &mut bytes) {
            Ok(len) => assert_eq!(bytes[..len], expected),
            Err(error) => {
                assert_eq!(*error.kind(), ErrorKind::Full);
                assert!(room < expected.len());
            }
        }
        assert_eq!(to_slice(&value, &mut bytes).is_ok(), room >= expected.len());
    }
}

#[test]
fn every_window_spills_the_same_bytes() {
    let value = mixed();
    let expected = to_vec(&value).unwrap();
    for room in 0..expected.len() + 2 {
        let mut window = vec![0xee; room];
        let mut spill = vec![1, 2, 3];
        let mut sink = Spilling::new(&mut window, &mut spill, expected.len());
        encode(&value, &mut sink).unwrap();
        assert_eq!(sink.len(), expected.len());
        assert_eq!(sink.has_spilled(), room < expected.len());
        match sink.finish() {
            Written::Window(len) => assert_eq!(window[..len], expected),
            Written::Spill(len) => assert_eq!((len, &spill), (expected.len(), &expected)),
        }
        if room >= expected.len() {
            assert!(spill.is_empty());
        }
    }
}

#[test]
fn a_spill_stops_at_its_limit() {
    let value = mixed();
    let expected = to_vec(&value).unwrap();
    for room in [0, 10, expected.len(), 2 * expected.len()] {
        for limit in 0..expected.len() {
            let (mut window, mut spill) = (vec![0; room], Vec::new());
            let mut sink = Spilling::new(&mut window, &mut spill, limit);
            let error = encode(&value, &mut sink).unwrap_err();
            assert_eq!(*error.kind(), ErrorKind::Full);
            assert!(sink.len() <= limit);
        }
    }
}

#[test]
fn exactly_the_window_and_one_byte_more() {
    let (mut window, mut spill) = ([0; 6], Vec::new());
    let mut sink = Spilling::new(&mut window, &mut spill, 1024);
    encode("world", &mut sink).unwrap();
    assert_eq!(sink.finish(), Written::Window(6));
    assert_eq!(&window, b"\xa5world");

    let mut sink = Spilling::new(&mut window, &mut spill, 1024);
    encode("worlds", &mut sink).unwrap();
    assert_eq!(sink.finish(), Written::Spill(7));
    assert_eq!(spill, b"\xa6worlds");

    let mut sink = Spilling::new(&mut window, &mut spill, 7);
    encode("worlds", &mut sink).unwrap();
    assert_eq!(sink.finish(), Written::Spill(7));

    let mut sink = Spilling::new(&mut window, &mut spill, 6);
    assert!(encode("worlds", &mut sink).is_err());

    let mut sink = Spilling::new(&mut window, &mut spill, 5);
    assert!(encode("world", &mut sink).is_err());

    let mut sink = Spilling::new(&mut window, &mut spill, 0);
    assert!(sink.is_empty());
    encode(&(), &mut sink).unwrap();
    assert_eq!(sink.finish(), Written::Window(0));
}

#[test]
fn a_full_slice_keeps_what_came_before() {
    let mut room = [0; 4];
    let mut sink = SliceSink::new(&mut room);
    assert!(sink.is_empty());
    sink.put(b"abc").unwrap();
    assert_eq!(sink.put(b"de"), Err(Full));
    assert_eq!(sink.put_iter(2, [1, 2].into_iter()), Err(Full));
    assert_eq!(sink.release(1, b"xy"), Err(Full));
    assert_eq!(sink.written(), b"abc");
    sink.put_u8(b'd').unwrap();
    assert_eq!(sink.len(), 4);
    assert_eq!(&room, b"abcd");
}

#[test]
fn a_header_is_put_in_front() {
    fn check(sink: &mut impl Sink) {
        sink.put(b"a").unwrap();
        let outer = sink.hold();
        sink.put(b"b").unwrap();
        let inner = sink.hold();
        sink.put(b"c").unwrap();
        sink.release(inner, b"<>").unwrap();
        sink.release(outer, b"[").unwrap();
        sink.put(b"d").unwrap();
    }
    let mut vec = Vec::new();
    check(&mut vec);
    assert_eq!(vec, b"a[b<>cd");
    for room in 0..8 {
        let (mut window, mut spill) = (vec![0; room], Vec::new());
        let mut sink = Spilling::new(&mut window, &mut spill, 7);
        check(&mut sink);
        match sink.finish() {
            Written::Window(len) => assert_eq!(&window[..len], b"a[b<>cd"),
            Written::Spill(_) => assert_eq!(spill, b"a[b<>cd"),
        }
    }
    let mut room = [0; 7];
    check(&mut SliceSink::new(&mut room));
    assert_eq!(&room, b"a[b<>cd");
}

#[test]
fn an_iterator_that_ends_early_is_noticed() {
    struct Short;
    impl Iterator for Short {
        type Item = u8;
        fn next(&mut self) -> Option<u8> {
            None
        }
        fn size_hint(&self) -> (usize, Option<usize>) {
            (3, Some(3))
        }
    }
    struct Liar;
    impl Serialize for Liar {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_seq(Short)
        }
    }
    let kind = ErrorKind::Length { expected: 3, found: 0 };
    assert_eq!(*to_vec(&Liar).unwrap_err().kind(), kind);
    assert_eq!(*to_slice(&Liar, &mut [0; 9]).unwrap_err().kind(), kind);
}

#[cfg(feature = "std")]
#[test]
fn any_writer_is_a_sink() {
    use hostfn_abi::codec::IoSink;

    let value = mixed();
    let mut sink = IoSink::new(Vec::new());
    encode(&value, &mut sink).unwrap();
    assert_eq!(sink.finish().unwrap(), to_vec(&value).unwrap());

    let mut room = [0; 10];
    let mut sink = IoSink::new(&mut room[..]);
    assert_eq!(*encode(&value, &mut sink).unwrap_err().kind(), ErrorKind::Full);
    assert_eq!(sink.finish().unwrap_err().kind(), std::io::ErrorKind::WriteZero);
}

#[test]
fn a_sink_may_be_somebody_elses() {
    struct Counter(usize);
    impl Sink for Counter {
        fn put(&mut self, bytes: &[u8]) -> Result<(), Full> {
            self.0 += bytes.len();
            Ok(())
        }
        fn hold(&mut self) -> usize {
            self.0
        }
        fn release(&mut self, _: usize, header: &[u8]) -> Result<(), Full> {
            self.put(header)
        }
    }
    let mut counter = Counter(0);
    encode(&mixed(), &mut counter).unwrap();
    assert_eq!(counter.0, to_vec(&mixed()).unwrap().len());
}
