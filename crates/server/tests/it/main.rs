//! Flows across features, through the real program, its real files and its real database.

mod api_flow;
mod disk_full;
mod kill;
mod pack_flow;
mod page_flow;
mod real_input;
mod support;
