//! The ten services, each asked through its real protocol: HTTP over a socket, files with the readers
//! that a center would use, databases with their own clients.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod files;
mod http;
mod service;
