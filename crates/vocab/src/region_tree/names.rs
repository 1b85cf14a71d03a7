//! What makes two spellings of a region's name the same name.
//!
//! Two keys: the exact one drops case, spaces and punctuation (`Kedung Tuban` = `KEDUNGTUBAN`); the
//! loose one also folds what varies between lists (`Soemberredjo` = `Sumberejo`, `Sei` = `Sungai`,
//! `II` = `2`). The index holds the loose key; an exact match is always preferred to a loose one.

use super::RegionKind;

/// The word in front of a name that says what the region is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Prefix {
    Provinsi,
    Kabupaten,
    Kota,
    Kecamatan,
    Desa,
    Kelurahan,
}

impl Prefix {
    fn of(word: &str) -> Option<Prefix> {
        Some(match word {
            "provinsi" | "propinsi" | "prov" | "prop" => Prefix::Provinsi,
            "kabupaten" | "kab" => Prefix::Kabupaten,
            "kota" | "kotamadya" | "kodya" => Prefix::Kota,
            "kecamatan" | "kec" | "distrik" => Prefix::Kecamatan,
            "desa" | "ds" => Prefix::Desa,
            "kelurahan" | "kel" => Prefix::Kelurahan,
            _ => return None,
        })
    }

    pub(super) fn kind(self) -> RegionKind {
        match self {
            Prefix::Provinsi => RegionKind::Provinsi,
            Prefix::Kabupaten => RegionKind::Kabupaten,
            Prefix::Kota => RegionKind::Kota,
            Prefix::Kecamatan => RegionKind::Kecamatan,
            Prefix::Desa => RegionKind::Desa,
            Prefix::Kelurahan => RegionKind::Kelurahan,
        }
    }
}

/// A name somebody wrote, in both readings: the prefix as part of the name, and as a word before it.
#[derive(Debug, Clone)]
pub(super) struct WrittenName {
    /// The whole text as a name.
    pub whole: Keys,
    /// The prefix, and the name without it.
    pub prefixed: Option<(Prefix, Keys)>,
}

/// The two keys of one name.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    pub exact: String,
    pub loose: String,
}

impl Keys {
    fn of(words: &[String]) -> Keys {
        let mut loose = String::new();
        push_loose(words.iter().map(String::as_str), &mut loose);
        Keys { exact: words.concat(), loose }
    }
}

impl WrittenName {
    pub(super) fn read(text: &str) -> WrittenName {
        let words = words(text);
        let whole = Keys::of(&words);
        let prefixed = leading_prefix(&words)
            .or_else(|| text.contains([',', '(']).then(|| trailing_prefix(&words)).flatten())
            .map(|(prefix, rest)| (prefix, Keys::of(rest)));
        WrittenName { whole, prefixed }
    }

    /// The keys to compare with when suggesting.
    pub(super) fn bare(&self) -> &Keys {
        self.prefixed.as_ref().map_or(&self.whole, |(_, keys)| keys)
    }
}

fn leading_prefix(words: &[String]) -> Option<(Prefix, &[String])> {
    if let Some(rest) = without_province_style(words) {
        return Some((Prefix::Provinsi, rest));
    }
    let (first, rest) = words.split_first()?;
    let prefix = Prefix::of(first)?;
    let rest = match prefix {
        Prefix::Provinsi => without_province_style(rest).unwrap_or(rest),
        Prefix::Kabupaten | Prefix::Kota => without_administrasi(rest),
        _ => rest,
    };
    (!rest.is_empty()).then_some((prefix, rest))
}

/// `..., Kab.` and `... (Kota)`, as statistical tables write it.
fn trailing_prefix(words: &[String]) -> Option<(Prefix, &[String])> {
    let (last, rest) = words.split_last()?;
    let prefix = Prefix::of(last)?;
    (!rest.is_empty()).then_some((prefix, rest))
}

/// The province without `Daerah Khusus Ibukota`, `Daerah Istimewa`, `DKI`, `DI`.
fn without_province_style(words: &[String]) -> Option<&[String]> {
    const STYLES: [&[&str]; 5] =
        [&["daerah", "khusus", "ibukota"], &["daerah", "khusus"], &["daerah", "istimewa"], &["dki"], &["di"]];
    STYLES.iter().find_map(|style| {
        let fits = words.len() > style.len() && words.iter().zip(*style).all(|(word, part)| word == part);
        fits.then(|| &words[style.len()..])
    })
}

fn without_administrasi(words: &[String]) -> &[String] {
    match words.split_first() {
        Some((first, rest)) if matches!(first.as_str(), "administrasi" | "adm") && !rest.is_empty() => rest,
        _ => words,
    }
}

