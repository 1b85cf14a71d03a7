//! A camera of an agency. The center neither fetches nor shows its picture: the card says where it is.

use crate::web::Tr;
use askama::Template;

/// A camera.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "widgets/camera.html")]
pub struct Camera {
    /// The reader's language.
    pub t: Tr,
    /// What it looks at.
    pub place: String,
    /// The page that shows its picture.
    pub address: String,
    /// The agency that runs it.
    pub agency: String,
}

impl Camera {
    /// The machine that shows the picture, so that a reader knows where the link leads.
    pub fn host(&self) -> &str {
        let rest = self.address.split_once("://").map_or(self.address.as_str(), |(_, rest)| rest);
        rest.split(['/', '?', '#']).next().unwrap_or(rest)
    }
}
