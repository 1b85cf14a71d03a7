//! Puts the pages of the editor together: the board as it stands in the draft, each widget drawn as readers will
//! see it, with what can be done to it.

use super::{
    Edited,
    fields::{Ask, Field, KINDS, kind},
    form::{Flaw, Sent, flaw_of},
    pages::{
        Choice, Control, EditedSection, EditedWidget, EditorPage, FieldView, Group, NewBoardPage,
        PreviewPage, ProblemItem, State, VersionItem, VersionsPage, WidgetPage,
    },
    store,
    text::Spot,
};
use crate::{
    boards::{build::sections, material::Material, widgets::place},
    error::{AppError, AppResult},
    indicators::store::{indicator_name, sector_name},
    packs::{located::Problem, schema::Section, widget::WidgetDef},
    web::{Asked, Chrome, TimeStyle, Tr},
    widgets::Surface,
};
use pendopo_figures::{Reader, list_sources};
use pendopo_vocab::region_tree::RegionTree;
use serde_json::Value;

/// Widths that are offered, in columns of twelve, with the key of their word.
const WIDTHS: [(u8, &str); 6] = [
    (3, "width-quarter"),
    (4, "width-third"),
    (6, "width-half"),
    (8, "width-two-thirds"),
    (9, "width-three-quarters"),
    (12, "width-full"),
];

/// Surfaces with their word in packs.
const SURFACES: [(Surface, &str); 4] =
    [(Surface::Desk, "desk"), (Surface::Phone, "phone"), (Surface::Wall, "wall"), (Surface::Paper, "paper")];

/// Selects for a list of indicators: those that are there and a few more.
const SPARE_SELECTS: usize = 3;

