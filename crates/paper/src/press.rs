//! Sets documents: a world for typst in which there is one source, one file of data and a few fonts. It reads no
//! folder, asks no network and knows no package and no date.

use crate::{
    document::{Block, Document},
    sheaf::sheaves,
};
use serde::Serialize;
use std::sync::{LazyLock, OnceLock};
use typst::{
    Library, LibraryExt, World, comemo,
    diag::{FileError, FileResult, SourceDiagnostic, Warned},
    ecow::EcoVec,
    foundations::{Bytes, Datetime, Duration, Smart},
    layout::Point,
    model::Document as _,
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
    /// The template under a name of its own for each sheaf of a document: what is set from it is told apart by the
    /// name. Names are never given back, so there are so many and no more; each is read when it is needed first.
    templates: [OnceLock<Source>; MOST_SHEAVES],
    data: FileId,
}

static SHOP: LazyLock<Result<Shop, String>> = LazyLock::new(Shop::open);

impl Shop {
    fn open() -> Result<Shop, String> {
        let fonts: Vec<Font> = FONTS.iter().flat_map(|font| Font::iter(Bytes::new(*font))).collect();
        if fonts.len() != FONTS.len() {
            return Err("a font cannot be read".to_owned());
        }
        Ok(Shop {
            library: LazyHash::new(Library::default()),
            book: LazyHash::new(FontBook::from_fonts(&fonts)),
            fonts,
            templates: [const { OnceLock::new() }; MOST_SHEAVES],
            data: file("document.json")?,
        })
    }

    /// The template for the sheaf with this number; none when there are too many.
    fn template(&self, nth: usize) -> Option<&Source> {
        let slot = self.templates.get(nth)?;
        if slot.get().is_none() {
            let id = file(&format!("paper-{nth}.typ")).ok()?;
            // Somebody else may have been quicker; theirs is the same.
            let _ = slot.set(Source::new(id, TEMPLATE.to_owned()));
        }
        slot.get()
    }
}

/// The id of a file that is only here.
fn file(name: &str) -> Result<FileId, String> {
    let path = VirtualPath::new(name).map_err(|error| format!("{name}: {error:?}"))?;
    Ok(RootedPath::new(VirtualRoot::Project, path).intern())
}

/// The world of one sheaf.
struct Desk {
    shop: &'static Shop,
    template: &'static Source,
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
        self.template.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.template.id() { Ok(self.template.clone()) } else { Err(FileError::AccessDenied) }
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

/// What the template is given: a sheaf of a document, or what stands at the edges of its pages.
#[derive(Serialize)]
struct Given<'a> {
    document: &'a Document,
    blocks: &'a [Block],
    /// The head of the document stands above.
    first: bool,
    /// The signature stands below.
    signed: bool,
    /// Width in points of a picture without pages.
    picture: Option<f64>,
    /// The edges of so many pages, and nothing else.
    edges: Option<usize>,
}

/// A document of so many pieces is set in one go: some fifteen pages.
const IN_ONE_GO: usize = 4_000;
/// Pieces of a longer one that are set at a time. While they are, twenty kilobytes are needed for each; what is ready
/// takes two.
const SHEAF: usize = 1_000;
/// A document of more pieces is written without the tags that readers of screens go by: those of twenty thousand cells
/// weigh more than its pages. It is what some thirty pages hold.
const MOST_TAGGED: usize = 8_000;
/// Sheaves of a document at most.
const MOST_SHEAVES: usize = 130;

/// A PDF of A4 pages.
///
/// The same document gives the same bytes.
///
/// # Errors
/// [`PaperError`].
pub fn pdf(document: &Document, limits: Limits) -> Result<Vec<u8>, PaperError> {
    let set = set(document, limits)?;
    let made = &document.made;
    let at = Datetime::from_ymd_hms(i32::from(made.year), made.month, made.day, made.hour, made.minute, 0);
    let options = PdfOptions {
        ident: Smart::Custom(format!("{} {} {made:?}", document.place, document.title)),
        creator: Smart::Custom(Some("Pendopo".to_owned())),
        timestamp: at.map(Timestamp::new_utc),
        tagged: document.weight() <= MOST_TAGGED,
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
    refuse_too_much(document, limits)?;
    let mut given = Given::of(document, &document.blocks);
    given.picture = Some(width);
    let set = set_sheaf(&given, 0)?;
    let page = set.pages().first().ok_or_else(|| PaperError::Broken("there is no page".to_owned()))?;
    let size = page.frame.size();
    let longest = size.x.to_pt().max(size.y.to_pt()).max(1.0);
    let pixel_per_pt = Scalar::new(scale.min(LARGEST_PICTURE / longest));
    let picture = typst_render::render(page, &RenderOptions { pixel_per_pt, render_bleed: false });
    forget();
    picture.encode_png().map_err(|error| PaperError::Broken(error.to_string()))
}

impl<'a> Given<'a> {
    fn of(document: &'a Document, blocks: &'a [Block]) -> Given<'a> {
        Given { document, blocks, first: false, signed: false, picture: None, edges: None }
    }
}

fn refuse_too_much(document: &Document, limits: Limits) -> Result<(), PaperError> {
    let weight = document.weight();
    if weight > limits.weight { Err(PaperError::TooMuch { weight, most: limits.weight }) } else { Ok(()) }
}

/// Sets a document sheaf by sheaf, so that only one of them takes the room that setting needs, and then the edges of
/// all pages, when it is known how many there are.
fn set(document: &Document, limits: Limits) -> Result<PagedDocument, PaperError> {
    refuse_too_much(document, limits)?;
    let most = if document.weight() <= IN_ONE_GO { IN_ONE_GO } else { SHEAF };
    let (body, appendix) = (sheaves(&document.blocks, most), sheaves(&document.appendix, most));
    let last = body.len().saturating_sub(1);
    let mut pages = EcoVec::new();
    let mut info = None;
    for (nth, blocks) in body.iter().chain(appendix.iter().filter(|blocks| !blocks.is_empty())).enumerate() {
        let mut given = Given::of(document, blocks);
        (given.first, given.signed) = (nth == 0, nth == last);
        let set = set_sheaf(&given, nth + 1)?;
        pages.extend(set.pages().iter().cloned());
        info.get_or_insert_with(|| set.info().clone());
        if pages.len() > limits.pages {
            return Err(PaperError::TooManyPages { pages: pages.len(), most: limits.pages });
        }
    }
    let edges = set_sheaf(&Given { edges: Some(pages.len()), ..Given::of(document, &[]) }, 0)?;
    for (page, edge) in pages.make_mut().iter_mut().zip(edges.pages()) {
        page.frame.push_frame(Point::zero(), edge.frame.clone());
    }
    Ok(PagedDocument::new(pages, info.unwrap_or_default()))
}

fn set_sheaf(given: &Given<'_>, nth: usize) -> Result<PagedDocument, PaperError> {
    let shop = SHOP.as_ref().map_err(|error| PaperError::Broken(error.clone()))?;
    let too_much = PaperError::TooMuch { weight: nth * SHEAF, most: MOST_SHEAVES * SHEAF };
    let template = shop.template(nth).ok_or(too_much)?;
    let written = |error: serde_json::Error| PaperError::Broken(error.to_string());
    let mut value = serde_json::to_value(given).map_err(written)?;
    let_words_break(&mut value);
    let data = serde_json::to_vec(&value).map_err(written)?;
    drop(value);
    let desk = Desk { shop, template, data: Bytes::new(data) };
    let Warned { output, .. } = typst::compile::<PagedDocument>(&desk);
    let set = output.map_err(broken);
    forget();
    set
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
