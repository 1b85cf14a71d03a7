//! Sets documents: a world for typst in which there is one source, one file of data and a few fonts. It reads no
//! folder, asks no network and knows no package and no date.

use crate::document::Document;
use serde::Serialize;
use std::sync::LazyLock;
use typst::{
    Library, LibraryExt, World, comemo,
    diag::{FileError, FileResult, SourceDiagnostic, Warned},
    foundations::{Bytes, Datetime, Duration, Smart},
    syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot},
    text::{Font, FontBook},
    utils::{LazyHash, Scalar},
};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, Timestamp};
use typst_render::RenderOptions;

const TEMPLATE: &str = include_str!("paper.typ");
const FONTS: [&[u8]; 3] = [
    include_bytes!("../fonts/plus-jakarta-sans-400.ttf"),
    include_bytes!("../fonts/plus-jakarta-sans-600.ttf"),
    include_bytes!("../fonts/dejavu-sans.ttf"),
];

/// What is the same for every document.
struct Shop {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    template: FileId,
    source: Source,
    data: FileId,
}

static SHOP: LazyLock<Result<Shop, String>> = LazyLock::new(Shop::open);

impl Shop {
    fn open() -> Result<Shop, String> {
        let fonts: Vec<Font> = FONTS.iter().flat_map(|font| Font::iter(Bytes::new(*font))).collect();
        if fonts.len() != FONTS.len() {
            return Err("a font cannot be read".to_owned());
        }
        // Interned once: an id is never given back.
        let file = |name: &str| -> Result<FileId, String> {
            let path = VirtualPath::new(name).map_err(|error| format!("{name}: {error:?}"))?;
            Ok(RootedPath::new(VirtualRoot::Project, path).intern())
        };
        let (template, data) = (file("paper.typ")?, file("document.json")?);
        Ok(Shop {
            library: LazyHash::new(Library::default()),
            book: LazyHash::new(FontBook::from_fonts(&fonts)),
            fonts,
            template,
            source: Source::new(template, TEMPLATE.to_owned()),
            data,
        })
    }
}

/// The world of one document.
struct Desk {
    shop: &'static Shop,
    data: Bytes,
}

impl World for Desk {
    fn library(&self) -> &LazyHash<Library> {
        &self.shop.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.shop.book
    }

