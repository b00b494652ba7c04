//! Whatever the type: what is written is read back, and `rmp-serde` agrees both ways.

use std::collections::BTreeMap;

use hostfn_abi::Value;
use hostfn_abi::codec::{self, to_vec};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Empty,
    Radius(f32),
    Box(i16, f64),
    Path { points: Vec<(i8, u32)>, closed: bool },
    Group(Vec<Shape>),
    Named(Box<Shape>, Option<String>),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Sheet {
    id: u64,
    offset: i64,
    title: String,
    initial: char,
    data: ByteBuf,
    unit: (),
    shapes: Vec<Shape>,
    sizes: BTreeMap<String, Option<u16>>,
    parent: Option<Box<Sheet>>,
}

fn shape() -> impl Strategy<Value = Shape> {
    let leaf = prop_oneof![
        Just(Shape::Empty),
        any::<f32>().prop_map(Shape::Radius),
        any::<(i16, f64)>().prop_map(|(a, b)| Shape::Box(a, b)),
        (vec(any::<(i8, u32)>(), 0..20), any::<bool>())
            .prop_map(|(points, closed)| Shape::Path { points, closed }),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Shape::Group),
            (inner, any::<Option<String>>()).prop_map(|(inner, name)| Shape::Named(inner.into(), name)),
        ]
    })
}

fn sheet() -> impl Strategy<Value = Sheet> {
    let fields = (
        any::<(u64, i64, String, char)>(),
        vec(any::<u8>(), 0..300),
        vec(shape(), 0..5),
        btree_map(any::<String>(), any::<Option<u16>>(), 0..20),
    );
    let leaf = fields.prop_map(|((id, offset, title, initial), data, shapes, sizes)| Sheet {
        id,
        offset,
        title,
        initial,
        data: data.into(),
        unit: (),
        shapes,
        sizes,
        parent: None,
    });
    leaf.prop_recursive(3, 4, 1, |inner| {
        (inner.clone(), inner).prop_map(|(child, parent)| Sheet { parent: Some(parent.into()), ..child })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn identity(sheet in sheet(), shapes in vec(shape(), 1..4)) {
        let bytes = to_vec(&sheet).unwrap();
        prop_assert_eq!(&codec::decode::<Sheet>(&bytes).unwrap(), &sheet);

        let value = Value::from_serialize(&sheet).unwrap();
        prop_assert_eq!(to_vec(&value).unwrap(), bytes);

        let bytes = to_vec(&(&sheet, &shapes)).unwrap();
        prop_assert_eq!(codec::decode_args::<(Sheet, Vec<Shape>)>(&bytes).unwrap(), (sheet, shapes));
    }

    #[test]
    fn rmp_reads_ours(sheet in sheet()) {
        let ours = to_vec(&sheet).unwrap();
        prop_assert_eq!(&rmp_serde::from_slice::<Sheet>(&ours).unwrap(), &sheet);
    }

    #[test]
    fn rmp_writes_the_same(sheet in sheet()) {
        let theirs = rmp_serde::to_vec_named(&sheet).unwrap();
        prop_assert_eq!(&codec::decode::<Sheet>(&theirs).unwrap(), &sheet);
        prop_assert_eq!(theirs, to_vec(&sheet).unwrap());
    }

    #[test]
    fn structs_as_arrays(sheet in sheet()) {
        let theirs = rmp_serde::to_vec(&sheet).unwrap();
        prop_assert_eq!(codec::decode::<Sheet>(&theirs).unwrap(), sheet);
    }

    #[test]
    fn bytes_as_rmp_writes_them(bytes in vec(any::<u8>(), 0..300)) {
        let theirs = rmp_serde::to_vec_named(&bytes).unwrap();
        prop_assert_eq!(&codec::decode::<Vec<u8>>(&theirs).unwrap(), &bytes);
        prop_assert_eq!(&codec::decode::<ByteBuf>(&theirs).unwrap(), &bytes);
        let ours = to_vec(&bytes).unwrap();
        prop_assert_eq!(&codec::decode::<Vec<u8>>(&ours).unwrap(), &bytes);
        prop_assert_eq!(&rmp_serde::from_slice::<ByteBuf>(&ours).unwrap(), &bytes);
    }

    #[test]
    fn numbers(n in any::<u64>(), shift in 0_u32..64, float in any::<f64>()) {
        let unsigned = n >> shift;
        let signed = n.cast_signed() >> shift;
        let numbers = (unsigned, signed, float);
        let bytes = to_vec(&numbers).unwrap();
        prop_assert_eq!(&rmp_serde::to_vec(&numbers).unwrap(), &bytes);
        prop_assert_eq!(codec::decode_args::<(u64, i64, f64)>(&bytes).unwrap(), numbers);

        let as_float = codec::decode::<f64>(&to_vec(&signed).unwrap());
        #[expect(clippy::cast_precision_loss, reason = "that is what is tested")]
        let nearest = signed as f64;
        #[expect(clippy::cast_possible_truncation, reason = "within the range of i128")]
        let exact = nearest as i128 == i128::from(signed);
        prop_assert_eq!(as_float.ok(), exact.then_some(nearest));
    }
}
