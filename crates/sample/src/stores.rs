//! The services that are files and databases: made at the start and kept moving by a clock.

use crate::{
    secrets,
    services::{
        World, budget, budget::BudgetDatabase, health, health::HealthDatabase, mariadb::MariaDb, roads,
    },
};
use anyhow::Context;
use serde_json::{Value, json};
use std::{fs, path::Path};

/// How the databases are to be set up.
#[derive(Debug, Clone, Default)]
pub struct StoreOptions {
    /// Port for a MariaDB server of our own; `None`: SQLite only.
    pub mariadb_port: Option<u16>,
    /// Address of a PostgreSQL server for the budget.
    pub postgres: Option<String>,
}

/// The files and databases. Dropping it stops the MariaDB server.
pub struct Stores {
    // The databases come before the server, so that connections close before it stops.
    health: Vec<HealthDatabase>,
    budget: Vec<BudgetDatabase>,
    _server: Option<MariaDb>,
    /// What could not be set up, in words, and what is used instead.
    pub remarks: Vec<String>,
    /// Where services are that a pack cannot know: source code -> how it is reached, without the query.
    pub places: Value,
}

impl Stores {
    /// Makes everything anew below `files`. A database server that cannot be had is remarked upon; the
    /// SQLite files are always there.
    pub fn create(world: &World, files: &Path, options: &StoreOptions) -> anyhow::Result<Stores> {
        roads::save_file(world, files)?;
        let mut stores = Stores {
            health: vec![HealthDatabase::create_sqlite(world, files)?],
            budget: vec![BudgetDatabase::create_sqlite(world, files)?],
            _server: None,
            remarks: Vec::new(),
            places: json!({}),
        };
        if let Some(port) = options.mariadb_port {
            match start_health_server(world, files, port) {
                Ok((server, database)) => {
                    stores.health.push(database);
                    stores._server = Some(server);
                    stores.places["kesehatan-balita"] = json!({
                        "kind": "mysql", "host": "127.0.0.1", "port": port, "database": health::DATABASE,
                        "user": health::READER, "secret": secrets::HEALTH_PASSWORD, "tls": false,
                        "repair_double_encoding": true,
                    });
                }
                Err(error) => stores.remarks.push(format!(
                    "MariaDB tidak tersedia, SQLite dipakai / no MariaDB, using SQLite: {error:#}"
                )),
            }
        }
        if let Some(address) = &options.postgres {
            stores.budget.push(BudgetDatabase::create_postgres(world, address)?);
            stores.places["keuangan-realisasi"] = postgres_place(address)?;
        }
        let file = files.join("layanan-contoh.json");
        fs::write(&file, format!("{:#}\n", stores.places))
            .with_context(|| format!("writing {}", file.display()))?;
        Ok(stores)
    }

    /// Brings everything up to the present.
    pub fn refresh(&mut self, world: &World, files: &Path) -> anyhow::Result<()> {
        roads::save_file(world, files).context("roads")?;
        for database in &mut self.health {
            database.refresh(world).context("health")?;
        }
        for database in &mut self.budget {
            database.refresh(world).context("budget")?;
        }
        Ok(())
    }
}

fn start_health_server(world: &World, files: &Path, port: u16) -> anyhow::Result<(MariaDb, HealthDatabase)> {
    let owner = world.secrets.get(secrets::HEALTH_OWNER_PASSWORD);
    let reader = world.secrets.get(secrets::HEALTH_PASSWORD);
    let server = MariaDb::start(&files.join(".mariadb"), port, owner, reader)?;
    let database = HealthDatabase::create_mysql(world, server.connect()?)?;
    Ok((server, database))
}

fn postgres_place(address: &str) -> anyhow::Result<Value> {
    let config: postgres::Config = address.parse().context("the address of the PostgreSQL server")?;
    let host = match config.get_hosts().first() {
        Some(postgres::config::Host::Tcp(name)) => name.clone(),
        #[cfg(unix)]
        Some(postgres::config::Host::Unix(folder)) => folder.display().to_string(),
        None => "127.0.0.1".to_owned(),
    };
    Ok(json!({
        "kind": "postgres", "host": host, "port": config.get_ports().first().copied().unwrap_or(5432),
        "database": config.get_dbname().unwrap_or("postgres"), "user": budget::READER,
        "secret": secrets::BUDGET_PASSWORD, "tls": false,
    }))
}
