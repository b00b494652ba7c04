//! A guest without an allocator writes and reads the same bytes as the codec.

use hostfn_abi::{Status, Value, Word, codec};
use hostfn_guest::bare::{Memory, Pack, Unpack};
use proptest::prelude::*;

/// Returns what `write` puts down.
fn packed(write: impl FnOnce(&mut Pack<'_>)) -> Vec<u8> {
    let mut room = vec![0; 100_000];
    let mut pack = Pack::new(&mut room);
    write(&mut pack);
    pack.bytes().unwrap().to_vec()
}

fn encoded(value: &Value) -> Vec<u8> {
    codec::to_vec(value).unwrap()
}

/// Returns what `read` takes, if it is all there is.
fn taken<'a, T>(bytes: &'a [u8], read: impl FnOnce(&mut Unpack<'a>) -> T) -> Result<T, Status> {
    let mut unpack = Unpack::new(bytes);
    let value = read(&mut unpack);
    unpack.end().map(|()| value)
}

/// Numbers of every width.
fn number() -> impl Strategy<Value = u64> {
    (any::<u64>(), 0..64_u32).prop_map(|(n, shift)| n >> shift)
}

proptest! {
    #[test]
    fn integers(n in number(), negative: bool) {
        let bytes = encoded(&Value::Unsigned(n));
        prop_assert_eq!(&packed(|pack| _ = pack.unsigned(n)), &bytes);
        prop_assert_eq!(taken(&bytes, Unpack::unsigned), Ok(n));
        prop_assert_eq!(taken(&bytes, Unpack::signed).ok(), i64::try_from(n).ok());

        let n = (n >> 1).cast_signed();
        let n = if negative { !n } else { n };
        let bytes = codec::to_vec(&n).unwrap();
        prop_assert_eq!(&packed(|pack| _ = pack.signed(n)), &bytes);
        prop_assert_eq!(taken(&bytes, Unpack::signed), Ok(n));
        prop_assert_eq!(taken(&bytes, Unpack::unsigned).ok(), u64::try_from(n).ok());
    }

    #[test]
    fn text_and_bytes(text in prop_oneof![".{0,40}", "[a-z]{200,300}"]) {
        let bytes = encoded(&Value::String(text.clone()));
        prop_assert_eq!(&packed(|pack| _ = pack.text(&text)), &bytes);
        prop_assert_eq!(taken(&bytes, |unpack| unpack.text().to_owned()), Ok(text.clone()));
        prop_assert!(taken(&bytes, |unpack| unpack.binary().len()).is_err());

        let bytes = encoded(&Value::Bytes(text.clone().into_bytes()));
        prop_assert_eq!(&packed(|pack| _ = pack.binary(text.as_bytes())), &bytes);
        prop_assert_eq!(taken(&bytes, |unpack| unpack.binary().to_vec()), Ok(text.into_bytes()));
        prop_assert!(taken(&bytes, |unpack| unpack.text().len()).is_err());
    }

    #[test]
    fn arrays(len in prop_oneof![0..40_u16, 60_000..=u16::MAX], flag: bool) {
        let bytes = encoded(&Value::Array(vec![Value::Bool(flag); usize::from(len)]));
        let write = |pack: &mut Pack<'_>| {
            pack.array(len);
            for _ in 0..len {
                pack.boolean(flag);
            }
        };
        prop_assert_eq!(&packed(write), &bytes);
        let read = |unpack: &mut Unpack<'_>| {
            let len = unpack.array();
            (len, (0..len).all(|_| unpack.boolean() == flag))
        };
        prop_assert_eq!(taken(&bytes, read), Ok((u32::from(len), true)));
    }

    /// Whatever the bytes are, reading them ends, and says whether they were what was read.
    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..12)) {
        let decoded: Option<u64> = codec::decode(&bytes).ok();
        // the codec also takes a float that is an integer
        if !matches!(bytes.first(), Some(0xca | 0xcb)) && !matches!(bytes.first(), Some(0xd0..=0xd3)) {
            prop_assert_eq!(taken(&bytes, Unpack::unsigned).ok(), decoded);
        }
        let text: Option<String> = codec::decode(&bytes).ok();
        prop_assert_eq!(taken(&bytes, |unpack| unpack.text().to_owned()).ok(), text);
        let flag: Option<bool> = codec::decode(&bytes).ok();
        prop_assert_eq!(taken(&bytes, Unpack::boolean).ok(), flag);
        let _ = taken(&bytes, |unpack| (unpack.signed(), unpack.nil(), unpack.array(), unpack.binary().len()));
    }
}

