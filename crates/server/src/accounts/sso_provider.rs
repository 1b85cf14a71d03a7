//! The provider of identities: where to send people, and what it says about who came back. OpenID Connect
//! by the authorization code with PKCE, state and nonce.

#[cfg(test)]
mod tests;

use crate::{
    config::SsoConfig,
    jobs::fetcher::provider::{ProviderClient, ProviderProblem},
};
use anyhow::{Context, ensure};
use jiff::Timestamp;
use openidconnect::{
    AdditionalProviderMetadata, AuthenticationContextClass, AuthenticationFlow, AuthorizationCode,
    ClaimsVerificationError, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet, EndpointNotSet,
    EndpointSet, HttpRequest, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier, ProviderMetadata,
    RedirectUrl, TokenResponse,
    core::{
        CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClient, CoreClientAuthMethod, CoreGrantType,
        CoreIdToken, CoreIdTokenClaims, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm,
        CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm as Algorithm, CoreResponseMode,
        CoreResponseType, CoreSubjectIdentifierType,
    },
};
use serde::{Deserialize, Serialize};
use std::time::{Duration, SystemTime};

/// What a token may be signed with: by the provider's private half alone. A shared secret, such as the
/// client's, proves nothing that the center could not have written itself.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RsaSsaPkcs1V15Sha256,
    Algorithm::RsaSsaPkcs1V15Sha384,
    Algorithm::RsaSsaPkcs1V15Sha512,
    Algorithm::RsaSsaPssSha256,
    Algorithm::RsaSsaPssSha384,
    Algorithm::RsaSsaPssSha512,
    Algorithm::EcdsaP256Sha256,
    Algorithm::EcdsaP384Sha384,
    Algorithm::EdDsa,
];

/// What the provider says of itself beyond OpenID Connect's own.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Beyond {
    /// It names itself in every answer (RFC 9207).
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for Beyond {}

/// What the provider says of itself.
pub type Metadata = ProviderMetadata<
    Beyond,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// How the center is known to the provider.
pub struct Registration {
    /// The provider.
    pub issuer: String,
    /// The center's name there.
    pub client_id: String,
    /// The center's secret there.
    pub secret: String,
    /// Where people come back to.
    pub back: String,
    /// Values of `acr` that stand for two factors; asked for when there are any.
    pub strong: Vec<String>,
}

/// What has to be right about who comes back.
#[derive(Serialize, Deserialize)]
pub struct Expected {
    /// Came along to the provider and must come back.
    pub state: String,
    /// Must be in the token.
    pub nonce: String,
    /// What the challenge of the code was made of.
    pub verifier: String,
}

/// Who the provider says came.
#[derive(Debug, PartialEq, Eq)]
pub struct Identified {
    /// Who, at this issuer.
    pub subject: String,
    /// The provider asked for more than one factor.
    pub multi_factor: bool,
}

type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Reads the provider's metadata and keys.
///
/// # Errors
/// When it cannot be asked or says that it is another one.
pub async fn discover(client: &ProviderClient, issuer: &str) -> anyhow::Result<Metadata> {
    let issuer = IssuerUrl::new(issuer.to_owned()).context("sso.issuer")?;
    let ask = |request: HttpRequest| {
        let client = client.clone();
        async move { client.ask(request).await }
    };
    Metadata::discover_async(issuer, &ask).await.context("the provider's metadata")
}

fn client(metadata: Metadata, registration: &Registration) -> anyhow::Result<Client> {
    let back = RedirectUrl::new(registration.back.clone()).context("server.public_url")?;
    let secret = ClientSecret::new(registration.secret.clone());
    let id = ClientId::new(registration.client_id.clone());
    Ok(CoreClient::from_provider_metadata(metadata, id, Some(secret)).set_redirect_uri(back))
}

