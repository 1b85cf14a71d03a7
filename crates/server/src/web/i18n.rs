//! The interface's words, from `messages/id.ftl` and `messages/en.ftl`, embedded.

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use pendopo_vocab::Lang;
use std::{borrow::Cow, sync::LazyLock};
use unic_langid::LanguageIdentifier;

type Bundle = FluentBundle<FluentResource>;

static INDONESIAN: LazyLock<Bundle> = LazyLock::new(|| bundle("id", include_str!("../../messages/id.ftl")));
static ENGLISH: LazyLock<Bundle> = LazyLock::new(|| bundle("en", include_str!("../../messages/en.ftl")));

/// What is broken in a message file is left out here and found by the tests, which read both files.
fn bundle(tag: &str, source: &str) -> Bundle {
    let resource = match FluentResource::try_new(source.to_owned()) {
        Ok(resource) => resource,
        Err((partial, errors)) => {
            tracing::error!(tag, ?errors, "message file has errors");
            partial
        }
    };
    let mut bundle = Bundle::new_concurrent(tag.parse::<LanguageIdentifier>().into_iter().collect());
    bundle.set_use_isolating(false);
    if let Err(errors) = bundle.add_resource(resource) {
        tracing::error!(tag, ?errors, "message file repeats keys");
    }
    bundle
}

/// A translator into one language. Cheap to copy; every page and widget carries one as `t`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tr(pub Lang);

impl Tr {
    /// The language.
    pub fn lang(self) -> Lang {
        self.0
    }

    /// True in Indonesian.
    pub fn is_id(self) -> bool {
        self.0 == Lang::Id
    }

    /// The words for `key`; the key itself when there are none, which tests forbid.
    pub fn tr(self, key: &str) -> Cow<'static, str> {
        self.lookup(key, None)
    }

    /// The words for `key` with one argument `n`: a count, or words put in.
    pub fn tr1<'a>(self, key: &str, n: impl Into<FluentValue<'a>>) -> String {
        self.with(key, [("n", n.into())])
    }

    /// The words for `key` with two arguments, `a` and `b`.
    pub fn tr2<'a>(self, key: &str, a: impl Into<FluentValue<'a>>, b: impl Into<FluentValue<'a>>) -> String {
        self.with(key, [("a", a.into()), ("b", b.into())])
    }

    /// The words for `key` with three arguments, `a`, `b` and `c`.
    pub fn tr3<'a>(
        self,
        key: &str,
        a: impl Into<FluentValue<'a>>,
        b: impl Into<FluentValue<'a>>,
        c: impl Into<FluentValue<'a>>,
    ) -> String {
        self.with(key, [("a", a.into()), ("b", b.into()), ("c", c.into())])
    }

    /// The words for `key` with named arguments.
    pub fn with<'a, const N: usize>(self, key: &str, arguments: [(&'a str, FluentValue<'a>); N]) -> String {
        let arguments: FluentArgs<'a> = arguments.into_iter().collect();
        self.lookup(key, Some(&arguments)).into_owned()
    }

    fn bundle(self) -> &'static Bundle {
        match self.0 {
            Lang::Id => &INDONESIAN,
            Lang::En => &ENGLISH,
        }
    }

    fn lookup(self, key: &str, arguments: Option<&FluentArgs<'_>>) -> Cow<'static, str> {
        let pattern = self.bundle().get_message(key).and_then(|message| message.value());
        let Some(pattern) = pattern else {
            return Cow::Owned(key.to_owned());
        };
        let mut errors = Vec::new();
        let text = self.bundle().format_pattern(pattern, arguments, &mut errors);
        Cow::Owned(text.into_owned())
    }
}