#[test]
fn wide_forms_of_small_numbers_are_read() {
    assert_eq!(taken(b"\xcf\0\0\0\0\0\0\0\x05", Unpack::unsigned), Ok(5));
    assert_eq!(taken(b"\xd1\xff\xfb", Unpack::signed), Ok(-5));
    assert_eq!(taken(b"\xdb\0\0\0\x01a", |unpack| unpack.text().to_owned()), Ok("a".to_owned()));
    assert_eq!(taken(b"\xdd\0\0\0\0", Unpack::array), Ok(0));
}

/// The markers beside those of a kind are of another kind.
#[test]
fn a_marker_of_another_kind_is_none_of_this() {
    for marker in 0..=u8::MAX {
        for zeroes in 0..=16 {
            let mut bytes = vec![0; zeroes + 1];
            bytes[0] = marker;
            let zero = |widths: &[(u8, usize)]| widths.contains(&(marker, zeroes));
            let unsigned =
                zero(&[(0xcc, 1), (0xcd, 2), (0xce, 4), (0xcf, 8)]) || (marker < 0x80 && zeroes == 0);
            assert_eq!(taken(&bytes, Unpack::unsigned).is_ok(), unsigned, "{marker:x} {zeroes}");
            let array = zero(&[(0xdc, 2), (0xdd, 4)]) || (marker & 0xf0 == 0x90 && zeroes == 0);
            assert_eq!(taken(&bytes, Unpack::array).is_ok(), array, "{marker:x} {zeroes}");
            let small = marker & 0xe0 == 0xa0 && usize::from(marker & 0x1f) == zeroes;
            let text = zero(&[(0xd9, 1), (0xda, 2), (0xdb, 4)]) || small;
            assert_eq!(taken(&bytes, |unpack| unpack.text().len()).is_ok(), text, "{marker:x} {zeroes}");
            let binary = zero(&[(0xc4, 1), (0xc5, 2), (0xc6, 4)]);
            assert_eq!(taken(&bytes, |unpack| unpack.binary().len()).is_ok(), binary, "{marker:x} {zeroes}");
        }
    }
    assert!(taken(b"\xdc\0", Unpack::array).is_err());
}

#[test]
fn options_and_what_is_taken_as_it_is() {
    let bytes = packed(|pack| _ = pack.array(2).nil().raw(b"\x91\x05"));
    assert_eq!(bytes, b"\x92\xc0\x91\x05");
    let read = taken(&bytes, |unpack| (unpack.array(), unpack.nil(), unpack.nil(), unpack.rest().to_vec()));
    assert_eq!(read, Ok((2, true, false, b"\x91\x05".to_vec())));
}

#[test]
fn what_is_left_is_not_what_was_asked_for() {
    assert_eq!(taken(b"\x01\x02", Unpack::unsigned), Err(Status::BAD_INPUT));
    assert_eq!(taken(b"", Unpack::unsigned), Err(Status::BAD_INPUT));
    assert_eq!(taken(b"\xc0", |unpack| (unpack.unsigned(), unpack.unsigned())), Err(Status::BAD_INPUT));
}

