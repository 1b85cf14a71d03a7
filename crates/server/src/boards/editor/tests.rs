//! The editor's rules: the text of a board under changes, forms as options, the fields held against the schema.

use super::{
    fields::{Ask, KINDS},
    form::Sent,
    text::{Change, SectionHead, Spot, Wrong, change},
};
use crate::{packs::schema::BoardFile, web::Tr};
use pendopo_vocab::Lang;
use std::collections::BTreeSet;

const BOARD: &str = "# The morning's board.\ncode = \"pagi\"\ntitle = \"Papan pagi\"\n\n[[section]]\n# Health first.\nsector = \"kesehatan\"\n\
                     indicators = [\"a\", \"b\", \"c\"]\n\n[[section.widget]]\nkind = \"line\" # its course\nindicator = \"a\"\n\n\
                     [[section.widget]]\nkind = \"text\"\ntext = \"Kata\"\n\n[[section]]\n# Money next.\ntitle = \"Uang\"\n\n\
                     [[section.widget]]\nkind = \"map\"\nindicator = \"b\"\n";

fn board(text: &str) -> BoardFile {
    toml::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn changed(text: &str, what: &Change) -> String {
    change(text, what).unwrap_or_else(|wrong| panic!("{what:?}: {wrong:?}"))
}

fn kinds(text: &str) -> Vec<Vec<&'static str>> {
    board(text)
        .section
        .iter()
        .map(|section| section.widget.iter().map(|widget| widget.kind()).collect())
        .collect()
}

const fn spot(section: usize, widget: usize) -> Spot {
    Spot { section, widget }
}

#[test]
fn what_is_not_changed_stays_as_it_was_written() {
    let head = Change::Head {
        title: "Papan siang".to_owned(),
        title_en: None,
        map: Some("b".to_owned()),
        exceptions: true,
    };
    let text = changed(BOARD, &head);
    for comment in ["# The morning's board.", "# Health first.", "# its course", "# Money next."] {
        assert!(text.contains(comment), "{comment} is lost:\n{text}");
    }
    assert_eq!(board(&text).title, "Papan siang");
    assert_eq!(board(&text).map.as_deref(), Some("b"));
    // Taking it back gives the same bytes, but for the option that was added.
    let back = Change::Head { title: "Papan pagi".to_owned(), title_en: None, map: None, exceptions: true };
    assert_eq!(changed(&text, &back), BOARD);
}

#[test]
fn groups_tiles_and_widgets_move() {
    let text = changed(BOARD, &Change::MoveSection(1, 0));
    assert_eq!(kinds(&text), [vec!["map"], vec!["line", "text"]]);
    assert!(text.find("# Money next.") < text.find("# Health first."), "comments go along:\n{text}");
    assert_eq!(changed(&text, &Change::MoveSection(0, 1)).matches("[[section.widget]]").count(), 3);

    let text = changed(BOARD, &Change::MoveWidget(spot(0, 0), spot(1, 0)));
    assert_eq!(kinds(&text), [vec!["text"], vec!["line", "map"]]);
    let text = changed(BOARD, &Change::MoveWidget(spot(0, 0), spot(0, 1)));
    assert_eq!(kinds(&text), [vec!["text", "line"], vec!["map"]]);
    let text = changed(BOARD, &Change::MoveTile(0, 0, 2));
    assert_eq!(board(&text).section[0].indicators, ["b", "c", "a"]);
    let text = changed(BOARD, &Change::RemoveTile(0, 1));
    assert_eq!(board(&text).section[0].indicators, ["a", "c"]);
    let text = changed(BOARD, &Change::AddTile(1, "z".to_owned()));
    assert_eq!(board(&text).section[1].indicators, ["z"]);
    let text = changed(BOARD, &Change::RemoveWidget(spot(1, 0)));
    assert_eq!(kinds(&text), [vec!["line", "text"], vec![]]);
    let text = changed(BOARD, &Change::Span(spot(0, 1), 12));
    assert_eq!(board(&text).section[0].widget[1].place().span, 12);
    let head = SectionHead { title: Some("Baru".to_owned()), ..SectionHead::default() };
    let text = changed(BOARD, &Change::AddSection(head));
    assert_eq!(board(&text).section[2].title.as_deref(), Some("Baru"));
    let text = changed(&text, &Change::RemoveSection(0));
    assert_eq!(kinds(&text), [vec!["map"], vec![]]);
}

#[test]
fn a_place_that_is_gone_is_an_error_and_changes_nothing() {
    let head = SectionHead::default;
    for what in [
        Change::MoveSection(0, 2),
        Change::RemoveSection(2),
        Change::SetSection(7, head()),
        Change::RemoveTile(0, 3),
        Change::MoveTile(0, 0, 3),
        Change::RemoveWidget(spot(0, 2)),
        Change::MoveWidget(spot(0, 0), spot(5, 0)),
        Change::Span(spot(1, 1), 6),
    ] {
        assert_eq!(change(BOARD, &what), Err(Wrong::Place), "{what:?}");
    }
    assert_eq!(change("title = ", &Change::RemoveSection(0)), Err(Wrong::Text));
}

