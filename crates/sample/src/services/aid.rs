//! Social aid (Dinsos): a CSV as Indonesian Excel saves it. `sep=;`, Windows-1252, numbers with dots,
//! rupiah with `Rp`, days first, and desa named without a code. As real recaps do, it names the person who
//! looks after the aid in each desa, with population number and telephone: all invented.

use super::{Shared, indonesian};
use crate::{
    mishaps::Service,
    model::{MARK, Model},
};
use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use jiff::Timestamp;

/// Sends the file.
pub async fn get_csv(State(world): Shared) -> Response {
    let now = world.now();
    let bytes = csv(
        &world.model,
        now,
        world.mishaps.renamed(now) == Some(Service::SocialAid),
        world.mishaps.bad_rows(now) == Some(Service::SocialAid),
    );
    let headers = [
        (header::CONTENT_TYPE, "text/csv"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"rekap_bansos.csv\""),
    ];
    (headers, bytes).into_response()
}

/// The file's bytes: one line per desa and closed month.
pub fn csv(model: &Model, now: Timestamp, renamed: bool, bad_rows: bool) -> Vec<u8> {
    let paid = if renamed { "KPM SALUR" } else { "KPM TERSALUR" };
    let mut text = format!(
        "sep=;\r\nKECAMATAN;DESA/KELURAHAN;TANGGAL;KPM PKH;KPM BPNT;JUMLAH KPM;{paid};NILAI TERSALUR;NAMA PENDAMPING;NIK PENDAMPING;HP PENDAMPING;KETERANGAN\r\n"
    );
    for month in model.closed_months(now) {
        let day = month.last_day();
        let date = format!("{:02}/{:02}/{}", day.day(), day.month(), day.year());
        let reporting = model.villages.iter().enumerate();
        for (nth, village) in reporting.filter(|(_, village)| model.has_reported(village, month, now)) {
            let aid = model.social_aid(village, month, now);
            let fields = [
                model.district_of(village).name.to_uppercase(),
                village.name.clone(),
                date.clone(),
                indonesian(aid.pkh_families),
                indonesian(aid.food_families),
                indonesian(aid.entitled),
                indonesian(aid.paid),
                format!("Rp{}", indonesian(aid.paid_idr)),
                companion_name(nth),
                companion_number(village, nth),
                companion_phone(nth),
                // The dash is 0x96 in Windows-1252 and is what gives the encoding away.
                format!("{MARK} – rekap desa"),
            ];
            text.push_str(&fields.join(";"));
            text.push_str("\r\n");
        }
    }
    if bad_rows {
        text.push_str(&bad_lines(model, now));
    }
    text.push_str("JUMLAH;;;;;;;;;;;\r\n");
    encoding_rs::WINDOWS_1252.encode(&text).0.into_owned()
}

/// Nobody's name: first names that are common, and the word for "example".
fn companion_name(nth: usize) -> String {
    let first = ["Siti", "Sukiman", "Wati", "Slamet", "Sri", "Agus", "Endang", "Budi"][nth % 8];
    format!("{first} Contoh {}", nth + 1)
}

/// A number of the right form that nobody has: no kecamatan of a regency is numbered 99.
fn companion_number(village: &crate::model::Village, nth: usize) -> String {
    let regency = village.code.to_string().replace('.', "");
    let (day, month, year) = (1 + nth % 28, 1 + nth % 12, 70 + nth % 29);
    // Women have 40 added to the day.
    let day = if nth.is_multiple_of(2) { day + 40 } else { day };
    format!("{}99{day:02}{month:02}{year:02}{:04}", &regency[..4], 1 + nth)
}

fn companion_phone(nth: usize) -> String {
    format!("0899-0000-{:04}", nth + 1)
}

/// Lines that must be refused: an unknown desa, words for a number, an impossible day, a negative
/// number and a date that is none.
fn bad_lines(model: &Model, now: Timestamp) -> String {
    let month = model.last_closed(now);
    let day = month.last_day();
    let date = format!("{:02}/{:02}/{}", day.day(), day.month(), day.year());
    let (Some(first), Some(last)) = (model.villages.first(), model.villages.last()) else {
        return String::new();
    };
    let place = |village: &crate::model::Village| {
        format!("{};{}", model.district_of(village).name.to_uppercase(), village.name)
    };
    let (first, last) = (place(first), place(last));
    let unknown = format!("{};Antah Berantah", first.split(';').next().unwrap_or_default());
    let year = month.year();
    [
        format!("{unknown};{date};12;20;22;21;Rp4.200.000;;;;{MARK} – salah desa"),
        format!("{first};{date};dua puluh;30;34;tiga puluh;Rp6.000.000;;;;{MARK} – huruf"),
        format!("{last};31/02/{year};18;29;32;31;Rp6.200.000;;;;{MARK} – tanggal"),
        format!("{last};{date};18;29;32;-31;Rp6.200.000;;;;{MARK} – minus"),
        format!("{first};akhir bulan;18;29;32;31;Rp6.200.000;;;;{MARK} – tanggal"),
    ]
    .map(|line| line + "\r\n")
    .concat()
}
