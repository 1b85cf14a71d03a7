//! Road condition (DPUPR): a file put into a folder twice a year, saved by Excel as "Unicode text":
//! UTF-16 with tabs and decimal commas. The running semester's file is saved again as repairs are
//! entered.

use super::World;
use crate::{
    mishaps::Service,
    model::{
        MARK, Model,
        roads::{Roads, Semester},
    },
};
use anyhow::Context;
use jiff::Timestamp;
use std::{fs, path::Path};

/// Semesters in a file.
const SEMESTERS: i32 = 5;

/// Saves the running semester's file below `files`, as a whole or not at all.
pub fn save_file(world: &World, files: &Path) -> anyhow::Result<()> {
    let now = world.now();
    let current = Semester::of(world.model.local(now).date());
    let folder = files.join("dpupr");
    fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    let name = format!("kondisi_jalan_{}_S{}.txt", current.year(), current.number());
    let bad_rows = world.mishaps.bad_rows(now) == Some(Service::Roads);
    let bytes = file(&world.model, now, bad_rows);
    let path = folder.join(&name);
    if fs::read(&path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    // Written under another name first: a reader must never see half a file.
    let partial = folder.join(format!(".{name}.baru"));
    fs::write(&partial, bytes).with_context(|| format!("writing {}", partial.display()))?;
    fs::rename(&partial, &path).with_context(|| format!("writing {}", path.display()))
}

/// The file's bytes.
pub fn file(model: &Model, now: Timestamp, bad_rows: bool) -> Vec<u8> {
    let mut text = String::from(
        "Kode Kecamatan\tKecamatan\tSemester\tPanjang (km)\tBaik (km)\tSedang (km)\tRusak Ringan (km)\t\
         Rusak Berat (km)\tMantap (km)\tKeterangan\r\n",
    );
    let current = Semester::of(model.local(now).date());
    for semester in (current.0 - SEMESTERS + 1..=current.0).map(Semester) {
        for district in &model.districts {
            let code = district.code.to_string();
            text += &line(&code, &district.name, &semester.words(), model.roads(district, semester, now));
        }
    }
    if bad_rows && let Some(district) = model.districts.first() {
        let code = district.code.to_string();
        let word = format!("{code}\t{}\tSemester III {}\t12,5\t", district.name, current.year());
        text += &format!("{word}4,0\t4,0\t2,5\t2,0\t8,0\t{MARK}\r\n");
        text += &format!(
            "{}.77\tTidak Dikenal\t{}\t9,1\t3,0\t3,0\t2,0\t1,1\t6,0\t{MARK}\r\n",
            model.region,
            current.words()
        );
    }
    // A byte order mark, then little endian, as Excel does.
    std::iter::once(0xfeff_u16).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

fn line(code: &str, name: &str, semester: &str, roads: Roads) -> String {
    let km = |value: f64| format!("{value:.2}").replace('.', ",");
    let figures =
        [roads.total_km(), roads.good_km, roads.fair_km, roads.worn_km, roads.broken_km, roads.sound_km()];
    format!("{code}\t{name}\t{semester}\t{}\t{MARK}\r\n", figures.map(km).join("\t"))
}
