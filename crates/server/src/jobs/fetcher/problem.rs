//! Why nothing could be fetched, in words for the people who must act.

use pendopo_vocab::Lang;
use serde::{Deserialize, Serialize};

/// Why nothing could be fetched. Never holds a secret: addresses are shown without their query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum FetchProblem {
    /// Not an address that may be asked: another scheme, a password in it, no host.
    BadAddress {
        /// The address without its query.
        url: String,
        /// What is wrong with it.
        detail: String,
    },
    /// The address leads into a network that this source may not reach.
    ForbiddenAddress {
        /// Host asked for.
        host: String,
        /// What it leads to.
        address: String,
    },
    /// The name is not known.
    UnknownHost {
        /// Host asked for.
        host: String,
    },
    /// Nobody answers at the address.
    NoConnection {
        /// Host asked for.
        host: String,
        /// The system's words.
        detail: String,
    },
    /// The connection cannot be trusted or encrypted.
    Tls {
        /// Host asked for.
        host: String,
        /// What is wrong with the certificate.
        detail: String,
    },
    /// Too slow.
    TimedOut {
        /// What took too long.
        phase: Phase,
        /// The bound, in milliseconds.
        after_millis: u64,
    },
    /// More bytes than accepted, after unpacking.
    TooLarge {
        /// The bound, in bytes.
        limit_bytes: u64,
    },
    /// More rows than accepted.
    TooManyRows {
        /// The bound.
        limit: u64,
    },
    /// More pages than accepted.
    TooManyPages {
        /// The bound.
        limit: u32,
    },
    /// The service keeps us out (401, 403, 407, 451).
    Blocked {
        /// HTTP status, or 0 for a database.
        status: u16,
        /// Address asked, without its query.
        url: String,
    },
    /// A MySQL server keeps the user's password in the format of before version 4.1.
    OldPassword {
        /// Host asked for.
        host: String,
    },
    /// Another HTTP status that is no answer.
    Status {
        /// HTTP status.
        status: u16,
        /// Address asked, without its query.
        url: String,
    },
    /// Sent on too often, in a circle, or from an encrypted address to an open one.
    Redirect {
        /// Address that sent us on.
        url: String,
        /// What is wrong with it.
        detail: String,
    },
    /// The answer breaks off or is damaged.
    Broken {
        /// Address asked.
        url: String,
        /// What happened.
        detail: String,
    },
    /// A secret that the source names is nowhere to be found.
    NoSecret {
        /// Its name.
        name: String,
    },
    /// No such file.
    NoFile {
        /// The path as written in the source.
        path: String,
    },
    /// The path leads out of the center's folder, or is not a file.
    ForbiddenFile {
        /// The path as written in the source.
        path: String,
    },
    /// The file is still being written.
    FileInUse {
        /// The path as written in the source.
        path: String,
    },
    /// The file cannot be read.
    UnreadableFile {
        /// The path as written in the source.
        path: String,
        /// The system's words.
        detail: String,
    },
    /// A database said no.
    Database {
        /// The engine.
        engine: String,
        /// Its own words, without secrets.
        detail: String,
    },
    /// Stopped by somebody, or because the program ends.
    Cancelled,
}

/// What took too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Until the connection stood.
    Connect,
    /// Between two pieces of the answer.
    Idle,
    /// The run as a whole.
    Total,
}

