//! What can go wrong in the database, sorted by what the caller can do about it.

/// A database failure. Each kind asks for a different reaction.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// Nothing more can be written: the disk is full or the file system is read-only. Reads go on.
    #[error("the database cannot write: {0}")]
    Full(String),
    /// Somebody else holds the database; trying again later helps.
    #[error("the database is busy: {0}")]
    Busy(String),
    /// A declared constraint was violated.
    #[error("constraint `{name}` is violated: {message}")]
    Constraint {
        /// The constraint's name, or `table.column` where SQLite names only those.
        name: String,
        /// The engine's own words.
        message: String,
    },
    /// The file is damaged or is not a database.
    #[error("the database is damaged: {0}")]
    Corrupt(String),
    /// The database was written by a newer program.
    #[error(
        "the database is newer than this program: it has `{set}` migration {found}, the program knows {known}; \
         use the newer program or restore a backup made before the upgrade"
    )]
    Newer {
        /// The set of migrations.
        set: String,
        /// The newest migration in the database.
        found: i64,
        /// The newest migration the program knows.
        known: i64,
    },
    /// The call does not fit the state of the data, such as a run that is not running any more.
    #[error("{0}")]
    Conflict(String),
    /// A query of a reader was not allowed, took too long, or does not parse.
    #[error("{0}")]
    Query(String),
    /// Anything else, in the engine's own words.
    #[error("database: {0}")]
    Other(String),
}

impl From<rusqlite::Error> for DbError {
    fn from(error: rusqlite::Error) -> DbError {
        use rusqlite::ErrorCode as Code;
        let message = error.to_string();
        let Some(code) = error.sqlite_error_code() else {
            return DbError::Other(message);
        };
        match code {
            Code::DiskFull | Code::ReadOnly | Code::SystemIoFailure | Code::CannotOpen => {
                DbError::Full(message)
            }
            Code::DatabaseBusy | Code::DatabaseLocked => DbError::Busy(message),
            Code::ConstraintViolation => DbError::Constraint {
                name: message
                    .rsplit("failed: ")
                    .next()
                    .unwrap_or_default()
                    .split(',')
                    .next()
                    .unwrap_or_default()
                    .to_owned(),
                message,
            },
            Code::DatabaseCorrupt | Code::NotADatabase => DbError::Corrupt(message),
            _ => DbError::Other(message),
        }
    }
}

impl From<postgres::Error> for DbError {
    fn from(error: postgres::Error) -> DbError {
        let Some(db) = error.as_db_error() else {
            // Not an answer of the server: the connection is gone or never came to be.
            return DbError::Other(chain(&error));
        };
        let message = db.message().to_owned();
        match db.code().code() {
            "53100" | "25006" | "58030" => DbError::Full(message),
            "55P03" | "40001" | "40P01" | "53300" => DbError::Busy(message),
            "57014" => DbError::Query(message),
            "XX001" | "XX002" => DbError::Corrupt(message),
            code if code.starts_with("23") => DbError::Constraint {
                name: db.constraint().or(db.column()).unwrap_or_default().to_owned(),
                message,
            },
            _ => DbError::Other(message),
        }
    }
}

/// An error and its causes in one line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}
