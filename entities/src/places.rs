//! Lists of placeholders, for statements that name several things.

use sea_orm::Value;

/// `$from, $from+1, ...`, `count` of them.
pub(crate) fn places(from: usize, count: usize) -> String {
    let mut list = String::with_capacity(count * 5);
    for number in from..from + count {
        if number > from {
            list.push_str(", ");
        }
        list.push('$');
        list.push_str(&number.to_string());
    }
    list
}

/// The values of a list to look in, the last one repeated until there are as many as in one of few
/// lengths. Databases prepare a statement for each length: so it stays at a few.
pub(crate) fn padded(values: impl IntoIterator<Item = Value>) -> Vec<Value> {
    let mut values: Vec<Value> = values.into_iter().collect();
    let length = [1, 4, 16, 64, 256]
        .into_iter()
        .find(|length| *length >= values.len());
    if let (Some(length), Some(last)) = (length, values.last().cloned()) {
        values.resize(length, last);
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_counted_from_the_first_on() {
        assert_eq!(places(3, 2), "$3, $4");
        assert_eq!(places(1, 0), "");
    }

    #[test]
    fn a_list_is_filled_up_with_its_last_value() {
        let list = |values: &[i64]| padded(values.iter().map(|value| (*value).into()));
        let expected: Vec<Value> = [1_i64, 2, 2, 2].map(Value::from).into();
        assert_eq!(list(&[1, 2]), expected);
        assert_eq!(list(&[]), Vec::new());
        for (given, then) in [(1, 1), (4, 4), (5, 16), (200, 256), (300, 300)] {
            assert_eq!(list(&vec![7; given]).len(), then);
        }
    }
}