/// Lower-case words; apostrophes join, all other punctuation parts.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::with_capacity(4);
    let mut word = String::new();
    for ch in text.chars() {
        if ch.is_alphanumeric() {
            word.extend(ch.to_lowercase());
        } else if !matches!(ch, '\'' | '’' | '‘' | '`') && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// The words of a listed name that count: a kabupaten without `Kabupaten`, a province without its style.
fn listed_words(name: &str, kind: RegionKind) -> Vec<String> {
    let mut words = words(name);
    let kept = match kind {
        RegionKind::Kabupaten | RegionKind::Kota => without_administrasi(&words[1..]).len(),
        RegionKind::Provinsi => without_province_style(&words).unwrap_or(&words).len(),
        _ => words.len(),
    };
    words.drain(..words.len() - kept);
    words
}

/// The exact key of a listed name.
pub(super) fn exact_key_of(name: &str, kind: RegionKind) -> String {
    listed_words(name, kind).concat()
}

/// Writes the loose key of a listed name into `key`.
pub(super) fn loose_key_of(name: &str, kind: RegionKind, key: &mut String) {
    key.clear();
    push_loose(listed_words(name, kind).iter().map(String::as_str), key);
}

/// FNV-1a; lookups compare the keys as well, so that a collision costs time only.
pub(super) fn hash(key: &str) -> u32 {
    key.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

fn push_loose<'w>(words: impl Iterator<Item = &'w str>, key: &mut String) {
    let mut joined = String::with_capacity(24);
    for (index, word) in words.enumerate() {
        joined.push_str(match word {
            "sei" | "sungei" => "sungai",
            "gn" | "gng" => "gunung",
            "tj" | "tg" | "tjg" => "tanjung",
            "kp" | "kampong" => "kampung",
            "kep" => "kepulauan",
            "perk" => "perkebunan",
            _ if index > 0 => roman_as_digits(word),
            _ => word,
        });
    }
    fold(&joined, key);
}

fn roman_as_digits(word: &str) -> &str {
    const ROMAN: [&str; 12] = ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii"];
    const DIGITS: [&str; 12] = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"];
    ROMAN.iter().position(|roman| *roman == word).map_or(word, |at| DIGITS[at])
}

/// Folds the old spelling (oe, dj, tj), Javanese dh and th, doubled letters, and glides between vowels.
fn fold(text: &str, key: &mut String) {
    let mut last = ' ';
    let mut chars = text.chars().peekable();
    while let Some(ch) = chars.next() {
        let next = chars.peek().copied().unwrap_or(' ');
        let folded = match (ch, next) {
            ('o', 'e') => {
                chars.next();
                'u'
            }
            ('d' | 't', 'j') => {
                chars.next();
                if ch == 'd' { 'j' } else { 'c' }
            }
            ('d' | 't', 'h') => {
                chars.next();
                ch
            }
            ('y', 'a' | 'o' | 'u') if matches!(last, 'e' | 'i') => continue,
            ('w', 'a' | 'e' | 'i') if matches!(last, 'o' | 'u') => continue,
            _ => ch,
        };
        // Doubled digits differ: 1 and 11 are two villages.
        if folded != last || folded.is_ascii_digit() {
            key.push(folded);
        }
        last = folded;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn same(one: &str, other: &str) {
        assert_eq!(WrittenName::read(one).whole.loose, WrittenName::read(other).whole.loose);
    }

    #[test]
    fn spellings_fold_together() {
        same("Kedung Tuban", "KEDUNGTUBAN");
        same("Soemberredjo", "Sumberejo");
        same("Cabeyan", "Cabean");
        same("Kuwaron", "Kuaron");
        same("Sei Limau", "Sungai Limau");
        same("Pakam II", "Pakam 2");
        same("Kedhung", "kedung");
        same("Bu Nuapu’u", "Bu Nuapu'u");
        assert_ne!(WrittenName::read("Desa 1").whole.loose, WrittenName::read("Desa 11").whole.loose);
    }

    #[test]
    fn prefixes_are_read_in_every_position() {
        for (text, prefix, rest) in [
            ("Kab. Blora", Prefix::Kabupaten, "blora"),
            ("KABUPATEN ADM. KEPULAUAN SERIBU", Prefix::Kabupaten, "kepulauanseribu"),
            ("Magelang (Kota)", Prefix::Kota, "magelang"),
            ("Blora, Kab.", Prefix::Kabupaten, "blora"),
            ("Kec.Cepu", Prefix::Kecamatan, "cepu"),
            ("Ds. Jipang", Prefix::Desa, "jipang"),
            ("Kel Kunden", Prefix::Kelurahan, "kunden"),
            ("DI Yogyakarta", Prefix::Provinsi, "yogyakarta"),
            ("Prov. DKI Jakarta", Prefix::Provinsi, "jakarta"),
        ] {
            let (found, keys) = WrittenName::read(text).prefixed.unwrap();
            assert_eq!((found, keys.exact.as_str()), (prefix, rest), "{text}");
        }
        assert!(WrittenName::read("Desa").prefixed.is_none());
        assert!(WrittenName::read("Dibal").prefixed.is_none());
    }
}
