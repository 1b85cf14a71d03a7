//! Reports that are made by themselves: when one is due, it is set once and goes to the folder and to each address;
//! what failed is tried again, what arrived is not sent twice.

use super::{build, press, store};
use crate::{
    app::App,
    audit::{Action, Actor, Entry},
    config::{Scheduled, What},
    jobs::{
        fetcher::{
            Secrets,
            mail::{self, Letter, MailProblem},
        },
        schedule::{Due, Schedule, ScheduleError},
    },
    web::{Asked, Principal, TimeStyle, Tr},
};
use jiff::{SignedDuration, Timestamp};
use pendopo_figures::DbError;
use pendopo_vocab::{AgencyScope, Role, Scope, Sensitivity};
use std::{
    io::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use store::{Delivery, FOLDER};
use tokio::sync::watch;

/// Between two looks at the clock.
const TICK: Duration = Duration::from_secs(2);
/// Pauses before the next tries; the last one for all that follow.
const PAUSES_MINS: [i64; 4] = [1, 5, 15, 60];
/// After so long a report is no longer news and is given up.
const GIVEN_UP_AFTER: SignedDuration = SignedDuration::from_hours(24);
/// How long it is remembered what became of deliveries.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24 * 400);

/// What went wrong: the end of a message key, and what the system says of it.
#[derive(Debug)]
pub struct Problem {
    key: &'static str,
    detail: String,
}

impl Problem {
    fn new(key: &'static str, detail: impl ToString) -> Problem {
        Problem { key, detail: detail.to_string() }
    }
}

/// Makes and delivers reports until `stopping` turns true.
pub async fn run_reports(app: App, mut stopping: watch::Receiver<bool>) {
    if app.config().paper.schedule.is_empty() {
        return;
    }
    while !*stopping.borrow() {
        if let Err(error) = look(&app).await {
            tracing::warn!(error = format!("{error:#}"), "cannot look for reports that are due");
        }
        tokio::select! {
            changed = stopping.changed() => if changed.is_err() { break },
            () = tokio::time::sleep(TICK) => {}
        }
    }
}

/// Plans what is due and delivers what waits.
///
/// # Errors
/// The database's; what goes wrong with a delivery is noted with it.
pub async fn look(app: &App) -> anyhow::Result<()> {
    let now = app.clock().now();
    for scheduled in app.config().paper.schedule.clone() {
        let schedule = timetable(app, &scheduled)?;
        let plan = app.blocking(move |db| {
            // Only what is due is written: this looks every few seconds.
            let known = db.read(|reader| store::read_ran(reader, &scheduled.name))?;
            match schedule.due(&known.unwrap_or_default(), now, None) {
                Some(Due::Slot(_)) => db.write(|tx| plan_due(tx, &scheduled, &schedule, now)),
                _ => Ok(()),
            }
        });
        plan.await.map_err(anyhow::Error::from)?;
    }
    let waiting = app.blocking(move |db| db.read(|reader| store::read_waiting(reader, now.as_millisecond())));
    let waiting = waiting.await.map_err(anyhow::Error::from)?;
    for report in waiting.chunk_by(|a, b| a.name == b.name && a.slot_at == b.slot_at) {
        deliver_report(app, report, now).await?;
    }
    Ok(())
}

/// The schedule of a report in the center's time zone.
///
/// # Errors
/// When its expression is none, which the settings forbid.
pub fn timetable(app: &App, scheduled: &Scheduled) -> Result<Schedule, ScheduleError> {
    Schedule::parse(&scheduled.when, app.identity().time_zone.clone(), &scheduled.name)
}

/// Everywhere that a report goes.
fn targets(scheduled: &Scheduled) -> impl Iterator<Item = &str> {
    scheduled.to_folder.then_some(FOLDER).into_iter().chain(scheduled.mail_to.iter().map(String::as_str))
}

fn plan_due(
    tx: &mut pendopo_figures::Tx<'_>,
    scheduled: &Scheduled,
    schedule: &Schedule,
    now: Timestamp,
) -> Result<(), DbError> {
    let known = store::read_ran(tx, &scheduled.name)?;
    let mut ran = known.clone().unwrap_or_default();
    let Some(Due::Slot(slot)) = schedule.due(&ran, now, None) else { return Ok(()) };
    schedule.mark(&mut ran, slot);
    store::put_ran(tx, &scheduled.name, &ran)?;
    // A report that is new begins with its next moment, not with one that was before it was wanted.
    if known.is_some() {
        for target in targets(scheduled) {
            store::plan(tx, &scheduled.name, slot.as_millisecond(), target, now.as_millisecond())?;
        }
    }
    store::forget(tx, now.as_millisecond().saturating_sub(millis(REMEMBERED)))
}

/// Plans a report for now, because somebody asks for it.
///
/// # Errors
/// The database's.
pub fn plan_now(
    tx: &mut pendopo_figures::Tx<'_>,
    scheduled: &Scheduled,
    now: Timestamp,
) -> Result<(), DbError> {
    for target in targets(scheduled) {
        store::plan(tx, &scheduled.name, now.as_millisecond(), target, now.as_millisecond())?;
    }
    Ok(())
}

/// A report that is ready to go.
struct Made {
    file_name: String,
    title: String,
    bytes: Vec<u8>,
}

async fn deliver_report(app: &App, deliveries: &[Delivery], now: Timestamp) -> anyhow::Result<()> {
    let Some(first) = deliveries.first() else { return Ok(()) };
    let schedule = &app.config().paper.schedule;
    let scheduled = schedule.iter().find(|scheduled| scheduled.name == first.name).cloned();
    let mut made: Option<Result<Arc<Made>, Problem>> = None;
    for one in deliveries {
        let next = next_try(one, now);
        let (taken, taken_next) = (one.clone(), next.unwrap_or(now.as_millisecond()));
        let take =
            app.blocking(move |db| db.write(|tx| store::take(tx, &taken, now.as_millisecond(), taken_next)));
        if !take.await.map_err(anyhow::Error::from)? {
            continue;
        }
        let outcome = match &scheduled {
            // It was taken out of the settings meanwhile.
            None => Err(Problem::new("gone", "")),
            Some(scheduled) => {
                if made.is_none() {
                    made = Some(make(app, scheduled, one.slot_at, now).await.map(Arc::new));
                }
                match &made {
                    Some(Ok(report)) => deliver(app, scheduled, one, report.clone()).await,
                    Some(Err(problem)) => Err(Problem::new(problem.key, &problem.detail)),
                    None => Ok(()),
                }
            }
        };
        note(app, one, outcome, scheduled.as_ref().and(next), now).await?;
    }
    Ok(())
}

/// When a delivery that fails now is tried again.
fn next_try(one: &Delivery, now: Timestamp) -> Option<i64> {
    let nth = usize::try_from(one.tries).unwrap_or(0).min(PAUSES_MINS.len() - 1);
    let next = now.as_millisecond() + PAUSES_MINS[nth] * 60_000;
    (next <= one.slot_at.saturating_add(millis(GIVEN_UP_AFTER))).then_some(next)
}

fn millis(span: SignedDuration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

async fn note(
    app: &App,
    one: &Delivery,
    outcome: Result<(), Problem>,
    next: Option<i64>,
    now: Timestamp,
) -> anyhow::Result<()> {
    let word = if outcome.is_ok() { "done" } else { "failed" };
    metrics::counter!("pendopo_report_deliveries_total", "outcome" => word).increment(1);
    if let Err(problem) = &outcome {
        tracing::warn!(
            report = one.name,
            problem = problem.key,
            detail = problem.detail,
            "a report did not arrive"
        );
    }
    let (one, audit) = (one.clone(), app.audit().clone());
    let write = app.blocking(move |db| {
        db.write(|tx| match &outcome {
            Ok(()) => {
                // Who was written to stands in the settings: an entry of the log is for good and names no person.
                let to = if one.target == FOLDER { "folder" } else { "mail" };
                let entry = Entry::new(Actor::center(), Action::Exported).on("report", &one.name);
                audit.record(tx, &entry.noting("file", "pdf").noting("to", to))?;
                store::note_done(tx, &one, now.as_millisecond())
            }
            Err(problem) => store::note_problem(tx, &one, problem.key, &problem.detail, next),
        })
    });
    write.await.map_err(anyhow::Error::from)
}

/// Who a report is made for: nobody in particular, with the clearance that the settings give it.
fn reader_of(app: &App, scheduled: &Scheduled, now: Timestamp) -> Asked {
    let identity = app.identity();
    let sensitivity = scheduled.shows.sensitivity();
    let mut who = Principal::visitor(identity.region, None);
    who.scope = Scope { sensitivity, agencies: AgencyScope::All, region: identity.region };
    if sensitivity > Sensitivity::Public {
        who.role = Role::Leader;
    }
    Asked {
        t: Tr(scheduled.lang),
        scope: who.scope.clone(),
        who: Arc::new(who),
        now,
        identity,
        kept: app.kept(),
        path: "/".to_owned(),
        form_token: String::new(),
    }
}

async fn make(app: &App, scheduled: &Scheduled, slot_at: i64, now: Timestamp) -> Result<Made, Problem> {
    let asked = reader_of(app, scheduled, now);
    let what = scheduled.what.clone();
    let day = Timestamp::from_millisecond(slot_at).unwrap_or(now);
    let day = day.to_zoned_datetime(asked.identity.time_zone.clone());
    let file_name = format!("{}-{}.pdf", scheduled.name, day.strftime("%Y-%m-%d"));
    let t = asked.t;
    let read = app.blocking(move |db| {
        db.read(|reader| {
            Ok(match &what {
                What::Brief => build::brief(reader, &asked),
                What::Board(code) => build::board(reader, &asked, code, false),
            })
        })
    });
    let document = read.await.and_then(|document| document).map_err(|error| Problem::new("read", error))?;
    let title = format!("{}: {}", document.place, document.title);
    let set = press::work(t, move || pendopo_paper::pdf(&document, press::LIMITS));
    let bytes = set.await.map_err(|error| Problem::new("press", error))?;
    Ok(Made { file_name, title, bytes })
}

async fn deliver(app: &App, scheduled: &Scheduled, one: &Delivery, report: Arc<Made>) -> Result<(), Problem> {
    let (app, one, t) = (app.clone(), one.clone(), Tr(scheduled.lang));
    let work = move || {
        if one.target == FOLDER {
            let folder = app.config().paper.folder.clone().unwrap_or_default();
            return put_file(&folder, &report.file_name, &report.bytes);
        }
        send(&app, t, &one, &report)
    };
    let joined = tokio::task::spawn_blocking(work).await;
    joined.map_err(|error| Problem::new("press", error)).and_then(|outcome| outcome)
}

/// Writes a file so that whoever looks into the folder sees the whole of it or nothing. One of the same name is
/// replaced.
fn put_file(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), Problem> {
    // A folder that is missing is not made: it may be a share that is not there at the moment.
    if !folder.is_dir() {
        return Err(Problem::new("no-folder", folder.display()));
    }
    let coming: PathBuf = folder.join(format!(".{name}.{}", std::process::id()));
    let write = || {
        let mut file = std::fs::File::create(&coming)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&coming, folder.join(name))
    };
    write().map_err(|error: std::io::Error| {
        // Half a file is worth nothing, and whether it could be taken away changes nothing either.
        let _ = std::fs::remove_file(&coming);
        Problem::new("folder", error)
    })
}

fn send(app: &App, t: Tr, one: &Delivery, report: &Made) -> Result<(), Problem> {
    let Some(config) = &app.config().mail else { return Err(Problem::new("mail-settings", "mail.server")) };
    let stored =
        crate::vault::open_secrets(app.db(), app.vault()).map_err(|error| Problem::new("read", error))?;
    let secrets = Secrets::load(stored, &app.config().secrets_file, std::env::vars())
        .map_err(|error| Problem::new("mail-settings", error))?;
    let slot = Timestamp::from_millisecond(one.slot_at).unwrap_or(Timestamp::UNIX_EPOCH);
    let zone = app.identity().time_zone.clone();
    let at = crate::web::format_time(slot, &zone, TimeStyle::DateTime, t.lang());
    let letter = Letter {
        to: one.target.clone(),
        subject: report.title.clone(),
        text: t.tr2("paper-mail-text", report.title.as_str(), at.as_str()),
        file_name: report.file_name.clone(),
        file_kind: "application/pdf",
        file: report.bytes.clone(),
        id: letter_id(one),
    };
    mail::send(config, &secrets, &letter).map_err(|problem| match &problem {
        MailProblem::Settings(_) => Problem::new("mail-settings", problem),
        MailProblem::Unreachable(_) => Problem::new("mail-unreachable", problem),
        MailProblem::Refused(_) => Problem::new("mail-refused", problem),
    })
}

/// The same for every try of one delivery, and different for every other, without saying to whom it goes.
fn letter_id(one: &Delivery) -> String {
    let text = format!("{} {} {}", one.name, one.slot_at, one.target);
    let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    digest.as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
