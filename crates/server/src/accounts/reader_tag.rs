//! Whose answer it is, for the worker in the browser that keeps pages for when there is no network: it must show
//! what it kept to nobody else, and not for longer than the session could have lasted.

use super::secret::hash;
use crate::web::{Principal, Via};
use axum::http::HeaderValue;

/// The header of every answer. Tells the readers of one browser apart and nothing about any of them.
pub const READER: &str = "x-reader";

/// `publik`, or a tag of the session, role and scope with the seconds for which a copy may be shown.
pub fn reader_tag(who: &Principal, now_ms: i64) -> HeaderValue {
    if who.via == Via::Nothing {
        return HeaderValue::from_static("publik");
    }
    // The form token is random and kept by nobody, so that the tag cannot be worked out from ids.
    let whole =
        format!("{:?} {:?} {:?} {:?} {:?}", who.via, who.form_token, who.role, who.scope, who.standing);
    let secs = who.known_until.unwrap_or(now_ms).saturating_sub(now_ms).max(0) / 1000;
    let value = format!("{} {secs}", &hash("reader", &whole)[..16]);
    HeaderValue::from_str(&value).unwrap_or_else(|_| HeaderValue::from_static("-"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pendopo_vocab::{RegionCode, Role, Sensitivity};

    #[test]
    fn readers_of_one_browser_have_tags_of_their_own() {
        let visitor = Principal::visitor(RegionCode::COUNTRY, None);
        assert_eq!(reader_tag(&visitor, 0), "publik");
        let mut one = Principal { via: Via::Session(1), known_until: Some(90_500), ..visitor };
        one.form_token = Some("a".to_owned());
        let first = reader_tag(&one, 500);
        let (tag, secs) = first.to_str().unwrap().split_once(' ').unwrap();
        assert_eq!((tag.len(), secs), (16, "90"));
        let mut others = vec![Principal { via: Via::Session(2), ..one.clone() }];
        others.push(Principal { form_token: Some("b".to_owned()), ..one.clone() });
        others.push(Principal { role: Role::Analyst, ..one.clone() });
        let mut raised = one.clone();
        raised.scope.sensitivity = Sensitivity::Restricted;
        others.push(raised);
        for other in others {
            assert_ne!(reader_tag(&other, 500), first, "{other:?}");
        }
        assert!(
            reader_tag(&one, 100_000).to_str().unwrap().ends_with(" 0"),
            "past its end it is shown no more"
        );
    }
}
