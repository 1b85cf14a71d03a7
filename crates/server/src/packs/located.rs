//! TOML with its line numbers: each value of a file can be asked where it stands.

use crate::web::Tr;
use pendopo_vocab::Lang;
use serde_json::{Map, Value};
use std::collections::HashMap;
use toml::de::{DeTable, DeValue};

/// Something wrong at a place in a pack.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file, relative to the pack.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub suggestion: String,
    /// Both in Indonesian, for what those meet who arrange boards in the browser.
    pub in_indonesian: Option<[String; 2]>,
}

impl Problem {
    /// What is wrong and what to do about it, as near to the reader's language as there is, and in which that is.
    pub fn told(self, t: Tr) -> (String, String, Lang) {
        match self.in_indonesian {
            Some([what, suggestion]) if t.is_id() => (what, suggestion, Lang::Id),
            _ => (self.what, self.suggestion, Lang::En),
        }
    }
}

/// What is wrong and what to do about it, in the words of `problem-<key>` and `problem-<key>-do`.
pub fn words<'a>(key: &'a str, a: &'a str, b: &'a str) -> impl Fn(Tr) -> [String; 2] + 'a {
    move |t| [t.tr2(&format!("problem-{key}"), a, b), t.tr2(&format!("problem-{key}-do"), a, b)]
}

/// A file as JSON values, with the line of each by JSON pointer.
pub struct Located {
    /// The file, relative to the pack.
    pub file: String,
    /// Its values.
    pub value: Value,
    lines: HashMap<String, usize>,
}

impl Located {
    /// Parses `text`; every syntax error is returned, not only the first.
    pub fn parse(file: &str, text: &str) -> Result<Located, Vec<Problem>> {
        let (table, errors) = DeTable::parse_recoverable(text);
        if !errors.is_empty() {
            let problem = |error: &toml::de::Error| Problem {
                file: file.to_owned(),
                line: error.span().map_or(1, |span| line_of(text, span.start)),
                what: format!("not valid TOML: {}", error.message()),
                suggestion: "mend the syntax; texts stand in double quotes".to_owned(),
                in_indonesian: None,
            };
            return Err(errors.iter().map(problem).collect());
        }
        let mut lines = HashMap::from([(String::new(), 1)]);
        let value = convert_table(table.get_ref(), "", text, &mut lines);
        Ok(Located { file: file.to_owned(), value, lines })
    }

    /// The line of the value at `pointer`, or of the nearest value around it.
    pub fn line(&self, pointer: &str) -> usize {
        let mut pointer = pointer;
        loop {
            if let Some(line) = self.lines.get(pointer) {
                return *line;
            }
            pointer = pointer.rsplit_once('/').map_or("", |(around, _)| around);
        }
    }

    /// A problem with the value at `pointer`.
    pub fn problem(&self, pointer: &str, what: impl Into<String>, suggestion: impl Into<String>) -> Problem {
        Problem {
            file: self.file.clone(),
            line: self.line(pointer),
            what: what.into(),
            suggestion: suggestion.into(),
            in_indonesian: None,
        }
    }

    /// A problem with the value at `pointer`, in both languages.
    pub fn told_problem(&self, pointer: &str, told: impl Fn(Tr) -> [String; 2]) -> Problem {
        let [what, suggestion] = told(Tr(Lang::En));
        Problem { in_indonesian: Some(told(Tr(Lang::Id))), ..self.problem(pointer, what, suggestion) }
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count() + 1
}

fn convert_table(table: &DeTable<'_>, at: &str, text: &str, lines: &mut HashMap<String, usize>) -> Value {
    let mut object = Map::new();
    for (key, value) in table {
        let name = key.get_ref();
        let pointer = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
        lines.insert(pointer.clone(), line_of(text, key.span().start));
        object.insert(name.to_string(), convert(value.get_ref(), &pointer, text, lines));
    }
    Value::Object(object)
}

fn convert(value: &DeValue<'_>, at: &str, text: &str, lines: &mut HashMap<String, usize>) -> Value {
    match value {
        DeValue::String(string) => Value::String(string.to_string()),
        DeValue::Integer(integer) => i64::from_str_radix(&integer.as_str().replace('_', ""), integer.radix())
            .map_or_else(|_| Value::String(integer.as_str().to_owned()), Value::from),
        DeValue::Float(float) => {
            float.as_str().replace('_', "").parse::<f64>().map_or(Value::Null, Value::from)
        }
        DeValue::Boolean(boolean) => Value::Bool(*boolean),
        DeValue::Datetime(datetime) => Value::String(datetime.to_string()),
        DeValue::Array(array) => Value::Array(
            array
                .iter()
                .enumerate()
                .map(|(index, item)| {
                    let pointer = format!("{at}/{index}");
                    lines.insert(pointer.clone(), line_of(text, item.span().start));
                    convert(item.get_ref(), &pointer, text, lines)
                })
                .collect(),
        ),
        DeValue::Table(table) => convert_table(table, at, text, lines),
    }
}