/// The form of a board that is not there yet, perhaps with what was wrong: code, title, key of the sentence.
pub fn new_board(
    reader: &mut Reader<'_>,
    asked: &Asked,
    chrome: Chrome,
    wrong: Option<(String, String, &'static str)>,
) -> AppResult<NewBoardPage> {
    let drafts = store::list_new_drafts(reader)?;
    let (code, title, flaw) = match wrong {
        Some((code, title, key)) => (code, title, Some(asked.t.tr(key).into_owned())),
        None => Default::default(),
    };
    Ok(NewBoardPage { chrome, code, title, flaw, drafts })
}

/// The editor.
pub fn editor(
    reader: &mut Reader<'_>,
    asked: &Asked,
    chrome: Chrome,
    edited: &Edited,
    problems: Vec<Problem>,
) -> AppResult<EditorPage> {
    let t = asked.t;
    let board = edited.board()?;
    let material = Material::read(reader, asked)?;
    let mut sections = Vec::new();
    for (index, section) in board.section.iter().enumerate() {
        sections.push(edited_section(reader, asked, &material, index, section)?);
    }
    Ok(EditorPage {
        code: edited.code.clone(),
        name: edited.title(t)?,
        state: state(asked, edited),
        step: edited.step(),
        title_en: board.title_en.clone().unwrap_or_default(),
        exceptions: board.exceptions,
        map: indicator_groups(asked, &material, board.map.as_deref(), Some("editor-no-map")),
        title: board.title,
        sectors: sector_groups(asked, None),
        tiles: indicator_groups(asked, &material, None, None),
        kinds: KINDS.map(|(kind, _)| (kind, t.tr(&format!("widget-{kind}")).into_owned())).to_vec(),
        widths: WIDTHS.map(|(span, key)| (span, t.tr(key).into_owned())).to_vec(),
        problems: problems
            .into_iter()
            .map(|problem| {
                let place = format!("{}:{}", problem.file, problem.line);
                let (what, advice, lang) = problem.told(t);
                ProblemItem { place, what, advice, foreign: (lang != t.lang()).then(|| lang.tag()) }
            })
            .collect(),
        text: edited.text().to_owned(),
        sections,
        chrome,
    })
}

fn state(asked: &Asked, edited: &Edited) -> State {
    let draft = edited.draft.as_ref();
    State {
        words: match draft {
            Some(draft) if draft.step > 0 => asked.t.tr3(
                "editor-draft",
                draft.step,
                &draft.author,
                asked.time_ms(draft.at, TimeStyle::Short),
            ),
            Some(_) if edited.published.is_none() => asked.t.tr("editor-new").into_owned(),
            _ => asked.t.tr("editor-as-published").into_owned(),
        },
        has_draft: draft.is_some(),
        is_published: edited.published.is_some(),
        can_undo: draft.is_some_and(|draft| draft.step > 0),
        can_redo: draft.is_some_and(|draft| draft.step < draft.newest),
        can_publish: draft.is_some_and(|draft| edited.published.as_deref() != Some(draft.text.as_str())),
        is_overtaken: edited.is_overtaken(),
    }
}

fn edited_section(
    reader: &mut Reader<'_>,
    asked: &Asked,
    material: &Material,
    index: usize,
    section: &Section,
) -> AppResult<EditedSection> {
    let mut tiles = Vec::new();
    for code in &section.indicators {
        let name = material.catalog.by_code(code).map(|one| indicator_name(&one.row, asked.t).to_owned());
        let framed = place(reader, asked, material, Surface::Desk, &WidgetDef::tile(code))?;
        tiles.push((name.unwrap_or_else(|| code.clone()), framed));
    }
    let mut widgets = Vec::new();
    for def in &section.widget {
        let place_of = def.place();
        let shown: Vec<String> = SURFACES
            .iter()
            .filter(|(surface, _)| place_of.is_on(*surface))
            .map(|(_, word)| asked.t.tr(&format!("surface-{word}")).into_owned())
            .collect();
        widgets.push(EditedWidget {
            kind: asked.t.tr(&format!("widget-{}", def.kind())).into_owned(),
            span: place_of.span,
            surfaces: if shown.len() == SURFACES.len() { String::new() } else { shown.join(", ") },
            framed: place(reader, asked, material, Surface::Desk, def)?,
        });
    }
    let own = section.title_en.as_ref().filter(|_| !asked.t.is_id()).or(section.title.as_ref()).cloned();
    let by_sector = section.sector.as_deref().map(|code| sector_name(asked, code));
    Ok(EditedSection {
        index,
        name: own.or(by_sector).unwrap_or_else(|| asked.t.tr1("editor-section-unnamed", index + 1)),
        sectors: sector_groups(asked, section.sector.as_deref()),
        title: section.title.clone().unwrap_or_default(),
        title_en: section.title_en.clone().unwrap_or_default(),
        tiles,
        widgets,
    })
}

fn sector_groups(asked: &Asked, chosen: Option<&str>) -> Vec<Group> {
    let none = Choice::new("", &asked.t.tr("editor-no-sector"), chosen.is_none());
    let sectors = asked
        .identity
        .sectors
        .iter()
        .map(|(code, ..)| Choice::new(code, &sector_name(asked, code), chosen == Some(code.as_str())));
    vec![Group { label: String::new(), options: std::iter::once(none).chain(sectors).collect() }]
}

/// The indicators by sector; a code that is chosen and not among them stays, so that saving does not lose it.
fn indicator_groups(
    asked: &Asked,
    material: &Material,
    chosen: Option<&str>,
    none: Option<&str>,
) -> Vec<Group> {
    let mut groups = Vec::new();
    let mut first: Vec<Choice> =
        none.map(|key| Choice::new("", &asked.t.tr(key), chosen.is_none())).into_iter().collect();
    if let Some(code) = chosen.filter(|code| material.catalog.by_code(code).is_none()) {
        first.push(Choice::new(code, code, true));
    }
    if !first.is_empty() {
        groups.push(Group { label: String::new(), options: first });
    }
    for (sector, ..) in &asked.identity.sectors {
        let of_sector = material.catalog.indicators.iter().filter(|one| one.row.sector == *sector);
        let options: Vec<Choice> = of_sector
            .map(|one| {
                let code = one.row.code.as_str();
                Choice::new(code, indicator_name(&one.row, asked.t), chosen == Some(code))
            })
            .collect();
        if !options.is_empty() {
            groups.push(Group { label: sector_name(asked, sector), options });
        }
    }
    groups
}

/// The form of one widget: of the kind that the query names, or of the widget that stands there.
pub fn widget(
    reader: &mut Reader<'_>,
    asked: &Asked,
    chrome: Chrome,
    edited: &Edited,
    sent: &Sent,
    flaws: &[Flaw],
) -> AppResult<WidgetPage> {
    let t = asked.t;
    let board = edited.board()?;
    let missing = || AppError::NotFound(t.tr("editor-widget-gone").into_owned());
    let section = sent.number("section").ok_or_else(missing)?;
    let group = board.section.get(section).ok_or_else(missing)?;
    let spot = sent.spot();
    let def = match spot {
        Some(Spot { widget, .. }) => Some(group.widget.get(widget).ok_or_else(missing)?),
        None => None,
    };
    let word = sent.text("kind").or(def.map(WidgetDef::kind)).unwrap_or_default();
    let (kind, fields) = kind(word).ok_or_else(missing)?;
    let stored = def.and_then(|def| serde_json::to_value(def).ok()).unwrap_or(Value::Null);
    let known = Known { sent, stored: &stored, answered: !flaws.is_empty() };
    let choices = Choices::read(reader, asked)?;
    let views = fields.iter().map(|field| field_view(asked, &choices, &known, field, flaws)).collect();
    let surfaces = known.all("surfaces");
    let span = known.one("span");
    Ok(WidgetPage {
        code: edited.code.clone(),
        board: edited.title(t)?,
        kind,
        kind_word: t.tr(&format!("widget-{kind}")).into_owned(),
        about: t.tr(&format!("widget-about-{kind}")).into_owned(),
        section,
        widget: spot.map(|spot| spot.widget),
        step: edited.step(),
        title: known.one("title").unwrap_or_default(),
        title_en: known.one("title_en").unwrap_or_default(),
        widths: widths(t, span.as_deref()),
        surfaces: SURFACES
            .map(|(_, word)| {
                let everywhere = surfaces.is_empty() && !known.answered;
                let on = everywhere || surfaces.iter().any(|surface| surface == word);
                (word, t.tr(&format!("surface-{word}")).into_owned(), on)
            })
            .to_vec(),
        surfaces_flaw: flaw_of(flaws, "surfaces").map(|key| t.tr(key).into_owned()),
        fields: views,
        chrome,
    })
}

fn widths(t: Tr, chosen: Option<&str>) -> Vec<Choice> {
    let usual = Choice::new("", &t.tr("width-usual"), chosen.is_none());
    let named = WIDTHS.map(|(span, key)| {
        let span = span.to_string();
        Choice::new(&span, &t.tr(key), chosen == Some(span.as_str()))
    });
    let odd = chosen
        .filter(|chosen| !WIDTHS.iter().any(|(span, _)| span.to_string() == *chosen))
        .map(|chosen| Choice::new(chosen, &t.tr1("width-columns", chosen), true));
    std::iter::once(usual).chain(named).chain(odd).collect()
}

/// What is known of the options: what was just sent, or what stands in the draft.
struct Known<'a> {
    sent: &'a Sent,
    stored: &'a Value,
    answered: bool,
}

