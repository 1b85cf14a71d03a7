//! From a page's values to a document for paper: the same figures, sentences and drawings in the order in which a
//! leader reads. Values in, values out.

use super::build::{map_twin, twin};
use crate::{
    app::PaperIdentity,
    boards::{
        pages::{AgencyItem, BoardPage, ExceptionItem, MapItem, SectionItem},
        today::{Card, ChangeItem, SilentItem, TodayPage},
    },
    web::{Asked, Chrome, TimeStyle},
    widgets::{Framed, Mark, Piece, Sparkline, paper_mark},
};
use pendopo_paper::{
    About, Block, Cell, Column, Document, FigureCard, Item, Made, PageWords, Row, Signature, Table,
};
use pendopo_vocab::Sensitivity;

/// Where figures come from, as far as it is known: date of the data and agencies.
pub struct Source {
    data_as_of: Option<String>,
    agencies: Vec<String>,
}

impl Source {
    /// Of some widgets.
    pub fn of(widgets: &[Framed], data_as_of: Option<&str>) -> Source {
        let mut agencies: Vec<String> = widgets.iter().flat_map(agencies_of).collect();
        agencies.sort();
        agencies.dedup();
        Source { data_as_of: data_as_of.map(str::to_owned), agencies }
    }

    /// Of a whole board.
    fn of_board(page: &BoardPage) -> Source {
        let widgets = page.sections.iter().flat_map(|section| section.tiles.iter().chain(&section.widgets));
        let mut agencies: Vec<String> = widgets.flat_map(agencies_of).collect();
        agencies.extend(page.agencies.iter().map(|agency| agency.short.clone()));
        agencies.sort();
        agencies.dedup();
        Source { data_as_of: page.chrome.data_as_of.clone(), agencies }
    }

    /// Who answers: whom the pack names, else the agencies themselves.
    fn responsible(&self, paper: &PaperIdentity) -> String {
        if paper.responsible.is_empty() { self.agencies.join(", ") } else { paper.responsible.clone() }
    }
}