#[test]
fn a_new_board_grows_from_a_list_in_a_line() {
    let text = "code = \"baru\"\ntitle = \"Baru\"\nsection = []\n";
    let text = changed(
        text,
        &Change::AddSection(SectionHead { sector: Some("x".to_owned()), ..SectionHead::default() }),
    );
    let options = Sent::parse(b"kind=tile&indicator=a&span=4&surfaces=desk").options("tile").unwrap();
    let text = changed(&text, &Change::AddWidget(0, options));
    assert_eq!(kinds(&text), [["tile"]]);
}

#[test]
fn a_form_becomes_options_or_says_what_is_wrong() {
    let options = |body: &str| {
        let sent = Sent::parse(body.as_bytes());
        let kind = sent.text("kind").unwrap_or_default().to_owned();
        sent.options(&kind)
            .map(|options| changed("code='a'\ntitle='A'\nsection=[{}]", &Change::AddWidget(0, options)))
    };
    let text = options(
        "kind=bullet&indicators=a&indicators=&indicators=b&surfaces=desk&surfaces=wall&title=+Judul+",
    )
    .unwrap();
    assert!(
        text.contains("indicators = [\"a\", \"b\"]") && text.contains("surfaces = [\"desk\", \"wall\"]"),
        "{text}"
    );
    assert_eq!(board(&text).section[0].widget[0].place().title, Some("Judul"));
    let everywhere =
        options("kind=statuses&surfaces=desk&surfaces=phone&surfaces=wall&surfaces=paper").unwrap();
    assert!(!everywhere.contains("surfaces"), "everywhere is the default: {everywhere}");
    let flaws = |body: &str| -> Vec<(&str, &str)> {
        options(body).unwrap_err().into_iter().map(|flaw| (flaw.field, flaw.key)).collect()
    };
    assert_eq!(
        flaws("kind=ranking&limit=viel&surfaces=desk"),
        [("indicator", "editor-needed"), ("limit", "editor-number-wrong")]
    );
    assert_eq!(flaws("kind=countdown&date=2026-02-30&text=x&surfaces=desk"), [("date", "editor-day-wrong")]);
    assert_eq!(
        flaws("kind=camera&place=x&agency=y&address=javascript:alert(1)&surfaces=desk"),
        [("address", "editor-address-wrong")]
    );
    assert_eq!(flaws("kind=gauge"), [("kind", "editor-kind-unknown")]);
    // Shown nowhere is not the same as shown everywhere.
    assert_eq!(flaws("kind=statuses"), [("surfaces", "editor-surfaces-needed")]);
}

/// The options of each kind as the schema of packs has them: name and whether it must be there.
fn schema_fields(kind: &str) -> BTreeSet<(String, bool)> {
    let schema = serde_json::to_value(schemars::schema_for!(crate::packs::widget::WidgetDef)).unwrap();
    let variants = schema["oneOf"].as_array().unwrap();
    let variant = variants.iter().find(|variant| variant["properties"]["kind"]["const"] == kind).unwrap();
    let referred = variant["$ref"].as_str().map(|path| path.rsplit('/').next().unwrap().to_owned());
    let parts = [Some(variant.clone()), referred.map(|name| schema["$defs"][name].clone())];
    let mut fields = BTreeSet::new();
    for part in parts.into_iter().flatten() {
        let required: Vec<&str> =
            part["required"].as_array().into_iter().flatten().filter_map(|name| name.as_str()).collect();
        for name in part["properties"].as_object().into_iter().flat_map(|properties| properties.keys()) {
            fields.insert((name.clone(), required.contains(&name.as_str())));
        }
    }
    for common in ["kind", "title", "title_en", "span", "surfaces"] {
        fields.retain(|(name, _)| name != common);
    }
    fields
}

#[test]
fn the_fields_are_those_of_the_schema_and_have_words() {
    let schema = serde_json::to_value(schemars::schema_for!(crate::packs::widget::WidgetDef)).unwrap();
    assert_eq!(schema["oneOf"].as_array().unwrap().len(), KINDS.len(), "every kind can be added");
    for (kind, fields) in KINDS {
        let listed: BTreeSet<(String, bool)> =
            fields.iter().map(|field| (field.name.to_owned(), field.required)).collect();
        assert_eq!(listed, schema_fields(kind), "{kind}");
        for t in [Tr(Lang::Id), Tr(Lang::En)] {
            let mut keys = vec![format!("widget-{kind}"), format!("widget-about-{kind}")];
            for field in fields {
                keys.push(format!("field-{}", field.name.replace('_', "-")));
                if let Ask::Choice(words) = field.ask {
                    keys.extend(words.iter().map(|word| format!("choice-{}-{word}", field.name)));
                }
            }
            for key in keys {
                assert_ne!(t.tr(&key), key, "{key} has no words");
            }
        }
    }
}
