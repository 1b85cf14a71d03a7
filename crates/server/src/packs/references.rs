//! What a pack's files say about each other and about the world: codes that must exist, regions,
//! schedules, formulas and their worked examples.

mod cases;
mod walls;

use super::{
    check::{LocatedFiles, Pack, Placed},
    located::{Problem, words},
    schema::Indicator,
    spans::parse_span,
    widget::{HeatBy, WidgetDef},
};
use crate::{config::closest, web::Tr};
use pendopo_connectors::{
    mapping::{IndicatorShape, MappingContext, check_mapping},
    personal::check_rules,
    plan,
};
use pendopo_vocab::{Counts, Direction, RegionAggregation, RegionCode, region_tree::RegionTree};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Every problem that shows only when the files are read together.
pub fn check_references(pack: &Pack, files: &LocatedFiles) -> Vec<Problem> {
    let mut check = ReferenceCheck { pack, files, problems: Vec::new() };
    check.identity();
    check.codes();
    check.sources();
    check.indicators();
    check.targets();
    check.boards();
    check.walls();
    if check.problems.is_empty() {
        check.cases();
    }
    check.problems
}

struct ReferenceCheck<'a> {
    pack: &'a Pack,
    files: &'a LocatedFiles,
    problems: Vec<Problem>,
}

