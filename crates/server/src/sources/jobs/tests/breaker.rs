//! A service that keeps failing is left alone by the timetable, then asked once, carefully.

use super::{super::timetable::Timetable, *};

/// What one look at the clock sets off, by a timetable that was started just now.
async fn look(center: &Center) -> usize {
    let mut timetable = Timetable::new(center.app.clone());
    timetable.tick().await;
    timetable.end_all().await
}

#[tokio::test]
async fn the_timetable_leaves_a_failing_source_alone_and_probes_once() {
    let mode = Arc::new(AtomicI64::new(404));
    let service = moody(mode.clone()).await;
    let scheduled =
        json_source(service.port).replace("[connection]", "schedule = \"* * * * *\"\n[connection]");
    let center = Center::sqlite(&scheduled);
    let wait = |secs| center.clock.0.fetch_add(secs, Ordering::SeqCst);
    // Five slots, five failures, each asked for by the timetable.
    for nth in 1..=5 {
        assert_eq!(look(&center).await, 1, "slot {nth}");
        wait(60);
    }
    assert_eq!((service.hits(), center.runs().len()), (5, 5));
    // The pause is at most one minute now and doubles with every further failure. Within it the slots pass
    // by without a question to the service and without an entry in the ledger.
    assert_eq!(look(&center).await, 1, "the first probe");
    for _ in 0..2 {
        wait(50);
        assert_eq!(look(&center).await, 0);
    }
    assert_eq!((service.hits(), center.runs().len()), (6, 6));
    // A probe asks once where a usual run would ask four times.
    mode.store(503, Ordering::SeqCst);
    wait(60);
    assert_eq!(look(&center).await, 1, "the second probe");
    assert_eq!((service.hits(), center.runs().len()), (7, 7));
    // It answers again: as usual from the next slot on.
    mode.store(200, Ordering::SeqCst);
    wait(600);
    assert_eq!(look(&center).await, 1);
    assert_eq!(center.health().state, FreshnessState::Fresh);
    wait(60);
    assert_eq!(look(&center).await, 1);
    assert_eq!((service.hits(), center.health().facts.failures), (9, 0));
}