#[test]
fn a_room_that_is_full_stays_full() {
    let mut room = [0; 3];
    let mut pack = Pack::new(&mut room);
    pack.text("ab");
    assert_eq!(pack.bytes(), Some(&b"\xa2ab"[..]));
    pack.unsigned(1).unsigned(2);
    assert_eq!(pack.bytes(), None);
}

static MEMORY: Memory<8> = Memory::new();

/// A host that answers with no reply.
fn answering(status: Status, len: u32) -> impl FnOnce(i32, i32) -> i64 {
    move |_, _| Word::new(status, len).to_i64()
}

/// One test, because there is one memory.
#[test]
fn a_call_at_a_time() {
    let call = |status, len| MEMORY.call(answering(status, len), |_| (), |reply| reply.rest().len());
    assert_eq!(call(Status::OK, 0), Ok(0));
    assert_eq!(call(Status::OK, 8), Ok(8));
    assert_eq!(call(Status::OK, 9), Err(Status::NO_ROOM));
    assert_eq!(call(Status::FAILED, 9), Err(Status::FAILED));
    assert_eq!(MEMORY.call(answering(Status::OK, 1), |_| (), |_| ()), Err(Status::BAD_INPUT));

    let passed =
        MEMORY.call(|_, len| Word::new(Status::new(-len), 0).to_i64(), |args| _ = args.text("12345"), |_| ());
    assert_eq!(passed, Err(Status::new(-6)));
    let too_long = MEMORY.call(answering(Status::OK, 0), |args| _ = args.text("123456789"), |_| ());
    assert_eq!(too_long, Err(Status::BAD_INPUT));

    // within another, there is no room for it
    let nested = MEMORY.call(answering(Status::OK, 0), |_| (), |_| call(Status::OK, 0));
    assert_eq!(nested, Ok(Err(Status::INTERNAL)));
    let nested = MEMORY.call(
        answering(Status::OK, 0),
        |_| assert_eq!(call(Status::OK, 0), Err(Status::INTERNAL)),
        |_| (),
    );
    assert_eq!(nested, Ok(()));
    let nested =
        MEMORY.call(|_, _| i64::from(call(Status::OK, 0) == Err(Status::INTERNAL)) - 1, |_| (), |_| ());
    assert_eq!(nested, Ok(()));
    assert_eq!(call(Status::OK, 0), Ok(0), "and after it there is");

    let status = |word: i64| Word::from_i64(word).status();
    let block = MEMORY.block(8);
    assert_ne!(block, 0);
    assert_eq!((MEMORY.block(9), MEMORY.block(0), MEMORY.block(-1)), (0, 0, 0));
    let word = MEMORY.answer(block, 2, |args, result| {
        assert_eq!(MEMORY.block(1), 0, "they are being read");
        assert_eq!(status(MEMORY.answer(0, 0, |_, _| Ok(()))), Status::INTERNAL);
        result.unsigned(args.end().map_or(300, |()| 0));
        Ok(())
    });
    assert_eq!(Word::from_i64(word), Word::new(Status::OK, 3));
    assert_eq!(status(MEMORY.answer(block + 1, 1, |_, _| Ok(()))), Status::BAD_INPUT);
    assert_eq!(status(MEMORY.answer(block, 9, |_, _| Ok(()))), Status::BAD_INPUT);
    assert_eq!(status(MEMORY.answer(block, -1, |_, _| Ok(()))), Status::BAD_INPUT);
    assert_eq!(status(MEMORY.answer(7, 0, |_, _| Ok(()))), Status::OK);
    assert_eq!(status(MEMORY.answer(0, 0, |_, _| Err(Status::NOT_FOUND))), Status::NOT_FOUND);
    assert_eq!(
        status(MEMORY.answer(0, 0, |_, _| Err(Status::OK))),
        Status::FAILED,
        "no error passes for success"
    );
    let too_long = |_: Unpack<'_>, result: &mut Pack<'_>| {
        result.text("123456789");
        Ok(())
    };
    assert_eq!(status(MEMORY.answer(0, 0, too_long)), Status::INTERNAL);
}
