//! All SQL of accounts, invitations, sessions and tokens.

pub mod account;
pub mod identity;
pub mod invitation;
pub mod passkey;
pub mod session;
pub mod token;

#[cfg(test)]
mod tests;
