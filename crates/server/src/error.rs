//! The one request error. Rendered once, in `web`: HTML with a way out, or `application/problem+json`.

use pendopo_figures::DbError;

/// Why a request was not answered as asked.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// There is no such thing; the text names it.
    #[error("{0}")]
    NotFound(String),
    /// A visitor asks for what only accounts may see.
    #[error("sign in first")]
    SignInFirst,
    /// A form without the token of its page: from elsewhere, or the session changed since it was shown.
    #[error("the form is no longer valid")]
    FormExpired,
    /// Too many tries; try again after so many seconds.
    #[error("too many tries")]
    TooMany(i64),
    /// The reader may not see it.
    #[error("not allowed")]
    Forbidden,
    /// The request itself is wrong: what, and what would be right.
    #[error("{0}")]
    Invalid(String),
    /// What was sent is larger than what is taken; the text names the limit.
    #[error("{0}")]
    TooLarge(String),
    /// What was sent is of a kind that nobody reads here.
    #[error("{0}")]
    WrongKind(String),
    /// The request can be read, and what it says cannot be done: why.
    #[error("{0}")]
    Unusable(String),
    /// It cannot be done in the present state, such as a second run of one source.
    #[error("{0}")]
    Conflict(String),
    /// Too much at once: try later. The text says why.
    #[error("{0}")]
    Busy(String),
    /// Nothing can be written, as when the disk is full; reading goes on. The text is the system's own.
    #[error("{0}")]
    CannotSave(String),
    /// Our fault. Logged once with a reference; the reader sees the reference alone.
    #[error("internal error")]
    Internal(#[source] anyhow::Error),
}

/// The result of a handler.
pub type AppResult<T> = Result<T, AppError>;

impl AppError {
    /// The HTTP status.
    pub fn status(&self) -> axum::http::StatusCode {
        use axum::http::StatusCode;
        match self {
            AppError::NotFound(_) => StatusCode::NOT_FOUND,
            AppError::SignInFirst => StatusCode::UNAUTHORIZED,
            AppError::FormExpired => StatusCode::FORBIDDEN,
            AppError::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            AppError::Forbidden => StatusCode::FORBIDDEN,
            AppError::Invalid(_) => StatusCode::BAD_REQUEST,
            AppError::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            AppError::WrongKind(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            AppError::Unusable(_) => StatusCode::UNPROCESSABLE_ENTITY,
            AppError::Conflict(_) => StatusCode::CONFLICT,
            AppError::Busy(_) | AppError::CannotSave(_) => StatusCode::SERVICE_UNAVAILABLE,
            AppError::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The last part of the problem type, stable for programs.
    pub fn code(&self) -> &'static str {
        match self {
            AppError::NotFound(_) => "not-found",
            AppError::SignInFirst => "sign-in-first",
            AppError::FormExpired => "form-expired",
            AppError::TooMany(_) => "too-many",
            AppError::Forbidden => "forbidden",
            AppError::Invalid(_) => "invalid",
            AppError::TooLarge(_) => "too-large",
            AppError::WrongKind(_) => "wrong-kind",
            AppError::Unusable(_) => "unusable",
            AppError::Conflict(_) => "conflict",
            AppError::Busy(_) => "busy",
            AppError::CannotSave(_) => "cannot-save",
            AppError::Internal(_) => "internal",
        }
    }
}

impl From<DbError> for AppError {
    fn from(error: DbError) -> AppError {
        match error {
            DbError::Full(_) => AppError::CannotSave(error.to_string()),
            DbError::Busy(_) => AppError::Busy(error.to_string()),
            other => AppError::Internal(other.into()),
        }
    }
}

impl From<anyhow::Error> for AppError {
    fn from(error: anyhow::Error) -> AppError {
        AppError::Internal(error)
    }
}
