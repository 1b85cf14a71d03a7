//! A board arranged in the browser, through the whole router: draft, undo, publishing, versions, two at once.

use super::{
    doors::{form, get},
    world::{Reply, World},
};
use crate::packs::store::read_texts;
use axum::http::StatusCode;
use pendopo_vocab::{Role, Sensitivity};

struct Desk {
    world: World,
    cookie: String,
    token: String,
}

impl Desk {
    async fn open() -> Desk {
        let world = World::open().await;
        let person = world.person(Role::Administrator, Sensitivity::Restricted, 0);
        let secret = world.session(&person);
        Desk { cookie: format!("pendopo={}", secret.reveal()), token: secret.form_token(), world }
    }

    async fn get(&self, path: &str) -> Reply {
        self.world.send(get(&self.cookie, path)).await
    }

    async fn post(&self, path: &str, fields: &str) -> Reply {
        self.world.send(form(&self.cookie, path, &format!("_token={}&{fields}", self.token))).await
    }

    /// Sends a form that must be taken.
    async fn does(&self, path: &str, fields: &str) {
        let reply = self.post(path, fields).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{path} {fields}: {}", reply.body);
    }

    fn published(&self, board: &str) -> String {
        let mut texts = self.world.app.db().read(read_texts).unwrap();
        texts.remove(&format!("boards/{board}.toml")).unwrap_or_default()
    }
}

const EDITOR: &str = "/papan/pimpinan/sunting";

#[tokio::test(flavor = "multi_thread")]
async fn readers_see_a_change_when_it_is_published_and_each_step_can_be_undone() {
    let desk = Desk::open().await;
    let before = desk.published("pimpinan");
    let put = "step=0&section=0&kind=text&text=Rapat+pukul+sembilan&span=6&surfaces=desk&surfaces=wall";
    desk.does("/papan/pimpinan/sunting/widget", put).await;
    desk.does(EDITOR, "step=1&do=head&title=Papan+pagi&exceptions=1").await;
    let editor = desk.get(EDITOR).await;
    assert!(
        editor.body.contains("Rapat pukul sembilan") && editor.body.contains("2 perubahan"),
        "{}",
        editor.body
    );
    assert_eq!(desk.published("pimpinan"), before, "nothing is published yet");
    assert!(!desk.get("/papan/pimpinan").await.body.contains("Rapat pukul sembilan"));

    desk.does(EDITOR, "step=2&do=undo").await;
    let text = desk.get("/papan/pimpinan/sunting/paket.toml").await.body;
    assert!(text.contains("Rapat") && text.contains("Papan pimpinan"), "{text}");
    desk.does(EDITOR, "step=1&do=redo").await;
    let wall = desk.get("/papan/pimpinan/sunting/pratinjau?di=wall").await;
    let phone = desk.get("/papan/pimpinan/sunting/pratinjau?di=phone").await;
    assert!(wall.body.contains("Rapat pukul sembilan") && !phone.body.contains("Rapat pukul sembilan"));

    let refused = desk.post("/papan/pimpinan/sunting/terbit", "step=2&reason=").await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST, "publishing wants a reason");
    desk.does("/papan/pimpinan/sunting/terbit", "step=2&reason=Rapat+pagi").await;
    assert_eq!(desk.published("pimpinan"), desk.get("/papan/pimpinan/sunting/paket.toml").await.body);
    let board = desk.get("/papan/pimpinan").await.body;
    assert!(board.contains("Rapat pukul sembilan") && board.contains("Papan pagi"));

    let versions = desk.get("/papan/pimpinan/versi").await.body;
    assert!(versions.contains("Versi 2") && versions.contains("Rapat pagi"), "{versions}");
    let first = "select min(board_version_id) from board_version where board = 'pimpinan'";
    let first: i64 =
        desk.world.app.db().read(|reader| reader.query_one(first, &[], |row| row.get(0))).unwrap();
    let late = desk.post("/papan/pimpinan/versi", &format!("step=1&version={first}")).await;
    assert_eq!(late.status, StatusCode::CONFLICT, "the draft of that step is gone");
    assert!(late.body.contains("Muat ulang"), "{}", late.body);
    let unsaid = desk.post("/papan/pimpinan/versi", "step=0").await;
    assert!(unsaid.body.contains("Formulir tidak lengkap"), "{}", unsaid.body);
    desk.does("/papan/pimpinan/versi", &format!("step=0&version={first}")).await;
    desk.does("/papan/pimpinan/sunting/terbit", "step=1&reason=Kembali").await;
    assert_eq!(desk.published("pimpinan"), before, "the same bytes as before");
}