impl Known<'_> {
    fn all(&self, name: &str) -> Vec<String> {
        if self.answered {
            return self.sent.all(name).map(str::to_owned).collect();
        }
        let word = |value: &Value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        match self.stored.get(name) {
            Some(Value::Array(several)) => several.iter().filter_map(word).collect(),
            Some(one) => word(one).into_iter().collect(),
            None => Vec::new(),
        }
    }

    fn one(&self, name: &str) -> Option<String> {
        self.all(name).into_iter().next()
    }
}

/// What can be chosen from.
struct Choices {
    material: Material,
    /// Code and name.
    sources: Vec<(String, String)>,
}

impl Choices {
    fn read(reader: &mut Reader<'_>, asked: &Asked) -> AppResult<Choices> {
        let material = Material::read(reader, asked)?;
        let sources = list_sources(reader)?
            .into_iter()
            .filter(|source| {
                source.retired_at.is_none() && asked.scope.sees(source.row.agency_id, source.row.sensitivity)
            })
            .map(|source| (source.row.code, source.row.name))
            .collect();
        Ok(Choices { material, sources })
    }

    fn regions(&self, asked: &Asked, chosen: Option<&str>) -> Vec<Group> {
        let tree = RegionTree::embedded();
        let center = asked.identity.region;
        let all = tree.get(center).into_iter().chain(tree.children(center));
        let mut options = vec![Choice::new("", &asked.t.tr("editor-region-usual"), chosen.is_none())];
        options.extend(all.map(|region| {
            let code = region.code.to_string();
            let is_chosen = chosen == Some(code.as_str());
            Choice::new(&code, &region.full_name(), is_chosen)
        }));
        if let Some(code) = chosen.filter(|code| !options.iter().any(|option| option.value == *code)) {
            let name = code.parse().ok().and_then(|code| tree.get(code)).map(|region| region.full_name());
            options.push(Choice::new(code, &name.unwrap_or_else(|| code.to_owned()), true));
        }
        vec![Group { label: String::new(), options }]
    }
}

