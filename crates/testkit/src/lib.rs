//! Real database servers for tests: PostgreSQL and MariaDB, started from the machine's own packages.
//!
//! One server of each kind serves all test processes of a build. It lives in the system's temporary
//! folder, listens on a Unix socket only, and is found through a lock file; every test gets a database
//! of its own, dropped at its end. `cargo run -p pendopo-testkit -- stop` ends the servers; a server whose
//! process has died is replaced by the next test that asks.

mod mariadb;
mod postgres;
mod server;

pub use mariadb::{MariaDb, TlsMariaDb, mariadb, mariadb_with_tls};
pub use postgres::{Postgres, TlsPostgres, postgres, postgres_with_tls};
pub use server::stop_all;
