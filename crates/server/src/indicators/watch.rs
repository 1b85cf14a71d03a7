//! Looking at restricted figures leaves a trace in the audit log.

use crate::{app::App, error::AppResult, web::Principal};
use pendopo_vocab::Sensitivity;

/// Records that somebody looks at a page or an answer with restricted figures: those of `indicator`, or any
/// that there are when it is `None`. Asks nothing of the database for readers who see none. Gives whether there
/// are any: such an answer is kept by nobody ([`crate::web::PageRequest::kept_by_nobody`]).
///
/// # Errors
/// The database's.
pub async fn note_view(
    app: &App,
    who: &Principal,
    kind: &str,
    code: &str,
    indicator: Option<&str>,
) -> AppResult<bool> {
    if who.scope.sensitivity < Sensitivity::Restricted {
        return Ok(false);
    }
    let indicator = indicator.map(str::to_owned);
    let restricted: i64 = app
        .blocking(move |db| {
            db.read(|reader| {
                let all = "select count(*) from indicator where retired_at is null and sensitivity >= $1";
                let least = Sensitivity::Restricted.rank().into();
                match indicator {
                    Some(code) => {
                        let one = format!("{all} and code = $2");
                        reader.query_one(&one, &[least, code.into()], |row| row.get(0))
                    }
                    None => reader.query_one(all, &[least], |row| row.get(0)),
                }
            })
        })
        .await?;
    if restricted > 0 {
        app.audit().note_view(who, kind, code);
    }
    Ok(restricted > 0)
}
