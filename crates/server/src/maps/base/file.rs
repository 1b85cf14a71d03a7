//! The file of the base map: opened once, and read in pieces of bounded size.

use anyhow::{Context, bail};
use axum::body::Bytes;
use flate2::read::GzDecoder;
use futures_util::FutureExt;
use pendopo_geography::TileSet;
use pmtiles::{
    AsyncBackend, AsyncPmTilesReader, BackendResponse, Compression, Header, PmtError, PmtResult, TileCoord,
    TileType,
};
use sha2::{Digest, Sha256};
use std::{
    fmt::Write as _,
    fs::{File, Metadata},
    future::Future,
    io::{self, Read},
    os::unix::fs::FileExt,
    path::Path,
    time::UNIX_EPOCH,
};

/// A piece of the file – a tile, a directory, what the file says of itself – is at most so long.
const MOST_PACKED: usize = 2 * 1024 * 1024;
/// And unpacks to at most so much.
pub(super) const MOST_UNPACKED: u64 = 8 * 1024 * 1024;
/// The head of the file and its first directory.
const BEGINNING: usize = 16 * 1024;
/// The longest attribution that is shown, in characters.
const MOST_WORDS: usize = 300;
/// Bounds of a file that names none.
const WORLD: [f64; 4] = [-180.0, -85.0, 180.0, 85.0];

/// What the file says of itself.
#[derive(Debug, Clone)]
pub struct FileInfo {
    /// What its tiles are.
    pub kind: TileType,
    /// Which it has.
    pub set: TileSet,
    /// Whose data they are made of, as written there.
    pub attribution: Option<String>,
    /// Another one for another file.
    pub version: String,
}

/// The opened file. A file that is put in its place by renaming is not seen until the next start.
pub struct TileFile {
    reader: AsyncPmTilesReader<Pieces>,
    info: FileInfo,
}

impl TileFile {
    /// Opens the file and reads what it says of itself.
    ///
    /// # Errors
    /// In words: what is wrong with it and what to do.
    pub fn open(path: &Path) -> anyhow::Result<TileFile> {
        let opened = File::open(path).and_then(|file| Ok((file.metadata()?, file)));
        let (metadata, file) =
            opened.context("it cannot be opened; name a PMTiles file that the program may read")?;
        if !metadata.is_file() {
            bail!("it is no file; name a PMTiles file");
        }
        let pieces = Pieces(file);
        let beginning = pieces.piece(0, BEGINNING).map_err(explain)?.bytes;
        let version = version_of(&beginning, &metadata)?;
        let reader = at_once(AsyncPmTilesReader::try_from_source(pieces)).map_err(explain)?;
        check_whole(&beginning, metadata.len())?;
        check_kind(reader.get_header())?;
        let info = FileInfo {
            kind: reader.get_header().tile_type,
            set: set_of(reader.get_header())?,
            attribution: read_attribution(&reader)?,
            version,
        };
        Ok(TileFile { reader, info })
    }

    /// What it says of itself.
    pub fn info(&self) -> &FileInfo {
        &self.info
    }

    /// A tile, unpacked; `None` when the file has none there.
    ///
    /// # Errors
    /// The file is damaged there, or the tile larger than is read.
    pub fn read(&self, at: TileCoord) -> PmtResult<Option<Bytes>> {
        at_once(self.reader.get_tile_decompressed(at))
    }
}

/// Reads the file where it is asked to. Not by mapping it into memory: a mapped file that somebody cuts short ends
/// the program.
struct Pieces(File);

impl Pieces {
    fn piece(&self, offset: u64, length: usize) -> PmtResult<BackendResponse> {
        if length > MOST_PACKED {
            return Err(too_large());
        }
        let mut bytes = vec![0; length];
        let mut filled = 0;
        while filled < length {
            match self.0.read_at(&mut bytes[filled..], offset.saturating_add(filled as u64)) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        bytes.truncate(filled);
        check_unpacked(&bytes)?;
        Ok(BackendResponse::new(bytes.into()))
    }
}

impl AsyncBackend for Pieces {
    fn read(&self, offset: u64, length: usize) -> impl Future<Output = PmtResult<BackendResponse>> + Send {
        std::future::ready(self.piece(offset, length))
    }
}

fn too_large() -> PmtError {
    io::Error::new(io::ErrorKind::InvalidData, "larger than is read").into()
}

/// Looks at how much a piece unpacks to before the reader, which knows no limit, unpacks it. What does not unpack is
/// the reader's to refuse.
fn check_unpacked(bytes: &[u8]) -> PmtResult<()> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(());
    }
    let unpacked = io::copy(&mut GzDecoder::new(bytes).take(MOST_UNPACKED + 1), &mut io::sink());
    if unpacked.is_ok_and(|count| count > MOST_UNPACKED) { Err(too_large()) } else { Ok(()) }
}

