//! How much of an answer is accepted. Every parser works within these bounds whatever the bytes say.

/// Bounds of one answer. The defaults suit files that offices send; a bulk import may widen them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Rows of one run, from any kind of source.
    pub rows: u64,
    /// Cells of one spreadsheet.
    pub cells: u64,
    /// Columns of one line of delimited text or one row of a sheet.
    pub fields: usize,
    /// Different names in the rows of one JSON answer; daily figures in dated columns need many.
    pub json_columns: usize,
    /// Bytes of one line of delimited text or of one recorded database row.
    pub line_bytes: usize,
    /// Bytes of one JSON answer, held in memory while it is read.
    pub json_bytes: u64,
    /// Bytes of a spreadsheet after unpacking.
    pub unpacked_bytes: u64,
    /// Bytes of those parts of a spreadsheet that are held in memory: shared texts and styles.
    pub held_bytes: u64,
    /// Files inside a spreadsheet.
    pub entries: usize,
    /// Unpacked size over packed size of one file inside a spreadsheet.
    pub ratio: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            rows: 5_000_000,
            cells: 2_000_000,
            fields: 500,
            json_columns: 2_000,
            line_bytes: 1 << 20,
            json_bytes: 64 << 20,
            unpacked_bytes: 64 << 20,
            held_bytes: 12 << 20,
            entries: 2_000,
            ratio: 100,
        }
    }
}

impl Limits {
    /// Bounds for a bulk import that an administrator started: a spreadsheet of a million rows fits.
    pub fn bulk() -> Limits {
        Limits {
            rows: 20_000_000,
            cells: 30_000_000,
            unpacked_bytes: 1 << 30,
            held_bytes: 64 << 20,
            json_bytes: 256 << 20,
            ..Limits::default()
        }
    }
}
