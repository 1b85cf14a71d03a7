//! What a number of so many digits can be: the arithmetic of each kind of number.

use super::PersonalKind;

fn two(digits: &[u8], at: usize) -> u8 {
    digits[at] * 10 + digits[at + 1]
}

/// Provinces that have issued population numbers.
fn is_province(code: u8) -> bool {
    matches!(code, 11..=19 | 21 | 31..=36 | 51..=53 | 61..=65 | 71..=76 | 81 | 82 | 91..=97)
}

/// 16 digits: province, regency (from 71 on a city), kecamatan, day (women: plus 40), month, year,
/// serial number. Codes of regencies are not looked up: numbers keep the code of a regency that has been
/// divided since. A family card has the same form with the day of issue.
pub(super) fn is_nik(digits: &[u8]) -> bool {
    if digits.len() != 16 {
        return false;
    }
    let regency = two(digits, 2);
    let day = two(digits, 6);
    let day = if day > 40 { day - 40 } else { day };
    let month = two(digits, 8);
    let longest = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if two(digits, 10).is_multiple_of(4) => 29,
        2 => 28,
        _ => return false,
    };
    is_province(two(digits, 0))
        && matches!(regency, 1..=40 | 71..=79)
        && two(digits, 4) > 0
        && (1..=longest).contains(&day)
}

/// The check digit at the end of `digits` after Luhn.
pub(super) fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(index, digit)| match (index % 2, u32::from(*digit)) {
            (0, digit) => digit,
            (_, digit) if digit > 4 => digit * 2 - 9,
            (_, digit) => digit * 2,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// 15 digits: nine that end in a check digit, three of the tax office, three of the branch. The form of
/// 2024 has a zero before them; that of persons is their NIK.
pub(super) fn is_npwp(digits: &[u8]) -> bool {
    let digits = match digits {
        [0, rest @ ..] if rest.len() == 15 => rest,
        other => other,
    };
    digits.len() == 15
        && luhn(&digits[..9])
        && digits[..9].iter().any(|digit| *digit != 0)
        && digits[9..12].iter().any(|digit| *digit != 0)
}

/// A card of the large networks: 16 digits, 15 with American Express.
pub(super) fn is_card(digits: &[u8]) -> bool {
    let known = match digits {
        [4, ..] | [5, 1..=5, ..] | [2, 2..=7, ..] | [3, 5, ..] | [6, 0 | 2..=5, ..] | [8, 1, ..] => 16,
        [3, 4 | 7, ..] => 15,
        _ => return false,
    };
    digits.len() == known && luhn(digits) && digits.iter().any(|digit| *digit != digits[1])
}

/// 13 digits that begin with 000, as BPJS Kesehatan numbers its members.
pub(super) fn is_bpjs(digits: &[u8]) -> bool {
    digits.len() == 13 && digits.starts_with(&[0, 0, 0]) && digits[3..6].iter().any(|digit| *digit != 0)
}

/// A mobile number as dialled at home: 08, then 8 to 11 more digits.
pub(super) fn is_mobile(digits: &[u8]) -> bool {
    matches!(digits, [0, 8, 1..=9, ..]) && (10..=13).contains(&digits.len())
}

/// A mobile number with the country's code.
pub(super) fn is_mobile_abroad(digits: &[u8]) -> bool {
    matches!(digits, [6, 2, 8, 1..=9, ..]) && (11..=14).contains(&digits.len())
}

/// Any number with `+` and the country's code before it.
pub(super) fn is_abroad(digits: &[u8]) -> bool {
    matches!(digits, [6, 2, 2..=9, ..]) && (9..=14).contains(&digits.len())
}

/// What a number in a column of such numbers is, where its form alone would not say so: spreadsheets
/// take the first zero of a telephone number.
pub(super) fn by_column(kind: PersonalKind, digits: &[u8]) -> bool {
    let length = digits.len();
    match kind {
        PersonalKind::Nik => length == 16,
        PersonalKind::Npwp => matches!(length, 15 | 16 | 22),
        PersonalKind::Phone => match digits {
            [0, 2..=9, ..] => (9..=13).contains(&length),
            [8, 1..=9, ..] => (9..=12).contains(&length),
            [6, 2, 2..=9, ..] => (9..=14).contains(&length),
            _ => false,
        },
        PersonalKind::Card => (13..=19).contains(&length) && luhn(digits),
        PersonalKind::Bpjs => matches!(length, 11 | 13),
        PersonalKind::Email => false,
    }
}