/// Nothing here waits: [`Pieces`] are there when they are asked for.
fn at_once<T>(reading: impl Future<Output = PmtResult<T>>) -> PmtResult<T> {
    reading.now_or_never().unwrap_or_else(|| Err(io::Error::from(io::ErrorKind::WouldBlock).into()))
}

/// Twelve hexadecimal digits over the beginning of the file, its length and the time of its last change.
fn version_of(beginning: &[u8], metadata: &Metadata) -> anyhow::Result<String> {
    let mut hash = Sha256::new();
    hash.update(beginning);
    hash.update(metadata.len().to_le_bytes());
    let changed = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    hash.update(changed.as_nanos().to_le_bytes());
    Ok(hash.finalize().iter().take(6).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

fn explain(error: PmtError) -> anyhow::Error {
    match error {
        PmtError::InvalidMagicNumber => anyhow::anyhow!("it is no PMTiles file"),
        PmtError::UnsupportedPmTilesVersion => other_version(),
        PmtError::InvalidTileType => unknown_kind(),
        PmtError::UnsupportedCompression(packing) => unknown_packing(packing),
        PmtError::InvalidCompression => unknown_packing(Compression::Unknown),
        other => {
            anyhow::anyhow!("it is damaged ({other}); copy it again and look at it with `pmtiles verify`")
        }
    }
}

fn other_version() -> anyhow::Error {
    anyhow::anyhow!("it is of another version of PMTiles; make one of version 3 with `pmtiles convert`")
}

fn unknown_kind() -> anyhow::Error {
    anyhow::anyhow!("its tiles are of a kind that is not read; take one with MVT, PNG, JPEG, WebP or AVIF")
}

fn unknown_packing(packing: Compression) -> anyhow::Error {
    anyhow::anyhow!("its tiles are packed by {packing:?}, which is not read; make it with gzip or unpacked")
}

fn check_kind(header: &Header) -> anyhow::Result<()> {
    if header.spec_version() != 3 {
        return Err(other_version());
    }
    if matches!(header.tile_type, TileType::Unknown | TileType::Mlt) {
        return Err(unknown_kind());
    }
    match header.tile_compression {
        Compression::None | Compression::Gzip => Ok(()),
        other => Err(unknown_packing(other)),
    }
}

/// A copy that broke off has its beginning, and so opens; what is missing would show as holes in the map.
fn check_whole(beginning: &[u8], length: u64) -> anyhow::Result<()> {
    // Pairs of where a section begins and how long it is: root, description, leaves, tiles.
    let numbers = beginning.get(8..72).unwrap_or_default().chunks_exact(8);
    let number = |bytes: &[u8]| bytes.iter().rev().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let numbers: Vec<u64> = numbers.map(number).collect();
    let end = numbers.chunks_exact(2).map(|pair| pair[0].saturating_add(pair[1])).max().unwrap_or(u64::MAX);
    if end > length {
        bail!("it is cut short: {length} bytes instead of {end}; copy it again");
    }
    Ok(())
}

fn set_of(header: &Header) -> anyhow::Result<TileSet> {
    let zooms = (header.min_zoom, header.max_zoom);
    if zooms.0 > zooms.1 {
        bail!("it is damaged (its least zoom is {} and its greatest {}); copy it again", zooms.0, zooms.1);
    }
    let [west, south] = [header.min_longitude, header.min_latitude];
    let [east, north] = [header.max_longitude, header.max_latitude];
    let bounds = if west < east && south < north { [west, south, east, north] } else { WORLD };
    Ok(TileSet { zooms, bounds })
}

fn read_attribution(reader: &AsyncPmTilesReader<Pieces>) -> anyhow::Result<Option<String>> {
    #[derive(serde::Deserialize)]
    struct Description {
        attribution: Option<serde_json::Value>,
    }
    let text = match at_once(reader.get_metadata()) {
        Ok(text) => text,
        // A file without a description.
        Err(PmtError::InvalidMetadata) => return Ok(None),
        Err(error) => return Err(explain(error)),
    };
    let description: Description = serde_json::from_str(&text)
        .map_err(|_| anyhow::anyhow!("it is damaged (its description is no JSON); copy it again"))?;
    let words = description.attribution.as_ref().and_then(serde_json::Value::as_str).map(plain);
    Ok(words.filter(|words| !words.is_empty()))
}

/// An attribution as text: it is often written as links in HTML.
pub(super) fn plain(html: &str) -> String {
    let mut text = String::new();
    let mut in_tag = false;
    for letter in html.chars() {
        match letter {
            '<' => in_tag = true,
            '>' if in_tag => in_tag = false,
            _ if in_tag => {}
            letter if letter.is_whitespace() => text.push(' '),
            letter if letter.is_control() => {}
            letter => text.push(letter),
        }
    }
    for (name, letter) in
        [("&copy;", "©"), ("&nbsp;", " "), ("&#169;", "©"), ("&quot;", "\""), ("&amp;", "&")]
    {
        text = text.replace(name, letter);
    }
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().take(MOST_WORDS).collect()
}
