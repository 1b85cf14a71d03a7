//! Accounts through the whole router.