/// Where to send somebody, and what has to be right when they come back.
///
/// # Errors
/// When the settings do not make an address.
pub fn send_away(metadata: Metadata, registration: &Registration) -> anyhow::Result<(String, Expected)> {
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let client = client(metadata, registration)?;
    let mut request = client
        .authorize_url(
            AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
            CsrfToken::new_random,
            Nonce::new_random,
        )
        .set_pkce_challenge(challenge);
    for class in &registration.strong {
        request = request.add_auth_context_value(AuthenticationContextClass::new(class.clone()));
    }
    let (url, state, nonce) = request.url();
    let expected = Expected {
        state: state.into_secret(),
        nonce: nonce.secret().clone(),
        verifier: verifier.into_secret(),
    };
    Ok((url.into(), expected))
}

/// Whether an answer came from this provider (RFC 9207): the issuer that it names is the one, and it names one
/// where the provider says that it always does.
///
/// # Errors
/// When it did not.
pub fn check_sender(metadata: &Metadata, named: Option<&str>) -> anyhow::Result<()> {
    match named {
        Some(issuer) => ensure!(issuer == metadata.issuer().as_str(), "another provider answered"),
        None => ensure!(
            !metadata.additional_metadata().authorization_response_iss_parameter_supported,
            "the answer does not say which provider gave it"
        ),
    }
    Ok(())
}

/// Exchanges the code for a token and looks at it: signature, issuer, audience, party, time, nonce.
///
/// # Errors
/// Whatever does not hold.
pub async fn receive(
    asking: &ProviderClient,
    metadata: Metadata,
    registration: &Registration,
    code: String,
    expected: Expected,
    now: Timestamp,
) -> anyhow::Result<Identified> {
    let ask = |request: HttpRequest| {
        let client = asking.clone();
        async move { client.ask(request).await }
    };
    let answer = client(metadata.clone(), registration)?
        .exchange_code(AuthorizationCode::new(code))
        .context("the provider has no token endpoint")?
        .set_pkce_verifier(PkceCodeVerifier::new(expected.verifier))
        .request_async(&ask)
        .await
        .context("the code was not taken")?;
    let token = answer.id_token().context("there is no identity token")?;
    let nonce = Nonce::new(expected.nonce);
    match check(token, metadata, registration, &nonce, now) {
        // The provider may have changed its keys since they were read.
        Err(error) if may_be_an_older_key(&error) => {
            let fresh = discover(asking, &registration.issuer).await?;
            check(token, fresh, registration, &nonce, now)
        }
        other => other,
    }
}

fn may_be_an_older_key(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(ClaimsVerificationError::SignatureVerification(_)))
}

/// Looks at a token.
fn check(
    token: &CoreIdToken,
    metadata: Metadata,
    registration: &Registration,
    nonce: &Nonce,
    now: Timestamp,
) -> anyhow::Result<Identified> {
    let known = client(metadata, registration)?;
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(now.as_second().unsigned_abs());
    let verifier = known.id_token_verifier().set_allowed_algs(ALGORITHMS).set_time_fn(move || now.into());
    identified(token.claims(&verifier, nonce)?, registration)
}

fn identified(claims: &CoreIdTokenClaims, registration: &Registration) -> anyhow::Result<Identified> {
    let party = claims.authorized_party().map(|party| party.as_str());
    ensure!(party.is_none_or(|party| party == registration.client_id), "the token is for another program");
    let subject = claims.subject().as_str();
    ensure!(!subject.is_empty(), "the token is about nobody");
    let factors = claims.auth_method_refs().map(Vec::as_slice).unwrap_or_default();
    let class = claims.auth_context_ref().map(|class| class.as_str());
    Ok(Identified {
        subject: subject.to_owned(),
        multi_factor: factors.iter().any(|factor| factor.as_str() == "mfa")
            || class.is_some_and(|class| registration.strong.iter().any(|strong| strong == class)),
    })
}

/// A client for the provider.
///
/// # Errors
/// [`ProviderProblem`], or a network that cannot be read.
pub fn asking(sso: &SsoConfig) -> anyhow::Result<ProviderClient> {
    let allowed = crate::jobs::fetcher::AllowedNetworks::parse(&sso.allow_networks)
        .map_err(|text| anyhow::anyhow!("sso.allow_networks: `{text}` is no network"))?;
    ProviderClient::new(allowed).map_err(|problem: ProviderProblem| problem.into())
}
