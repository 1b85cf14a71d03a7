//! The center as the passkeys of its people know it: under which name, and what it asks of a device.
//!
//! A passkey belongs to one host name. What the browser signs says where it was asked, so a page that only
//! looks like the center gets signatures that are worth nothing here.

use crate::{
    accounts::store::passkey::{Copies, NewPasskey, Passkey},
    vault::Vault,
    web::PageRequest,
};
use anyhow::{Context, anyhow};
use webauthn_rp::{
    AuthenticatedCredential, DiscoverableCredentialRequestOptions, PublicKeyCredentialCreationOptions,
    bin::{Decode, Encode},
    request::{
        AsciiDomain, PublicKeyCredentialDescriptor, RpId,
        auth::{
            AuthenticationVerificationOptions, AuthenticatorAttachmentEnforcement,
            DiscoverableAuthenticationServerState,
        },
        register::{
            CoseAlgorithmIdentifier, CoseAlgorithmIdentifiers, CredProtect, Nickname,
            PublicKeyCredentialUserEntity, RegistrationServerState, RegistrationVerificationOptions,
            UserHandle, Username,
        },
    },
    response::{
        AuthTransports, AuthenticatorAttachment, Backup, CredentialId,
        auth::{DiscoverableAuthentication, error::AuthCeremonyErr},
        register::{CompressedPubKey, DynamicState, Registration, StaticState},
    },
};

/// Bytes by which a device knows an account.
const HANDLE_BYTES: usize = 32;

type Handle = UserHandle<HANDLE_BYTES>;
type StoredKey = StaticState<CompressedPubKey<[u8; 32], [u8; 32], [u8; 48], Vec<u8>>>;

/// What a device answered when it was asked to sign.
pub type Assertion = DiscoverableAuthentication<HANDLE_BYTES>;

/// Whether passkeys can be used where the reader is.
pub enum Offer {
    /// Here.
    Here(Party),
    /// At another address of this center: `http://localhost:8600`.
    At(String),
    /// Nowhere: the center was not told its address.
    Nowhere,
}

impl Offer {
    /// What there is for this request. Without `server.public_url` passkeys work on this machine alone, under
    /// the name `localhost`: browsers tie no passkey to a number.
    pub fn of(request: &PageRequest) -> Offer {
        if let Some(url) = &request.app.config().web.public_url {
            return Party::new(&url.host, &url.origin).map_or(Offer::Nowhere, Offer::Here);
        }
        let near = request.asked.who.address.is_some_and(|address| address.to_canonical().is_loopback());
        let Some(host) = request.host().filter(|_| near) else { return Offer::Nowhere };
        let (name, port) = host.rsplit_once(':').unwrap_or((host, ""));
        if !port.bytes().all(|byte| byte.is_ascii_digit()) {
            return Offer::Nowhere;
        }
        let origin =
            if port.is_empty() { "http://localhost".to_owned() } else { format!("http://localhost:{port}") };
        match name {
            "localhost" => Party::new("localhost", &origin).map_or(Offer::Nowhere, Offer::Here),
            "127.0.0.1" | "[::1]" => Offer::At(origin),
            _ => Offer::Nowhere,
        }
    }

    /// The center, where passkeys can be used here.
    pub fn here(self) -> Option<Party> {
        match self {
            Offer::Here(party) => Some(party),
            Offer::At(_) | Offer::Nowhere => None,
        }
    }
}

/// The center by the name that passkeys know.
#[derive(Debug)]
pub struct Party {
    id: RpId,
    origin: String,
}

/// An account as its owner's device shows it.
pub struct Owner<'a> {
    /// Its id.
    pub account_id: i64,
    /// Its login.
    pub login: &'a str,
    /// The person's name.
    pub name: &'a str,
}

/// A question to a device: what the browser is given, and what must be known when the answer comes.
pub struct Question {
    /// For the browser.
    pub options: serde_json::Value,
    /// For [`Party::take`] or [`Party::admit`].
    pub state: Vec<u8>,
}

/// Why an answer was refused; a word for the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal(pub &'static str);

/// By which name devices know the account: the same as long as the center keeps its keys, and no hint to
/// anybody else.
fn handle_of(vault: &Vault, account_id: i64) -> Handle {
    match Handle::decode(vault.mac("passkey owner", &account_id.to_be_bytes())) {
        Ok(handle) => handle,
        Err(never) => match never {},
    }
}

impl Party {
    /// The center at `host`, whose pages have this origin.
    pub fn new(host: &str, origin: &str) -> Option<Party> {
        let id = RpId::Domain(AsciiDomain::try_from(host.to_owned()).ok()?);
        Some(Party { id, origin: origin.to_owned() })
    }

