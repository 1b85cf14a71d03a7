//! The OpenAPI document: what the handlers say of themselves, and what holds for all of them alike – how a
//! caller is known, and what an answer that refuses looks like.

use crate::web::Access;
use axum::http::Method;
use pendopo_vocab::Role;
use serde_json::{Map, Value, json};

/// What any operation may answer besides what it is there for: status, and when.
const ALIKE: [(&str, &str); 6] = [
    ("400", "The request is wrong; `detail` says what, and what would be right"),
    ("401", "Sign in first, or the token is not valid (any more)"),
    ("403", "The caller's role or token does not allow it"),
    ("429", "Too many requests of one address; `Retry-After` says when to come again"),
    ("500", "A fault of the center; name `reference` to whoever runs it"),
    ("503", "Too much at once, or the disk is full; `Retry-After` says when to come again"),
];
/// The same for what takes a body.
const WITH_BODY: [(&str, &str); 3] = [
    ("413", "The body is too large"),
    ("415", "The body is not `application/json`"),
    ("422", "The body is JSON, but not of the form asked for"),
];
/// Figures are kept by callers as long as their tag holds; the audit log never.
const NOT_MODIFIED: &str = "Nothing has changed since the answer of which the caller sent the tag";

/// Completes a document that utoipa made from the handlers.
///
/// # Errors
/// When the table of routes cannot be read.
pub fn complete(document: &mut Value) -> anyhow::Result<()> {
    let access = Access::built_in()?;
    let components = &mut document["components"];
    components["securitySchemes"] = json!({
        "token": { "type": "http", "scheme": "bearer", "description": "A token of an account (from its profile) or of a program" },
        "session": { "type": "apiKey", "in": "cookie", "name": "__Host-pendopo", "description": "A signed-in browser; without TLS the name is `pendopo`. What changes something needs the header `X-Form-Token` besides" },
    });
    let mut shared = Map::new();
    for (status, description) in ALIKE.into_iter().chain(WITH_BODY) {
        shared.insert(name_of(status), problem(status, description));
    }
    shared.insert(name_of("404"), problem("404", "There is no such thing, or the caller may not see it"));
    shared.insert(name_of("304"), json!({ "description": NOT_MODIFIED }));
    components["responses"] = Value::Object(shared);

    let Some(paths) = document["paths"].as_object_mut() else { return Ok(()) };
    for operation in paths.values_mut().filter_map(Value::as_object_mut).flat_map(Map::values_mut) {
        let summary = operation["summary"].clone();
        for response in operation["responses"].as_object_mut().into_iter().flat_map(Map::values_mut) {
            // Every response needs a description; that of a good one is what the operation is for.
            if response["description"].is_null() {
                response["description"] =
                    if summary.is_string() { summary.clone() } else { json!("As asked") };
            }
        }
    }
    for (path, operations) in paths.iter_mut().filter(|(path, _)| path.starts_with("/api/")) {
        for (method, operation) in operations.as_object_mut().into_iter().flatten() {
            let method = method.to_ascii_uppercase().parse::<Method>()?;
            let public = access.rule(&method, path).is_some_and(|rule| rule.roles.contains(&Role::Public));
            operation["security"] = match public {
                // What visitors may see is answered to them, too.
                true => json!([{}, { "token": [] }, { "session": [] }]),
                false => json!([{ "token": [] }, { "session": [] }]),
            };
            let Some(responses) = operation["responses"].as_object_mut() else { continue };
            let mut more: Vec<&str> = ALIKE.iter().map(|(status, _)| *status).collect();
            // An object that the path names; no list holds "nothing".
            if path.contains('{') || responses.contains_key("404") {
                more.push("404");
            }
            match method == Method::GET {
                true if path != "/api/v1/audit" => more.push("304"),
                true => {}
                false => more.extend(WITH_BODY.map(|(status, _)| status)),
            }
            for status in more {
                let reference = json!({ "$ref": format!("#/components/responses/{}", name_of(status)) });
                responses.entry(status).or_insert(reference);
            }
        }
    }
    Ok(())
}

fn name_of(status: &str) -> String {
    format!("Status{status}")
}

fn problem(status: &str, description: &str) -> Value {
    let mut response = json!({
        "description": description,
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
    });
    let header = |kind: &str, text: &str| json!({ "description": text, "schema": { "type": kind } });
    match status {
        "429" => response["headers"] = json!({ "Retry-After": header("integer", "Seconds to wait") }),
        "401" => response["headers"] = json!({ "WWW-Authenticate": header("string", "`Bearer`") }),
        _ => {}
    }
    response
}

#[cfg(test)]
mod tests {
    use crate::api::openapi_json;
    use serde_json::Value;

    #[test]
    fn every_operation_says_who_may_and_how_it_refuses() {
        let document: Value = serde_json::from_str(&openapi_json().unwrap()).unwrap();
        let mut operations = 0;
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let responses = operation["responses"].as_object().unwrap();
                if path.starts_with("/api/") {
                    operations += 1;
                    assert!(operation["security"].as_array().is_some_and(|all| !all.is_empty()), "{path}");
                    for status in ["400", "401", "403", "429", "500", "503"] {
                        assert!(responses.contains_key(status), "{method} {path}: {status}");
                    }
                    assert_eq!(responses.contains_key("415"), method == "post", "{method} {path}");
                }
                for (status, response) in responses {
                    let name = response["$ref"]
                        .as_str()
                        .map(|text| text.trim_start_matches("#/components/responses/"));
                    let response = name.map_or(response, |name| &document["components"]["responses"][name]);
                    let content = response["content"].as_object();
                    let wrong = status.starts_with(['4', '5']) && path.starts_with("/api/");
                    assert!(
                        !wrong || content.unwrap().contains_key("application/problem+json"),
                        "{path} {status}"
                    );
                    assert!(response["description"].is_string(), "{path} {status}");
                }
            }
        }
        assert!(operations >= 13, "{operations}");
        let open = &document["paths"]["/api/v1/latest"]["get"]["security"];
        let closed = &document["paths"]["/api/v1/audit"]["get"]["security"];
        assert!(open.to_string().contains("{}") && !closed.to_string().contains("{}"), "{open} {closed}");
    }
}
