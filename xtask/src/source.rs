//! A Rust file as tokens: which of them are code that ships, and which paths they name.

use crate::{Problem, TextFile};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// One token of a file, flat, with what the checks need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its text; for a string literal what is between the quotes, as written.
    pub text: String,
    /// Line, counted from 1.
    pub line: usize,
    /// What it is.
    pub kind: TokenKind,
    /// It is part of a test.
    pub test: bool,
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// A name or keyword.
    Ident,
    /// Punctuation, one character.
    Punct,
    /// A string.
    Text,
    /// Another literal.
    Literal,
    /// The beginning of a group.
    Open,
    /// The end of a group.
    Close,
}

/// A Rust file.
#[derive(Debug)]
pub struct RustFile {
    /// Path relative to the workspace.
    pub path: String,
    /// Its tokens, without comments and documentation.
    pub tokens: Vec<Token>,
}

/// A path that begins with a crate or with `crate`: `crate::web` and the line it stands on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedPath {
    /// The first part after `crate`; or the name of another crate.
    pub first: String,
    /// Line, counted from 1.
    pub line: usize,
    /// It stands in a test.
    pub test: bool,
}

impl RustFile {
    /// Reads a file; what is not Rust is a problem.
    pub fn read(file: &TextFile) -> Result<RustFile, Problem> {
        let stream: TokenStream = file.text.parse().map_err(|error: proc_macro2::LexError| Problem {
            file: file.path.clone(),
            line: error.span().start().line,
            what: format!("not Rust: {error}"),
        })?;
        let mut tokens = Vec::new();
        flatten(stream, is_test_file(&file.path), &mut tokens);
        Ok(RustFile { path: file.path.clone(), tokens })
    }

    /// The crate's folder: `vocab` of `crates/vocab/src/lib.rs`; `xtask` for this one.
    pub fn package(&self) -> &str {
        let mut parts = self.path.split('/');
        match parts.next() {
            Some("crates") => parts.next().unwrap_or_default(),
            first => first.unwrap_or_default(),
        }
    }

    /// The modules a file lies in, from the crate's root: `packs`, `schema`.
    pub fn module(&self) -> Vec<&str> {
        let Some((_, inner)) = self.path.split_once("/src/") else { return Vec::new() };
        let inner = inner.trim_end_matches(".rs");
        let mut parts: Vec<&str> = inner.split('/').collect();
        if matches!(parts.last(), Some(&("mod" | "lib" | "main"))) {
            parts.pop();
        }
        parts
    }

    /// The top-level modules of its own crate that a file names, through `crate::` or `super::`.
    pub fn own_modules(&self) -> Vec<NamedPath> {
        let depth = self.module().len();
        let mut found = Vec::new();
        let mut at = 0;
        while at < self.tokens.len() {
            let mut next = at + 1;
            let mut supers = 0;
            if self.is_ident(at, "crate") && !self.after_path(at) {
                supers = depth;
            } else if self.is_ident(at, "super") && !self.after_path(at) {
                supers = 1;
                while self.is_path(next) && self.is_ident(next + 2, "super") {
                    supers += 1;
                    next += 3;
                }
            }
            let from_root = self.is_ident(at, "crate") || (supers > 0 && supers >= depth);
            if from_root && self.is_path(next) {
                found.extend(self.firsts(next + 2));
            }
            at = next;
        }
        found
    }

    /// The crates of this workspace that a file names.
    pub fn workspace_crates(&self) -> Vec<NamedPath> {
        let is_crate = |token: &&Token| token.kind == TokenKind::Ident && token.text.starts_with("pendopo_");
        let named = |token: &Token| NamedPath {
            first: token.text["pendopo_".len()..].to_owned(),
            line: token.line,
            test: token.test,
        };
        let followed = |(at, _): &(usize, &Token)| self.is_path(at + 1) || self.is_punct(at + 1, ';');
        self.tokens
            .iter()
            .enumerate()
            .filter(followed)
            .map(|(_, token)| token)
            .filter(is_crate)
            .map(named)
            .collect()
    }

