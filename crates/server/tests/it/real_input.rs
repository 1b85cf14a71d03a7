//! Real statistics, when the folder with them is there.
