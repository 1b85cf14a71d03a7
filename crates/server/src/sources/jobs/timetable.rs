//! Reads the sources on their schedules while the program serves.

use super::{RunOptions, RunReport, begin, run_source};
use crate::{
    app::App,
    jobs::{
        breaker::{Circuit, circuit},
        fetcher::FetchProblem,
        schedule::{Due, Ran, Schedule},
    },
    packs::schema::SourceFile,
    sources::{problem::RunProblem, store},
};
use jiff::{SignedDuration, Timestamp};
use pendopo_figures::{DbError, Reader, list_sources};
use pendopo_vocab::Author;
use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    sync::{Semaphore, watch},
    task::JoinSet,
};

/// Between two looks at the clock.
const TICK: Duration = Duration::from_secs(1);
/// Between two starts of one source; a slot that could not be stored is not tried again at every tick.
const SHORTEST_PAUSE: Duration = Duration::from_secs(10);
/// Runs that are storing their figures when the program is told to stop get this long.
const FAREWELL: Duration = Duration::from_secs(60);

/// A source with a schedule.
struct Entry {
    source_id: i64,
    code: String,
    schedule: Schedule,
    every: SignedDuration,
    ran: Ran,
    last_start: Option<Instant>,
    busy: bool,
}

/// A scheduled run has ended.
struct Ended {
    source_id: i64,
    slot: Option<Timestamp>,
    /// Its slot counts as run; not when the program cut it short.
    counts: bool,
}

/// Closes the runs that an earlier process left behind. Before anybody can ask for a run: to tell whether one is
/// dead its source is locked for a moment, and whoever sends rows meanwhile would be sent away.
pub async fn close_left_behind(app: &App) {
    let now_ms = app.clock().now().as_millisecond();
    let folder = app.config().data_folder.clone();
    match app.blocking(move |db| begin::close_orphans(db, &folder, now_ms)).await {
        Ok(0) => {}
        Ok(closed) => tracing::warn!(closed, "closed runs that an earlier process left behind"),
        Err(error) => tracing::error!(%error, "cannot close interrupted runs"),
    }
}

/// Reads the sources on their schedules until `stopping` turns true; then ends what is being fetched
/// and waits for what is being stored.
pub async fn run_schedule(app: App, mut stopping: watch::Receiver<bool>) {
    let mut timetable = Timetable::new(app);
    while !*stopping.borrow() {
        if timetable.app.config().runs.scheduled {
            timetable.tick().await;
        }
        tokio::select! {
            changed = stopping.changed() => if changed.is_err() { break },
            Some(ended) = timetable.runs.join_next(), if !timetable.runs.is_empty() => timetable.end(ended).await,
            () = tokio::time::sleep(TICK) => {}
        }
    }
    timetable.farewell().await;
}

pub(super) struct Timetable {
    app: App,
    places: Arc<Semaphore>,
    entries: HashMap<i64, Entry>,
    /// The newest application of a pack that the entries know of.
    seen_change: Option<i64>,
    runs: JoinSet<Ended>,
}

impl Timetable {
    pub(super) fn new(app: App) -> Timetable {
        Timetable {
            places: Arc::new(Semaphore::new(app.config().runs.at_once)),
            entries: HashMap::new(),
            seen_change: None,
            runs: JoinSet::new(),
            app,
        }
    }

    /// Waits for the end of what is running; gives how many runs that were.
    #[cfg(test)]
    pub(super) async fn end_all(&mut self) -> usize {
        let mut ended = 0;
        while let Some(run) = self.runs.join_next().await {
            self.end(run).await;
            ended += 1;
        }
        ended
    }

    /// Starts what is due and has a place.
    pub(super) async fn tick(&mut self) {
        self.follow_pack().await;
        let now = self.app.clock().now();
        let due: Vec<(i64, Due)> = self
            .entries
            .values()
            .filter(|entry| !entry.busy && entry.last_start.is_none_or(|at| at.elapsed() >= SHORTEST_PAUSE))
            .filter_map(|entry| {
                let waited = entry.last_start.map(|at| at.elapsed());
                Some((entry.source_id, entry.schedule.due(&entry.ran, now, waited)?))
            })
            .collect();
        for (source_id, due) in due {
            // Whoever finds no place is still due at the next tick.
            let Ok(place) = self.places.clone().try_acquire_owned() else { return };
            let slot = match due {
                Due::Slot(slot) => Some(slot),
                Due::Overdue => None,
            };
            let state = self.circuit_of(source_id, now).await;
            let Some(entry) = self.entries.get_mut(&source_id) else { continue };
            entry.last_start = Some(Instant::now());
            if let Circuit::Open { until } = state {
                tracing::debug!(source = entry.code, %until, "left in peace after several failures");
                if let Some(slot) = slot {
                    entry.schedule.mark(&mut entry.ran, slot);
                }
                continue;
            }
            entry.busy = true;
            let (app, code) = (self.app.clone(), entry.code.clone());
            let options = RunOptions {
                author: Author::scheduler(),
                trigger: "schedule",
                probe: state == Circuit::HalfOpen,
                ..RunOptions::default()
            };
            self.runs.spawn(async move {
                let outcome = run_source(&app, &code, &options).await;
                drop(place);
                Ended { source_id, slot, counts: counts(&code, outcome) }
            });
        }
    }

