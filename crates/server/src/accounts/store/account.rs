//! Accounts and their recovery codes.

use pendopo_figures::{DbError, Reader, Row, Tx, Value};
use pendopo_vocab::{AgencyScope, RegionCode, Role, Scope, Sensitivity};

/// What an administrator decides about an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// What one signs in with: lower case.
    pub login: String,
    /// The person's name.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Their agency, for roles that belong to one.
    pub agency_id: Option<i64>,
    /// Their place, for roles that belong to one.
    pub region: Option<RegionCode>,
    /// The most sensitive figures they see.
    pub sensitivity: Sensitivity,
}

/// An account as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub account_id: i64,
    /// What an administrator decided.
    pub row: AccountRow,
    /// PHC string of the password; `None` before one was chosen.
    pub password_hash: Option<String>,
    /// The sealed key of the code generator; `None` without one.
    pub totp_sealed: Option<Vec<u8>>,
    /// Time step of the last code accepted: none is accepted twice.
    pub totp_last_step: i64,
    /// Unix milliseconds.
    pub created_at: i64,
    /// Unix milliseconds of the last sign-in.
    pub last_sign_in_at: Option<i64>,
    /// Unix milliseconds since when it cannot sign in.
    pub disabled_at: Option<i64>,
    /// Unix milliseconds since when it comes in at the provider of identities alone.
    pub sso_only_since: Option<i64>,
}

impl Account {
    /// Whether password, recovery codes, passkeys and links for a new password are worth nothing.
    pub fn is_sso_only(&self) -> bool {
        self.sso_only_since.is_some()
    }

    /// Whether its owner can give a password.
    pub fn has_password(&self) -> bool {
        self.password_hash.is_some() && !self.is_sso_only()
    }

    /// What the account sees at a center for `center`.
    pub fn scope(&self, center: RegionCode) -> Scope {
        scope_of(&self.row, center)
    }
}

/// What somebody with these rights sees at a center for `center`. A role that belongs to an agency or a
/// place and has none sees nothing of it.
pub fn scope_of(row: &AccountRow, center: RegionCode) -> Scope {
    let agencies = match (row.role.needs_agency(), row.agency_id) {
        (false, _) => AgencyScope::All,
        (true, agency) => AgencyScope::Only(agency.into_iter().collect()),
    };
    let (region, sensitivity) = match (row.role.needs_region(), row.region) {
        (false, _) => (center, row.sensitivity),
        (true, Some(region)) => (region, row.sensitivity),
        (true, None) => (center, Sensitivity::Public),
    };
    Scope { sensitivity: sensitivity.min(row.role.most()), agencies, region }
}

const COLUMNS: &str = "account_id, login, name, role, agency_id, region_id, sensitivity, password_hash, \
                       totp_sealed, totp_last_step, created_at, last_sign_in_at, disabled_at, \
                       sso_only_since";

/// `COLUMNS` of the alias `a`, for joins.
pub(super) fn columns_of(alias: &str) -> String {
    COLUMNS.split(", ").map(|column| format!("{alias}.{column}")).collect::<Vec<_>>().join(", ")
}

/// Reads an account from the columns that begin at `first`.
pub(super) fn read_account(row: &Row<'_>, first: usize) -> Result<Account, DbError> {
    let role: String = row.get(first + 3)?;
    let region: Option<i64> = row.get(first + 5)?;
    Ok(Account {
        account_id: row.get(first)?,
        row: AccountRow {
            login: row.get(first + 1)?,
            name: row.get(first + 2)?,
            role: role.parse().map_err(|error| DbError::Other(format!("account: {error}")))?,
            agency_id: row.get(first + 4)?,
            region: region.and_then(RegionCode::from_id),
            sensitivity: Sensitivity::from_rank(row.get(first + 6)?),
        },
        password_hash: row.get(first + 7)?,
        totp_sealed: row.get(first + 8)?,
        totp_last_step: row.get(first + 9)?,
        created_at: row.get(first + 10)?,
        last_sign_in_at: row.get(first + 11)?,
        disabled_at: row.get(first + 12)?,
        sso_only_since: row.get(first + 13)?,
    })
}

/// How many accounts there are, disabled ones too.
pub fn count_accounts(reader: &mut Reader<'_>) -> Result<i64, DbError> {
    reader.query_one("select count(*) from account", &[], |row| row.get(0))
}

/// All accounts by login.
pub fn list_accounts(reader: &mut Reader<'_>) -> Result<Vec<Account>, DbError> {
    reader.query(&format!("select {COLUMNS} from account order by login"), &[], |row| read_account(row, 0))
}

/// The account with this login, which is in lower case.
pub fn find_by_login(reader: &mut Reader<'_>, login: &str) -> Result<Option<Account>, DbError> {
    let sql = format!("select {COLUMNS} from account where login = $1");
    reader.query_opt(&sql, &[login.into()], |row| read_account(row, 0))
}

/// The account with this id.
pub fn find_account(reader: &mut Reader<'_>, account_id: i64) -> Result<Option<Account>, DbError> {
    let sql = format!("select {COLUMNS} from account where account_id = $1");
    reader.query_opt(&sql, &[account_id.into()], |row| read_account(row, 0))
}