impl ReferenceCheck<'_> {
    fn report(&mut self, file: &str, pointer: &str, what: impl Into<String>, suggestion: impl Into<String>) {
        if let Some(located) = self.files.get(file) {
            self.problems.push(located.problem(pointer, what, suggestion));
        }
    }

    /// As `report`, in both languages.
    fn tell(&mut self, file: &str, pointer: &str, told: impl Fn(Tr) -> [String; 2]) {
        if let Some(located) = self.files.get(file) {
            self.problems.push(located.told_problem(pointer, told));
        }
    }

    fn unknown(&mut self, file: &str, pointer: &str, thing: &str, code: &str, known: &[&str]) {
        let hint = closest(code, known.iter().copied());
        let nearest = hint.split('`').nth(1);
        self.tell(file, pointer, |t| {
            let thing = t.tr(&format!("problem-thing-{}", thing.replace(' ', "-")));
            let suggestion = match nearest {
                Some(nearest) => t.tr1("problem-did-you-mean", nearest),
                None if known.len() <= 12 => t.tr1("problem-known", known.join(", ")),
                None => t.tr1("problem-define", known.len().to_string()),
            };
            [t.tr2("problem-unknown", thing, code), suggestion]
        });
    }

    fn region(&mut self, file: &str, pointer: &str, code: RegionCode) {
        if code != RegionCode::COUNTRY && RegionTree::embedded().get(code).is_none() {
            self.tell(file, pointer, words("region", &code.to_string(), ""));
        }
    }

    fn identity(&mut self) {
        let identity = &self.pack.identity;
        if identity.format != 1 {
            let what = format!("format {} is not known to this version", identity.format);
            self.report("pack.toml", "/format", what, "write `format = 1`");
        }
        if jiff::tz::TimeZone::get(&identity.time_zone).is_err() {
            let zones = ["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura", "Asia/Pontianak"];
            self.unknown("pack.toml", "/time_zone", "time zone", &identity.time_zone, &zones);
        }
        self.region("pack.toml", "/region", identity.region);
        let boards: Vec<&str> = self.pack.boards.iter().map(|board| board.item.code.as_str()).collect();
        if let Some(home) = identity.home_board.as_deref().filter(|home| !boards.contains(home)) {
            self.unknown("pack.toml", "/home_board", "board", home, &boards);
        }
        if let Err(what) = super::store::read_tiles(&identity.tile_map, identity.region) {
            let suggestion =
                "write the last two digits of each code where it lies, and `--` where there is none";
            self.report("pack.toml", "/tile_map", what, suggestion);
        }
    }

    /// Codes are well formed and used once.
    fn codes(&mut self) {
        let pack = self.pack;
        self.distinct(
            "agency",
            pack.agencies.iter().map(|a| (a.item.code.as_str(), a.file.as_str(), a.pointer.as_str())),
        );
        self.distinct(
            "source",
            pack.sources.iter().map(|s| (s.item.code.as_str(), s.file.as_str(), s.pointer.as_str())),
        );
        self.distinct(
            "indicator",
            pack.indicators.iter().map(|i| (i.item.code.as_str(), i.file.as_str(), i.pointer.as_str())),
        );
        self.distinct(
            "board",
            pack.boards.iter().map(|b| (b.item.code.as_str(), b.file.as_str(), b.pointer.as_str())),
        );
        self.distinct(
            "wall",
            pack.walls.iter().map(|w| (w.item.code.as_str(), w.file.as_str(), w.pointer.as_str())),
        );
        let named = pack
            .sources
            .iter()
            .map(|s| (&s.item.code, &s.file))
            .chain(pack.boards.iter().map(|b| (&b.item.code, &b.file)))
            .chain(pack.walls.iter().map(|w| (&w.item.code, &w.file)));
        for (code, file) in named {
            let name = file.rsplit('/').next().unwrap_or(file).trim_end_matches(".toml");
            if name != code {
                self.report(
                    file,
                    "/code",
                    format!("the file is named `{name}` but its code is `{code}`"),
                    format!("rename the file to `{code}.toml`"),
                );
            }
        }
    }

    fn distinct<'p>(&mut self, thing: &str, all: impl Iterator<Item = (&'p str, &'p str, &'p str)>) {
        let mut seen: HashMap<&str, (&str, usize)> = HashMap::new();
        for (code, file, pointer) in all {
            let pointer = format!("{pointer}/code");
            let fine = code.len() <= 60
                && code.starts_with(|c: char| c.is_ascii_lowercase())
                && code.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
            if !fine {
                self.tell(file, &pointer, words("code", code, ""));
            }
            let line = self.files.get(file).map_or(1, |located| located.line(&pointer));
            if let Some((other, other_line)) = seen.insert(code, (file, line)) {
                self.report(
                    file,
                    &pointer,
                    format!("{thing} `{code}` is defined twice"),
                    format!("the other is in {other}, line {other_line}"),
                );
            }
        }
    }

    fn agency(&mut self, file: &str, pointer: &str, code: &str) {
        let known: Vec<&str> = self.pack.agencies.iter().map(|agency| agency.item.code.as_str()).collect();
        if !known.contains(&code) {
            self.unknown(file, pointer, "agency", code, &known);
        }
    }

    fn indicator(&mut self, file: &str, pointer: &str, code: &str) -> bool {
        let known: Vec<&str> =
            self.pack.indicators.iter().map(|indicator| indicator.item.code.as_str()).collect();
        let found = known.contains(&code);
        if !found {
            self.unknown(file, pointer, "indicator", code, &known);
        }
        found
    }

    fn sector(&mut self, file: &str, pointer: &str, code: &str) {
        let known: Vec<&str> = self.pack.identity.sector.iter().map(|sector| sector.code.as_str()).collect();
        if !known.contains(&code) {
            self.unknown(file, pointer, "sector", code, &known);
        }
    }

    fn sources(&mut self) {
        let pack = self.pack;
        let shapes: Vec<IndicatorShape> =
            pack.indicators.iter().map(|placed| indicator_shape(&placed.item)).collect();
        for Placed { item: source, file, .. } in &pack.sources {
            self.agency(file, "/agency", &source.agency);
            if let Some(schedule) = &source.schedule
                && let Err(error) = schedule.parse::<croner::Cron>()
            {
                self.report(
                    file,
                    "/schedule",
                    format!("`{schedule}` is not a schedule: {error}"),
                    "five fields: minute hour day month weekday, such as `*/15 * * * *`",
                );
            }
            let spans = [
                ("fresh_every", Some(&source.fresh_every)),
                ("grace", source.grace.as_ref()),
                ("period_within", source.period_within.as_ref()),
                ("since_overlap", source.since_overlap.as_ref()),
                ("full_every", source.full_every.as_ref()),
                ("timeout", source.timeout.as_ref()),
                ("keep_answers", source.keep_answers.as_ref()),
                ("keep_refused", source.keep_refused.as_ref()),
            ];
            for (key, text) in spans {
                if let Some(Err(what)) = text.map(|text| parse_span(text)) {
                    self.report(
                        file,
                        &format!("/{key}"),
                        what,
                        "such as `90 seconds`, `15 minutes`, `6 hours`, `1 day`",
                    );
                }
            }
            for (index, network) in source.allow_networks.iter().enumerate() {
                if network.parse::<ipnet::IpNet>().is_err() {
                    self.report(
                        file,
                        &format!("/allow_networks/{index}"),
                        format!("`{network}` is not a network"),
                        "such as `10.20.0.0/16`; one machine is `10.20.3.4/32`",
                    );
                }
            }
            for problem in check_rules(&source.columns, &source.mapping) {
                let pointer = format!("/columns/{}", problem.column.replace('~', "~0").replace('/', "~1"));
                self.report(file, &pointer, problem.what, problem.suggestion);
            }
            if source.connection.is_pushed() && source.schedule.is_some() {
                self.report(
                    file,
                    "/schedule",
                    "a source whose rows are sent has no schedule".to_owned(),
                    "take the line out; the agency's program decides when it sends",
                );
            }
            if !source.connection.is_pushed()
                && let Err(problem) = plan(&source.connection, None)
            {
                self.report(
                    file,
                    "/connection",
                    problem.to_string(),
                    "see the options of this kind of connection",
                );
            }
            let mut known = true;
            for (index, value) in source.mapping.value.iter().enumerate() {
                known &= self.indicator(file, &format!("/mapping/value/{index}/indicator"), &value.indicator);
            }
            if known {
                let context = MappingContext {
                    tree: RegionTree::embedded(),
                    center: pack.identity.region,
                    indicators: &shapes,
                    today: jiff::civil::date(2026, 1, 1),
                };
                for problem in check_mapping(&source.mapping, &context) {
                    let suggestion = match problem.suggestion {
                        Some(word) => format!("did you mean `{word}`?"),
                        None => "see `mapping` in the schema of this file".to_owned(),
                    };
                    self.report(file, &pointer_of(&problem.field), problem.what, suggestion);
                }
            }
        }
    }

    fn small_cells(&mut self, file: &str, pointer: &str, item: &Indicator) {
        let Some(small) = &item.small_cells else { return };
        let pointer = format!("{pointer}/small_cells");
        match item.counted().least() {
            None => self.report(
                file,
                &pointer,
                "`small_cells` has no effect on an indicator that counts nothing",
                "take it out, or say what is counted: `counts = \"people\"`",
            ),
            Some(usual) if i64::from(small.least) < usual && item.counts != Some(Counts::People) => self.report(
                file,
                &pointer,
                format!("`least` = {} is below {usual}, the threshold of what it counts", small.least),
                "only of `people`, said with `counts = \"people\"`, may fewer be shown, and never fewer than 3",
            ),
            Some(_) => {}
        }
    }

    fn indicators(&mut self) {
        let pack = self.pack;
        let by_code: BTreeMap<&str, &Indicator> =
            pack.indicators.iter().map(|i| (i.item.code.as_str(), &i.item)).collect();
        for Placed { item, file, pointer } in &pack.indicators {
            let at = |key: &str| format!("{pointer}/{key}");
            self.sector(file, &at("sector"), &item.sector);
            self.agency(file, &at("agency"), &item.agency);
            self.small_cells(file, pointer, item);
            let wanted = [
                ("numerator", &item.numerator, item.region_aggregation == RegionAggregation::Ratio),
                ("denominator", &item.denominator, item.region_aggregation == RegionAggregation::Ratio),
                ("weight", &item.weight, item.region_aggregation == RegionAggregation::WeightedMean),
            ];
            for (key, value, needed) in wanted {
                match value {
                    Some(code) if !needed => self.report(
                        file,
                        &at(key),
                        format!("`{key}` = \"{code}\" has no effect with this `region_aggregation`"),
                        "take it out, or change `region_aggregation`",
                    ),
                    Some(code) => {
                        if self.indicator(file, &at(key), code)
                            && let Some(other) = by_code.get(code.as_str())
                            && other.cadence != item.cadence
                        {
                            self.report(
                                file,
                                &at(key),
                                format!("`{code}` has another cadence"),
                                "both must be reported equally often",
                            );
                        }
                    }
                    None if needed => self.report(
                        file,
                        pointer,
                        format!("`{key}` is missing"),
                        format!("this `region_aggregation` needs `{key} = \"…\"`"),
                    ),
                    None => {}
                }
            }
            if item.min.zip(item.max).is_some_and(|(min, max)| min > max) {
                self.report(file, &at("min"), "`min` is larger than `max`", "exchange them");
            }
            self.formula_ends(item, &by_code, file, &at("numerator"));
        }
    }

    /// A ratio of ratios is fine; a ratio of itself is not.
    fn formula_ends(
        &mut self,
        item: &Indicator,
        by_code: &BTreeMap<&str, &Indicator>,
        file: &str,
        pointer: &str,
    ) {
        let mut open = vec![item];
        let mut seen = HashSet::new();
        while let Some(current) = open.pop() {
            for code in [&current.numerator, &current.denominator, &current.weight].into_iter().flatten() {
                if code == &item.code {
                    self.report(
                        file,
                        pointer,
                        format!("`{code}` is computed from itself"),
                        "break the circle",
                    );
                    return;
                }
                if seen.insert(code.clone())
                    && let Some(next) = by_code.get(code.as_str())
                {
                    open.push(next);
                }
            }
        }
    }

    fn targets(&mut self) {
        let pack = self.pack;
        let mut seen = HashSet::new();
        for Placed { item, file, pointer } in &pack.targets {
            let at = |key: &str| format!("{pointer}/{key}");
            let region = item.region.unwrap_or(pack.identity.region);
            self.region(file, &at("region"), region);
            if !self.indicator(file, &at("indicator"), &item.indicator) {
                continue;
            }
            if !seen.insert((item.indicator.as_str(), region, item.period)) {
                self.report(
                    file,
                    pointer,
                    format!("`{}` has two targets for {region} in {}", item.indicator, item.period),
                    "keep one",
                );
            }
            let indicator = pack.indicators.iter().find(|indicator| indicator.item.code == item.indicator);
            let Some(indicator) = indicator else { continue };
            match (indicator.item.direction, item.high) {
                (Direction::Range, None) => self.report(
                    file,
                    pointer,
                    "`high` is missing",
                    "a range needs `value` (lower) and `high` (upper)",
                ),
                (Direction::Range, Some(high)) if high < item.value => {
                    self.report(file, &at("high"), "`high` is below `value`", "exchange them")
                }
                (Direction::Higher | Direction::Lower, Some(_)) => self.report(
                    file,
                    &at("high"),
                    "`high` has no effect for this indicator",
                    "take it out, or use `direction = \"range\"`",
                ),
                _ => {}
            }
            if item.period.cadence() < indicator.item.cadence {
                self.report(
                    file,
                    &at("period"),
                    format!("{} is finer than the indicator's cadence", item.period),
                    "write the month, quarter or year that is reported",
                );
            }
        }
    }

    fn boards(&mut self) {
        let pack = self.pack;
        for Placed { item, file, .. } in &pack.boards {
            if let Some(map) = &item.map {
                self.indicator(file, "/map", map);
            }
            for (index, section) in item.section.iter().enumerate() {
                let at = format!("/section/{index}");
                match &section.sector {
                    Some(sector) => self.sector(file, &format!("{at}/sector"), sector),
                    None if section.title.is_none() => {
                        self.tell(file, &at, words("no-heading", "", ""));
                    }
                    None => {}
                }
                if section.indicators.is_empty() && section.widget.is_empty() {
                    self.tell(file, &at, words("shows-nothing", "", ""));
                }
                for (place, code) in section.indicators.iter().enumerate() {
                    self.indicator(file, &format!("{at}/indicators/{place}"), code);
                }
                for (place, widget) in section.widget.iter().enumerate() {
                    self.widget(file, &format!("{at}/widget/{place}"), widget);
                }
            }
        }
    }

    /// A widget names what exists, and options that go together.
    fn widget(&mut self, file: &str, at: &str, widget: &WidgetDef) {
        let pack = self.pack;
        for (key, code) in widget.indicators() {
            self.indicator(file, &format!("{at}/{key}"), code);
        }
        if let Some(region) = widget.region() {
            let pointer = format!("{at}/region");
            self.region(file, &pointer, region);
            let center = pack.identity.region;
            if !center.contains(region) {
                self.tell(file, &pointer, words("outside", &region.to_string(), &center.to_string()));
            }
        }
        match widget {
            WidgetDef::Feed(feed) => {
                let known: Vec<&str> = pack.sources.iter().map(|source| source.item.code.as_str()).collect();
                if let Some(code) = feed.source.as_deref().filter(|code| !known.contains(code)) {
                    self.unknown(file, &format!("{at}/source"), "source", code, &known);
                }
            }
            WidgetDef::Camera(camera) => {
                self.agency(file, &format!("{at}/agency"), &camera.agency);
                if !["https://", "http://"].iter().any(|scheme| camera.address.starts_with(scheme)) {
                    self.tell(file, &format!("{at}/address"), words("address", &camera.address, ""));
                }
            }
            WidgetDef::Countdown(countdown) if countdown.date.parse::<jiff::civil::Date>().is_err() => {
                self.tell(file, &format!("{at}/date"), words("day", &countdown.date, ""));
            }
            WidgetDef::Text(text) if text.text.trim().is_empty() => {
                self.tell(file, &format!("{at}/text"), words("empty-text", "", ""));
            }
            WidgetDef::Heat(heat) => match (heat.by.unwrap_or_default(), &heat.indicator) {
                (HeatBy::Region, None) => {
                    self.tell(file, at, words("heat-indicator", "", ""));
                }
                (HeatBy::Agency, Some(_)) => {
                    self.tell(file, &format!("{at}/indicator"), words("heat-agency", "", ""));
                }
                _ => {}
            },
            WidgetDef::Funnel(funnel) => {
                let unit = |code: &String| {
                    pack.indicators
                        .iter()
                        .find(|one| one.item.code == *code)
                        .map(|one| one.item.unit.as_str())
                };
                let first = funnel.indicators.first().and_then(unit);
                for (index, code) in funnel.indicators.iter().enumerate() {
                    if let (Some(first), Some(other)) = (first, unit(code))
                        && first != other
                    {
                        self.tell(file, &format!("{at}/indicators/{index}"), |t| {
                            let what = t.tr3("problem-funnel", code.as_str(), other, first);
                            [what, t.tr("problem-funnel-do").into_owned()]
                        });
                    }
                }
            }
            WidgetDef::Absorption(it) => {
                for (key, code) in [("physical", &it.physical), ("financial", &it.financial)] {
                    let unit =
                        pack.indicators.iter().find(|one| one.item.code == *code).map(|one| &one.item.unit);
                    if let Some(unit) = unit.filter(|unit| *unit != "%") {
                        self.tell(file, &format!("{at}/{key}"), words("not-percent", code, unit));
                    }
                }
            }
            _ => {}
        }
    }
}

/// The JSON pointer of a mapping's field: `value[1].indicator` is `/mapping/value/1/indicator`.
fn pointer_of(field: &str) -> String {
    format!("/mapping/{}", field.replace(['[', '.'], "/").replace(']', ""))
}

/// What a mapping must know of an indicator.
pub fn indicator_shape(indicator: &Indicator) -> IndicatorShape {
    IndicatorShape {
        code: indicator.code.clone(),
        cadence: indicator.cadence,
        level: indicator.level,
        min: indicator.min,
        max: indicator.max,
    }
}
