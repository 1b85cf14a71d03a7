//! Values that cross the border to either engine, and rows that come back.

use super::DbError;
use postgres::types::{FromSql, IsNull, ToSql, Type, private::BytesMut};
use std::error::Error;

/// A parameter or a cell. Four types are all that portable SQL needs here.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Absent.
    Null,
    /// Any integer column.
    Int(i64),
    /// Double precision.
    Real(f64),
    /// UTF-8 text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

/// A cell still owned by the engine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ValueRef<'a> {
    /// Absent.
    Null,
    /// Any integer column.
    Int(i64),
    /// Double precision.
    Real(f64),
    /// UTF-8 text.
    Text(&'a str),
    /// Bytes.
    Blob(&'a [u8]),
}

macro_rules! from_integer {
    ($($integer:ty),*) => {$(
        impl From<$integer> for Value {
            fn from(value: $integer) -> Value {
                Value::Int(i64::from(value))
            }
        }
    )*};
}
from_integer!(i64, i32, u32, u16, u8, bool);

impl From<f64> for Value {
    fn from(value: f64) -> Value {
        Value::Real(value)
    }
}
impl From<&str> for Value {
    fn from(value: &str) -> Value {
        Value::Text(value.to_owned())
    }
}
impl From<String> for Value {
    fn from(value: String) -> Value {
        Value::Text(value)
    }
}
impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Value {
        Value::Blob(value)
    }
}
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::Null, Into::into)
    }
}

impl Value {
    /// Bytes it takes in memory, roughly.
    pub(crate) fn weight(&self) -> usize {
        size_of::<Value>()
            + match self {
                Value::Text(text) => text.len(),
                Value::Blob(bytes) => bytes.len(),
                _ => 0,
            }
    }
}

impl ValueRef<'_> {
    /// A copy that outlives the row.
    pub fn to_value(self) -> Value {
        match self {
            ValueRef::Null => Value::Null,
            ValueRef::Int(value) => Value::Int(value),
            ValueRef::Real(value) => Value::Real(value),
            ValueRef::Text(value) => Value::Text(value.to_owned()),
            ValueRef::Blob(value) => Value::Blob(value.to_vec()),
        }
    }

    #[cold]
    fn mismatch(self, wanted: &str) -> DbError {
        DbError::Other(format!("expected {wanted}, found {self:?}"))
    }
}

/// What a cell can be read as.
pub trait FromValue: Sized {
    /// Reads one cell.
    fn from_value(value: ValueRef<'_>) -> Result<Self, DbError>;
}

impl FromValue for i64 {
    #[inline]
    fn from_value(value: ValueRef<'_>) -> Result<i64, DbError> {
        match value {
            ValueRef::Int(value) => Ok(value),
            other => Err(other.mismatch("an integer")),
        }
    }
}
impl FromValue for i32 {
    #[inline]
    fn from_value(value: ValueRef<'_>) -> Result<i32, DbError> {
        i32::try_from(i64::from_value(value)?).map_err(|_| value.mismatch("a 32-bit integer"))
    }
}
impl FromValue for bool {
    #[inline]
    fn from_value(value: ValueRef<'_>) -> Result<bool, DbError> {
        Ok(i64::from_value(value)? != 0)
    }
}
impl FromValue for f64 {
    #[inline]
    fn from_value(value: ValueRef<'_>) -> Result<f64, DbError> {
        match value {
            ValueRef::Real(value) => Ok(value),
            // SQLite gives whole numbers from untyped expressions back as integers.
            ValueRef::Int(value) => Ok(value as f64),
            other => Err(other.mismatch("a number")),
        }
    }
}
impl FromValue for String {
    #[inline]
    fn from_value(value: ValueRef<'_>) -> Result<String, DbError> {
        match value {
            ValueRef::Text(value) => Ok(value.to_owned()),
            other => Err(other.mismatch("text")),
        }
    }
}
impl FromValue for Vec<u8> {
    #[inline]
    fn from_value(value: ValueRef<'_>) -> Result<Vec<u8>, DbError> {
        match value {
            ValueRef::Blob(value) => Ok(value.to_vec()),
            other => Err(other.mismatch("bytes")),
        }
    }
}
impl FromValue for Value {
    #[inline]
    fn from_value(value: ValueRef<'_>) -> Result<Value, DbError> {
        Ok(value.to_value())
    }
}
impl<T: FromValue> FromValue for Option<T> {
    #[inline]
    fn from_value(value: ValueRef<'_>) -> Result<Option<T>, DbError> {
        match value {
            ValueRef::Null => Ok(None),
            value => T::from_value(value).map(Some),
        }
    }
}

/// One row of an answer. Reading its cells is half of what a question over thousands of figures takes, so that it is
/// compiled into the loop.
pub struct Row<'a>(pub(super) RowInner<'a>);

pub(super) enum RowInner<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a postgres::Row),
}

impl<'a> Row<'a> {
    pub(crate) fn sqlite(row: &'a rusqlite::Row<'a>) -> Row<'a> {
        Row(RowInner::Sqlite(row))
    }
}