#[tokio::test(flavor = "multi_thread")]
async fn titles_are_in_the_reader_s_language() {
    let desk = Desk::open().await;
    desk.does(EDITOR, "step=0&do=head&title=Papan+pagi&title_en=Morning+board").await;
    for path in ["sunting", "sunting/widget?section=0&kind=text", "sunting/pratinjau", "versi"] {
        let path = format!("/papan/pimpinan/{path}");
        let heads = |page: &str| page.split("<h2").next().unwrap_or_default().to_owned();
        let (id, joint) = (desk.get(&path).await.body, if path.contains('?') { '&' } else { '?' });
        let en = desk.get(&format!("{path}{joint}bahasa=en")).await.body;
        assert!(heads(&id).contains("Papan pagi"), "{path}: {id}");
        assert!(heads(&en).contains("Morning board") && !heads(&en).contains("Papan pagi"), "{path}: {en}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_edit_one_board_do_not_overwrite_each_other_unseen() {
    let desk = Desk::open().await;
    desk.does(EDITOR, "step=0&do=head&title=Papan+satu").await;
    let late = desk.post(EDITOR, "step=0&do=head&title=Papan+dua").await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.body.contains("Muat ulang"), "{}", late.body);
    // A pack applied meanwhile: publishing asks first.
    let base = desk.published("pimpinan");
    let text = base.replace("Papan pimpinan", "Papan dari paket");
    let by = crate::packs::store::Application {
        author: pendopo_vocab::Author::named("uji"),
        reason: "uji".to_owned(),
        at_ms: 1,
    };
    let put = |tx: &mut pendopo_figures::Tx<'_>| {
        crate::packs::store::put_file(tx, "boards/pimpinan.toml", &text, &by)
    };
    desk.world.app.db().write(put).unwrap().unwrap();
    let asked = desk.post("/papan/pimpinan/sunting/terbit", "step=1&reason=x").await;
    assert_eq!(asked.status, StatusCode::CONFLICT);
    assert!(desk.get(EDITOR).await.body.contains("diterbitkan dari tempat lain"));
    desk.does("/papan/pimpinan/sunting/terbit", "step=1&reason=x&over=1").await;
    assert!(desk.published("pimpinan").contains("Papan satu"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_board_is_begun_and_mistakes_are_said_where_they_are() {
    let desk = Desk::open().await;
    for (fields, words) in [
        ("code=Rapat+Besar&title=x", "huruf kecil"),
        ("code=pimpinan&title=x", "sudah dipakai"),
        ("code=rapat&title=", "Wajib diisi"),
    ] {
        let reply = desk.post("/papan-baru", fields).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields}");
        assert!(reply.body.contains(words), "{fields}: {}", reply.body);
    }
    desk.does("/papan-baru", "code=rapat&title=Papan+rapat").await;
    assert!(
        desk.get("/papan-baru").await.body.contains("/papan/rapat/sunting"),
        "a draft can be found again"
    );
    assert_eq!(desk.get("/papan/rapat").await.status, StatusCode::NOT_FOUND, "readers see nothing yet");
    let flawed = desk.post("/papan/rapat/sunting/widget", "step=0&section=0&kind=ranking&limit=0").await;
    assert_eq!(flawed.status, StatusCode::UNPROCESSABLE_ENTITY);
    for words in ["Wajib diisi", "bilangan bulat", "Pilih sedikitnya satu permukaan"] {
        assert!(flawed.body.contains(words), "{words}: {}", flawed.body);
    }
    // What no form can know is found by the check of the whole pack.
    desk.does("/papan/rapat/sunting/widget", "step=0&section=0&kind=line&indicator=tidak-ada&surfaces=desk")
        .await;
    let unpublished = desk.post("/papan/rapat/sunting/terbit", "step=1&reason=x").await;
    assert_eq!(unpublished.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unpublished.body.contains("tidak ada indikator `tidak-ada`"), "{}", unpublished.body);
    assert!(unpublished.body.contains("boards/rapat.toml"));
    desk.does(
        "/papan/rapat/sunting/widget",
        "step=1&section=0&widget=0&kind=line&indicator=zqa0&surfaces=wall",
    )
    .await;
    desk.does("/papan/rapat/sunting/terbit", "step=2&reason=x").await;
    assert_eq!(desk.get("/papan/rapat").await.status, StatusCode::OK);
    desk.does("/papan-baru", "code=buang&title=Buang").await;
    desk.does("/papan/buang/sunting", "step=0&do=discard").await;
    assert_eq!(desk.get("/papan/buang/sunting").await.status, StatusCode::NOT_FOUND);
}
