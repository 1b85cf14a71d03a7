//! How a source keeps its promise, in a word and in a sentence. Pure.

use super::{
    news::{News, say_age},
    problem::RunProblem,
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use pendopo_vocab::{FreshnessPromise, FreshnessState, Lang, SourceHistory};

/// What is known of a source.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SourceFacts {
    /// When the last good run ended.
    pub last_good: Option<Timestamp>,
    /// Runs since then that came to nothing through the service's fault.
    pub failures: u32,
    /// When the first of them ended.
    pub failing_since: Option<Timestamp>,
    /// When the last of them ended.
    pub last_failure: Option<Timestamp>,
    /// Why the last run came to nothing.
    pub problem: Option<RunProblem>,
    /// How new its data are.
    pub news: News,
    /// When it is read next.
    pub next_start: Option<Timestamp>,
    /// Short name of the agency.
    pub agency: String,
    /// Whom to call there.
    pub contact: Option<String>,
}

/// The state of a source.
pub fn state(facts: &SourceFacts, promise: FreshnessPromise, now: Timestamp) -> FreshnessState {
    promise.state(&history(facts), now)
}

fn history(facts: &SourceFacts) -> SourceHistory {
    let is = |test: fn(&RunProblem) -> bool| facts.problem.as_ref().is_some_and(test);
    SourceHistory {
        last_good: facts.last_good,
        failures_since: facts.failures,
        blocked: is(RunProblem::is_block),
        changed: is(RunProblem::is_change),
        newest_until: facts.news.newest.map(|newest| newest.until),
    }
}

/// Whether the source is as ill as it is because its data are old, though it was read as promised.
fn only_old(facts: &SourceFacts, promise: FreshnessPromise, now: Timestamp) -> bool {
    let answering = FreshnessPromise { period_within_secs: None, ..promise };
    state(facts, promise, now) < state(facts, answering, now)
}

/// Since when the source is not as promised.
pub fn ill_since(facts: &SourceFacts, promise: FreshnessPromise, now: Timestamp) -> Option<Timestamp> {
    match state(facts, promise, now) {
        FreshnessState::Fresh | FreshnessState::Waiting => None,
        FreshnessState::Late | FreshnessState::Stale if only_old(facts, promise, now) => {
            let (newest, within) = facts.news.newest.zip(promise.period_within_secs)?;
            Some(newest.until + SignedDuration::from_secs(within))
        }
        FreshnessState::Late | FreshnessState::Stale => {
            let due = facts.last_good.map(|at| at + SignedDuration::from_secs(promise.every_secs));
            due.or(facts.failing_since)
        }
        FreshnessState::Changed | FreshnessState::Blocked | FreshnessState::Down => facts.failing_since,
    }
}