/// Adds an account without a password; gives its id.
pub fn add_account(tx: &mut Tx<'_>, row: &AccountRow, author: &str, now_ms: i64) -> Result<i64, DbError> {
    let values: Vec<Value> = vec![
        row.login.as_str().into(),
        row.name.as_str().into(),
        row.role.as_str().into(),
        row.agency_id.into(),
        row.region.map(RegionCode::id).into(),
        row.sensitivity.rank().into(),
        now_ms.into(),
        author.into(),
    ];
    tx.query_one(
        "insert into account (login, name, role, agency_id, region_id, sensitivity, totp_last_step, created_at, \
         created_by) values ($1, $2, $3, $4, $5, $6, 0, $7, $8) returning account_id",
        &values,
        |row| row.get(0),
    )
}

/// Changes what an administrator decides; the login stays.
pub fn change_account(tx: &mut Tx<'_>, account_id: i64, row: &AccountRow) -> Result<(), DbError> {
    let values: Vec<Value> = vec![
        account_id.into(),
        row.name.as_str().into(),
        row.role.as_str().into(),
        row.agency_id.into(),
        row.region.map(RegionCode::id).into(),
        row.sensitivity.rank().into(),
    ];
    tx.execute(
        "update account set name = $2, role = $3, agency_id = $4, region_id = $5, sensitivity = $6 \
         where account_id = $1",
        &values,
    )
    .map(drop)
}

/// Bars an account from signing in, or lets it in again.
pub fn set_disabled(tx: &mut Tx<'_>, account_id: i64, since_ms: Option<i64>) -> Result<(), DbError> {
    tx.execute(
        "update account set disabled_at = $2 where account_id = $1",
        &[account_id.into(), since_ms.into()],
    )
    .map(drop)
}

/// Limits an account to the provider of identities, or gives it its other ways in back.
pub fn set_sso_only(tx: &mut Tx<'_>, account_id: i64, since_ms: Option<i64>) -> Result<(), DbError> {
    tx.execute(
        "update account set sso_only_since = $2 where account_id = $1",
        &[account_id.into(), since_ms.into()],
    )
    .map(drop)
}

/// Whether somebody can run the center when the provider of identities fails: an administrator with a
/// password, or nobody depends on the provider.
pub fn can_do_without_provider(reader: &mut Reader<'_>) -> Result<bool, DbError> {
    reader.query_one(
        "select (select count(*) from account where sso_only_since is not null), \
         (select count(*) from account where role = $1 and password_hash is not null \
          and sso_only_since is null and disabled_at is null)",
        &[Role::Administrator.as_str().into()],
        |row| Ok(row.get::<i64>(0)? == 0 || row.get::<i64>(1)? > 0),
    )
}

/// Sets the password's hash.
pub fn set_password(tx: &mut Tx<'_>, account_id: i64, hash: &str, now_ms: i64) -> Result<(), DbError> {
    tx.execute(
        "update account set password_hash = $2, password_set_at = $3 where account_id = $1",
        &[account_id.into(), hash.into(), now_ms.into()],
    )
    .map(drop)
}

/// Sets or removes the code generator's sealed key.
pub fn set_totp(tx: &mut Tx<'_>, account_id: i64, sealed: Option<Vec<u8>>) -> Result<(), DbError> {
    tx.execute(
        "update account set totp_sealed = $2, totp_last_step = 0 where account_id = $1",
        &[account_id.into(), sealed.into()],
    )
    .map(drop)
}

/// Takes a time step as used; false when it or a later one was used before.
pub fn use_totp_step(tx: &mut Tx<'_>, account_id: i64, step: i64) -> Result<bool, DbError> {
    let changed = tx.execute(
        "update account set totp_last_step = $2 where account_id = $1 and totp_last_step < $2",
        &[account_id.into(), step.into()],
    )?;
    Ok(changed == 1)
}

/// Remembers the time of a sign-in.
pub fn note_sign_in(tx: &mut Tx<'_>, account_id: i64, now_ms: i64) -> Result<(), DbError> {
    tx.execute(
        "update account set last_sign_in_at = $2 where account_id = $1",
        &[account_id.into(), now_ms.into()],
    )
    .map(drop)
}

/// Replaces the recovery codes by new ones, of which the hashes are given.
pub fn set_recovery_codes(tx: &mut Tx<'_>, account_id: i64, hashes: &[String]) -> Result<(), DbError> {
    tx.execute("delete from recovery_code where account_id = $1", &[account_id.into()])?;
    for hash in hashes {
        tx.execute(
            "insert into recovery_code (account_id, code_hash) values ($1, $2)",
            &[account_id.into(), hash.as_str().into()],
        )?;
    }
    Ok(())
}

/// Uses up a recovery code; false when there is no such unused one.
pub fn use_recovery_code(tx: &mut Tx<'_>, account_id: i64, hash: &str, now_ms: i64) -> Result<bool, DbError> {
    let changed = tx.execute(
        "update recovery_code set used_at = $3 where account_id = $1 and code_hash = $2 and used_at is null",
        &[account_id.into(), hash.into(), now_ms.into()],
    )?;
    Ok(changed == 1)
}

/// Unused recovery codes.
pub fn count_recovery_codes(reader: &mut Reader<'_>, account_id: i64) -> Result<i64, DbError> {
    reader.query_one(
        "select count(*) from recovery_code where account_id = $1 and used_at is null",
        &[account_id.into()],
        |row| row.get(0),
    )
}
