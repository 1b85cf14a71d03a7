//! Series and tables as they were read since the data last changed. Boards draw the same ones for every reader of a
//! scope, in every language and every minute, and each is a step through all periods of the largest table.
//!
//! What is kept belongs to one state of the database: the version that the process knew when the request came, and
//! the mark that its own read transaction sees. Anything else is read anew, so that a page is never made of two states.

use crate::app::{DataMark, read_data_mark};
use pendopo_figures::{
    DbError, Reader,
    questions::{Order, Point, Questions, RegionFigure, SeriesOf, Span, TableOf},
};
use pendopo_vocab::Scope;
use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

/// Points and regions kept at most, about 10 MiB of them. What comes later is read each time.
const MOST_ROWS: usize = 100_000;

/// Which state of the data.
type State = (u64, DataMark);

/// Whose series of what.
type SeriesKey = (Scope, SeriesOf, Span);

/// Whose table of what, and how many of its first rows.
type TableKey = (Scope, TableOf, Option<(Order, i64)>);

/// What all requests share.
#[derive(Default)]
pub struct Shelf(Mutex<Rows>);

#[derive(Default)]
struct Rows {
    state: Option<State>,
    series: HashMap<SeriesKey, Arc<Vec<Point>>>,
    tables: HashMap<TableKey, Arc<Vec<RegionFigure>>>,
    count: usize,
}

/// What one request knows of it.
#[derive(Clone, Default)]
pub struct Kept {
    shelf: Arc<Shelf>,
    version: u64,
    mark: Arc<OnceLock<DataMark>>,
}

impl Kept {
    /// For a request that comes while the data are at `version`, before it begins to read.
    pub fn at(shelf: Arc<Shelf>, version: u64) -> Kept {
        Kept { shelf, version, mark: Arc::default() }
    }

    /// [`Questions::trend`] as known now.
    ///
    /// # Errors
    /// The database's.
    pub fn trend(
        &self,
        reader: &mut Reader<'_>,
        scope: &Scope,
        of: SeriesOf,
        span: Span,
    ) -> Result<Arc<Vec<Point>>, DbError> {
        let state = self.state(reader)?;
        let read = || reader.trend(scope, of, span, None);
        self.shelf.keep(state, |rows| &mut rows.series, (scope.clone(), of, span), read)
    }

    /// [`Questions::region_table`] as known now.
    ///
    /// # Errors
    /// The database's.
    pub fn region_table(
        &self,
        reader: &mut Reader<'_>,
        scope: &Scope,
        of: TableOf,
    ) -> Result<Arc<Vec<RegionFigure>>, DbError> {
        let state = self.state(reader)?;
        let read = || reader.region_table(scope, of, None);
        self.shelf.keep(state, |rows| &mut rows.tables, (scope.clone(), of, None), read)
    }

    /// [`Questions::ranking`] as known now.
    ///
    /// # Errors
    /// The database's.
    pub fn ranking(
        &self,
        reader: &mut Reader<'_>,
        scope: &Scope,
        of: TableOf,
        order: Order,
        limit: i64,
    ) -> Result<Arc<Vec<RegionFigure>>, DbError> {
        let state = self.state(reader)?;
        let read = || reader.ranking(scope, of, order, limit, None);
        self.shelf.keep(state, |rows| &mut rows.tables, (scope.clone(), of, Some((order, limit))), read)
    }

    /// The mark is read once, in the transaction in which the page is made.
    fn state(&self, reader: &mut Reader<'_>) -> Result<State, DbError> {
        if let Some(mark) = self.mark.get() {
            return Ok((self.version, *mark));
        }
        let read = read_data_mark(reader)?;
        Ok((self.version, *self.mark.get_or_init(|| read)))
    }
}

impl Shelf {
    fn keep<K: Hash + Eq, V>(
        &self,
        state: State,
        map: fn(&mut Rows) -> &mut HashMap<K, Arc<Vec<V>>>,
        key: K,
        read: impl FnOnce() -> Result<Vec<V>, DbError>,
    ) -> Result<Arc<Vec<V>>, DbError> {
        {
            let mut rows = self.lock();
            rows.go_on_to(state);
            if rows.state == Some(state)
                && let Some(found) = map(&mut rows).get(&key)
            {
                return Ok(found.clone());
            }
        }
        // Not under the lock: others read meanwhile.
        let found = Arc::new(read()?);
        let mut rows = self.lock();
        if rows.state == Some(state) && rows.count + found.len() <= MOST_ROWS {
            rows.count += found.len();
            map(&mut rows).insert(key, found.clone());
        }
        Ok(found)
    }

    fn lock(&self) -> MutexGuard<'_, Rows> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rows {
    /// Forgets what is of another state, unless a request that came earlier asks.
    fn go_on_to(&mut self, state: State) {
        let later = self.state.is_none_or(|(version, _)| version <= state.0);
        if later && self.state != Some(state) {
            *self = Rows { state: Some(state), ..Rows::default() };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pendopo_vocab::{RegionCode, Sensitivity};

    const OF: SeriesOf = SeriesOf { indicator_id: 1, region: RegionCode::COUNTRY, breakdown_id: 0 };

    fn state(version: u64, runs: i64) -> State {
        (version, DataMark { newest_run: 0, runs, pack_change: 0, boundaries: 0 })
    }

    /// What is given when `fresh` is what the database has.
    fn ask(shelf: &Shelf, state: State, scope: &Scope, fresh: usize) -> usize {
        let point =
            Point { period: 0, value: None, rolled: false, reported: None, expected: None, commit_no: 0 };
        let read = || Ok(vec![point; fresh]);
        let key = (scope.clone(), OF, Span::ALWAYS);
        shelf.keep(state, |rows| &mut rows.series, key, read).unwrap().len()
    }

    #[test]
    fn what_was_read_is_given_again_until_the_data_change() {
        let (shelf, all) = (Shelf::default(), Scope::everything());
        assert_eq!(ask(&shelf, state(1, 1), &all, 10), 10);
        assert_eq!(ask(&shelf, state(1, 1), &all, 20), 10, "kept");
        assert_eq!(ask(&shelf, state(1, 2), &all, 30), 30, "another process recorded a run");
        assert_eq!(ask(&shelf, state(2, 2), &all, 40), 40, "this process changed something");
        assert_eq!(ask(&shelf, state(1, 2), &all, 50), 50, "a request from before reads what it sees");
        assert_eq!(ask(&shelf, state(2, 2), &all, 60), 40, "and leaves what is kept alone");
    }

    #[test]
    fn a_scope_has_its_own() {
        let (shelf, all) = (Shelf::default(), Scope::everything());
        let public = all.clone().narrowed(Sensitivity::Public, None, None);
        assert_eq!(ask(&shelf, state(1, 1), &all, 10), 10);
        assert_eq!(ask(&shelf, state(1, 1), &public, 2), 2);
        assert_eq!(ask(&shelf, state(1, 1), &all, 3), 10);
    }

    #[test]
    fn memory_has_an_end() {
        let (shelf, all) = (Shelf::default(), Scope::everything());
        assert_eq!(ask(&shelf, state(1, 1), &all, MOST_ROWS + 1), MOST_ROWS + 1);
        assert_eq!(ask(&shelf, state(1, 1), &all, 1), 1, "was not kept");
    }
}
