//! The sample services' series as a file, to try forecasts on: `series,period,value,unit`.

use anyhow::Context;
use jiff::Timestamp;
use pendopo_sample::{history::histories, model::Model};
use pendopo_vocab::RegionCode;

fn main() -> anyhow::Result<()> {
    let code = std::env::args().nth(1).context("the code of a regency, such as 33.16")?;
    let now: Timestamp = "2026-11-24T05:00:00Z".parse()?;
    let model = Model::new(code.parse::<RegionCode>()?, 3316)?;
    let mut file = csv::Writer::from_writer(std::io::stdout().lock());
    file.write_record(["series", "period", "value", "unit"])?;
    for history in histories(&model, now) {
        for (period, value) in &history.points {
            file.write_record([&history.name, &period.to_string(), &value.to_string(), history.unit])?;
        }
    }
    file.flush().context("writing")
}
