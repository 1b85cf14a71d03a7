//! Sends heads of the chain, and entries where that is wanted, to a place that the center's own people cannot
//! change: a collector of logs, or another office. Off until an address is set.
//!
//! What is sent are lines of JSON: a head as in the anchor log, so that a file of what came is an anchor that
//! `pendopo audit verify --anchor` takes; entries as `pendopo audit export` writes them. An answer from 200 to
//! 299 means that they are kept there. What was not kept is sent again, so the other side may get a line twice.

use super::{
    anchor::{Reason, line},
    chain::SignedHead,
    export::line_of,
    sent::{self, Kind, Sent},
    store,
};
use crate::{
    app::App,
    jobs::fetcher::{AllowedNetworks, Secrets, provider::ProviderClient},
};
use anyhow::{Context, bail};
use axum::http::{Request, header};
use std::time::Duration;
use tokio::sync::watch;

/// Between two looks at the chain.
const TICK: Duration = Duration::from_secs(5);
/// Longest pause after failures.
const MOST_PAUSE: Duration = Duration::from_secs(300);
/// Entries in one request at most.
const BATCH: i64 = 500;
/// The named secret that is shown to the other side, where there is one.
pub const SECRET: &str = "audit";

/// Where heads and entries are sent.
#[derive(Debug, Clone, Default)]
pub struct OutwardConfig {
    /// Address for heads; `None`: nothing is sent.
    pub heads_url: Option<String>,
    /// Address for entries; `None`: they stay here.
    pub entries_url: Option<String>,
    /// Networks beyond public addresses in which the other side may be.
    pub allow_networks: AllowedNetworks,
}

impl OutwardConfig {
    /// What is sent and where.
    pub fn places(&self) -> Vec<(Kind, &str)> {
        let heads = self.heads_url.as_deref().map(|url| (Kind::Heads, url));
        let entries = self.entries_url.as_deref().map(|url| (Kind::Entries, url));
        [heads, entries].into_iter().flatten().collect()
    }
}

/// Sends what is new until `stopping` turns true.
pub async fn send_outward(app: App, mut stopping: watch::Receiver<bool>) {
    if app.config().audit.outward.places().is_empty() {
        return;
    }
    let mut pause = TICK;
    while !*stopping.borrow() {
        pause = match send_new(&app).await {
            Ok(()) => TICK,
            Err(error) => {
                metrics::counter!("pendopo_audit_send_failures_total").increment(1);
                tracing::error!(error = format!("{error:#}"), "the audit log could not be sent outward");
                (pause * 2).min(MOST_PAUSE)
            }
        };
        tokio::select! {
            changed = stopping.changed() => if changed.is_err() { break },
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Sends what the other side has not said that it keeps. What goes wrong is noted for `pendopo doctor`, and
/// hinders neither kind for the sake of the other.
///
/// # Errors
/// The first that went wrong.
pub async fn send_new(app: &App) -> anyhow::Result<()> {
    let mut first = Ok(());
    for (kind, url) in app.config().audit.outward.places() {
        let sent = send_kind(app, kind, url).await;
        let (now_ms, problem) =
            (app.clock().now().as_millisecond(), sent.as_ref().err().map(|e| format!("{e:#}")));
        let noted =
            app.blocking(move |db| db.write(|tx| sent::note_try(tx, kind, now_ms, problem.as_deref()))).await;
        first = first.and(sent).and(noted.map_err(anyhow::Error::from));
    }
    first
}

async fn send_kind(app: &App, kind: Kind, url: &str) -> anyhow::Result<()> {
    loop {
        let read = app
            .blocking(move |db| db.read(|reader| Ok((sent::read(reader, kind)?, store::read_head(reader)?))));
        let (sent, head) = read.await.map_err(anyhow::Error::from)?;
        let Some(head) = head else { return Ok(()) };
        let sent = sent.unwrap_or_default();
        // A chain that went back (a restore) is told, too: its head differs from the one that was sent.
        if (sent.number, sent.hash.as_str()) == (head.head.number, head.head.hash.to_string().as_str()) {
            return Ok(());
        }
        let (body, upto, whole) = match kind {
            Kind::Heads => (line(&head, Reason::Newest, &app.audit().public_key()), head.head.number, true),
            Kind::Entries => entries(app, &sent, &head).await?,
        };
        if !body.is_empty() {
            post(app, url, body).await?;
        }
        let hash = if whole { head.head.hash.to_string() } else { String::new() };
        let now_ms = app.clock().now().as_millisecond();
        app.blocking(move |db| db.write(|tx| sent::put(tx, kind, upto, &hash, now_ms)))
            .await
            .map_err(anyhow::Error::from)?;
        if whole {
            return Ok(());
        }
    }
}

/// The next entries as lines, up to which number they go, and whether that is the end of the chain.
async fn entries(app: &App, sent: &Sent, head: &SignedHead) -> anyhow::Result<(String, i64, bool)> {
    // Behind a chain that went back there is nothing to add; its head says so.
    let (after, last) = (sent.number, head.head.number);
    let upto = last.min(after + BATCH);
    let read = app.blocking(move |db| {
        db.read(|reader| {
            let mut lines = String::new();
            store::for_each_between(reader, after, upto, |entry| {
                lines.push_str(&line_of(entry));
                lines.push('\n');
                Ok(())
            })?;
            Ok(lines)
        })
    });
    Ok((read.await.map_err(anyhow::Error::from)?, upto, upto >= last))
}

async fn post(app: &App, url: &str, body: String) -> anyhow::Result<()> {
    let allowed = app.config().audit.outward.allow_networks.clone();
    let (vault, file) = (app.vault().clone(), app.config().secrets_file.clone());
    let stored =
        app.blocking(move |db| crate::vault::open_secrets(db, &vault)).await.map_err(anyhow::Error::from)?;
    let secrets = Secrets::load(stored, &file, std::env::vars())?;
    let mut request = Request::post(url).header(header::CONTENT_TYPE, "application/x-ndjson");
    if let Ok(secret) = secrets.get(SECRET) {
        request = request.header(header::AUTHORIZATION, format!("Bearer {secret}"));
    }
    let request = request
        .body(body.into_bytes())
        .context("audit.send_heads_to or audit.send_entries_to is not an address")?;
    let answer = ProviderClient::new(allowed)?.ask(request).await?;
    match answer.status().is_success() {
        true => Ok(()),
        false => bail!("the other side answered {}", answer.status()),
    }
}
