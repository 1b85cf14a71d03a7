//! What the program says of itself on the command line, and that the documentation still says the same.

use crate::support::{Center, repository};
use std::{collections::BTreeMap, fs, path::Path};

fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let name = |entry: &fs::DirEntry| entry.file_name().into_string().unwrap();
    entries.map(|entry| (name(&entry), fs::read_to_string(entry.path()).unwrap())).collect()
}

#[test]
fn the_schemas_of_the_documentation_are_those_of_the_program() {
    let center = Center::new();
    let made = center.folder().join("schema");
    center.ok(&["schema", &made.display().to_string()]);
    let (made, kept) = (files(&made), files(&repository("docs/reference/schema")));
    assert_eq!(made.keys().collect::<Vec<_>>(), kept.keys().collect::<Vec<_>>());
    for (name, text) in made {
        assert!(
            text == kept[&name],
            "{name} is not that of the program: `pendopo schema docs/reference/schema`"
        );
    }
}

#[test]
fn manual_and_completions_know_every_command() {
    let center = Center::new();
    let help = center.ok(&["--help"]);
    let listed = help.split("Commands:").nth(1).unwrap().split("Options:").next().unwrap();
    let commands: Vec<&str> = listed
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|command| *command != "help")
        .collect();
    assert!(commands.len() > 15 && commands.contains(&"support-bundle"), "{help}");
    let manual = center.ok(&["man"]).replace("\\-", "-");
    assert!(manual.contains(".TH pendopo 1"), "{manual}");
    let mut texts = vec![("man", manual)];
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        texts.push((shell, center.ok(&["completions", shell])));
    }
    for (of, text) in texts {
        for command in &commands {
            assert!(text.contains(command), "{of} does not know `{command}`");
        }
    }
}

#[test]
fn a_new_center_knows_every_region() {
    let center = Center::new();
    let count = center.ok(&["query", "select count(*) from region", "--format", "csv"]);
    assert_eq!(count.lines().nth(1), Some("91599"), "{count}");
}