/// What is wrong, since when, and who must act; or that all is well.
pub fn sentence(
    facts: &SourceFacts,
    promise: FreshnessPromise,
    lang: Lang,
    now: Timestamp,
    zone: &TimeZone,
) -> String {
    let state = state(facts, promise, now);
    let say = |id: String, en: String| match lang {
        Lang::Id => id,
        Lang::En => en,
    };
    let since =
        ill_since(facts, promise, now).map_or_else(|| "?".to_owned(), |at| moment(at, lang, now, zone));
    // "Since 18:10", but "last data at 18:10".
    let since = since.trim_start_matches("at ").to_owned();
    let last = facts.last_good.map(|at| moment(at, lang, now, zone));
    let every = span(promise.every_secs, lang);
    let count = facts.failures;
    let old = facts.news.newest.zip(promise.period_within_secs).filter(|_| only_old(facts, promise, now));
    let old = old.map(|(newest, within)| say_age(newest, &span(within, lang), lang, now, zone));
    let first = match state {
        FreshnessState::Late if let Some(old) = &old => {
            say(format!("Terlambat: {old}"), format!("Late: {old}"))
        }
        FreshnessState::Stale if let Some(old) = &old => {
            say(format!("Basi sejak {since}: {old}"), format!("Stale since {since}: {old}"))
        }
        FreshnessState::Fresh => {
            let last = last.unwrap_or_default();
            say(format!("Segar: data terakhir {last}."), format!("Fresh: last data {last}."))
        }
        FreshnessState::Waiting => match facts.next_start {
            Some(at) => {
                let at = moment(at, lang, now, zone);
                say(format!("Belum pernah ditarik; dijadwalkan {at}."), format!("Not read yet; due {at}."))
            }
            None => say(
                "Belum pernah ditarik; tarik dengan tangan.".to_owned(),
                "Not read yet; read it by hand.".to_owned(),
            ),
        },
        FreshnessState::Late => match last {
            Some(last) => say(
                format!("Terlambat: data terakhir {last}, dijanjikan setiap {every}."),
                format!("Late: last data {last}, promised every {every}."),
            ),
            None => say(
                "Penarikan pertama belum berhasil.".to_owned(),
                "The first run has not succeeded yet.".to_owned(),
            ),
        },
        FreshnessState::Stale => {
            let last = last.unwrap_or_default();
            say(
                format!("Basi sejak {since}: data terakhir {last}, dijanjikan setiap {every}."),
                format!("Stale since {since}: last data {last}, promised every {every}."),
            )
        }
        FreshnessState::Down => say(
            format!("Mati sejak {since}: {count} penarikan berturut-turut gagal."),
            format!("Down since {since}: {count} runs in a row failed."),
        ),
        FreshnessState::Blocked => {
            say(format!("Ditolak layanan sejak {since}."), format!("Kept out by the service since {since}."))
        }
        FreshnessState::Changed => say(
            format!("Bentuk data berubah sejak {since}; angkanya ditahan."),
            format!("The form of the data has changed since {since}; its figures are held back."),
        ),
    };
    if matches!(state, FreshnessState::Waiting) || (state == FreshnessState::Fresh && facts.problem.is_none())
    {
        return first;
    }
    let why = facts.problem.as_ref().map(|problem| match (state, lang) {
        (FreshnessState::Fresh, Lang::Id) => format!(" Penarikan terakhir gagal: {}", problem.sentence(lang)),
        (FreshnessState::Fresh, Lang::En) => format!(" The last run failed: {}", problem.sentence(lang)),
        _ => format!(" {}", problem.sentence(lang)),
    });
    format!("{first}{} {}", why.unwrap_or_default(), who(facts, lang))
}

/// Who must act.
fn who(facts: &SourceFacts, lang: Lang) -> String {
    let agency = match &facts.contact {
        Some(contact) => format!("{} ({contact})", facts.agency),
        None => facts.agency.clone(),
    };
    let ours = facts.problem.as_ref().is_some_and(RunProblem::is_ours);
    let both = facts.problem.as_ref().is_some_and(RunProblem::is_change);
    match (lang, ours, both) {
        (Lang::Id, true, _) => "Yang bertindak: pengelola pusat komando.".to_owned(),
        (Lang::En, true, _) => "To act: the center's own staff.".to_owned(),
        (Lang::Id, _, true) => {
            format!("Yang bertindak: {agency}, lalu pengelola pusat komando bila perubahan itu tetap.")
        }
        (Lang::En, _, true) => {
            format!("To act: {agency}, then the center's own staff if the change is to stay.")
        }
        (Lang::Id, ..) => format!("Yang bertindak: {agency}."),
        (Lang::En, ..) => format!("To act: {agency}."),
    }
}

const MONTHS_ID: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des"];
const MONTHS_EN: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A moment for people: the time alone today, else with its date.
fn moment(at: Timestamp, lang: Lang, now: Timestamp, zone: &TimeZone) -> String {
    let (at, now) = (zone.to_datetime(at), zone.to_datetime(now));
    let mark = if lang == Lang::Id { '.' } else { ':' };
    let time = format!("{:02}{mark}{:02}", at.hour(), at.minute());
    if at.date() == now.date() {
        return match lang {
            Lang::Id => format!("pukul {time}"),
            Lang::En => format!("at {time}"),
        };
    }
    let names = if lang == Lang::Id { MONTHS_ID } else { MONTHS_EN };
    let month = names[usize::from(at.month().unsigned_abs().clamp(1, 12)) - 1];
    format!("{} {month} {} {time}", at.day(), at.year())
}

