//! What a program sends: a JSON object.

use crate::error::AppError;
use axum::{
    Json,
    extract::{FromRequest, Request},
    response::{IntoResponse, Response},
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The body of a request, an object with the fields of `T`. `Json` alone would also take a list with the
/// fields in their order, which the document does not say and which changes its meaning with every new field.
pub struct Object<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Object<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let body = Json::<Map<String, Value>>::from_request(request, state).await;
        let Json(fields) = body.map_err(IntoResponse::into_response)?;
        serde_json::from_value(Value::Object(fields))
            .map(Object)
            .map_err(|error| AppError::Invalid(error.to_string()).into_response())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{body::Body, http::StatusCode};
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Wish {
        #[serde(default)]
        reason: String,
    }

    async fn read(body: &'static str) -> Result<String, StatusCode> {
        let request = Request::builder().header("content-type", "application/json").body(Body::from(body));
        let wish = Object::<Wish>::from_request(request.unwrap(), &()).await;
        wish.map(|Object(wish)| wish.reason).map_err(|refused| refused.status())
    }

    #[tokio::test]
    async fn an_object_and_nothing_else_is_read() {
        assert_eq!(read(r#"{"reason":"uji"}"#).await, Ok("uji".to_owned()));
        assert_eq!(read(r#"{"more":1}"#).await, Ok(String::new()));
        for body in ["[]", r#"["uji"]"#, "null", r#""uji""#] {
            assert_eq!(read(body).await, Err(StatusCode::UNPROCESSABLE_ENTITY), "{body}");
        }
        for body in [r#"{"reason":7}"#, r#"{"reason":null}"#, r#"{"reason":["uji"]}"#, "{"] {
            assert_eq!(read(body).await, Err(StatusCode::BAD_REQUEST), "{body}");
        }
    }
}
