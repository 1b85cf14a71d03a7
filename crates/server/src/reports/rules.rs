//! What addresses of files mean, and what files are called.

use crate::{
    error::{AppError, AppResult},
    web::Asked,
};
use pendopo_paper::CsvStyle;
use pendopo_vocab::Lang;
use serde::Deserialize;

/// Where a widget stands on its board, as addresses name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The map below the sections.
    Map,
    /// A widget of a section, both counted from 1; widget 0 is all tiles of the section.
    Section(usize, usize),
}

/// The word of [`Place::Map`] in addresses.
pub const MAP: &str = "peta";

impl Place {
    /// Reads `2-1` or `peta`.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for anything else.
    pub fn parse(text: &str) -> AppResult<Place> {
        if text == MAP {
            return Ok(Place::Map);
        }
        let number =
            |digits: &str| digits.parse().ok().filter(|_| digits.chars().all(|c| c.is_ascii_digit()));
        let pair = text.split_once('-').and_then(|(section, at)| Some((number(section)?, number(at)?)));
        match pair {
            Some((section, at)) if section > 0 => Ok(Place::Section(section, at)),
            _ => Err(AppError::NotFound(text.to_owned())),
        }
    }
}

/// What of a board is asked for.
#[derive(Debug, Default, Deserialize)]
pub struct BoardQuery {
    #[serde(default)]
    lampiran: String,
}

impl BoardQuery {
    /// With the tables of all charts behind.
    pub fn appendix(&self) -> bool {
        self.lampiran == "ya"
    }
}

/// How a CSV file is wanted: `pemisah` and `desimal`, each `koma` or another word.
#[derive(Debug, Default, Deserialize)]
pub struct CsvQuery {
    #[serde(default)]
    pemisah: String,
    #[serde(default)]
    desimal: String,
}

impl CsvQuery {
    /// The style; what is not said is as spreadsheets of the reader's language read it.
    ///
    /// # Errors
    /// Says which words there are.
    pub fn style(&self, lang: Lang) -> Result<CsvStyle, String> {
        let usual = match lang {
            Lang::Id => CsvStyle::INDONESIAN,
            Lang::En => CsvStyle::PLAIN,
        };
        let separator = match self.pemisah.as_str() {
            "" => usual.separator,
            "titik-koma" => ';',
            "koma" => ',',
            "tab" => '\t',
            other => return Err(format!("pemisah={other}: titik-koma, koma, tab")),
        };
        let decimal = match self.desimal.as_str() {
            "" => usual.decimal,
            "koma" => ',',
            "titik" => '.',
            other => return Err(format!("desimal={other}: koma, titik")),
        };
        Ok(CsvStyle { separator, decimal })
    }
}

/// `papan-pimpinan-20261124-0815.pdf`: letters, digits and hyphens alone, whatever a board is called.
pub fn file_name(stem: &str, asked: &Asked, kind: &str) -> String {
    let stem: String =
        stem.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(80).collect();
    let at = asked.now.to_zoned_datetime(asked.identity.time_zone.clone());
    format!("{stem}-{}.{kind}", at.strftime("%Y%m%d-%H%M"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_two_numbers_or_the_map() {
        assert_eq!(Place::parse("2-0").unwrap(), Place::Section(2, 0));
        assert_eq!(Place::parse("peta").unwrap(), Place::Map);
        for wrong in ["", "2", "-", "0-1", "+2-1", "2--1", "2-1-1", "a-b", "99999999999999999999-1"] {
            assert!(Place::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn csv_is_written_as_the_reader_s_spreadsheet_reads_it() {
        let style = |separator: &str, decimal: &str, lang| {
            CsvQuery { pemisah: separator.to_owned(), desimal: decimal.to_owned() }.style(lang)
        };
        assert_eq!(style("", "", Lang::Id), Ok(CsvStyle { separator: ';', decimal: ',' }));
        assert_eq!(style("", "", Lang::En), Ok(CsvStyle { separator: ',', decimal: '.' }));
        assert_eq!(style("koma", "titik", Lang::Id), Ok(CsvStyle::PLAIN));
        assert_eq!(style("tab", "koma", Lang::En), Ok(CsvStyle { separator: '\t', decimal: ',' }));
        assert!(style("x", "", Lang::Id).unwrap_err().contains("titik-koma"));
        assert!(style("", "x", Lang::Id).is_err());
    }
}