impl FetchProblem {
    /// A stable word for machines, also the stored code of a failed run.
    pub fn code(&self) -> &'static str {
        match self {
            FetchProblem::BadAddress { .. } => "bad_address",
            FetchProblem::ForbiddenAddress { .. } => "forbidden_address",
            FetchProblem::UnknownHost { .. } => "unknown_host",
            FetchProblem::NoConnection { .. } => "no_connection",
            FetchProblem::Tls { .. } => "tls",
            FetchProblem::TimedOut { .. } => "timed_out",
            FetchProblem::TooLarge { .. } => "too_large",
            FetchProblem::TooManyRows { .. } => "too_many_rows",
            FetchProblem::TooManyPages { .. } => "too_many_pages",
            FetchProblem::Blocked { .. } => "blocked",
            FetchProblem::OldPassword { .. } => "old_password",
            FetchProblem::Status { .. } => "status",
            FetchProblem::Redirect { .. } => "redirect",
            FetchProblem::Broken { .. } => "broken",
            FetchProblem::NoSecret { .. } => "no_secret",
            FetchProblem::NoFile { .. } => "no_file",
            FetchProblem::ForbiddenFile { .. } => "forbidden_file",
            FetchProblem::FileInUse { .. } => "file_in_use",
            FetchProblem::UnreadableFile { .. } => "unreadable_file",
            FetchProblem::Database { .. } => "database",
            FetchProblem::Cancelled => "cancelled",
        }
    }

    /// Whether asking again within the same run may help.
    pub fn is_passing(&self) -> bool {
        match self {
            FetchProblem::UnknownHost { .. }
            | FetchProblem::NoConnection { .. }
            | FetchProblem::Broken { .. }
            | FetchProblem::FileInUse { .. } => true,
            FetchProblem::TimedOut { phase, .. } => *phase != Phase::Total,
            FetchProblem::Status { status, .. } => matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504),
            _ => false,
        }
    }

    /// Whether the other side keeps us out: the source's state is "blocked".
    pub fn is_block(&self) -> bool {
        matches!(self, FetchProblem::Blocked { .. } | FetchProblem::OldPassword { .. })
    }

    /// Whether the center's own staff must act rather than the service's keeper.
    pub fn is_ours(&self) -> bool {
        matches!(
            self,
            FetchProblem::BadAddress { .. }
                | FetchProblem::ForbiddenAddress { .. }
                | FetchProblem::NoSecret { .. }
                | FetchProblem::ForbiddenFile { .. }
                | FetchProblem::TooLarge { .. }
                | FetchProblem::TooManyRows { .. }
                | FetchProblem::TooManyPages { .. }
        )
    }

    /// What is wrong and what to do, for people.
    pub fn sentence(&self, lang: Lang) -> String {
        match lang {
            Lang::Id => self.sentence_id(),
            Lang::En => self.sentence_en(),
        }
    }

    fn sentence_id(&self) -> String {
        match self {
            FetchProblem::BadAddress { url, detail } => {
                format!("Alamat {url} tidak dapat dipakai: {detail}. Perbaiki sumber.")
            }
            FetchProblem::ForbiddenAddress { host, address } => format!(
                "{host} menuju {address}, jaringan yang tidak boleh dijangkau sumber ini. Bila memang layanan dinas, tambahkan jaringannya ke `allow_networks`."
            ),
            FetchProblem::UnknownHost { host } => {
                format!("Nama {host} tidak dikenal. Periksa alamat sumber dan DNS.")
            }
            FetchProblem::NoConnection { host, detail } => {
                format!("Layanan di {host} tidak menjawab ({detail}). Hubungi pengelolanya.")
            }
            FetchProblem::Tls { host, detail } => format!(
                "Sambungan aman ke {host} gagal ({detail}). Minta pengelola memperbarui sertifikatnya; bila sertifikatnya buatan sendiri, sebutkan `ca_file` atau `certificate_sha256` pada sumber."
            ),
            FetchProblem::TimedOut { phase, after_millis } => {
                let secs = seconds(*after_millis, ',');
                match phase {
                    Phase::Connect => {
                        format!("Layanan tidak tersambung dalam {secs} detik. Hubungi pengelolanya.")
                    }
                    Phase::Idle => {
                        format!("Layanan berhenti mengirim selama {secs} detik. Hubungi pengelolanya.")
                    }
                    Phase::Total => format!(
                        "Jawaban belum lengkap setelah {secs} detik, maka dihentikan. Perkecil jawaban atau naikkan `timeout` sumber."
                    ),
                }
            }
            FetchProblem::TooLarge { limit_bytes } => format!(
                "Jawaban melebihi batas {} MiB. Perkecil jawaban atau naikkan `max_mib` sumber.",
                mib(*limit_bytes)
            ),
            FetchProblem::TooManyRows { limit } => {
                format!("Jawaban melebihi {limit} baris. Persempit kueri sumber.")
            }
            FetchProblem::TooManyPages { limit } => format!(
                "Jawaban melebihi {limit} halaman. Perbesar ukuran halaman atau persempit permintaan."
            ),
            FetchProblem::Blocked { status: 0, url } => {
                format!("{url} menolak pengguna atau kata sandi. Periksa rahasia sumber dan hak akses.")
            }
            FetchProblem::Blocked { status, url } => format!(
                "Layanan menolak akses ({status}) di {url}. Periksa kunci atau kata sandi, dan minta pengelola layanan membuka akses."
            ),
            FetchProblem::OldPassword { host } => format!(
                "Server MySQL di {host} menyimpan kata sandi pengguna ini dalam format lama (old_passwords), yang tidak aman. Minta pengelolanya menjalankan `set old_passwords = 0`, lalu mengisi ulang kata sandi pengguna itu."
            ),
            FetchProblem::Status { status, url } if *status == 429 || *status >= 500 => format!(
                "Layanan di {url} sedang terganggu ({status}). Akan dicoba lagi; bila berlanjut, hubungi pengelolanya."
            ),
            FetchProblem::Status { status, url } => {
                format!("Layanan di {url} menjawab dengan status {status}. Periksa alamat sumber.")
            }
            FetchProblem::Redirect { url, detail } => {
                format!("{url} mengalihkan ke tempat lain: {detail}. Periksa alamat sumber.")
            }
            FetchProblem::Broken { url, detail } => format!(
                "Jawaban dari {url} terputus atau rusak ({detail}). Tidak ada yang disimpan; akan diambil ulang."
            ),
            FetchProblem::NoSecret { name } => format!(
                "Rahasia “{name}” belum diisi. Isi PENDOPO_SECRET_{} atau berkas rahasia.",
                super::secrets::variable(name)
            ),
            FetchProblem::NoFile { path } => {
                format!("Berkas “{path}” belum ada. Minta dinas mengirimkannya.")
            }
            FetchProblem::ForbiddenFile { path } => {
                format!(
                    "“{path}” berada di luar map berkas pusat komando atau bukan berkas. Perbaiki sumber."
                )
            }
            FetchProblem::FileInUse { path } => {
                format!("Berkas “{path}” masih ditulis. Akan dibaca setelah selesai.")
            }
            FetchProblem::UnreadableFile { path, detail } => {
                format!("Berkas “{path}” tidak dapat dibaca: {detail}.")
            }
            FetchProblem::Database { engine, detail } => {
                format!("Basis data {engine} menolak: {detail}. Hubungi pengelolanya.")
            }
            FetchProblem::Cancelled => "Dihentikan sebelum selesai. Tidak ada yang disimpan.".to_owned(),
        }
    }

    fn sentence_en(&self) -> String {
        match self {
            FetchProblem::BadAddress { url, detail } => {
                format!("The address {url} cannot be used: {detail}. Repair the source.")
            }
            FetchProblem::ForbiddenAddress { host, address } => format!(
                "{host} leads to {address}, a network that this source may not reach. If it is an agency's service, add its network to `allow_networks`."
            ),
            FetchProblem::UnknownHost { host } => {
                format!("The name {host} is not known. Check the source's address and the DNS.")
            }
            FetchProblem::NoConnection { host, detail } => {
                format!("The service at {host} does not answer ({detail}). Call its keeper.")
            }
            FetchProblem::Tls { host, detail } => {
                format!(
                    "No secure connection to {host} ({detail}). Ask its keeper to renew the certificate; if it is signed by itself, name `ca_file` or `certificate_sha256` in the source."
                )
            }
            FetchProblem::TimedOut { phase, after_millis } => {
                let secs = seconds(*after_millis, '.');
                match phase {
                    Phase::Connect => {
                        format!("No connection to the service within {secs} seconds. Call its keeper.")
                    }
                    Phase::Idle => format!("The service sent nothing for {secs} seconds. Call its keeper."),
                    Phase::Total => format!(
                        "The answer was not complete after {secs} seconds and was given up. Make it smaller or raise the source's `timeout`."
                    ),
                }
            }
            FetchProblem::TooLarge { limit_bytes } => format!(
                "The answer is larger than {} MiB. Make it smaller or raise the source's `max_mib`.",
                mib(*limit_bytes)
            ),
            FetchProblem::TooManyRows { limit } => {
                format!("The answer has more than {limit} rows. Narrow the source's query.")
            }
            FetchProblem::TooManyPages { limit } => {
                format!("The answer has more than {limit} pages. Ask for larger pages or for less.")
            }
            FetchProblem::Blocked { status: 0, url } => {
                format!("{url} refuses the user or password. Check the source's secret and its rights.")
            }
            FetchProblem::Blocked { status, url } => format!(
                "The service refuses access ({status}) at {url}. Check the key or password and ask its keeper to open access."
            ),
            FetchProblem::OldPassword { host } => format!(
                "The MySQL server at {host} keeps this user's password in the old format (old_passwords), which is not safe. Ask its keeper to run `set old_passwords = 0` and to set the user's password anew."
            ),
            FetchProblem::Status { status, url } if *status == 429 || *status >= 500 => {
                format!(
                    "The service at {url} is in trouble ({status}). It is tried again; if it lasts, call its keeper."
                )
            }
            FetchProblem::Status { status, url } => {
                format!("The service at {url} answered with status {status}. Check the source's address.")
            }
            FetchProblem::Redirect { url, detail } => {
                format!("{url} sends us elsewhere: {detail}. Check the source's address.")
            }
            FetchProblem::Broken { url, detail } => format!(
                "The answer of {url} broke off or is damaged ({detail}). Nothing is stored; it is fetched again."
            ),
            FetchProblem::NoSecret { name } => format!(
                "The secret “{name}” is not set. Set PENDOPO_SECRET_{} or the secrets file.",
                super::secrets::variable(name)
            ),
            FetchProblem::NoFile { path } => {
                format!("There is no file “{path}” yet. Ask the agency to send it.")
            }
            FetchProblem::ForbiddenFile { path } => format!(
                "“{path}” lies outside the center's files folder or is not a file. Repair the source."
            ),
            FetchProblem::FileInUse { path } => {
                format!("The file “{path}” is still being written. It is read once it is complete.")
            }
            FetchProblem::UnreadableFile { path, detail } => {
                format!("The file “{path}” cannot be read: {detail}.")
            }
            FetchProblem::Database { engine, detail } => {
                format!("The {engine} database says no: {detail}. Call its keeper.")
            }
            FetchProblem::Cancelled => "Stopped before it was complete. Nothing is stored.".to_owned(),
        }
    }
}

/// Milliseconds as seconds, with one decimal only below ten seconds.
fn seconds(millis: u64, point: char) -> String {
    match (millis / 1000, millis % 1000 / 100) {
        (whole, tenths) if whole < 10 && tenths > 0 => format!("{whole}{point}{tenths}"),
        (whole, _) => whole.to_string(),
    }
}

fn mib(bytes: u64) -> u64 {
    bytes.div_ceil(1024 * 1024)
}

impl std::fmt::Display for FetchProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.sentence(Lang::En))
    }
}

impl std::error::Error for FetchProblem {}
