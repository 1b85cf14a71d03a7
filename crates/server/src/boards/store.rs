//! The boards of the applied pack.

use crate::packs::schema::BoardFile;
use pendopo_figures::{DbError, Reader};

/// All boards, in the order of their file names. A board that this version no longer understands is left
/// out; `pendopo check` names it.
///
/// # Errors
/// The database's.
pub fn read_boards(reader: &mut Reader<'_>) -> Result<Vec<BoardFile>, DbError> {
    let texts: Vec<String> =
        reader.query("select text from pack_file where path like 'boards/%' order by path", &[], |row| {
            row.get(0)
        })?;
    Ok(texts.iter().filter_map(|text| toml::from_str(text).ok()).collect())
}