    /// The first names after `crate::`: one, or those in braces.
    fn firsts(&self, at: usize) -> Vec<NamedPath> {
        let named =
            |token: &Token| NamedPath { first: token.text.clone(), line: token.line, test: token.test };
        let Some(token) = self.tokens.get(at) else { return Vec::new() };
        if token.kind == TokenKind::Ident {
            return vec![named(token)];
        }
        if token.kind != TokenKind::Open {
            return Vec::new();
        }
        let mut depth = 0;
        let mut begins = false;
        let mut found = Vec::new();
        for token in &self.tokens[at..] {
            match token.kind {
                TokenKind::Open => {
                    depth += 1;
                    begins = depth == 1;
                }
                TokenKind::Close => depth -= 1,
                TokenKind::Punct if token.text == "," && depth == 1 => begins = true,
                TokenKind::Ident if begins && depth == 1 => {
                    found.push(named(token));
                    begins = false;
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
        found
    }

    fn is_ident(&self, at: usize, text: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Ident && token.text == text)
    }

    fn is_punct(&self, at: usize, ch: char) -> bool {
        self.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Punct && token.text.starts_with(ch))
    }

    /// `::` stands at this position.
    fn is_path(&self, at: usize) -> bool {
        self.is_punct(at, ':') && self.is_punct(at + 1, ':')
    }

    /// The token at this position continues a path, as in `a::crate`.
    fn after_path(&self, at: usize) -> bool {
        at >= 2 && self.is_path(at - 2)
    }
}

/// Files that hold tests only: in `tests/` or `benches/`, and `tests.rs` beside what they test.
fn is_test_file(path: &str) -> bool {
    path.contains("/tests/") || path.contains("/benches/") || path.ends_with("/tests.rs")
}

fn flatten(stream: TokenStream, test: bool, tokens: &mut Vec<Token>) {
    let trees: Vec<TokenTree> = stream.into_iter().collect();
    let mut at = 0;
    // An attribute `#[cfg(test)]` or `#[test]` speaks of all up to the end of the item after it.
    let mut item_is_test = false;
    while at < trees.len() {
        if let Some((attribute, length)) = attribute(&trees[at..]) {
            item_is_test |= is_test_attribute(&attribute.stream());
            if !is_documentation(&attribute.stream()) {
                flatten(attribute.stream(), test || item_is_test, tokens);
            }
            at += length;
            continue;
        }
        let ends_item = match &trees[at] {
            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
            TokenTree::Punct(punct) => punct.as_char() == ';',
            _ => false,
        };
        push(&trees[at], test || item_is_test, tokens);
        item_is_test &= !ends_item;
        at += 1;
    }
}

/// The group of an attribute at the beginning, and how many tokens it takes.
fn attribute(trees: &[TokenTree]) -> Option<(&proc_macro2::Group, usize)> {
    let is = |at: usize, ch: char| matches!(trees.get(at), Some(TokenTree::Punct(p)) if p.as_char() == ch);
    let at = if is(0, '#') && is(1, '!') { 2 } else { 1 };
    match trees.get(at) {
        Some(TokenTree::Group(group)) if is(0, '#') && group.delimiter() == Delimiter::Bracket => {
            Some((group, at + 1))
        }
        _ => None,
    }
}

fn is_test_attribute(stream: &TokenStream) -> bool {
    let text: String = stream.to_string().split_whitespace().collect();
    text == "test"
        || text.ends_with("::test")
        || text.starts_with("cfg(test")
        || text.starts_with("cfg(all(test")
}

fn is_documentation(stream: &TokenStream) -> bool {
    matches!(stream.clone().into_iter().next(), Some(TokenTree::Ident(ident)) if ident == "doc")
}

fn push(tree: &TokenTree, test: bool, tokens: &mut Vec<Token>) {
    let line = tree.span().start().line;
    let mut push = |text: String, line: usize, kind: TokenKind| tokens.push(Token { text, line, kind, test });
    match tree {
        TokenTree::Ident(ident) => push(ident.to_string(), line, TokenKind::Ident),
        TokenTree::Punct(punct) => push(punct.to_string(), line, TokenKind::Punct),
        TokenTree::Literal(literal) => {
            let text = literal.to_string();
            let kind = if text.ends_with(['"', '#']) && text.contains('"') {
                TokenKind::Text
            } else {
                TokenKind::Literal
            };
            let inner = text.find('"').zip(text.rfind('"')).filter(|(start, end)| start < end);
            push(inner.map_or(text.clone(), |(start, end)| text[start + 1..end].to_owned()), line, kind);
        }
        TokenTree::Group(group) => {
            push("(".to_owned(), line, TokenKind::Open);
            flatten(group.stream(), test, tokens);
            let end = group.span_close().start().line;
            tokens.push(Token { text: ")".to_owned(), line: end, kind: TokenKind::Close, test });
        }
    }
}