fn field_view(
    asked: &Asked,
    choices: &Choices,
    known: &Known<'_>,
    field: &Field,
    flaws: &[Flaw],
) -> FieldView {
    let t = asked.t;
    let one = known.one(field.name);
    let chosen = one.as_deref();
    let listed = |items: &mut dyn Iterator<Item = (String, String)>| {
        let none = Choice::new(
            "",
            &t.tr(if field.required { "editor-choose" } else { "editor-all" }),
            chosen.is_none(),
        );
        let options = items.map(|(code, name)| Choice::new(&code, &name, chosen == Some(code.as_str())));
        vec![Group { label: String::new(), options: std::iter::once(none).chain(options).collect() }]
    };
    let none = if field.required { "editor-choose" } else { "editor-none" };
    let control = match field.ask {
        Ask::Indicator => Control::Select(indicator_groups(asked, &choices.material, chosen, Some(none))),
        Ask::Indicators => {
            let several = known.all(field.name);
            let spare = std::iter::repeat_n(None, SPARE_SELECTS);
            let all = several.iter().map(|code| Some(code.as_str())).chain(spare);
            let select = |code| indicator_groups(asked, &choices.material, code, Some("editor-none"));
            Control::Several(all.map(select).collect())
        }
        Ask::Region => Control::Select(choices.regions(asked, chosen)),
        Ask::Agency => {
            let mut agencies: Vec<_> = choices.material.catalog.agencies.values().collect();
            agencies.sort_by_key(|agency| agency.position);
            let mut items = agencies.iter().map(|agency| (agency.code.clone(), agency.name.clone()));
            Control::Select(listed(&mut items))
        }
        Ask::Source => Control::Select(listed(&mut choices.sources.iter().cloned())),
        Ask::Choice(words) => {
            let mut items = words.iter().map(|word| {
                ((*word).to_owned(), t.tr(&format!("choice-{}-{word}", field.name)).into_owned())
            });
            Control::Select(listed(&mut items))
        }
        Ask::Number(least, most) => Control::Number(least, most, one.clone().unwrap_or_default()),
        Ask::Day => Control::Day(one.clone().unwrap_or_default()),
        Ask::Line => Control::Line(one.clone().unwrap_or_default()),
        Ask::Address => Control::Address(one.clone().unwrap_or_default()),
        Ask::Words => Control::Words(one.clone().unwrap_or_default()),
    };
    FieldView {
        name: field.name,
        label: t.tr(&format!("field-{}", field.name.replace('_', "-"))).into_owned(),
        required: field.required,
        flaw: flaw_of(flaws, field.name).map(|key| t.tr(key).into_owned()),
        control,
    }
}

/// The draft as a surface shows it.
pub fn preview(
    reader: &mut Reader<'_>,
    asked: &Asked,
    chrome: Chrome,
    edited: &Edited,
    surface: Surface,
) -> AppResult<PreviewPage> {
    let board = edited.board()?;
    let material = Material::read(reader, asked)?;
    let sections = sections(reader, asked, &material, surface, &board)?;
    let word = SURFACES.iter().find(|(one, _)| *one == surface).map_or("desk", |(_, word)| word);
    Ok(PreviewPage {
        code: edited.code.clone(),
        title: edited.title(asked.t)?,
        surface: word,
        surfaces: SURFACES
            .map(|(_, word)| (word, asked.t.tr(&format!("surface-{word}")).into_owned()))
            .to_vec(),
        sections,
        chrome,
    })
}

/// The published states of a board.
pub fn versions(
    reader: &mut Reader<'_>,
    asked: &Asked,
    chrome: Chrome,
    edited: &Edited,
) -> AppResult<VersionsPage> {
    let versions = store::list_versions(reader, &edited.code)?;
    let count = versions.len();
    let items = versions.into_iter().enumerate().map(|(index, version)| VersionItem {
        id: version.board_version_id,
        number: count - index,
        is_current: index == 0 && version.text == edited.published,
        at: asked.time_ms(version.at, TimeStyle::Short),
        author: version.author,
        reason: version.reason,
        text: version.text,
    });
    Ok(VersionsPage {
        code: edited.code.clone(),
        title: edited.title(asked.t)?,
        step: edited.step(),
        versions: items.collect(),
        chrome,
    })
}
