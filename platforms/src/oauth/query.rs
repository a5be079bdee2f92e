//! Addresses that a browser is sent to.

use crate::scrub::form_encoded;

/// `base` with `fields` as its query. A space is `%20`: X documents it so, and whether Threads
/// takes `+` is not known (x.md 1.1, threads.md 2.1).
pub(crate) fn address_with(base: &str, fields: &[(&str, &str)]) -> String {
    let mut address = base.to_owned();
    let mut separator = if base.contains('?') { '&' } else { '?' };
    for (name, value) in fields {
        // A plus of the value itself is %2B by now.
        let value = form_encoded(value).replace('+', "%20");
        address.push(separator);
        address.push_str(&format!("{name}={value}"));
        separator = '&';
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(base: &str, value: &str, expected: &str) {
        assert_eq!(address_with(base, &[("a", "1"), ("b", value)]), expected);
    }

    #[test]
    fn values_are_encoded_and_bases_may_have_a_query() {
        check(
            "https://h/p",
            "x y+z&=#ü",
            "https://h/p?a=1&b=x%20y%2Bz%26%3D%23%C3%BC",
        );
        check("https://h/p?c=2", "", "https://h/p?c=2&a=1&b=");
    }
}
