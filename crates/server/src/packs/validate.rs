//! One file against its JSON Schema, with every mistake in plain words.

use super::{
    folder::FileKind,
    located::{Located, Problem, words},
    schema::{AgenciesFile, BoardFile, IndicatorsFile, PackFile, SourceFile, TargetsFile},
    wall::WallFile,
};
use crate::config::closest;
use jsonschema::{ValidationError, Validator, error::ValidationErrorKind};
use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::Value;

/// The JSON Schema (draft 2020-12) of one kind of file.
pub fn json_schema(kind: FileKind) -> Value {
    fn of<T: JsonSchema>() -> Value {
        SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>().to_value()
    }
    match kind {
        FileKind::Pack => of::<PackFile>(),
        FileKind::Agencies => of::<AgenciesFile>(),
        FileKind::Source => of::<SourceFile>(),
        FileKind::Indicators => of::<IndicatorsFile>(),
        FileKind::Targets => of::<TargetsFile>(),
        FileKind::Board => of::<BoardFile>(),
        FileKind::Wall => of::<WallFile>(),
    }
}

/// Checks the shape of one file: unknown and missing keys, wrong kinds of values, unknown words.
pub struct ShapeCheck {
    schema: Value,
    validator: Validator,
}

impl ShapeCheck {
    /// The check for one kind of file.
    ///
    /// # Errors
    /// Never for the schemas generated here; the error is passed on rather than hidden.
    pub fn new(kind: FileKind) -> anyhow::Result<ShapeCheck> {
        let schema = json_schema(kind);
        let validator = jsonschema::validator_for(&schema)?;
        Ok(ShapeCheck { schema, validator })
    }

    /// Every problem of the file.
    pub fn problems(&self, file: &Located) -> Vec<Problem> {
        let mut problems = Vec::new();
        for error in self.validator.iter_errors(&file.value) {
            self.explain(&error, file, &mut problems);
        }
        problems
    }

