//! Imitations of ten services as a regency's agencies run them: real protocols, made-up figures. They
//! are what `pendopo demo` reads. Everything they send is marked DATA CONTOH.

pub mod history;
pub mod mishaps;
pub mod model;
pub mod noise;
pub mod secrets;
pub mod services;
pub mod stores;
