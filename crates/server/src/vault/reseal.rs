//! Moving stored values over to the newest sealing key. Knows every column that holds sealed values.

use super::{Vault, sealed_under, show_id, stored::SECRET_PURPOSE};
use pendopo_figures::{Db, DbError, Value};

/// A column of sealed values.
#[derive(Debug, Clone, Copy)]
pub struct SealedColumn {
    /// The table.
    pub table: &'static str,
    /// Its key: one column of numbers or text.
    pub key: &'static str,
    /// The column of bytes; null where there is nothing.
    pub column: &'static str,
    /// The purpose given to [`Vault::seal`]. `{key}` in it stands for the row's key.
    pub purpose: &'static str,
}

/// Every column that holds sealed values. Whoever adds one adds a line here, or rotation will not find it.
pub const SEALED: &[SealedColumn] = &[
    SealedColumn { table: "sealed_secret", key: "name", column: "sealed", purpose: SECRET_PURPOSE },
    SealedColumn { table: "account", key: "account_id", column: "totp_sealed", purpose: "totp {key}" },
];

/// Rows changed in one transaction: short enough that nobody waits for it.
const BATCH: i64 = 200;

impl SealedColumn {
    fn purpose(&self, key: &Value) -> String {
        let text = match key {
            Value::Int(number) => number.to_string(),
            Value::Text(text) => text.clone(),
            _ => String::new(),
        };
        self.purpose.replace("{key}", &text)
    }

    /// The condition for a value that is not sealed under the newest key.
    fn is_old(&self) -> String {
        format!("{0} is not null and substr({0}, 2, 8) <> $1", self.column)
    }
}

fn newest(vault: &Vault) -> Value {
    Value::Blob(vault.sealing_ids().last().map(|id| id.to_vec()).unwrap_or_default())
}

/// How many values are sealed under another key than the newest.
///
/// # Errors
/// As the database has them.
pub fn count_under_old_keys(db: &Db, vault: &Vault, columns: &[SealedColumn]) -> Result<i64, DbError> {
    let newest = newest(vault);
    db.read(|reader| {
        columns.iter().try_fold(0, |sum, column| {
            let sql = format!("select count(*) from {} where {}", column.table, column.is_old());
            Ok(sum + reader.query_one(&sql, std::slice::from_ref(&newest), |row| row.get::<i64>(0))?)
        })
    })
}

/// What [`reseal`] did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Resealed {
    /// Values now under the newest key.
    pub moved: u64,
    /// Values that do not open: each is in the log with table and key.
    pub unreadable: u64,
}

/// Seals every stored value anew that is not under the newest key, in short transactions.
///
/// # Errors
/// As the database has them; what was done so far stays done.
pub fn reseal(db: &Db, vault: &Vault, columns: &[SealedColumn]) -> Result<Resealed, DbError> {
    let mut done = Resealed::default();
    for column in columns {
        let mut after = None;
        while let Some(last) = reseal_batch(db, vault, column, after.as_ref(), &mut done)? {
            after = Some(last);
        }
    }
    Ok(done)
}

/// The next rows after the key `after`; gives the last key seen, `None` at the end.
fn reseal_batch(
    db: &Db,
    vault: &Vault,
    column: &SealedColumn,
    after: Option<&Value>,
    done: &mut Resealed,
) -> Result<Option<Value>, DbError> {
    let SealedColumn { table, key, column: name, .. } = column;
    let mut parameters = vec![newest(vault)];
    parameters.extend(after.cloned());
    let later = if after.is_some() { format!("and {key} > $2") } else { String::new() };
    let select = format!(
        "select {key}, {name} from {table} where {} {later} order by {key} limit {BATCH}",
        column.is_old()
    );
    // The value is compared again: whoever changed it meanwhile has sealed it anew himself.
    let update = format!("update {table} set {name} = $1 where {key} = $2 and {name} = $3");
    db.write(|tx| {
        let rows: Vec<(Value, Vec<u8>)> =
            tx.query(&select, &parameters, |row| Ok((row.get(0)?, row.get(1)?)))?;
        for (key, sealed) in &rows {
            let purpose = column.purpose(key);
            match vault.open(&purpose, sealed) {
                Ok(plain) => {
                    let fresh = vault.seal(&purpose, &plain);
                    done.moved += tx.execute(&update, &[fresh.into(), key.clone(), sealed.clone().into()])?;
                }
                Err(error) => {
                    done.unreadable += 1;
                    let under = sealed_under(sealed).map(|id| show_id(&id));
                    tracing::error!(table, ?key, under, %error, "a sealed value does not open");
                }
            }
        }
        Ok(rows.into_iter().next_back().map(|(key, _)| key))
    })
}
