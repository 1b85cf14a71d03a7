//! What accounts follow: logins, where one may return to, who needs a second factor. Values in, values out.

use super::store::account::AccountRow;
use crate::config::SecondFactor;
use pendopo_vocab::{RegionCode, Role};
use std::net::IpAddr;

/// Longest login.
const MOST_LOGIN_CHARS: usize = 60;
/// Longest name.
const MOST_NAME_CHARS: usize = 120;

/// A login as it is kept: trimmed and in lower case.
pub fn normal_login(text: &str) -> String {
    text.trim().to_lowercase()
}

/// Whether a login can be given: letters, digits, `.`, `-`, `_`, `@`; not too long.
pub fn is_login(login: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-_@".contains(c);
    (2..=MOST_LOGIN_CHARS).contains(&login.len()) && login.chars().all(allowed)
}

/// Where to go after signing in: a path of this center, never another site.
pub fn safe_return(wish: Option<&str>) -> &str {
    let path = wish.unwrap_or("/");
    let plain = path.starts_with('/')
        && !path.starts_with("//")
        && path.len() <= 2000
        && !path.contains(['\\', '\r', '\n', '\t', '\0']);
    // Signing in again would only ask the same question.
    if plain && !path.starts_with("/masuk") { path } else { "/" }
}

/// Whether an account of this role has to give a second factor.
pub fn needs_second_factor(policy: SecondFactor, role: Role) -> bool {
    match policy {
        SecondFactor::Required => true,
        SecondFactor::Administrators => role == Role::Administrator,
        SecondFactor::Optional => false,
    }
}

/// Whether passwords may be sent over this connection.
pub fn may_sign_in_here(secure: bool, address: IpAddr, allow_plain_http: bool) -> bool {
    secure || allow_plain_http || address.to_canonical().is_loopback()
}

/// What is wrong with an account as an administrator wrote it: message keys.
pub fn check_account(row: &AccountRow, center: RegionCode) -> Vec<&'static str> {
    let mut wrong = Vec::new();
    if !is_login(&row.login) {
        wrong.push("user-login-wrong");
    }
    if row.name.trim().is_empty() || row.name.chars().count() > MOST_NAME_CHARS {
        wrong.push("user-name-wrong");
    }
    if !Role::OF_ACCOUNTS.contains(&row.role) {
        wrong.push("user-role-wrong");
    }
    if row.role.needs_agency() && row.agency_id.is_none() {
        wrong.push("user-agency-missing");
    }
    if row.role.needs_region() && row.region.is_none_or(|region| region == center || !center.contains(region))
    {
        wrong.push("user-region-missing");
    }
    if row.sensitivity > row.role.most() {
        wrong.push("user-sensitivity-wrong");
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;
    use pendopo_vocab::Sensitivity;

    #[test]
    fn one_returns_to_the_center_only() {
        let check = |wish: &str, expected: &str| assert_eq!(safe_return(Some(wish)), expected);
        check("/sumber?x=1", "/sumber?x=1");
        check("//evil.example/", "/");
        check("https://evil.example/", "/");
        check("/\\evil.example", "/");
        check("/a\r\nSet-Cookie: x", "/");
        check("", "/");
        check("/masuk?lanjut=/masuk", "/");
        assert_eq!(safe_return(None), "/");
    }

    #[test]
    fn logins_are_plain() {
        assert_eq!(normal_login("  Siti.Rahayu "), "siti.rahayu");
        for (login, good) in
            [("siti.rahayu", true), ("a", false), ("sit i", false), ("ѕіtі", false), ("x@y.id", true)]
        {
            assert_eq!(is_login(login), good, "{login}");
        }
    }

    #[test]
    fn roles_with_a_place_need_one_below_the_center() {
        let center: RegionCode = "33.16".parse().unwrap();
        let row = |role, region: Option<&str>| AccountRow {
            login: "a.b".to_owned(),
            name: "A B".to_owned(),
            role,
            agency_id: None,
            region: region.map(|code| code.parse().unwrap()),
            sensitivity: Sensitivity::Internal,
        };
        assert_eq!(check_account(&row(Role::Officer, Some("33.16.09")), center), Vec::<&str>::new());
        assert_eq!(check_account(&row(Role::Officer, Some("33.17.01")), center), ["user-region-missing"]);
        assert_eq!(check_account(&row(Role::Officer, None), center), ["user-region-missing"]);
        assert_eq!(check_account(&row(Role::Operator, None), center), ["user-agency-missing"]);
        assert_eq!(
            check_account(&row(Role::Public, None), center),
            ["user-role-wrong", "user-sensitivity-wrong"]
        );
    }

    #[test]
    fn passwords_travel_over_tls_or_within_the_machine() {
        let elsewhere = "10.0.0.7".parse().unwrap();
        assert!(may_sign_in_here(true, elsewhere, false));
        assert!(may_sign_in_here(false, elsewhere, true));
        assert!(!may_sign_in_here(false, elsewhere, false));
        assert!(may_sign_in_here(false, "::1".parse().unwrap(), false));
        assert!(may_sign_in_here(false, "::ffff:127.0.0.1".parse().unwrap(), false));
    }
}
