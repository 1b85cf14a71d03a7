//! Doors and rooms: who may use which route and sees what behind it, tried cell by cell.

mod accounts;
mod doors;
mod editor;
mod matrix;
mod passkeys;
mod reports;
mod walls;
mod world;
