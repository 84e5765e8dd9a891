//! Keys against their meaning: order, equality, and the keys that are missing, by the thousand.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{Cell, KeyKind, KeyPage, KeySet, Merge, OutOfOrder, Shape, Value, compared_as};
use crate::catalog::ColumnKind;

fn shape(kind: KeyKind) -> Shape {
    Shape::new([(kind, false)])
}

fn bytes(shape: &Shape, cells: &[Cell<'_>]) -> Option<Vec<u8>> {
    let mut key = Vec::new();
    for (column, cell) in cells.iter().enumerate() {
        shape.push(column, *cell, &mut key).ok()?;
    }
    Some(key)
}

fn page(shape: &Shape, values: &[Value]) -> KeyPage {
    let mut page = KeyPage::new(shape.clone(), false);
    values.iter().for_each(|value| page.push(&[value.as_cell()], None));
    page
}

const UUID: &str = "0b8e6c9e-7d3f-4f5a-9c1e-2a4b6c8d0e1f";

#[test]
fn a_uuid_is_the_same_however_it_is_stored() {
    let shape = shape(KeyKind::Uuid);
    let uuid = uuid::Uuid::parse_str(UUID).unwrap();
    let expected = Some(uuid.as_bytes().to_vec());
    for cell in [
        Cell::Uuid(*uuid.as_bytes()),
        Cell::Bytes(uuid.as_bytes()),
        Cell::Text(UUID),
        Cell::Text(&UUID.to_uppercase()),
        Cell::Text(&UUID.replace('-', "")),
        Cell::Text(&format!("{{{UUID}}}")),
        Cell::Text(&format!("{UUID}    ")),
        Cell::Bytes(UUID.as_bytes()),
    ] {
        assert_eq!(bytes(&shape, &[cell]), expected, "{cell:?}");
    }
    for cell in [Cell::Text("users"), Cell::Text(""), Cell::Bytes(b"\0\x01"), Cell::Integer(1), Cell::Null] {
        assert_eq!(bytes(&shape, &[cell]), None, "{cell:?}");
    }
}

#[test]
fn a_number_is_the_same_however_it_is_written() {
    let shape = shape(KeyKind::Integer);
    let five = bytes(&shape, &[Cell::Integer(5)]);
    for cell in [Cell::Text("5"), Cell::Text("005"), Cell::Text(" 5"), Cell::Real(5.0)] {
        assert_eq!(bytes(&shape, &[cell]), five, "{cell:?}");
    }
    for cell in [Cell::Text("5.5"), Cell::Text("five"), Cell::Text(""), Cell::Real(5.5), Cell::Real(f64::NAN)] {
        assert_eq!(bytes(&shape, &[cell]), None, "{cell:?}");
    }
    assert_eq!(bytes(&shape, &[Cell::Integer(i128::from(u64::MAX) + 1)]), None);
    let decimal = Shape::new([(KeyKind::Decimal, false)]);
    for text in ["7", "7.0", "007.000", "+7"] {
        assert_eq!(bytes(&decimal, &[Cell::Text(text)]), Some(b"7".to_vec()), "{text}");
    }
    assert_eq!(bytes(&decimal, &[Cell::Text("-0.50")]), Some(b"-0.5".to_vec()));
    assert_eq!(bytes(&decimal, &[Cell::Text("-0")]), Some(b"0".to_vec()));
    assert_eq!(bytes(&decimal, &[Cell::Text("1e3")]), None);
}

#[test]
fn a_padded_text_ends_with_its_last_letter() {
    let padded = Shape::new([(KeyKind::Text, true)]);
    assert_eq!(bytes(&padded, &[Cell::Text("ab   ")]), Some(b"ab".to_vec()));
    assert_eq!(bytes(&shape(KeyKind::Text), &[Cell::Text("ab ")]), Some(b"ab ".to_vec()));
}

#[test]
fn what_two_columns_have_in_common() {
    let text = ColumnKind::Text { bytewise: true, exact: true, padded: false, length: None };
    let sixteen = ColumnKind::Binary { length: Some(16) };
    let int = ColumnKind::Integer { bits: 32, unsigned: false };
    for (child, parent, kind) in [
        (ColumnKind::Uuid, sixteen, KeyKind::Uuid),
        (text, ColumnKind::Uuid, KeyKind::Uuid),
        (sixteen, text, KeyKind::Uuid),
        (sixteen, sixteen, KeyKind::Bytes),
        (int, text, KeyKind::Integer),
        (int, ColumnKind::Decimal { scale: None }, KeyKind::Decimal),
        (ColumnKind::Loose, int, KeyKind::Integer),
        (ColumnKind::Loose, ColumnKind::Loose, KeyKind::Any),
        (text, text, KeyKind::Text),
    ] {
        assert_eq!(compared_as(child, parent), kind, "{child:?} {parent:?}");
    }
}

#[test]
fn an_order_that_is_not_that_of_the_bytes_gives_no_answer() {
    let shape = shape(KeyKind::Integer);
    let numbers = |numbers: &[i128]| numbers.iter().map(|&number| Value::Integer(number)).collect::<Vec<_>>();
    let children = page(&shape, &numbers(&[1, 2, 3]));
    let parents = page(&shape, &numbers(&[1, 3, 2]));
    let mut merge = Merge::new(&children, 0, None).unwrap();
    assert_eq!(merge.parents(&parents), Err(OutOfOrder));
    assert!(Merge::new(&parents, 0, None).is_err());
    // Across two pages too.
    let mut next = children.next();
    next.push(&[Cell::Integer(2)], None);
    assert!(next.is_out_of_order());
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<i64>().prop_map(|number| Value::Integer(number.into())),
        any::<u64>().prop_map(|number| Value::Integer(number.into())),
        "[a-c\0 ]{0,4}".prop_map(Value::Text),
        proptest::collection::vec(0_u8..3, 0..4).prop_map(Value::Bytes),
    ]
}

