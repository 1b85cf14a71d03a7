//! Security headers of every answer. The policy allows nothing inline and nothing from elsewhere: styles
//! are classes and SVG attributes. A page has no script unless it declares one, and then that one alone.

use super::{assets::integrity, client::client};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use std::{fmt, sync::LazyLock};

/// Pages: own styles, pictures and fonts, own forms, no script, no frame around them.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'; script-src 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'";

/// What is read by programs, and files: nothing in it is ever run or shown inside something else.
const DATA_POLICY: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// Files for keeping: should one be opened in the browser after all, it is in a box of its own.
const DOWNLOAD_POLICY: &str =
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox";

const HEADERS: [(HeaderName, &str); 9] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-embedder-policy"), "require-corp"),
    (HeaderName::from_static("origin-agent-cluster"), "?1"),
    (HeaderName::from_static("x-permitted-cross-domain-policies"), "none"),
    (
        HeaderName::from_static("permissions-policy"),
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), microphone=(), midi=(), \
         payment=(), usb=()",
    ),
];

/// Told to browsers that have come by TLS once: never come without it again, for two years.
const ONLY_TLS: HeaderValue = HeaderValue::from_static("max-age=63072000");
/// The same for all hosts below its own, where whoever runs the center says that it may.
const ONLY_TLS_BELOW: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains");

/// What lets the one script of one answer run. Travels with the answer as an extension.
#[derive(Debug, Clone)]
pub struct ScriptNonce(String);

impl ScriptNonce {
    /// A random one, good for one answer.
    pub fn fresh() -> ScriptNonce {
        ScriptNonce(URL_SAFE_NO_PAD.encode(rand::random::<[u8; 18]>()))
    }

    /// The policy of the page: as of any other, but for this script and what it asks the center.
    fn policy(&self) -> String {
        PAGE_POLICY.replace("script-src 'none'", &format!("script-src 'nonce-{self}'; connect-src 'self'"))
    }
}

/// What an answer needs beyond the policy of its kind. Travels with the answer as an extension.
#[derive(Debug, Clone, Copy)]
pub enum Needs {
    /// A page that follows the center. Unlike a nonce this is the same for all answers, so that they may be
    /// kept: the policy names the very bytes of the scripts.
    LiveScripts,
    /// The worker that keeps pages for later asks the center for them.
    Center,
}

/// Of the worker: runs on its own, beside no page.
const WORKER_POLICY: &str = "default-src 'none'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; \
     form-action 'none'";

/// The scripts of pages that follow the center.
const LIVE_SCRIPTS: [&str; 3] = ["live.js", "map.js", "screen.js"];

/// As of any page, but for the known scripts, what they ask the center, and what keeps pages for later.
static LIVE_POLICY: LazyLock<String> = LazyLock::new(|| {
    let hashes: Vec<_> =
        LIVE_SCRIPTS.into_iter().filter_map(integrity).map(|hash| format!("'{hash}'")).collect();
    PAGE_POLICY
        .replace(
            "script-src 'none'",
            &format!(
                "script-src {}; connect-src 'self'; worker-src 'self'; manifest-src 'self'",
                hashes.join(" ")
            ),
        )
        .replace("trusted-types 'none'", "trusted-types pendopo")
});

impl fmt::Display for ScriptNonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Middleware that adds the headers; `below`: the hosts below the center's own are to be reached by TLS alone, too.
pub async fn security_headers(State(below): State<bool>, request: Request, next: Next) -> Response {
    let secure = client(request.extensions()).secure;
    let mut response = next.run(request).await;
    let extensions = response.extensions();
    let policy = match (extensions.get::<ScriptNonce>(), extensions.get::<Needs>()) {
        (Some(nonce), _) => HeaderValue::try_from(nonce.policy()).ok(),
        (None, Some(Needs::LiveScripts)) => HeaderValue::from_str(&LIVE_POLICY).ok(),
        (None, Some(Needs::Center)) => Some(HeaderValue::from_static(WORKER_POLICY)),
        (None, None) => None,
    };
    let unchanged = response.status() == StatusCode::NOT_MODIFIED;
    let headers = response.headers_mut();
    let policy = policy.unwrap_or_else(|| HeaderValue::from_static(policy_for(headers)));
    // "Not modified" says nothing of what kind the answer is that the browser has; a policy sent with it would
    // take the place of the one that came with the page.
    if !unchanged {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    // What says nothing about keeping is kept by nobody.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if secure {
        let told = if below { ONLY_TLS_BELOW } else { ONLY_TLS };
        headers.insert(header::STRICT_TRANSPORT_SECURITY, told);
    }
    response
}

fn policy_for(headers: &HeaderMap) -> &'static str {
    let begins = |name: HeaderName, with: &str| {
        headers.get(name).and_then(|value| value.to_str().ok()).is_some_and(|value| value.starts_with(with))
    };
    match (begins(header::CONTENT_DISPOSITION, "attachment"), begins(header::CONTENT_TYPE, "text/html")) {
        (true, _) => DOWNLOAD_POLICY,
        (false, true) => PAGE_POLICY,
        (false, false) => DATA_POLICY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(pairs: &[(HeaderName, &'static str)]) -> &'static str {
        policy_for(
            &pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect(),
        )
    }

    #[test]
    fn each_kind_of_answer_has_its_policy() {
        let html = (header::CONTENT_TYPE, "text/html; charset=utf-8");
        let csv = (header::CONTENT_TYPE, "text/csv");
        let file = (header::CONTENT_DISPOSITION, "attachment; filename=\"a.csv\"");
        assert_eq!(kind(&[]), DATA_POLICY);
        assert_eq!(kind(&[(header::CONTENT_TYPE, "application/json")]), DATA_POLICY);
        assert_eq!(kind(std::slice::from_ref(&html)), PAGE_POLICY);
        assert_eq!(kind(&[csv, file.clone()]), DOWNLOAD_POLICY);
        assert_eq!(kind(&[html, file]), DOWNLOAD_POLICY);
        let (nonce, live) = (ScriptNonce::fresh().policy(), LIVE_POLICY.as_str());
        for policy in [PAGE_POLICY, DATA_POLICY, DOWNLOAD_POLICY, WORKER_POLICY, &nonce, live] {
            assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
            assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
        }
    }

    #[test]
    fn pages_that_follow_run_known_scripts_and_no_other() {
        let scripts = LIVE_POLICY.split("; ").find(|part| part.starts_with("script-src ")).unwrap();
        assert_eq!(scripts.matches("'sha256-").count(), LIVE_SCRIPTS.len(), "{scripts}");
        assert!(!scripts.contains("self"), "{scripts}");
    }

    #[test]
    fn a_nonce_is_good_for_one_answer_and_one_script() {
        let [one, other] = [ScriptNonce::fresh(), ScriptNonce::fresh()];
        assert_ne!(one.to_string(), other.to_string());
        assert_eq!(one.to_string().len(), 24);
        let policy = one.policy();
        assert!(policy.contains(&format!("script-src 'nonce-{one}'; connect-src 'self'")), "{policy}");
        assert!(!policy.contains("script-src 'none'") && policy.contains("trusted-types 'none'"));
    }
}
