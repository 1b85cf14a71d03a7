//! Appends entries to the chain: in the caller's transaction, or in batches by one writer of its own.

use super::{
    anchor::{Anchor, Reason},
    chain::{Head, SignedHead},
    entry::{Action, Actor, Entry},
    once::{Every, Once},
    outward::OutwardConfig,
    signed::{is_signed, public_key, sign},
    store,
};
use crate::vault::Vault;
use pendopo_figures::{Db, DbError, Tx};
use pendopo_vocab::Clock;
use std::{
    io,
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

/// Entries that wait to be written at most; more are counted and lost.
const QUEUE: usize = 20_000;
/// Entries written in one transaction at most.
const BATCH: usize = 500;
/// An entry waits for others at most this long.
const PATIENCE: Duration = Duration::from_millis(200);
/// After a failed write.
const PAUSE: Duration = Duration::from_millis(500);
/// Tries to write the rest when the program stops.
const LAST_TRIES: usize = 10;
/// After a transaction of somebody else appended an entry, its end is looked for this long.
const FOLLOW: Duration = Duration::from_secs(120);

/// Settings of the audit log.
#[derive(Debug, Clone)]
pub struct AuditConfig {
    /// File to which heads are appended.
    pub anchor_file: PathBuf,
    /// Entries after which a head is anchored at the latest.
    pub anchor_entries: i64,
    /// Where heads and entries are sent, if anywhere.
    pub outward: OutwardConfig,
}

/// The audit log of a center. Cheap to clone; the last clone to go writes what still waits.
#[derive(Clone)]
pub struct Audit(Arc<Handle>);

struct Handle {
    ledger: Arc<Ledger>,
    writer: Mutex<Writer>,
    once: Once,
}

/// The one writer of entries that have no transaction of their own, started with the first of them.
enum Writer {
    NotStarted,
    Running(SyncSender<Message>, JoinHandle<()>),
    Closed,
}

enum Message {
    /// To be written.
    Entry(i64, Entry),
    /// Somebody's transaction has appended this number and may commit it soon.
    Appended(i64),
}

struct Ledger {
    db: Db,
    clock: Arc<dyn Clock>,
    vault: Vault,
    anchor: Anchor,
    anchor_entries: i64,
    /// Entries that did not fit into the queue and are not yet recorded as lost.
    lost: AtomicU64,
    /// The head this process signed last; need not be checked again.
    own: Mutex<Option<SignedHead>>,
    /// Set when no more entries come.
    closing: AtomicBool,
    /// What is known of the heads kept outside; `None` before they were first looked at.
    kept: Mutex<Option<Kept>>,
}

/// What is known of the heads kept outside, by the numbers of their entries.
#[derive(Debug, Clone, Copy)]
struct Kept {
    /// The newest, in the file of its own.
    newest: i64,
    /// The last in the anchor log.
    anchored: i64,
    /// The chain must reach this far, or its end was cut off.
    witnessed: i64,
}

impl Audit {
    /// The log of a center.
    pub fn new(db: Db, clock: Arc<dyn Clock>, vault: Vault, config: &AuditConfig) -> Audit {
        let ledger = Ledger {
            db,
            clock,
            vault,
            anchor: Anchor::File(config.anchor_file.clone()),
            anchor_entries: config.anchor_entries.max(1),
            lost: AtomicU64::new(0),
            own: Mutex::default(),
            closing: AtomicBool::new(false),
            kept: Mutex::default(),
        };
        Audit(Arc::new(Handle {
            ledger: Arc::new(ledger),
            writer: Mutex::new(Writer::NotStarted),
            once: Once::default(),
        }))
    }

    /// Records an entry in the caller's transaction: it is kept exactly if the change is. Gives its number.
    ///
    /// # Errors
    /// The database's; the caller gives its change up with it.
    pub fn record(&self, tx: &mut Tx<'_>, entry: &Entry) -> Result<i64, DbError> {
        let ledger = &self.0.ledger;
        let number = ledger.append(tx, &[(ledger.now_ms(), entry.clone())])?;
        self.send(Message::Appended(number));
        Ok(number)
    }

    /// Records an entry now, in a transaction of its own. Gives its number.
    ///
    /// # Errors
    /// The database's.
    pub fn record_now(&self, entry: &Entry) -> Result<i64, DbError> {
        self.0.ledger.db.write(|tx| self.record(tx, entry))
    }

    /// Hands an entry to the writer and returns at once. It is written within a fifth of a second; what
    /// does not fit into the queue is counted, and the count is recorded.
    pub fn queue(&self, entry: Entry) {
        let at_ms = self.0.ledger.now_ms();
        if !self.send(Message::Entry(at_ms, entry)) {
            self.0.ledger.lost.fetch_add(1, Ordering::Relaxed);
            metrics::counter!("pendopo_audit_entries_lost_total").increment(1);
        }
    }

    /// [`Audit::queue`] for what happens again and again: only the first with this key in an hour or minute.
    pub fn queue_once(&self, every: Every, key: &str, entry: Entry) {
        if let Some(entry) = self.0.once.first(every, key, self.0.ledger.now_ms(), entry) {
            self.queue(entry);
        }
    }

    /// Writes the head to the anchor log. `None` while there are no entries.
    ///
    /// # Errors
    /// The database's or the file system's.
    pub fn anchor(&self, why: Reason) -> anyhow::Result<Option<Head>> {
        let ledger = &self.0.ledger;
        let Some(signed) = ledger.db.read(store::read_head)? else { return Ok(None) };
        ledger.keep_anchor(&signed, why)?;
        ledger.keep_newest(&signed)?;
        Ok(Some(signed.head))
    }

    /// Where heads are anchored.
    pub fn anchor_place(&self) -> &Anchor {
        &self.0.ledger.anchor
    }

    /// The key with which heads can be checked.
    pub fn public_key(&self) -> [u8; 32] {
        public_key(&self.0.ledger.vault)
    }

    /// Writes what still waits and ends the writer. Blocks; later entries of the queue count as lost.
    pub fn close(&self) {
        self.0.close();
    }

    /// False when the queue is full or closed.
    fn send(&self, message: Message) -> bool {
        let mut writer = lock(&self.0.writer);
        if matches!(*writer, Writer::NotStarted) {
            *writer = start_writer(&self.0.ledger);
        }
        match &*writer {
            Writer::Running(sender, _) => match sender.try_send(message) {
                Ok(()) => true,
                Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => false,
            },
            Writer::NotStarted | Writer::Closed => false,
        }
    }
}

fn start_writer(ledger: &Arc<Ledger>) -> Writer {
    let (sender, receiver) = sync_channel(QUEUE);
    let ledger = ledger.clone();
    let started =
        std::thread::Builder::new().name("audit".to_owned()).spawn(move || write_batches(&ledger, &receiver));
    match started {
        Ok(thread) => Writer::Running(sender, thread),
        Err(error) => {
            tracing::error!(%error, "the writer of the audit log cannot start");
            Writer::NotStarted
        }
    }
}

impl Handle {
    fn close(&self) {
        let writer = std::mem::replace(&mut *lock(&self.writer), Writer::Closed);
        let Writer::Running(sender, thread) = writer else { return };
        self.ledger.closing.store(true, Ordering::Release);
        // Without a sender the writer sees the end of its queue once it is empty.
        drop(sender);
        if thread.join().is_err() {
            tracing::error!("the writer of the audit log has failed");
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.close();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What these locks guard is replaced as a whole: a panic leaves nothing by halves.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Collects entries and writes them in batches, until the queue is closed and empty.
fn write_batches(ledger: &Ledger, queue: &Receiver<Message>) {
    let mut waiting: Vec<(i64, Entry)> = Vec::new();
    // A number that somebody's open transaction has appended, and until when it is looked for.
    let mut expected: Option<(i64, Instant)> = None;
    let (mut open, mut failures) = (true, 0);
    while open || !waiting.is_empty() {
        open = collect(queue, &mut waiting, &mut expected);
        match ledger.write(&mut waiting) {
            Ok(true) => failures = 0,
            Ok(false) if expected.is_none() => continue,
            Ok(false) => {}
            Err(error) => {
                failures += 1;
                tracing::error!(%error, waiting = waiting.len(), "cannot write to the audit log; trying again");
                if ledger.closing.load(Ordering::Acquire) && failures >= LAST_TRIES {
                    tracing::error!(
                        lost = waiting.len() + queue.try_iter().count(),
                        "entries of the audit log are lost"
                    );
                    return;
                }
                std::thread::sleep(PAUSE);
                continue;
            }
        }
        let seen = ledger.follow_head();
        expected = expected.filter(|(number, until)| open && seen < *number && Instant::now() < *until);
    }
    ledger.follow_head();
}

/// Takes from the queue for as long as an entry may wait, or until a batch is full; sleeps while there is
/// nothing to do. False once the queue is closed and empty.
fn collect(
    queue: &Receiver<Message>,
    waiting: &mut Vec<(i64, Entry)>,
    expected: &mut Option<(i64, Instant)>,
) -> bool {
    let idle = waiting.is_empty() && expected.is_none();
    let mut next = match idle {
        true => queue.recv().map_err(|_| RecvTimeoutError::Disconnected),
        false => queue.recv_timeout(PATIENCE),
    };
    let until = Instant::now() + PATIENCE;
    loop {
        match next {
            Ok(Message::Entry(at_ms, entry)) => waiting.push((at_ms, entry)),
            Ok(Message::Appended(number)) => {
                let latest = expected.map_or(number, |(other, _)| other.max(number));
                *expected = Some((latest, Instant::now() + FOLLOW));
            }
            Err(RecvTimeoutError::Timeout) => return true,
            Err(RecvTimeoutError::Disconnected) => return false,
        }
        if waiting.len() >= BATCH {
            return true;
        }
        next = queue.recv_timeout(until.saturating_duration_since(Instant::now()));
    }
}

impl Ledger {
    fn now_ms(&self) -> i64 {
        self.clock.now().as_millisecond()
    }

    /// Appends entries in `tx` and signs the new end. Gives its number.
    fn append(&self, tx: &mut Tx<'_>, entries: &[(i64, Entry)]) -> Result<i64, DbError> {
        let at_ms = self.now_ms();
        let end = store::read_end(tx)?;
        let mut place = (end.number, end.hash);
        let signed = end.number == 0 || end.head.as_ref().is_some_and(|head| self.trusts(head));
        let witnessed = self.with_kept(|kept| Ok(kept.witnessed)).unwrap_or_else(|error| {
            tracing::error!(%error, place = ?self.anchor, "cannot read the kept heads of the audit log");
            0
        });
        if !signed || end.number < witnessed {
            // Signing another's end, or a shorter one, would make it good: it is named first, in an entry
            // that stays.
            tracing::error!(
                number = end.number,
                witnessed,
                "the audit log was changed by another hand; run `pendopo audit verify`"
            );
            let found = Entry::new(Actor::center(), Action::DamageFound)
                .on("audit", end.number)
                .noting("hash", end.hash.to_string())
                .noting("witnessed", witnessed);
            place = store::append(tx, place, &[(at_ms, found)])?;
            if let Err(error) = self.keep_witness() {
                tracing::error!(%error, place = ?self.anchor, "cannot keep the head of the audit log");
            }
        }
        let (number, hash) = store::append(tx, place, entries)?;
        let signed = sign(&self.vault, Head { number, hash, at_ms });
        store::put_head(tx, &signed)?;
        *lock(&self.own) = Some(signed);
        Ok(number)
    }

    fn trusts(&self, signed: &SignedHead) -> bool {
        let own = lock(&self.own).as_ref() == Some(signed);
        own || is_signed(&public_key(&self.vault), &signed.head, &signed.signature)
    }

    /// Writes up to a batch of what waits; whether anything was written. What could not be written waits on.
    fn write(&self, waiting: &mut Vec<(i64, Entry)>) -> Result<bool, DbError> {
        let lost = self.lost.swap(0, Ordering::Relaxed);
        let count = waiting.len().min(BATCH);
        if count == 0 && lost == 0 {
            return Ok(false);
        }
        let mut batch: Vec<(i64, Entry)> = waiting[..count].to_vec();
        if lost > 0 {
            let entry = Entry::new(Actor::center(), Action::EntriesLost).noting("lost", lost);
            batch.push((self.now_ms(), entry));
        }
        let written = self.db.write(|tx| self.append(tx, &batch));
        match written {
            Ok(_) => {
                waiting.drain(..count);
                Ok(true)
            }
            Err(error) => {
                self.lost.fetch_add(lost, Ordering::Relaxed);
                Err(error)
            }
        }
    }

    /// Keeps the newest head outside the database, and anchors it when it is time. Gives its number.
    fn follow_head(&self) -> i64 {
        let signed = match self.db.read(store::read_head) {
            Ok(Some(signed)) => signed,
            Ok(None) => return 0,
            Err(error) => {
                tracing::warn!(%error, "cannot read the head of the audit log");
                return 0;
            }
        };
        if let Err(error) = self.keep_newest(&signed).and_then(|()| self.anchor_when_due(&signed)) {
            tracing::error!(%error, place = ?self.anchor, "cannot keep the head of the audit log");
        }
        signed.head.number
    }

    /// Calls `f` with what is known of the kept heads; looks at them the first time.
    fn with_kept<T>(&self, f: impl FnOnce(&mut Kept) -> io::Result<T>) -> io::Result<T> {
        let mut slot = lock(&self.kept);
        let mut kept = match *slot {
            Some(kept) => kept,
            None => self.find_kept()?,
        };
        let result = f(&mut kept);
        *slot = Some(kept);
        result
    }

    /// Looks at the heads that an earlier process has kept. Its newest is about to be replaced; the log
    /// keeps it, so that an end cut off while no process ran is missed for ever.
    fn find_kept(&self) -> io::Result<Kept> {
        let key = public_key(&self.vault);
        let anchored = self.anchor.last(&key)?.map_or(0, |head| head.number);
        let newest = self.anchor.newest(&key)?;
        let number = newest.as_ref().map_or(0, |signed| signed.head.number);
        if let Some(signed) = newest.filter(|_| number != anchored) {
            self.anchor.keep(&signed, Reason::Newest, &key)?;
        }
        Ok(Kept { newest: 0, anchored: number.max(anchored), witnessed: number })
    }

    /// Moves the newest kept head to the log before heads of the chain as it is now replace it. What it
    /// witnesses has been said then.
    fn keep_witness(&self) -> io::Result<()> {
        self.with_kept(|kept| {
            (kept.newest, kept.witnessed) = (0, 0);
            let key = public_key(&self.vault);
            match self.anchor.newest(&key)? {
                Some(signed) => self.anchor.keep(&signed, Reason::Newest, &key),
                None => Ok(()),
            }
        })
    }

    fn keep_newest(&self, signed: &SignedHead) -> io::Result<()> {
        self.with_kept(|kept| {
            if kept.newest < signed.head.number {
                self.anchor.keep_newest(signed, &public_key(&self.vault))?;
                kept.newest = signed.head.number;
                kept.witnessed = signed.head.number;
            }
            Ok(())
        })
    }

    fn keep_anchor(&self, signed: &SignedHead, why: Reason) -> io::Result<()> {
        self.with_kept(|kept| {
            self.anchor.keep(signed, why, &public_key(&self.vault))?;
            kept.anchored = signed.head.number;
            Ok(())
        })
    }

    fn anchor_when_due(&self, signed: &SignedHead) -> io::Result<()> {
        let anchored = self.with_kept(|kept| Ok(kept.anchored))?;
        // A chain that went back behind its anchor is anchored, too: both lines witness.
        match (signed.head.number - anchored).abs() >= self.anchor_entries {
            true => self.keep_anchor(signed, Reason::Entries),
            false => Ok(()),
        }
    }
}