impl Row<'_> {
    /// The cell at `index`, from 0, as `T`.
    #[expect(
        clippy::inline_always,
        reason = "a cell returned through memory waits for its own store, which is a fifth of the loop"
    )]
    #[inline(always)]
    pub fn get<T: FromValue>(&self, index: usize) -> Result<T, DbError> {
        T::from_value(self.get_ref(index)?)
    }

    /// The cell at `index`, borrowed from the engine.
    #[expect(clippy::inline_always, reason = "see `get`")]
    #[inline(always)]
    pub fn get_ref(&self, index: usize) -> Result<ValueRef<'_>, DbError> {
        match self.0 {
            RowInner::Sqlite(row) => Ok(match row.get_ref(index)? {
                rusqlite::types::ValueRef::Null => ValueRef::Null,
                rusqlite::types::ValueRef::Integer(value) => ValueRef::Int(value),
                rusqlite::types::ValueRef::Real(value) => ValueRef::Real(value),
                rusqlite::types::ValueRef::Text(bytes) => {
                    ValueRef::Text(std::str::from_utf8(bytes).map_err(|e| DbError::Corrupt(e.to_string()))?)
                }
                rusqlite::types::ValueRef::Blob(bytes) => ValueRef::Blob(bytes),
            }),
            RowInner::Postgres(row) => {
                let cell: Option<ValueRef<'_>> = row.try_get(index)?;
                Ok(cell.unwrap_or(ValueRef::Null))
            }
        }
    }
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        use rusqlite::types::{ToSqlOutput, ValueRef as Sqlite};
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => Sqlite::Null,
            Value::Int(value) => Sqlite::Integer(*value),
            Value::Real(value) => Sqlite::Real(*value),
            Value::Text(value) => Sqlite::Text(value.as_bytes()),
            Value::Blob(value) => Sqlite::Blob(value),
        }))
    }
}

impl ToSql for Value {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match (self, ty) {
            (Value::Null, _) => Ok(IsNull::Yes),
            (Value::Int(value), &Type::INT8) => value.to_sql(ty, out),
            (Value::Int(value), &Type::INT4) => i32::try_from(*value)?.to_sql(ty, out),
            (Value::Int(value), &Type::INT2) => i16::try_from(*value)?.to_sql(ty, out),
            (Value::Int(value), &Type::FLOAT8) => (*value as f64).to_sql(ty, out),
            (Value::Int(value), &Type::BOOL) => (*value != 0).to_sql(ty, out),
            (Value::Real(value), &Type::FLOAT8) => value.to_sql(ty, out),
            // PostgreSQL's text holds every character but NUL; a refused raw row may hold one.
            (Value::Text(value), _) if value.contains('\0') => {
                value.replace('\0', "\u{fffd}").to_sql(ty, out)
            }
            (Value::Text(value), _) => value.to_sql(ty, out),
            (Value::Blob(value), &Type::BYTEA) => value.to_sql(ty, out),
            (value, ty) => Err(format!("cannot send {value:?} as {ty}").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    postgres::types::to_sql_checked!();
}

impl<'a> FromSql<'a> for ValueRef<'a> {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<ValueRef<'a>, Box<dyn Error + Sync + Send>> {
        Ok(match *ty {
            Type::INT8 => ValueRef::Int(i64::from_sql(ty, raw)?),
            Type::INT4 => ValueRef::Int(i32::from_sql(ty, raw)?.into()),
            Type::INT2 => ValueRef::Int(i16::from_sql(ty, raw)?.into()),
            Type::OID => ValueRef::Int(u32::from_sql(ty, raw)?.into()),
            Type::BOOL => ValueRef::Int(bool::from_sql(ty, raw)?.into()),
            Type::FLOAT8 => ValueRef::Real(f64::from_sql(ty, raw)?),
            Type::FLOAT4 => ValueRef::Real(f32::from_sql(ty, raw)?.into()),
            Type::NUMERIC => ValueRef::Real(numeric(raw)?),
            Type::BYTEA => ValueRef::Blob(raw),
            _ => ValueRef::Text(std::str::from_utf8(raw)?),
        })
    }

    fn accepts(ty: &Type) -> bool {
        matches!(
            *ty,
            Type::INT8
                | Type::INT4
                | Type::INT2
                | Type::OID
                | Type::BOOL
                | Type::FLOAT8
                | Type::FLOAT4
                | Type::NUMERIC
                | Type::BYTEA
                | Type::TEXT
                | Type::VARCHAR
                | Type::NAME
                | Type::BPCHAR
                | Type::UNKNOWN
        )
    }
}

/// PostgreSQL's `numeric` (what `sum(bigint)` gives) as a double: digits to base 10,000 after four
/// 16-bit fields: count, weight of the first digit, sign, display scale.
fn numeric(raw: &[u8]) -> Result<f64, Box<dyn Error + Sync + Send>> {
    let word = |at: usize| -> Result<i16, Box<dyn Error + Sync + Send>> {
        let bytes = raw.get(at..at + 2).ok_or("a numeric is cut short")?;
        Ok(i16::from_be_bytes([bytes[0], bytes[1]]))
    };
    let (count, weight, sign) = (word(0)?, word(2)?, word(4)? as u16);
    let mut value = 0.0;
    for digit in 0..count {
        let power = i32::from(weight) - i32::from(digit);
        value += f64::from(word(8 + 2 * digit as usize)?) * 10_000f64.powi(power);
    }
    match sign {
        0 => Ok(value),
        0x4000 => Ok(-value),
        _ => Ok(f64::NAN),
    }
}
