//! E-mail addresses in running text.

use std::ops::Range;

fn is_local(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'%' | b'+' | b'-')
}

fn is_domain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-')
}

/// The address around the `@` at byte `at`, if it is one: a name before it, and after it a domain whose
/// last label is made of two letters or more. `harga @ 5.000` and `@dinkes` are none.
pub(super) fn around(text: &[u8], at: usize) -> Option<Range<usize>> {
    let mut start = at;
    while start > 0 && is_local(text[start - 1]) {
        start -= 1;
    }
    // Dots belong to the sentence before, not to the address.
    while start < at && !text[start].is_ascii_alphanumeric() {
        start += 1;
    }
    let mut end = at + 1;
    while end < text.len() && is_domain(text[end]) {
        end += 1;
    }
    while end > at + 1 && !text[end - 1].is_ascii_alphanumeric() {
        end -= 1;
    }
    let domain = text.get(at + 1..end)?;
    let dot = domain.iter().rposition(|byte| *byte == b'.')?;
    let (host, top) = (&domain[..dot], &domain[dot + 1..]);
    let real = start < at
        && host.first().is_some_and(u8::is_ascii_alphanumeric)
        && top.len() >= 2
        && top.iter().all(u8::is_ascii_alphabetic);
    real.then_some(start..end)
}