proptest! {
    #[test]
    fn integers_keep_their_order(one: i64, other: u64) {
        let shape = shape(KeyKind::Integer);
        let (low, high) = (i128::from(one), i128::from(other));
        let key = |number| bytes(&shape, &[Cell::Integer(number)]).unwrap();
        prop_assert_eq!(key(low).cmp(&key(high)), low.cmp(&high));
        prop_assert_eq!(shape.values(&key(low)), vec![Value::Integer(low)]);
        prop_assert_eq!(shape.values(&key(high)), vec![Value::Integer(high)]);
    }

    #[test]
    fn keys_of_several_columns_keep_order_and_values(
        one in ("[a-b\0]{0,3}", any::<i64>(), "[a-b\0]{0,3}"),
        other in ("[a-b\0]{0,3}", any::<i64>(), "[a-b\0]{0,3}"),
    ) {
        let shape = Shape::new([(KeyKind::Text, false), (KeyKind::Integer, false), (KeyKind::Text, false)]);
        let key = |(a, b, c): &(String, i64, String)| {
            bytes(&shape, &[Cell::Text(a), Cell::Integer((*b).into()), Cell::Text(c)]).unwrap()
        };
        prop_assert_eq!(key(&one).cmp(&key(&other)), one.cmp(&other));
        let values = shape.values(&key(&one));
        prop_assert_eq!(
            values,
            vec![Value::Text(one.0.clone()), Value::Integer(one.1.into()), Value::Text(one.2.clone())]
        );
    }

    #[test]
    fn any_value_comes_back_as_it_went(values in proptest::collection::vec(value(), 1..3)) {
        let shape = Shape::new(values.iter().map(|_| (KeyKind::Any, false)));
        let cells: Vec<Cell<'_>> = values.iter().map(Value::as_cell).collect();
        let key = bytes(&shape, &cells).unwrap();
        prop_assert_eq!(shape.values(&key), values);
    }

    /// In windows or at once, in pages of any length, by merging or by looking up: the keys that no parent has are the same.
    #[test]
    fn the_missing_keys_are_those_of_the_sets(
        children in proptest::collection::btree_set(0_u8..60, 0..40),
        parents in proptest::collection::btree_set(0_u8..60, 0..40),
        border in proptest::option::of(0_u8..60),
        cut in 1_usize..9,
    ) {
        let shape = shape(KeyKind::Text);
        let texts = |numbers: &BTreeSet<u8>| -> Vec<Value> {
            let mut texts: Vec<String> = numbers.iter().map(|number| "x".repeat(usize::from(*number))).collect();
            texts.sort();
            texts.into_iter().map(Value::Text).collect()
        };
        let (child_values, parent_values) = (texts(&children), texts(&parents));
        let child_page = page(&shape, &child_values);
        let expected: Vec<usize> =
            (0..child_values.len()).filter(|&at| !parent_values.contains(&child_values[at])).collect();

        let mut missing = Vec::new();
        let mut at = 0;
        let border = border.map(|length| "x".repeat(usize::from(length)).into_bytes());
        for border in [border, None] {
            let within = |value: &Value| match (value, &border) {
                (Value::Text(text), Some(border)) => text.as_bytes() <= border.as_slice(),
                _ => true,
            };
            let from = missing_from(at, &child_page);
            let mut merge = Merge::new(&child_page, at, border.as_deref()).unwrap();
            let window: Vec<Value> = parent_values
                .iter()
                .filter(|value| within(value) && from.as_ref().is_none_or(|from| is_behind(value, from)))
                .cloned()
                .collect();
            for parents in window.chunks(cut) {
                merge.parents(&page(&shape, parents)).unwrap();
            }
            let (absent, next) = merge.finish();
            missing.extend(absent);
            at = next;
        }
        prop_assert_eq!(&missing, &expected);

        let mut set = KeySet::default();
        for parents in parent_values.chunks(cut) {
            prop_assert!(set.extend(&page(&shape, parents), usize::MAX));
        }
        set.finish();
        let looked_up: Vec<usize> = (0..child_page.len()).filter(|&at| !set.contains(child_page.key(at))).collect();
        prop_assert_eq!(looked_up, expected);
        prop_assert_eq!(set.len(), parents.len());
    }
}

/// The last key of the windows before.
fn missing_from(at: usize, page: &KeyPage) -> Option<Vec<u8>> {
    at.checked_sub(1).map(|before| page.key(before).to_vec())
}

fn is_behind(value: &Value, from: &[u8]) -> bool {
    matches!(value, Value::Text(text) if text.as_bytes() > from)
}

#[test]
fn a_set_says_when_it_is_full() {
    let shape = shape(KeyKind::Integer);
    let values: Vec<Value> = (0..100).map(Value::Integer).collect();
    let mut set = KeySet::default();
    assert!(!set.extend(&page(&shape, &values), 500));
    let mut set = KeySet::default();
    assert!(set.extend(&page(&shape, &values), 900));
}
