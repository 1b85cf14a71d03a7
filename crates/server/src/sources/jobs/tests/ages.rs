//! Old data are told from old answers, through the price service of the samples and its real mishap.

use super::*;
use jiff::SignedDuration;
use pendopo_sample::{
    mishaps::Mishaps,
    model::Model,
    secrets::Secrets,
    services::{World, router},
};

/// 24 November 2026, 15.00 WIB.
const START: i64 = 1_795_507_200;

/// The ten services on a port, with the center's clock; in the first round of seed 34 prices are late.
async fn services(clock: Arc<HandClock>) -> u16 {
    let world = World {
        model: Model::new("33.16".parse().unwrap(), 34).unwrap(),
        mishaps: Mishaps::new(34, clock.now(), false),
        secrets: Secrets::generate(),
        clock,
    };
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, router(Arc::new(world))).await });
    port
}

fn prices(port: u16, promise: &str) -> String {
    format!(
        r#"code = "gizi"
name = "Harga pangan"
agency = "dinkes"
fresh_every = "15 minutes"
{promise}
allow_networks = ["127.0.0.1/32"]

[connection]
kind = "json"
rows = "data"

[connection.location]
url = "http://127.0.0.1:{port}/hargapangan/WebSite/TabelHarga/GetGridDataDaerah"

[mapping]
number_format = "english"

[mapping.region]
fixed = "33.16"

[mapping.period]
header = true
format = "day_first"

[[mapping.value]]
indicator = "gizi-buruk"
when = [{{ column = "name", is = ["Beras Medium"] }}]
"#
    )
}

#[tokio::test]
async fn prices_with_old_dates_are_not_fresh() {
    let daily = INDICATORS.replace("\"month\"", "\"day\"").replace("\"village\"", "\"regency\"");
    let mut center = Center::sqlite(&source(FILE, "", ""));
    center.clock.0.store(START, Ordering::SeqCst);
    center.texts.insert("indicators/kesehatan.toml".to_owned(), daily);
    let port = services(center.clock.clone()).await;
    center.change_source(&prices(port, "period_within = \"3 days\""));
    let report = center.run().await;
    assert_eq!((report.verdict, center.health().state), (RunVerdict::Done, FreshnessState::Fresh));
    let newest = |center: &Center| center.health().facts.news.newest.unwrap().period.first_day();
    let today = newest(&center);
    assert!(today >= jiff::civil::date(2026, 11, 22), "{today}");
    let brought = center.health().facts.news.brought_at;

    // Five minutes on, the service repeats the table of nine days ago. The run is good; the data are not.
    center.clock.0.store(START + 300, Ordering::SeqCst);
    let report = center.run().await;
    assert!(matches!(report.verdict, RunVerdict::Done | RunVerdict::Unchanged), "{report:?}");
    assert_eq!(center.health().state, FreshnessState::Stale);
    // Nine days, or a little more where the market had no price that day.
    let day = newest(&center).day();
    assert!((12..=15).contains(&day), "{day}");
    let age = 24 - day;
    let (id, en) = (center.said(Lang::Id), center.said(Lang::En));
    let old = format!("data terbaru {day} Nov 2026, {age} hari lalu; janjinya 3 hari.");
    for part in ["Basi sejak", old.as_str(), "Dinkes (Subbag Data)"] {
        assert!(id.contains(part), "{id}");
    }
    let old = format!("newest data {day} Nov 2026, {age} days ago; promised within 3 days.");
    assert!(en.contains(&old), "{en}");
    let health = center.health();
    let due = health.facts.news.newest.unwrap().until + SignedDuration::from_hours(72);
    assert_eq!(health.ill_since, Some(due));

    // Without the promise only the answers are watched.
    center.change_source(&prices(port, ""));
    assert_eq!(center.health().state, FreshnessState::Fresh);
    center.change_source(&prices(port, "period_within = \"10 days\""));
    assert_eq!(center.health().state, FreshnessState::Fresh);

    // The mishap ends, and the next run makes the source fresh again.
    center.change_source(&prices(port, "period_within = \"3 days\""));
    center.clock.0.store(START + 1_200, Ordering::SeqCst);
    center.run().await;
    assert_eq!((newest(&center), center.health().state), (today, FreshnessState::Fresh));
    assert!(brought.is_some() && center.health().facts.news.brought_at >= brought);
}

#[tokio::test]
async fn a_file_that_nobody_replaces_grows_old() {
    let center = Center::sqlite(&source(FILE, "", "period_within = \"35 days\""));
    // September's figures on 30 October.
    center.clock.0.store(1_793_340_000, Ordering::SeqCst);
    center.write("gizi.csv", &csv_text(&good_rows(1)));
    center.run().await;
    assert_eq!(center.health().state, FreshnessState::Fresh);
    let brought = center.health().facts.news.brought_at;
    for (days, want) in [(10, FreshnessState::Late), (50, FreshnessState::Stale)] {
        center.clock.0.fetch_add(days * 86_400, Ordering::SeqCst);
        assert_eq!(center.run().await.verdict, RunVerdict::Unchanged);
        assert_eq!(center.health().state, want, "{}", center.said(Lang::Id));
    }
    assert_eq!(center.health().facts.news.brought_at, brought, "nothing new since");
}