    fn main(&self) -> FileId {
        self.shop.template
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.shop.template { Ok(self.shop.source.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == self.shop.data { Ok(self.data.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.shop.fonts.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}

/// Why a document was not set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PaperError {
    /// There is more to set than is allowed; nothing was set.
    #[error("the document is too long: {weight} pieces, at most {most} are set")]
    TooMuch {
        /// How much there is.
        weight: usize,
        /// How much is allowed.
        most: usize,
    },
    /// It came to more pages than allowed.
    #[error("the document is too long: {pages} pages, at most {most}")]
    TooManyPages {
        /// How many pages there are.
        pages: usize,
        /// How many are allowed.
        most: usize,
    },
    /// Our fault: the template, a drawing or a font is broken.
    #[error("the document cannot be set: {0}")]
    Broken(String),
}

/// How long a document may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Pages at most.
    pub pages: usize,
    /// Pieces at most, from [`Document::weight`]: bounds time and memory before anything is set.
    pub weight: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { pages: 300, weight: 60_000 }
    }
}

/// What the template is given.
#[derive(Serialize)]
struct Given<'a> {
    document: &'a Document,
    /// Width in points of a picture without pages.
    picture: Option<f64>,
}

/// A PDF of A4 pages.
///
/// The same document gives the same bytes.
///
/// # Errors
/// [`PaperError`].
pub fn pdf(document: &Document, limits: Limits) -> Result<Vec<u8>, PaperError> {
    let set = set(document, None, limits)?;
    let made = &document.made;
    let at = Datetime::from_ymd_hms(i32::from(made.year), made.month, made.day, made.hour, made.minute, 0);
    let options = PdfOptions {
        ident: Smart::Custom(format!("{} {} {made:?}", document.place, document.title)),
        creator: Smart::Custom(Some("Pendopo".to_owned())),
        timestamp: at.map(Timestamp::new_utc),
        ..PdfOptions::default()
    };
    let bytes = typst_pdf::pdf(&set, &options).map_err(broken);
    forget();
    bytes
}

/// Widest and highest picture, in pixels.
const LARGEST_PICTURE: f64 = 8_000.0;

/// A PNG of the contents alone, so many points wide and as high as it takes, at `scale` pixels a point.
///
/// # Errors
/// [`PaperError`].
pub fn png(document: &Document, width: f64, scale: f64, limits: Limits) -> Result<Vec<u8>, PaperError> {
    let set = set(document, Some(width), limits)?;
    let page = set.pages().first().ok_or_else(|| PaperError::Broken("there is no page".to_owned()))?;
    let size = page.frame.size();
    let longest = size.x.to_pt().max(size.y.to_pt()).max(1.0);
    let pixel_per_pt = Scalar::new(scale.min(LARGEST_PICTURE / longest));
    let picture = typst_render::render(page, &RenderOptions { pixel_per_pt, render_bleed: false });
    forget();
    picture.encode_png().map_err(|error| PaperError::Broken(error.to_string()))
}

fn set(document: &Document, picture: Option<f64>, limits: Limits) -> Result<PagedDocument, PaperError> {
    let weight = document.weight();
    if weight > limits.weight {
        return Err(PaperError::TooMuch { weight, most: limits.weight });
    }
    let shop = SHOP.as_ref().map_err(|error| PaperError::Broken(error.clone()))?;
    let written = |error: serde_json::Error| PaperError::Broken(error.to_string());
    let mut given = serde_json::to_value(Given { document, picture }).map_err(written)?;
    let_words_break(&mut given);
    let data = serde_json::to_vec(&given).map_err(written)?;
    drop(given);
    let desk = Desk { shop, data: Bytes::new(data) };
    let Warned { output, .. } = typst::compile::<PagedDocument>(&desk);
    let set = output.map_err(broken)?;
    let pages = set.pages().len();
    if pages > limits.pages {
        forget();
        return Err(PaperError::TooManyPages { pages, most: limits.pages });
    }
    Ok(set)
}

/// Letters in a row after which a word may break: longer ones run out of their column.
const UNBROKEN: usize = 28;

/// Puts a place to break into words that are too long for a column, and takes out what controls rather than says.
/// Drawings are left as they are.
fn let_words_break(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::String(text) => {
            if let Some(changed) = breakable(text) {
                *text = changed;
            }
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(let_words_break),
        serde_json::Value::Object(fields) => {
            let words = fields.iter_mut().filter(|(name, _)| !matches!(name.as_str(), "svg" | "spark"));
            words.for_each(|(_, value)| let_words_break(value));
        }
        _ => {}
    }
}

/// Control characters, and those by which a name turns the letters behind it around.
fn controls(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn breakable(text: &str) -> Option<String> {
    let long = text.split_whitespace().any(|word| word.len() > UNBROKEN && word.chars().count() > UNBROKEN);
    if !long && !text.contains(controls) {
        return None;
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut run = 0;
    for letter in text.chars() {
        if letter.is_whitespace() || controls(letter) {
            run = 0;
        } else if run == UNBROKEN {
            out.push('\u{200b}');
            run = 0;
        }
        run += 1;
        out.push(if controls(letter) { ' ' } else { letter });
    }
    Some(out)
}

/// Lets go of what was remembered of the last document: the next one is another.
fn forget() {
    comemo::evict(0);
}

fn broken(diagnostics: impl IntoIterator<Item = SourceDiagnostic>) -> PaperError {
    forget();
    let all = diagnostics.into_iter().map(|one| one.message.to_string()).collect::<Vec<_>>();
    PaperError::Broken(all.join("; "))
}
