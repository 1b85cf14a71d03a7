//! How far long work is, on standard error: drawn on a terminal only, gone when the work is done.

use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;

/// How often a sign of life moves.
const TICK: Duration = Duration::from_millis(120);

/// A bar for work whose end is known.
pub fn bar(prefix: &str) -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{prefix} {wide_bar} {human_pos}/{human_len} {msg}") {
        bar.set_style(style);
    }
    bar.set_prefix(prefix.to_owned());
    bar
}

/// What a piece of work is given to say how far it is.
pub fn telling(bar: &ProgressBar) -> impl FnMut(u64, u64) {
    let bar = bar.clone();
    move |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    }
}

/// A sign of life with the time that has passed, for work whose end is not known.
pub fn spinner(what: &str) -> ProgressBar {
    let spinner = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
        spinner.set_style(style);
    }
    spinner.set_message(what.to_owned());
    spinner.enable_steady_tick(TICK);
    spinner
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_stands_where_the_work_says() {
        let bar = bar("roll-ups");
        let mut tell = telling(&bar);
        tell(3, 10);
        tell(12, 20);
        assert_eq!((bar.position(), bar.length(), bar.prefix().as_str()), (12, Some(20), "roll-ups"));
        let spinner = spinner("asking");
        assert!(!spinner.is_finished());
        spinner.finish_and_clear();
        assert!(spinner.is_finished());
    }
}
