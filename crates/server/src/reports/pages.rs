//! The page of reports that are made by themselves: which, when, where to, and what became of the last.

use super::{
    jobs::timetable,
    store::{self, Delivery, FOLDER},
};
use crate::{
    app::App,
    config::{Scheduled, Shows, What},
    error::AppResult,
    web::{Asked, Chrome, TimeStyle},
    widgets::{Empty, Mark, Shape},
};
use askama::Template;
use pendopo_figures::Reader;
use pendopo_vocab::Lang;

/// The page.
#[derive(Template)]
#[template(path = "reports/schedule.html")]
pub struct SchedulePage {
    /// The frame.
    pub chrome: Chrome,
    /// The reports.
    pub items: Vec<ScheduleItem>,
    /// Folder into which they are written, and the mail server; what is off is empty.
    pub places: Vec<(String, String)>,
    /// Instead of everything, when nothing is scheduled.
    pub empty: Option<Empty>,
}

/// One report.
pub struct ScheduleItem {
    /// Its name.
    pub name: String,
    /// What is printed.
    pub what: String,
    /// Which figures it may hold, and its language.
    pub shows: String,
    /// When, as the settings say it.
    pub when: String,
    /// When it comes next.
    pub next: String,
    /// What became of the last: one line for each place it went to.
    pub results: Vec<ResultLine>,
    /// Where it is sent by hand.
    pub send: String,
}

/// What became of one delivery.
pub struct ResultLine {
    /// Its state.
    pub mark: Mark,
    /// In a sentence.
    pub words: String,
}

/// Deliveries looked through for the newest moment of a report.
const LOOKED_THROUGH: i64 = 60;

/// Builds the page.
///
/// # Errors
/// The database's.
pub fn build(reader: &mut Reader<'_>, app: &App, asked: &Asked, chrome: Chrome) -> AppResult<SchedulePage> {
    let t = asked.t;
    let config = app.config();
    let mut items = Vec::new();
    let mut chrome = chrome;
    for scheduled in &config.paper.schedule {
        let deliveries = store::read_newest(reader, &scheduled.name, LOOKED_THROUGH)?;
        let newest = deliveries.first().map(|one| one.slot_at);
        let last: Vec<&Delivery> = deliveries.iter().filter(|one| Some(one.slot_at) == newest).collect();
        if last.iter().any(|one| one.done_at.is_none() && one.problem.is_none()) {
            chrome.refresh_secs = Some(3);
        }
        items.push(item(app, asked, scheduled, &last));
    }
    let mut places = Vec::new();
    if let Some(folder) = &config.paper.folder {
        places.push((t.tr("paper-folder").into_owned(), folder.display().to_string()));
    }
    if let Some(mail) = &config.mail {
        places.push((t.tr("paper-mail").into_owned(), format!("{}:{}", mail.host, mail.port)));
    }
    let empty = items.is_empty().then(|| Empty {
        title: t.tr("paper-schedule-none").into_owned(),
        advice: t.tr("paper-schedule-none-now").into_owned(),
        action: None,
    });
    Ok(SchedulePage { chrome, items, places, empty })
}

fn item(app: &App, asked: &Asked, scheduled: &Scheduled, last: &[&Delivery]) -> ScheduleItem {
    let t = asked.t;
    let next = timetable(app, scheduled).ok().and_then(|schedule| schedule.next_start(asked.now));
    ScheduleItem {
        name: scheduled.name.clone(),
        what: match &scheduled.what {
            What::Brief => t.tr("paper-what-brief").into_owned(),
            What::Board(code) => t.tr1("paper-what-board", code.as_str()),
        },
        shows: format!(
            "{}, {}",
            t.tr(match scheduled.shows {
                Shows::Public => "paper-shows-public",
                Shows::Internal => "paper-shows-internal",
            }),
            t.tr(match scheduled.lang {
                Lang::Id => "paper-lang-id",
                Lang::En => "paper-lang-en",
            })
        ),
        when: scheduled.when.clone(),
        next: next.map_or_else(|| "–".to_owned(), |at| asked.time(at, TimeStyle::DateTime)),
        results: last.iter().map(|one| result(asked, one)).collect(),
        send: format!("/cetak/{}/kirim", scheduled.name),
    }
}

fn result(asked: &Asked, one: &Delivery) -> ResultLine {
    let t = asked.t;
    let to = match one.target.as_str() {
        FOLDER => t.tr("paper-to-folder").into_owned(),
        address => t.tr1("paper-to-mail", address),
    };
    let at = |at_ms: i64| asked.time_ms(at_ms, TimeStyle::Short);
    let (shape, word, words) = match (one.done_at, &one.problem) {
        (Some(done), _) => (Shape::On, "paper-state-done", t.tr2("paper-result-done", to, at(done))),
        (None, None) => (Shape::Nothing, "paper-state-waiting", t.tr1("paper-result-waiting", to)),
        (None, Some(problem)) => {
            let why = t.tr(&format!("paper-problem-{problem}"));
            let detail = one.detail.as_deref().filter(|detail| !detail.is_empty());
            let why = detail.map_or_else(|| why.to_string(), |detail| format!("{why} ({detail})"));
            let after = match one.next_try_at {
                Some(next) => t.tr1("paper-result-again", at(next)),
                None => t.tr("paper-result-given-up").into_owned(),
            };
            (
                Shape::Off,
                "paper-state-failed",
                format!("{}: {why}. {after}", t.tr1("paper-result-failed", to)),
            )
        }
    };
    ResultLine { mark: Mark::new(shape, &t.tr(word)), words }
}
