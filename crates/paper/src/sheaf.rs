//! Long documents in sheaves: setting a piece takes twenty times the room of what is ready, so that not all are set
//! at once. A new sheaf begins on a new page, which among dozens of pages nobody notices.

use crate::{document::Block, table::Table};

/// The blocks in sheaves of about `most` pieces each, at least one. A heading stays with what it heads; a table that
/// is longer than a sheaf goes on in the next.
pub fn sheaves(blocks: &[Block], most: usize) -> Vec<Vec<Block>> {
    let mut sheaves = vec![Vec::new()];
    let mut weight = 0;
    for block in blocks.iter().flat_map(|block| split(block, most)) {
        let heavier = weight + block.weight();
        let begins = heavier > most && weight > 0;
        let Some(last) = sheaves.last_mut() else { break };
        if begins {
            // What heads the next piece goes with it.
            let heading = last.pop_if(|block| matches!(block, Block::Heading { .. }));
            weight = block.weight();
            sheaves.push(heading.into_iter().chain([block]).collect());
        } else {
            weight = heavier;
            last.push(block);
        }
    }
    sheaves.retain(|sheaf| !sheaf.is_empty());
    if sheaves.is_empty() { vec![Vec::new()] } else { sheaves }
}

/// A block as it is, or a long table in several.
fn split(block: &Block, most: usize) -> Vec<Block> {
    if block.weight() <= most {
        return vec![block.clone()];
    }
    match block {
        Block::Table { table } => parts(table, most).map(|table| Block::Table { table }).collect(),
        Block::Part { title, summary, from, freshness, half, blocks } => {
            let [Block::Table { table }] = blocks.as_slice() else { return vec![block.clone()] };
            let parts: Vec<Table> = parts(table, most).collect();
            let last = parts.len().saturating_sub(1);
            let part = |(nth, table): (usize, Table)| Block::Part {
                title: if nth == 0 { title.clone() } else { String::new() },
                summary: if nth == 0 { summary.clone() } else { String::new() },
                from: if nth == last { from.clone() } else { String::new() },
                freshness: freshness.clone().filter(|_| nth == 0),
                half: *half,
                blocks: vec![Block::Table { table }],
            };
            parts.into_iter().enumerate().map(part).collect()
        }
        _ => vec![block.clone()],
    }
}

/// A table in parts of about `most` cells, each with its head; the notes stand below the last.
fn parts(table: &Table, most: usize) -> impl Iterator<Item = Table> {
    let rows = (most / table.columns.len().max(1)).max(1);
    let count = table.rows.len().div_ceil(rows);
    table.rows.chunks(rows).enumerate().map(move |(nth, rows)| Table {
        caption: table.caption.clone(),
        columns: table.columns.clone(),
        rows: rows.to_vec(),
        notes: if nth + 1 == count { table.notes.clone() } else { Vec::new() },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Cell, Column, Row};

    fn heading(text: &str) -> Block {
        Block::Heading { text: text.to_owned(), note: String::new() }
    }

    fn table(rows: usize) -> Block {
        let row = |nth: usize| Row { cells: vec![Cell::words(nth.to_string()), Cell::Empty] };
        Block::Table {
            table: Table {
                caption: String::new(),
                columns: vec![Column::words("a"), Column::words("b")],
                rows: (0..rows).map(row).collect(),
                notes: vec!["catatan".to_owned()],
            },
        }
    }

    #[test]
    fn headings_stay_with_what_they_head_and_nothing_is_lost() {
        let blocks = [heading("satu"), table(30), heading("dua"), table(30), heading("tiga"), table(400)];
        let found = sheaves(&blocks, 100);
        assert!(found.iter().all(|sheaf| !matches!(sheaf.last(), Some(Block::Heading { .. }))), "{found:?}");
        let tables = |sheaf: &[Block]| -> Vec<Table> {
            let tables = sheaf.iter().filter_map(|block| match block {
                Block::Table { table } => Some(table.clone()),
                _ => None,
            });
            tables.collect()
        };
        let all: Vec<Table> = found.iter().flat_map(|sheaf| tables(sheaf)).collect();
        assert_eq!(all.iter().map(|table| table.rows.len()).sum::<usize>(), 460);
        assert_eq!(all.iter().filter(|table| !table.notes.is_empty()).count(), 3);
        assert!(all.iter().all(|table| table.columns.len() == 2 && table.rows.len() <= 50));
        assert!(found.len() >= 8, "{}", found.len());
    }

    #[test]
    fn what_is_short_is_one_sheaf() {
        assert_eq!(sheaves(&[heading("a"), table(3)], 100).len(), 1);
        assert_eq!(sheaves(&[], 100), [[]]);
    }
}
