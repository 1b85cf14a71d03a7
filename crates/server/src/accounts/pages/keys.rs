//! The keys of screens and programs.

use super::{place_word, sensitivity_word};
use crate::{
    accounts::store::{
        account::Account,
        token::{Token, TokenKind},
    },
    web::{Asked, Chrome, TimeStyle},
};
use askama::Template;
use pendopo_figures::{AgencyRow, Stored};

/// Where a screen becomes a wall.
#[derive(Template)]
#[template(path = "accounts/wall.html")]
pub struct WallPage {
    /// The frame.
    pub chrome: Chrome,
    /// What went wrong: key of the words.
    pub problem: Option<&'static str>,
}

/// A token in a list.
pub struct TokenItem {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// For whom or what.
    pub of: String,
    /// What it may do, in words.
    pub may: String,
    /// Until when it works.
    pub until: String,
    /// When it was last used.
    pub used: String,
}

pub(super) fn token_item(
    asked: &Asked,
    token: &Token,
    of: String,
    agencies: &[Stored<AgencyRow>],
) -> TokenItem {
    let t = asked.t;
    let time = |at: Option<i64>, none: &str| {
        at.map_or_else(|| t.tr(none).into_owned(), |at| asked.time_ms(at, TimeStyle::Short))
    };
    let reach = token.new.reach;
    let may = match (token.new.kind, token.new.may_write) {
        (TokenKind::Display, _) => sensitivity_word(t, reach.sensitivity),
        (TokenKind::Push, _) => t.tr("token-sends").into_owned(),
        (TokenKind::Api, writes) => {
            let agency = agencies.iter().find(|agency| Some(agency.id) == reach.agency_id);
            [
                t.tr(if writes { "token-writes" } else { "token-reads" }).into_owned(),
                sensitivity_word(t, reach.sensitivity),
                agency.map_or_else(String::new, |agency| agency.row.short_name.clone()),
                place_word(reach.region),
            ]
            .into_iter()
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join(" · ")
        }
    };
    TokenItem {
        id: token.token_id,
        name: token.new.name.clone(),
        of,
        may,
        until: time(token.new.expires_at, "until-revoked"),
        used: time(token.last_used_at, "never-used"),
    }
}

/// Keys of screens and programs.
#[derive(Template)]
#[template(path = "accounts/devices.html")]
pub struct DeviceListPage {
    /// The frame.
    pub chrome: Chrome,
    /// Walls.
    pub walls: Vec<TokenItem>,
    /// Programs that send figures.
    pub programs: Vec<TokenItem>,
    /// Tokens of accounts.
    pub api: Vec<TokenItem>,
    /// Codes and names of the sources.
    pub sources: Vec<(String, String)>,
    /// Codes of the boards.
    pub boards: Vec<String>,
    /// What went wrong.
    pub problem: Option<String>,
}

/// Keys of devices, those of accounts with their owner, and the agencies that they may be narrowed to.
pub type Keys<'a> = (&'a [Token], &'a [(Token, Account)], &'a [Stored<AgencyRow>]);

impl DeviceListPage {
    /// Puts the page together.
    pub fn new(
        chrome: Chrome,
        asked: &Asked,
        (devices, api, agencies): Keys<'_>,
        sources: Vec<(String, String)>,
        boards: Vec<String>,
        problem: Option<&'static str>,
    ) -> DeviceListPage {
        let of_kind = |kind: TokenKind| {
            devices.iter().filter(move |token| token.new.kind == kind).map(|token| {
                let of = token.new.board.clone().or_else(|| token.new.source.clone());
                token_item(asked, token, of.unwrap_or_default(), agencies)
            })
        };
        DeviceListPage {
            walls: of_kind(TokenKind::Display).collect(),
            programs: of_kind(TokenKind::Push).collect(),
            api: api
                .iter()
                .map(|(token, account)| token_item(asked, token, account.row.name.clone(), agencies))
                .collect(),
            sources,
            boards,
            problem: problem.map(|key| asked.t.tr(key).into_owned()),
            chrome,
        }
    }
}
