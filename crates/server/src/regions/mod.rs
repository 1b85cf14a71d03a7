//! Slice: one region and all its figures; the way up and down the tree.

pub mod pages;

use crate::{
    error::AppResult,
    indicators::{
        indicators_of_region,
        store::{Catalog, below_key, region_crumbs, region_in_reach, region_name},
        watch,
    },
    web::{Asked, Chrome, NavItem, PageRequest, Routes},
    widgets::Empty,
};
use axum::{extract::Path, response::Response};
use pages::RegionPage;
use pendopo_figures::Reader;
use pendopo_vocab::{RegionCode, region_tree::RegionTree};

/// The routes of this slice.
pub fn routes() -> Routes {
    Routes::new().get("/wilayah", show_center).get("/wilayah/{code}", show_region)
}

async fn show_center(request: PageRequest) -> AppResult<Response> {
    let restricted = watch::note_view(&request.app, &request.asked.who, "region", "center", None).await?;
    let build =
        |reader: &mut Reader<'_>, asked: &Asked, chrome| build(reader, asked, chrome, asked.scope.region);
    request.kept_by_nobody(restricted).cached(NavItem::Regions, build).await
}

async fn show_region(Path(code): Path<String>, request: PageRequest) -> AppResult<Response> {
    let restricted = watch::note_view(&request.app, &request.asked.who, "region", &code, None).await?;
    let build = move |reader: &mut Reader<'_>, asked: &Asked, chrome| {
        build(reader, asked, chrome, region_in_reach(&code, asked)?)
    };
    request.kept_by_nobody(restricted).cached(NavItem::Regions, build).await
}

fn build(
    reader: &mut Reader<'_>,
    asked: &Asked,
    chrome: Chrome,
    region: RegionCode,
) -> AppResult<RegionPage> {
    let t = asked.t;
    let catalog = Catalog::read(reader, &asked.scope)?;
    // A region shows what it has; that something is missing is said at the indicator.
    let sectors = indicators_of_region(reader, asked, &catalog, region, |_, latest| latest.is_some())?;
    let children: Vec<_> = RegionTree::embedded()
        .children(region)
        .map(|child| (format!("/wilayah/{}", child.code), child.full_name(), child.code.to_string()))
        .collect();
    Ok(RegionPage {
        crumbs: region_crumbs(region, asked, |above| format!("/wilayah/{above}")),
        name: region_name(region, t),
        lead: lead(asked, region, children.len()),
        empty: sectors.is_empty().then(|| Empty {
            title: t.tr("empty-region").into_owned(),
            advice: t.tr("empty-region-now").into_owned(),
            action: asked.link_to("/sumber", "nav-sources"),
        }),
        sectors,
        below: region.level().child().map_or_else(String::new, |level| t.tr(below_key(level)).into_owned()),
        children,
        chrome,
    })
}

fn lead(asked: &Asked, region: RegionCode, children: usize) -> String {
    let t = asked.t;
    let mut words = String::new();
    if let Some(found) = RegionTree::embedded().get(region) {
        let kind = t.tr(&format!("kind-{}", found.kind.word().to_lowercase())).into_owned();
        words = t.with("region-lead", [("code", region.to_string().into()), ("kind", kind.into())]);
    }
    if children > 0 {
        words.push(' ');
        words.push_str(&t.tr1("region-children", children));
    }
    words
}