fn agencies_of(widget: &Framed) -> Vec<String> {
    let named = match &widget.piece {
        Piece::Tile(tile) => tile.agency.as_str(),
        _ => widget.origin.source.as_str(),
    };
    named.split(", ").filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// A document without contents yet.
fn blank(asked: &Asked, title: String, summary: String, source: &Source) -> Document {
    let (t, identity) = (asked.t, &asked.identity);
    let as_of = source.data_as_of.clone().unwrap_or_else(|| t.tr("paper-no-data").into_owned());
    let printed = asked.time(asked.now, TimeStyle::DateTime);
    let by = if asked.who.is_known() {
        t.tr2("paper-by", printed.as_str(), asked.who.name.as_str())
    } else {
        printed
    };
    let responsible = source.responsible(&identity.paper);
    let mut facts = vec![(t.tr("paper-as-of").into_owned(), as_of.clone())];
    if !responsible.is_empty() {
        facts.push((t.tr("paper-responsible").into_owned(), responsible));
    }
    facts.push((t.tr("paper-made").into_owned(), by));
    Document {
        lang: t.lang(),
        place: identity.name.clone(),
        title,
        summary,
        notices: notices(asked),
        facts,
        foot: foot(asked, &as_of),
        page_words: PageWords {
            page: t.tr("paper-page").into_owned(),
            of: t.tr("paper-page-of").into_owned(),
        },
        blocks: Vec::new(),
        signature: signature(asked),
        appendix: Vec::new(),
        made: made(asked),
    }
}

fn made(asked: &Asked) -> Made {
    let at = asked.now.to_zoned_datetime(asked.identity.time_zone.clone());
    let small = |number: i8| number.unsigned_abs();
    Made {
        year: at.year(),
        month: small(at.month()),
        day: small(at.day()),
        hour: small(at.hour()),
        minute: small(at.minute()),
    }
}

/// What must be known before a page is passed on.
fn notices(asked: &Asked) -> Vec<String> {
    let t = asked.t;
    let mut notices = Vec::new();
    if asked.identity.sample_data {
        notices.push(format!("{}. {}", t.tr("sample-title"), t.tr("sample-text")));
    }
    match asked.scope.sensitivity {
        Sensitivity::Public => {}
        Sensitivity::Internal => notices.push(t.tr("paper-internal").into_owned()),
        Sensitivity::Restricted => notices.push(t.tr("paper-restricted").into_owned()),
    }
    notices
}

fn foot(asked: &Asked, as_of: &str) -> String {
    let t = asked.t;
    let mut parts = vec![t.tr1("data-as-of", as_of)];
    if asked.identity.sample_data {
        parts.push(t.tr("sample-title").into_owned());
    }
    let level = match asked.scope.sensitivity {
        Sensitivity::Public => None,
        Sensitivity::Internal => Some("paper-internal-short"),
        Sensitivity::Restricted => Some("paper-restricted-short"),
    };
    parts.extend(level.map(|key| t.tr(key).into_owned()));
    parts.join(" · ")
}

fn signature(asked: &Asked) -> Option<Signature> {
    let paper = &asked.identity.paper;
    if paper.office.is_empty() {
        return None;
    }
    let day = asked.time(asked.now, TimeStyle::Date);
    Some(Signature {
        place_and_day: if paper.city.is_empty() { day } else { format!("{}, {day}", paper.city) },
        office: paper.office.clone(),
        name: paper.name.clone(),
        number: paper.number.clone(),
    })
}

fn heading(text: impl Into<String>, note: impl Into<String>) -> Block {
    Block::Heading { text: text.into(), note: note.into() }
}

fn quiet(text: impl Into<String>) -> Block {
    Block::Words { text: text.into(), quiet: true }
}

/// The morning brief.
pub fn brief(asked: &Asked, page: &TodayPage) -> Document {
    let t = asked.t;
    let source = Source { data_as_of: page.chrome.data_as_of.clone(), agencies: brief_agencies(page) };
    let title = t.tr1("paper-brief", asked.time(asked.now, TimeStyle::Date));
    let mut document = blank(asked, title, page.summary.clone(), &source);
    if let Some(empty) = &page.empty {
        document.blocks = vec![heading(&empty.title, ""), quiet(&empty.advice)];
        return document;
    }
    let blocks = &mut document.blocks;
    blocks.push(heading(t.tr("today-needs-you"), (page.cards.len() + page.more).to_string()));
    blocks.extend(needs(asked, page.cards.iter().map(card).collect(), page.more));
    blocks.push(heading(t.tr("today-changed"), ""));
    blocks.extend(changes(asked, page));
    blocks.push(heading(t.tr("today-silent-head"), page.silent.len().to_string()));
    blocks.push(silent(asked, &page.silent));
    document
}

fn brief_agencies(page: &TodayPage) -> Vec<String> {
    let from = page.cards.iter().map(|card| card.item.from.as_str());
    let from = from.chain(page.changes.iter().map(|change| change.from.as_str()));
    let mut agencies: Vec<String> = from
        .filter_map(|from| from.rsplit(" · ").next())
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    agencies.sort();
    agencies.dedup();
    agencies
}

fn card(card: &Card) -> Item {
    Item { spark: card.spark.as_ref().map_or_else(String::new, Sparkline::drawing), ..exception(&card.item) }
}

fn exception(item: &ExceptionItem) -> Item {
    let figure = item.figure.clone().unwrap_or_default();
    Item {
        mark: paper_mark(&item.mark),
        name: item.name.clone(),
        number: format!("{}{}", figure.prefix, figure.number),
        unit: figure.unit,
        what: item.what.clone(),
        from: item.from.clone(),
        spark: String::new(),
    }
}

/// Things that need a look, or that there are none; and how many are not listed.
fn needs(asked: &Asked, items: Vec<Item>, more: usize) -> Vec<Block> {
    let t = asked.t;
    if items.is_empty() {
        return vec![Block::Words { text: t.tr("all-well").into_owned(), quiet: false }];
    }
    let rest = (more > 0).then(|| quiet(t.tr1("exceptions-more", more)));
    std::iter::once(Block::Items { items }).chain(rest).collect()
}

fn changes(asked: &Asked, page: &TodayPage) -> Vec<Block> {
    let t = asked.t;
    if page.changes.is_empty() {
        return vec![quiet(t.tr("today-changed-none"))];
    }
    if !page.had_yesterday {
        return vec![quiet(t.tr1("today-all-new", page.changes.len() + page.changed_besides))];
    }
    let row = |item: &ChangeItem| Row {
        cells: vec![
            state(&item.mark),
            Cell::words(&item.name),
            Cell::words(&item.what),
            Cell::quiet(&item.from),
        ],
    };
    let table = Table {
        caption: t.tr("today-changed").into_owned(),
        columns: vec![
            Column::short(t.tr("state")),
            Column::words(t.tr("indicator")),
            Column::words(t.tr("paper-change")),
            Column::short(t.tr("source")),
        ],
        rows: page.changes.iter().map(row).collect(),
        notes: Vec::new(),
    };
    let rest = (page.changed_besides > 0).then(|| quiet(t.tr1("today-changed-more", page.changed_besides)));
    std::iter::once(Block::Table { table }).chain(rest).collect()
}

fn silent(asked: &Asked, items: &[SilentItem]) -> Block {
    let t = asked.t;
    if items.is_empty() {
        return quiet(t.tr("today-silent-none"));
    }
    let row = |item: &SilentItem| Row {
        cells: vec![state(&item.mark), Cell::words(&item.agency), Cell::words(&item.what)],
    };
    Block::Table {
        table: Table {
            caption: t.tr("today-silent-head").into_owned(),
            columns: vec![
                Column::short(t.tr("state")),
                Column::short(t.tr("agency")),
                Column::words(t.tr("source")),
            ],
            rows: items.iter().map(row).collect(),
            notes: Vec::new(),
        },
    }
}

fn state(mark: &Mark) -> Cell {
    Cell::state(paper_mark(mark))
}

/// A board; with `appendix`, and the tables of its charts.
pub fn board(asked: &Asked, page: &BoardPage, appendix: bool) -> Document {
    let source = Source::of_board(page);
    let mut document = blank(asked, page.title.clone(), page.summary.clone(), &source);
    if let Some(empty) = &page.empty {
        document.blocks = vec![heading(&empty.title, ""), quiet(&empty.advice)];
        return document;
    }
    if page.leads {
        document.blocks.extend(lead(asked, page));
    }
    document.blocks.extend(page.sections.iter().flat_map(section));
    document.blocks.extend(page.map.iter().map(map));
    if appendix {
        document.appendix = tables(asked, page);
    }
    document
}

/// What stands above the groups of the leader's board.
fn lead(asked: &Asked, page: &BoardPage) -> Vec<Block> {
    let t = asked.t;
    let count = (page.exceptions.len() + page.more).to_string();
    let mut blocks = vec![heading(t.tr("needs-attention"), count)];
    blocks.extend(needs(asked, page.exceptions.iter().map(exception).collect(), page.more));
    if !page.agencies.is_empty() {
        blocks.push(heading(t.tr("agencies"), ""));
        blocks.push(Block::Table { table: agencies(asked, &page.agencies) });
    }
    blocks
}

fn agencies(asked: &Asked, agencies: &[AgencyItem]) -> Table {
    let t = asked.t;
    let sends = agencies.iter().any(|agency| agency.sends);
    let mut columns = vec![Column::short(t.tr("agency")), Column::words(t.tr("agency-figures"))];
    columns.extend(sends.then(|| Column::words(t.tr("agency-data"))));
    let row = |agency: &AgencyItem| {
        let counts = agency.counts.iter().map(|mark| mark.word.as_str()).collect::<Vec<_>>().join(", ");
        let figures = match agency.counts.first() {
            // The worst state gives the shape; the words say how many are in which.
            Some(worst) => Cell::state(pendopo_paper::Mark { word: counts, ..paper_mark(worst) }),
            None => Cell::Empty,
        };
        let mut cells = vec![Cell::words(&agency.short), figures];
        cells.extend(sends.then(|| agency_data(asked, agency)));
        Row { cells }
    };
    Table {
        caption: t.tr("agencies").into_owned(),
        columns,
        rows: agencies.iter().map(row).collect(),
        notes: Vec::new(),
    }
}

fn agency_data(asked: &Asked, agency: &AgencyItem) -> Cell {
    if !agency.sends {
        return Cell::quiet("–");
    }
    match agency.ill.first() {
        None => Cell::quiet(asked.t.tr("agency-data-fresh")),
        Some((worst, ..)) => {
            let names = agency.ill.iter().map(|(_, name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
            Cell::State { mark: paper_mark(worst), words: names }
        }
    }
}

fn section(section: &SectionItem) -> Vec<Block> {
    let mut blocks = vec![heading(&section.name, "")];
    let cards: Vec<FigureCard> = section.tiles.iter().filter_map(card_of).collect();
    if !cards.is_empty() {
        blocks.push(Block::Figures { items: cards });
    }
    // A tile that could not be shown says so in a piece of its own.
    blocks.extend(section.tiles.iter().filter(|tile| card_of(tile).is_none()).map(|tile| tile.block(false)));
    blocks.extend(side_by_side(&section.widgets));
    blocks
}

/// Widgets in order: two that follow each other and fit are set side by side, one alone across the page.
fn side_by_side(widgets: &[Framed]) -> Vec<Block> {
    let mut blocks = Vec::with_capacity(widgets.len());
    let mut rest = widgets;
    while let Some((first, after)) = rest.split_first() {
        rest = match after.split_first().filter(|(second, _)| first.fits_half() && second.fits_half()) {
            Some((second, others)) => {
                blocks.extend([first.block(true), second.block(true)]);
                others
            }
            None => {
                blocks.push(first.block(false));
                after
            }
        };
    }
    blocks
}

fn card_of(tile: &Framed) -> Option<FigureCard> {
    match &tile.piece {
        Piece::Tile(tile) => Some(tile.card()),
        _ => None,
    }
}

fn map(item: &MapItem) -> Block {
    Block::Part {
        title: item.title.clone(),
        summary: item.map.summary().to_owned(),
        from: String::new(),
        freshness: None,
        half: false,
        blocks: item.map.blocks(),
    }
}

/// The tables of what is drawn, behind everything.
fn tables(asked: &Asked, page: &BoardPage) -> Vec<Block> {
    let widgets = page.sections.iter().flat_map(|section| &section.widgets).filter_map(twin);
    let tables: Vec<Table> = widgets.chain(page.map.as_ref().map(map_twin)).collect();
    if tables.is_empty() {
        return Vec::new();
    }
    let part = |table: Table| Block::Part {
        title: table.caption.clone(),
        summary: String::new(),
        from: String::new(),
        freshness: None,
        half: false,
        blocks: vec![Block::Table { table }],
    };
    std::iter::once(heading(asked.t.tr("paper-appendix"), "")).chain(tables.into_iter().map(part)).collect()
}

/// Widgets alone, for a picture: what they show, and a line that says of whom and when.
pub fn picture(asked: &Asked, chrome: &Chrome, heading: &str, widgets: &[Framed]) -> Document {
    let source = Source::of(widgets, chrome.data_as_of.as_deref());
    let mut document = blank(asked, heading.to_owned(), String::new(), &source);
    document.foot = format!("{} · {}", document.place, document.foot);
    let cards: Vec<FigureCard> = widgets.iter().filter_map(card_of).collect();
    document.blocks = match cards.is_empty() {
        false => vec![self::heading(heading, ""), Block::Figures { items: cards }],
        true => widgets.iter().map(|widget| widget.block(false)).collect(),
    };
    document
}

/// What a spreadsheet says of itself.
pub fn about(asked: &Asked, title: &str, source: &Source) -> About {
    let document = blank(asked, title.to_owned(), String::new(), source);
    let t = asked.t;
    let mut facts = vec![
        (t.tr("paper-title").into_owned(), document.title),
        (t.tr("paper-place").into_owned(), document.place),
    ];
    facts.extend(document.facts);
    let note = t.tr("note").into_owned();
    facts.extend(document.notices.into_iter().map(|notice| (note.clone(), notice)));
    About {
        table_sheet: t.tr("paper-sheet-table").into_owned(),
        about_sheet: t.tr("paper-sheet-about").into_owned(),
        facts,
        made: document.made,
    }
}

/// A document of some blocks, for tests of what is set.
#[cfg(test)]
pub fn blank_for_testing(lang: pendopo_vocab::Lang, blocks: Vec<Block>) -> Document {
    Document {
        lang,
        place: "Kabupaten Uji".to_owned(),
        title: "Uji".to_owned(),
        summary: String::new(),
        notices: Vec::new(),
        facts: Vec::new(),
        foot: String::new(),
        page_words: PageWords { page: String::new(), of: String::new() },
        blocks,
        signature: None,
        appendix: Vec::new(),
        made: Made { year: 2026, month: 11, day: 24, hour: 8, minute: 15 },
    }
}
