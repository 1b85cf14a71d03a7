//! Population register (Dukcapil): a workbook made for people. Title rows, a header of two rows with
//! merged cells, the kecamatan written once per group, a total and a source line at the foot, and a
//! hidden sheet in front.

use super::Shared;
use crate::model::{MARK, Model, people::Population};
use anyhow::Context;
use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use rust_xlsxwriter::{Format, FormatAlign, Workbook, Worksheet};

/// Last header row, from 0; two rows of header end here.
const HEADER_ROW: u32 = 4;
/// Second header row's texts, by column; empty where the first row's cell spans both.
const SECOND_ROW: [&str; 11] = ["", "", "", "", "L", "P", "Jumlah", "", "Wajib", "Rekam", "Anak 0-18"];

/// Sends the workbook.
pub async fn get_workbook(State(world): Shared) -> Response {
    let made = tokio::task::spawn_blocking(move || workbook(&world.model, world.now())).await;
    match made {
        Ok(Ok(bytes)) => {
            let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
            let name = "attachment; filename=\"Agregat Penduduk.xlsx\"";
            ([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)], bytes).into_response()
        }
        _ => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// The workbook's bytes: one row per desa and closed month.
pub fn workbook(model: &Model, now: Timestamp) -> anyhow::Result<Vec<u8>> {
    let mut book = Workbook::new();
    let notes = book.add_worksheet();
    notes.set_name("Petunjuk")?.set_hidden(true);
    notes.write(0, 0, "Lembar ini berisi petunjuk pengisian dan disembunyikan.")?;
    let sheet = book.add_worksheet();
    sheet.set_name("Agregat")?.set_active(true);
    write_header(sheet)?;
    let last = write_rows(model, now, sheet)?;
    sheet.write(last + 2, 0, format!("Sumber: Dinas Kependudukan dan Pencatatan Sipil ({MARK})"))?;
    sheet.write(last + 3, 0, format!("Keterangan: {MARK}, bukan angka resmi"))?;
    book.save_to_buffer().context("making the workbook")
}

fn write_header(sheet: &mut Worksheet) -> anyhow::Result<()> {
    let title = Format::new().set_bold().set_align(FormatAlign::Center);
    let head = Format::new().set_bold().set_align(FormatAlign::Center);
    sheet.merge_range(0, 0, 0, 11, "AGREGAT PENDUDUK PER DESA/KELURAHAN", &title)?;
    sheet.merge_range(1, 0, 1, 11, &format!("{MARK} - dibuat oleh program, bukan angka resmi"), &title)?;
    let top = HEADER_ROW - 1;
    for (column, text) in
        [(0, "No"), (1, "Kecamatan"), (2, "Desa/Kelurahan"), (3, "Bulan"), (7, "Kartu Keluarga")]
    {
        sheet.merge_range(top, column, HEADER_ROW, column, text, &head)?;
    }
    sheet.merge_range(top, 4, top, 6, "Penduduk", &head)?;
    sheet.merge_range(top, 8, top, 9, "KTP-el", &head)?;
    sheet.merge_range(top, 10, top, 11, "Akta Kelahiran", &head)?;
    for (column, text) in (0u16..).zip(SECOND_ROW.iter().chain(&["Punya Akta"])) {
        if !text.is_empty() {
            sheet.write_with_format(HEADER_ROW, column, *text, &head)?;
        }
    }
    Ok(())
}

/// Writes the rows and the total; the row number of the total.
fn write_rows(model: &Model, now: Timestamp, sheet: &mut Worksheet) -> anyhow::Result<u32> {
    let middle = Format::new().set_align(FormatAlign::VerticalCenter);
    let months: Vec<_> = model.closed_months(now).collect();
    let mut row = HEADER_ROW + 1;
    let mut number = 0u32;
    let mut total = [0i64; 8];
    for (index, district) in model.districts.iter().enumerate() {
        let first = row;
        for village in model.villages.iter().filter(|village| village.district == index) {
            for month in &months {
                if !model.has_reported(village, *month, now) {
                    continue;
                }
                number += 1;
                sheet.write(row, 0, number)?;
                sheet.write(row, 2, &village.name)?;
                sheet.write(row, 3, month.words())?;
                let figures = columns(model.population(village, *month, now));
                for (column, figure) in (4u16..).zip(figures) {
                    sheet.write(row, column, figure as f64)?;
                }
                if Some(month) == months.last() {
                    for (sum, figure) in total.iter_mut().zip(figures) {
                        *sum += figure;
                    }
                }
                row += 1;
            }
        }
        if row > first + 1 {
            sheet.merge_range(first, 1, row - 1, 1, &district.name, &middle)?;
        } else if row > first {
            sheet.write(first, 1, &district.name)?;
        }
    }
    sheet.merge_range(row, 0, row, 3, "JUMLAH (bulan terakhir)", &middle)?;
    for (column, figure) in (4u16..).zip(total) {
        sheet.write(row, column, figure as f64)?;
    }
    Ok(row)
}

fn columns(of: Population) -> [i64; 8] {
    [
        of.male,
        of.female,
        of.total(),
        of.households,
        of.card_due,
        of.card_recorded,
        of.children,
        of.with_certificate,
    ]
}