    /// Where the pages are: `https://pusat.example.go.id`.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Asks for a new passkey that its keeper finds without a login and that needs PIN, finger or face.
    ///
    /// # Errors
    /// When the account cannot be put into words that devices take.
    pub fn ask_for_new(
        &self,
        vault: &Vault,
        owner: &Owner<'_>,
        known: &[Passkey],
    ) -> anyhow::Result<Question> {
        let handle = handle_of(vault, owner.account_id);
        let user = PublicKeyCredentialUserEntity {
            name: Username::try_from(owner.login).map_err(|error| anyhow!("login: {error}"))?,
            id: &handle,
            display_name: Nickname::try_from(owner.name).ok(),
        };
        let known = known.iter().map(|passkey| {
            Ok(PublicKeyCredentialDescriptor {
                id: CredentialId::decode(passkey.key.credential_id.clone()).map_err(|e| anyhow!("{e}"))?,
                transports: AuthTransports::decode(0).map_err(|e| anyhow!("{e}"))?,
            })
        });
        let known = known.collect::<anyhow::Result<Vec<_>>>()?;
        let mut options = PublicKeyCredentialCreationOptions::passkey(&self.id, user, known);
        options.pub_key_cred_params =
            CoseAlgorithmIdentifiers::default().remove(CoseAlgorithmIdentifier::Es384);
        // Every answer must come from a verified owner anyway; many phones do not know this extension.
        options.extensions.cred_protect = CredProtect::None;
        let (state, client) = options.start_ceremony().map_err(|error| anyhow!("{error}"))?;
        let state = state.encode().context("the clock stands before 1970")?;
        Ok(Question { options: serde_json::to_value(client).context("options for a passkey")?, state })
    }

    /// Takes the new passkey out of what the browser sent, as an answer to the question with this state.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn take(
        &self,
        vault: &Vault,
        account_id: i64,
        state: &[u8],
        json: &[u8],
    ) -> Result<NewPasskey, Refusal> {
        let state = RegistrationServerState::<HANDLE_BYTES>::decode(state).map_err(|_| Refusal("state"))?;
        let answer = Registration::from_json_custom(json).map_err(|_| Refusal("form"))?;
        let origins = [self.origin.as_str()];
        let options = RegistrationVerificationOptions::<&str, &str> {
            allowed_origins: &origins,
            error_on_unsolicited_extensions: false,
            ..RegistrationVerificationOptions::default()
        };
        let made = state.verify(&self.id, &answer, &options).map_err(|error| {
            tracing::info!(%error, "a new passkey was refused");
            Refusal("signature")
        })?;
        if made.user_id().as_ref() != handle_of(vault, account_id).as_ref() {
            return Err(Refusal("owner"));
        }
        let Ok(public_key) = made.static_state().encode();
        let dynamic = made.dynamic_state();
        Ok(NewPasskey {
            credential_id: made.id().as_ref().to_vec(),
            public_key,
            sign_count: dynamic.sign_count.into(),
            copies: copies_of(dynamic.backup),
        })
    }

    /// Asks whoever is there to sign with a passkey of this center.
    ///
    /// # Errors
    /// When the clock stands before 1970.
    pub fn ask_who(&self) -> anyhow::Result<Question> {
        let options = DiscoverableCredentialRequestOptions::passkey(&self.id);
        let (state, client) = options.start_ceremony().map_err(|error| anyhow!("{error}"))?;
        let state = state.encode().context("the clock stands before 1970")?;
        Ok(Question { options: serde_json::to_value(client).context("options for a passkey")?, state })
    }

    /// Checks that `answer` was signed with `passkey` as an answer to the question with this state; gives the
    /// key as it is now.
    ///
    /// # Errors
    /// [`Refusal`]; `counter` when a copy of the key seems to be in use.
    pub fn admit(
        &self,
        vault: &Vault,
        passkey: &Passkey,
        state: &[u8],
        answer: &Assertion,
    ) -> Result<NewPasskey, Refusal> {
        let state = DiscoverableAuthenticationServerState::decode(state).map_err(|_| Refusal("state"))?;
        let key = StoredKey::decode(&passkey.key.public_key).map_err(|_| Refusal("stored"))?;
        let dynamic = DynamicState {
            user_verified: true,
            backup: backup_of(passkey.key.copies),
            sign_count: u32::try_from(passkey.key.sign_count).map_err(|_| Refusal("stored"))?,
            authenticator_attachment: AuthenticatorAttachment::None,
        };
        let handle = handle_of(vault, passkey.account_id);
        let id = CredentialId::decode(passkey.key.credential_id.clone()).map_err(|_| Refusal("stored"))?;
        let mut credential = AuthenticatedCredential::new((&id).into(), &handle, key, dynamic)
            .map_err(|_| Refusal("stored"))?;
        let origins = [self.origin.as_str()];
        let options = AuthenticationVerificationOptions::<&str, &str> {
            allowed_origins: &origins,
            error_on_unsolicited_extensions: false,
            auth_attachment_enforcement: AuthenticatorAttachmentEnforcement::Ignore(false),
            ..AuthenticationVerificationOptions::default()
        };
        state.verify(&self.id, answer, &mut credential, &options).map_err(|error| {
            tracing::info!(%error, passkey = passkey.passkey_id, "a passkey was refused");
            Refusal(match error {
                AuthCeremonyErr::SignatureCounter => "counter",
                AuthCeremonyErr::OriginMismatch | AuthCeremonyErr::RpIdHashMismatch => "origin",
                AuthCeremonyErr::ChallengeMismatch => "challenge",
                AuthCeremonyErr::Timeout => "late",
                AuthCeremonyErr::UserNotVerified => "unverified",
                _ => "signature",
            })
        })?;
        let now = credential.dynamic_state();
        Ok(NewPasskey {
            sign_count: now.sign_count.into(),
            copies: copies_of(now.backup),
            ..passkey.key.clone()
        })
    }
}

fn copies_of(backup: Backup) -> Copies {
    match backup {
        Backup::NotEligible => Copies::None,
        Backup::Eligible => Copies::Possible,
        Backup::Exists => Copies::Exist,
    }
}

fn backup_of(copies: Copies) -> Backup {
    match copies {
        Copies::None => Backup::NotEligible,
        Copies::Possible => Backup::Eligible,
        Copies::Exist => Backup::Exists,
    }
}
