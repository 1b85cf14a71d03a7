//! Requests to the provider of identities: guarded addresses, no redirects, short and small.

use super::{
    AllowedNetworks, FetchProblem, SystemLookup,
    address::{check_url, literal},
    http::{GuardedResolver, install_tls},
};
use axum::http::{Request, Response};
use reqwest::Url;
use std::{sync::Arc, time::Duration};

/// Longest answer, bytes: metadata and keys are a few kilobytes.
const MOST_BYTES: usize = 1024 * 1024;
/// Longest wait for one answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why the provider could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum ProviderProblem {
    /// The address is closed or cannot be asked.
    #[error("the provider's address cannot be asked: {0:?}")]
    Address(FetchProblem),
    /// Tokens and secrets must not travel in the open.
    #[error("the provider is asked over https alone, but for one on this machine")]
    Plain,
    /// The answer is too long.
    #[error("the provider's answer is too long")]
    TooLong,
    /// The connection failed.
    #[error("the provider does not answer: {0}")]
    Http(#[from] reqwest::Error),
    /// The answer cannot be rebuilt.
    #[error("the provider's answer cannot be read: {0}")]
    Answer(#[from] axum::http::Error),
}

/// Asks the provider of identities. Cheap to clone.
#[derive(Clone)]
pub struct ProviderClient {
    client: reqwest::Client,
    allowed: AllowedNetworks,
}

impl ProviderClient {
    /// A client that reaches public addresses and `allowed`.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(allowed: AllowedNetworks) -> Result<ProviderClient, ProviderProblem> {
        install_tls();
        let client = reqwest::Client::builder()
            .user_agent(concat!("pendopo/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(GuardedResolver { lookup: Arc::new(SystemLookup), allowed: allowed.clone() })
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(PATIENCE)
            .build()?;
        Ok(ProviderClient { client, allowed })
    }

    /// One request and its whole answer.
    ///
    /// # Errors
    /// [`ProviderProblem`].
    pub async fn ask(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, ProviderProblem> {
        let request = reqwest::Request::try_from(request)?;
        check_url(request.url(), &self.allowed).map_err(ProviderProblem::Address)?;
        if request.url().scheme() != "https" && !is_this_machine(request.url()) {
            return Err(ProviderProblem::Plain);
        }
        let mut answer = self.client.execute(request).await?;
        let mut rebuilt = Response::builder().status(answer.status());
        for (name, value) in answer.headers() {
            rebuilt = rebuilt.header(name, value);
        }
        let mut body = Vec::new();
        while let Some(piece) = answer.chunk().await? {
            if body.len() + piece.len() > MOST_BYTES {
                return Err(ProviderProblem::TooLong);
            }
            body.extend_from_slice(&piece);
        }
        Ok(rebuilt.body(body)?)
    }
}

fn is_this_machine(url: &Url) -> bool {
    url.host_str().and_then(literal).is_some_and(|ip| ip.is_loopback())
}