    fn explain(&self, error: &ValidationError<'_>, file: &Located, problems: &mut Vec<Problem>) {
        let pointer = error.instance_path().as_str();
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected }
            | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
                let known = self.known_properties(error);
                for name in unexpected {
                    let hint = closest(name, known.iter().map(String::as_str));
                    let nearest = hint.split('`').nth(1);
                    problems.push(file.told_problem(&format!("{pointer}/{name}"), |t| {
                        let suggestion = match nearest {
                            Some(nearest) => t.tr1("problem-did-you-mean", nearest),
                            None => t.tr1("problem-take-out", known.join(", ")),
                        };
                        [t.tr1("problem-unknown-key", name.as_str()), suggestion]
                    }));
                }
            }
            ValidationErrorKind::Required { property } => {
                let name = property.as_str().unwrap_or_default();
                problems.push(file.told_problem(pointer, words("missing", name, "")));
            }
            ValidationErrorKind::Type { .. } => {
                let wanted = kind_word(error.schema_path().as_str(), &self.schema);
                let found = found_word(error.instance());
                let what = format!("`{}` is {found}, expected {wanted}", last(pointer));
                let suggestion = match error.instance().as_ref() {
                    Value::Number(number) if wanted == "a text" => {
                        format!("write it in quotes: \"{number}\"")
                    }
                    Value::String(text) if wanted.contains("number") => {
                        format!("write it without quotes: {text}")
                    }
                    _ => format!("write {wanted}"),
                };
                problems.push(file.problem(pointer, what, suggestion));
            }
            ValidationErrorKind::OneOfNotValid { context } | ValidationErrorKind::AnyOf { context } => {
                self.explain_alternatives(error, context, file, problems);
            }
            ValidationErrorKind::Enum { options } => {
                let words =
                    options.as_array().map(|all| all.iter().filter_map(Value::as_str).collect::<Vec<_>>());
                problems.push(unknown_word(file, pointer, error.instance(), &words.unwrap_or_default()));
            }
            ValidationErrorKind::Pattern { .. } => {
                let what = format!("`{}` is not well formed: {}", last(pointer), error.instance());
                problems.push(file.problem(pointer, what, pattern_hint(error, &self.schema)));
            }
            _ => problems.push(file.problem(pointer, error.to_string(), "see the schema of this file")),
        }
    }

    /// An alternative is chosen by its tag; the mistakes reported are those of the chosen one alone.
    fn explain_alternatives(
        &self,
        error: &ValidationError<'_>,
        context: &[Vec<ValidationError<'static>>],
        file: &Located,
        problems: &mut Vec<Problem>,
    ) {
        let pointer = error.instance_path().as_str();
        if let Some((tag, words)) = self.missing_tag(error, context) {
            let known = words.join(", ");
            problems.push(file.told_problem(pointer, |t| {
                [t.tr2("problem-missing", tag, ""), t.tr1("problem-one-of", known.as_str())]
            }));
            return;
        }
        let constant = |errors: &[ValidationError<'static>]| {
            errors.iter().find_map(|error| match error.kind() {
                ValidationErrorKind::Constant { expected_value } => Some((
                    error.instance_path().as_str().to_owned(),
                    expected_value.as_str().unwrap_or_default().to_owned(),
                )),
                ValidationErrorKind::Enum { options } => {
                    let first = options.as_array().and_then(|all| all.first()).and_then(Value::as_str);
                    Some((error.instance_path().as_str().to_owned(), first.unwrap_or_default().to_owned()))
                }
                _ => None,
            })
        };
        // `null` beside a type is how an optional value is written; it is never the one meant.
        let is_null = |errors: &[ValidationError<'static>]| {
            errors.len() == 1
                && matches!(errors[0].kind(), ValidationErrorKind::Type { .. })
                && errors[0].schema_path().as_str().ends_with("/type")
                && kind_word(errors[0].schema_path().as_str(), &self.schema) == "nothing"
        };
        let chosen: Vec<&Vec<ValidationError<'static>>> =
            context.iter().filter(|errors| constant(errors).is_none() && !is_null(errors)).collect();
        if let [only, ..] = chosen[..] {
            for error in only {
                self.explain(error, file, problems);
            }
            return;
        }
        let found: Vec<(String, String)> = context.iter().filter_map(|errors| constant(errors)).collect();
        let words: Vec<&str> = found.iter().map(|(_, word)| word.as_str()).collect();
        let at = found.first().map_or(pointer, |(at, _)| at);
        let instance = file.value.pointer(at).unwrap_or(&Value::Null);
        problems.push(unknown_word(file, at, instance, &words));
    }

    /// The tag by which alternatives are told apart, when it is missing, with its words.
    fn missing_tag<'s>(
        &'s self,
        error: &ValidationError<'_>,
        context: &[Vec<ValidationError<'static>>],
    ) -> Option<(&'s str, Vec<&'s str>)> {
        let alternatives = self.schema.pointer(error.schema_path().as_str())?.as_array()?;
        let constants = |one: &'s Value| -> Option<(&'s str, &'s str)> {
            let properties = one.get("properties")?.as_object()?;
            properties.iter().find_map(|(name, value)| Some((name.as_str(), value.get("const")?.as_str()?)))
        };
        let tagged: Vec<(&str, &str)> = alternatives.iter().filter_map(constants).collect();
        let (tag, _) = *tagged.first()?;
        let lacks = |errors: &Vec<ValidationError<'static>>| {
            errors.iter().any(|error| {
                matches!(error.kind(), ValidationErrorKind::Required { property } if property.as_str() == Some(tag))
            })
        };
        let missing = tagged.len() == context.len() && context.iter().all(lacks);
        missing.then(|| (tag, tagged.iter().map(|(_, word)| *word).collect()))
    }

    fn known_properties(&self, error: &ValidationError<'_>) -> Vec<String> {
        let around = error.schema_path().as_str().rsplit_once('/').map_or("", |(around, _)| around);
        let properties = self.schema.pointer(around).and_then(|schema| schema.get("properties"));
        properties.and_then(Value::as_object).map(|all| all.keys().cloned().collect()).unwrap_or_default()
    }
}

fn unknown_word(file: &Located, pointer: &str, found: &Value, words: &[&str]) -> Problem {
    let hint = found.as_str().map_or_else(String::new, |word| closest(word, words.iter().copied()));
    let nearest = hint.split('`').nth(1);
    file.told_problem(pointer, |t| {
        let suggestion = match nearest {
            Some(nearest) => t.tr1("problem-did-you-mean", nearest),
            None => t.tr1("problem-one-of", words.join(", ")),
        };
        let what = if found.is_null() {
            t.tr2("problem-missing", last(pointer), "")
        } else {
            t.tr2("problem-unknown-word", found.to_string(), last(pointer))
        };
        [what, suggestion]
    })
}

fn last(pointer: &str) -> &str {
    let name = pointer.rsplit('/').find(|part| part.parse::<usize>().is_err() && !part.is_empty());
    name.unwrap_or("the file")
}

fn found_word(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a table",
    }
}

fn kind_word(schema_path: &str, schema: &Value) -> &'static str {
    let kind = schema.pointer(schema_path);
    let first = match kind {
        Some(Value::Array(kinds)) => kinds.first().and_then(Value::as_str),
        Some(Value::String(kind)) => Some(kind.as_str()),
        _ => None,
    };
    match first {
        Some("string") => "a text",
        Some("integer") => "a whole number",
        Some("number") => "a number",
        Some("boolean") => "true or false",
        Some("array") => "a list",
        Some("object") => "a table",
        Some("null") => "nothing",
        _ => "another kind of value",
    }
}

fn pattern_hint(error: &ValidationError<'_>, schema: &Value) -> String {
    let around = error.schema_path().as_str().rsplit_once('/').map_or("", |(around, _)| around);
    let description =
        schema.pointer(around).and_then(|schema| schema.get("description")).and_then(Value::as_str);
    description.unwrap_or("see the schema of this file").to_owned()
}