/// A length of time for people, in its largest whole unit.
pub fn span(secs: i64, lang: Lang) -> String {
    let (count, id, en) = match secs {
        secs if secs >= 86_400 && secs % 86_400 == 0 => (secs / 86_400, "hari", "day"),
        secs if secs >= 3_600 && secs % 3_600 == 0 => (secs / 3_600, "jam", "hour"),
        secs if secs >= 60 && secs % 60 == 0 => (secs / 60, "menit", "minute"),
        secs => (secs, "detik", "second"),
    };
    match (lang, count) {
        (Lang::Id, count) => format!("{count} {id}"),
        (Lang::En, 1) => en.to_owned(),
        (Lang::En, count) => format!("{count} {en}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::fetcher::{FetchProblem, Phase};
    use pendopo_connectors::{AnswerProblem, Drift, MissingColumn};

    const PROMISE: FreshnessPromise =
        FreshnessPromise { every_secs: 3_600, grace_secs: 1_800, period_within_secs: None };

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + secs).unwrap()
    }

    fn check(facts: SourceFacts, now: i64, want: FreshnessState, id: &[&str], en: &[&str]) {
        let facts =
            SourceFacts { agency: "Dinkes".into(), contact: Some("Subbag Data 0296-1".into()), ..facts };
        let zone = TimeZone::get("Asia/Jakarta").unwrap();
        assert_eq!(state(&facts, PROMISE, at(now)), want);
        for (lang, parts) in [(Lang::Id, id), (Lang::En, en)] {
            let said = sentence(&facts, PROMISE, lang, at(now), &zone);
            for part in parts {
                assert!(said.contains(part), "{part:?} in {said:?}");
            }
        }
    }

    #[test]
    fn each_state_says_what_since_when_and_who() {
        let good = SourceFacts { last_good: Some(at(0)), ..SourceFacts::default() };
        let failing = |count, problem| SourceFacts {
            failures: count,
            failing_since: Some(at(600)),
            last_failure: Some(at(900)),
            problem: Some(problem),
            ..good.clone()
        };
        check(good.clone(), 60, FreshnessState::Fresh, &["Segar", "pukul"], &["Fresh"]);
        check(SourceFacts::default(), 0, FreshnessState::Waiting, &["Belum pernah"], &["Not read yet"]);
        check(
            good.clone(),
            4_000,
            FreshnessState::Late,
            &["Terlambat", "1 jam", "Dinkes (Subbag"],
            &["Late", "every hour"],
        );
        check(
            good.clone(),
            9_000,
            FreshnessState::Stale,
            &["Basi sejak", "Yang bertindak: Dinkes"],
            &["Stale since", "To act: Dinkes"],
        );
        let slow = RunProblem::Fetch(FetchProblem::TimedOut { phase: Phase::Idle, after_millis: 20_000 });
        check(
            failing(1, slow.clone()),
            1_000,
            FreshnessState::Fresh,
            &["Penarikan terakhir gagal", "20 detik"],
            &["The last run failed"],
        );
        check(
            failing(3, slow),
            1_000,
            FreshnessState::Down,
            &["Mati sejak", "3 penarikan", "20 detik"],
            &["Down since", "3 runs"],
        );
        let wall = RunProblem::Fetch(FetchProblem::Blocked { status: 403, url: "http://x/".into() });
        check(
            failing(1, wall),
            1_000,
            FreshnessState::Blocked,
            &["Ditolak layanan sejak", "403"],
            &["Kept out", "403"],
        );
        let drift = Drift {
            missing: vec![MissingColumn { column: "prevalensi".into(), likely: Some("prev_persen".into()) }],
            ..Drift::default()
        };
        let changed = RunProblem::Answer(AnswerProblem::Changed(drift));
        check(
            failing(1, changed),
            1_000,
            FreshnessState::Changed,
            &["prevalensi", "prev_persen", "lalu pengelola"],
            &["held back", "prevalensi"],
        );
        let secret = RunProblem::Fetch(FetchProblem::NoSecret { name: "token".into() });
        check(
            failing(3, secret),
            1_000,
            FreshnessState::Down,
            &["Yang bertindak: pengelola"],
            &["the center's own staff"],
        );
    }

    #[test]
    fn problems_survive_storage() {
        let problems = [
            RunProblem::Fetch(FetchProblem::Cancelled),
            RunProblem::Answer(AnswerProblem::Empty),
            RunProblem::TooManyRefused { refused: 5, total: 10, percent: 10.0 },
            RunProblem::Storage { detail: "disk is full".into() },
            RunProblem::Interrupted,
        ];
        for problem in problems {
            assert_eq!(RunProblem::from_json(&problem.to_json()), Some(problem));
        }
        assert_eq!(RunProblem::from_json("{\"other\":1}"), None);
    }
}