    async fn circuit_of(&self, source_id: i64, now: Timestamp) -> Circuit {
        let every = self.entries.get(&source_id).map_or(SignedDuration::ZERO, |entry| entry.every);
        match self.app.blocking(move |db| db.read(|reader| store::read_past(reader, source_id))).await {
            Ok(past) => circuit(past.failures, past.last_failure, every, now),
            // The run itself will meet the same trouble and say so.
            Err(_) => Circuit::Closed,
        }
    }

    async fn end(&mut self, ended: Result<Ended, tokio::task::JoinError>) {
        let ended = match ended {
            Ok(ended) => ended,
            Err(error) => {
                tracing::error!(%error, "a scheduled run broke off");
                // Which one is unknown: all are looked at again, and single flight keeps order.
                self.entries.values_mut().for_each(|entry| entry.busy = false);
                return;
            }
        };
        let Some(entry) = self.entries.get_mut(&ended.source_id) else { return };
        entry.busy = false;
        let (Some(slot), true) = (ended.slot, ended.counts) else { return };
        entry.schedule.mark(&mut entry.ran, slot);
        let (source_id, ran) = (ended.source_id, entry.ran.clone());
        let kept = self.app.blocking(move |db| db.write(|tx| store::put_ran(tx, source_id, &ran))).await;
        if let Err(error) = kept {
            tracing::warn!(source_id, %error, "cannot remember that the slot has run");
        }
    }

    /// Takes over sources and schedules after a pack was applied.
    async fn follow_pack(&mut self) {
        let zone = self.app.identity().time_zone.clone();
        let seen = self.seen_change;
        let read = move |reader: &mut Reader<'_>| -> Result<Option<(i64, Vec<Entry>)>, DbError> {
            let newest =
                reader.query_one("select coalesce(max(pack_change_id), 0) from pack_change", &[], |row| {
                    row.get(0)
                })?;
            if seen == Some(newest) {
                return Ok(None);
            }
            let mut entries = Vec::new();
            for stored in list_sources(reader)?.into_iter().filter(|source| source.retired_at.is_none()) {
                let Ok(source) = serde_json::from_str::<SourceFile>(&stored.row.definition) else { continue };
                let Some(text) = source.schedule else { continue };
                match Schedule::parse(&text, zone.clone(), &stored.row.code) {
                    Ok(schedule) => {
                        let entry = Entry {
                            source_id: stored.id,
                            code: stored.row.code,
                            schedule,
                            every: SignedDuration::from_secs(stored.row.fresh_every_secs),
                            ran: store::read_ran(reader, stored.id)?,
                            last_start: None,
                            busy: false,
                        };
                        entries.push(entry);
                    }
                    Err(error) => tracing::error!(source = stored.row.code, %error, "not scheduled"),
                }
            }
            Ok(Some((newest, entries)))
        };
        match self.app.blocking(move |db| db.read(read)).await {
            Ok(None) => {}
            Ok(Some((newest, entries))) => {
                self.seen_change = Some(newest);
                let mut old = std::mem::take(&mut self.entries);
                for mut entry in entries {
                    if let Some(known) = old.remove(&entry.source_id) {
                        entry.busy = known.busy;
                        entry.last_start = known.last_start;
                        entry.ran = known.ran;
                    }
                    self.entries.insert(entry.source_id, entry);
                }
            }
            Err(error) => tracing::warn!(%error, "cannot read the schedules"),
        }
    }

    /// Ends what can be ended at once and waits for the rest, runs begun by hand included.
    async fn farewell(mut self) {
        let until = Instant::now() + FAREWELL;
        loop {
            for (run_id, _) in self.app.progress().all() {
                self.app.progress().cancel(run_id);
            }
            if self.app.progress().all().is_empty() && self.runs.is_empty() {
                return;
            }
            if Instant::now() >= until {
                tracing::error!("a run does not end; leaving it behind unfinished");
                return;
            }
            tokio::select! {
                Some(ended) = self.runs.join_next(), if !self.runs.is_empty() => self.end(ended).await,
                () = tokio::time::sleep(Duration::from_millis(20)) => {}
            }
        }
    }
}

/// Whether the slot counts as run.
fn counts(code: &str, outcome: anyhow::Result<RunReport>) -> bool {
    match outcome {
        Ok(report) => !matches!(
            report.problem,
            Some(RunProblem::Fetch(FetchProblem::Cancelled) | RunProblem::Storage { .. })
        ),
        Err(error) => {
            // Somebody reads it by hand right now, or another replica does: that is this slot's run.
            tracing::info!(source = code, %error, "not read now");
            true
        }
    }
}
