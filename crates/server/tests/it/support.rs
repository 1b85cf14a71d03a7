//! A center in a temporary folder, run through the real program.

use pendopo_figures::{Db, DbUrl, Reader};
use std::{
    io::{Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// A center of its own.
pub struct Center {
    folder: TempDir,
    data: PathBuf,
}

impl Center {
    /// A new center in a temporary folder.
    pub fn new() -> Center {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        Center { folder, data }
    }

    /// A new center whose data lie in `data`.
    pub fn at(data: &Path) -> Center {
        Center { folder: tempfile::tempdir().unwrap(), data: data.to_owned() }
    }

    /// A folder for packs and files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The folder with everything the center keeps.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The folder in which file sources look.
    pub fn files(&self) -> PathBuf {
        let files = self.data.join("files");
        std::fs::create_dir_all(&files).unwrap();
        files
    }

    /// The program with its data folder, not yet started.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pendopo"));
        command.arg("--data").arg(&self.data).args(arguments).stdin(Stdio::null());
        command.env_remove("PENDOPO_DATA").env("PENDOPO__ACCOUNTS__SECOND_FACTOR", "optional");
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs a command that must succeed; gives what it printed.
    pub fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(
            output.status.success(),
            "pendopo {arguments:?} failed:\n{}{}",
            text(&output.stdout),
            text(&output.stderr)
        );
        text(&output.stdout)
    }

    /// Writes a pack of `files` into the center's folder.
    pub fn write_pack(&self, files: &[(&str, &str)]) -> PathBuf {
        let pack = self.folder.path().join("pack");
        for (path, text) in files {
            let path = pack.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        pack
    }

    /// Opens the center's database.
    pub fn db(&self) -> Db {
        Db::open(&DbUrl::Sqlite(self.data.join("pendopo.db"))).unwrap()
    }

    /// Starts serving without a schedule; gives the process and its address.
    pub fn serve(&self) -> Server {
        self.serve_with(&[])
    }

    /// The same with settings from the environment.
    pub fn serve_with(&self, settings: &[(&str, &str)]) -> Server {
        self.serve_saying(settings, Stdio::null())
    }

    /// The same, with its log in a file.
    pub fn serve_logging(&self, settings: &[(&str, &str)], log: &Path) -> Server {
        self.serve_saying(settings, std::fs::File::create(log).unwrap().into())
    }

    fn serve_saying(&self, settings: &[(&str, &str)], log: Stdio) -> Server {
        self.serve_at(free_address(), settings, log)
    }

    /// The same at an address that is known before.
    pub fn serve_at(&self, address: String, settings: &[(&str, &str)], log: Stdio) -> Server {
        self.serve_as(&[], address, settings, log)
    }

    /// The same with more flags, such as for a file of settings.
    pub fn serve_as(&self, flags: &[&str], address: String, settings: &[(&str, &str)], log: Stdio) -> Server {
        let child = self
            .command(&["serve", "--no-schedule", "--listen", &address])
            .args(flags)
            .envs(settings.iter().copied())
            .stderr(log)
            .spawn()
            .unwrap();
        Server { child, address, cookies: String::new() }.answering()
    }

    /// Starts the demo of a pack, with its sample services from `port` on; what it says goes to the file `said`.
    pub fn demo(
        &self,
        pack: &Path,
        port: u16,
        said: &Path,
        more: &[&str],
        settings: &[(&str, &str)],
    ) -> Server {
        let address = free_address();
        let child = self
            .command(&["demo", &pack.display().to_string(), "--listen", &address])
            .args(["--sample-port", &port.to_string()])
            .args(more)
            .envs(settings.iter().copied())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(said).unwrap())
            .spawn()
            .unwrap();
        Server { child, address, cookies: String::new() }.answering()
    }
}

/// A folder of this repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path).canonicalize().unwrap()
}

/// An address on this machine at which nobody listens yet.
pub fn free_address() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

/// A serving center; ended with the test.
pub struct Server {
    child: Child,
    address: String,
    cookies: String,
}

/// GeoJSON of the twelve desa of a kecamatan in a row, each a narrow strip.
pub fn strips_of_desa() -> String {
    let strip = |(code, nth): (u32, i32)| {
        let (west, east) = (111.2 + f64::from(nth) / 100.0, 111.21 + f64::from(nth) / 100.0);
        format!(
            "{{\"type\":\"Feature\",\"properties\":{{\"kode\":\"33.16.01.{code}\"}},\"geometry\":{{\"type\":\"Polygon\",\
             \"coordinates\":[[[{west:.2},-7.2],[{east:.2},-7.2],[{east:.2},-7.1],[{west:.2},-7.1],[{west:.2},-7.2]]]}}}}"
        )
    };
    let features = (2001..=2012).zip(0..).map(strip).collect::<Vec<_>>().join(",");
    format!("{{\"type\":\"FeatureCollection\",\"features\":[{features}]}}")
}

/// The password of the administrator who makes the first account.
pub const PASSWORD: &str = "jati randu kapas";

/// What a server answered.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Answer {
    fn cookies(&self) -> impl Iterator<Item = &str> {
        let set = self.headers.iter().filter(|(name, _)| name == "set-cookie");
        set.filter_map(|(_, value)| value.split(';').next())
    }

    /// The cookies that it sets, as a browser sends them.
    pub fn cookie_line(&self) -> String {
        self.cookies().collect::<Vec<_>>().join("; ")
    }

    /// The token that forms of this page carry.
    pub fn form_token(&self) -> &str {
        let field = self.body.split("name=\"_token\" value=\"").nth(1).unwrap();
        field.split('"').next().unwrap()
    }
}

impl Server {
    /// The server, once it answers.
    fn answering(mut self) -> Server {
        let until = Instant::now() + Duration::from_secs(60);
        while self.get("/healthz").is_none_or(|(status, _)| status != 200) {
            assert!(self.child.try_wait().unwrap().is_none(), "the server ended at once");
            assert!(Instant::now() < until, "the server does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
        self
    }

    /// Signs in with a password.
    pub fn signed_in_as(mut self, login: &str, password: &str) -> Server {
        let page = self.ask("GET", "/masuk", "").unwrap();
        let form = format!("_token={}&nama={login}&sandi={password}", page.form_token());
        let done = self.ask_as(&page.cookie_line(), "POST", "/masuk", &form).unwrap();
        assert_eq!(done.status, 303, "{}", done.body);
        self.cookies = done.cookie_line();
        self
    }

    /// Signs in as the administrator who makes the first account of the center.
    pub fn signed_in(mut self, center: &Center) -> Server {
        let link = center.ok(&["account", "first"]);
        let path = &link[link.find("/undangan/").unwrap()..].trim();
        let page = self.ask("GET", path, "").unwrap();
        self.cookies = page.cookie_line();
        let password = PASSWORD.replace(' ', "+");
        let form = format!(
            "_token={}&nama=Pengelola&login=pengelola&sandi={password}&ulang={password}",
            page.form_token()
        );
        let done = self.ask("POST", path, &form).unwrap();
        assert_eq!(done.status, 303, "{}", done.body);
        self.cookies = done.cookie_line();
        self
    }

    /// The port on which it serves.
    pub fn port(&self) -> &str {
        self.address.rsplit(':').next().unwrap()
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The cookies of this reader.
    pub fn cookies(&self) -> String {
        self.cookies.clone()
    }

    /// The same reader at another server of the same center.
    pub fn with_cookies(mut self, cookies: String) -> Server {
        self.cookies = cookies;
        self
    }

    /// Status and body of a page, or `None` when nobody answers.
    pub fn get(&self, path: &str) -> Option<(u16, String)> {
        self.ask("GET", path, "").map(|answer| (answer.status, answer.body))
    }

    /// Head and body of the answer to a request whose first lines are given, or `None` when nobody answers.
    pub fn ask_raw(&self, lines: &str) -> Option<(String, String)> {
        let (address, cookies) = (&self.address, &self.cookies);
        self.send(&format!("{lines}Host: {address}\r\nCookie: {cookies}\r\nConnection: close\r\n\r\n"))
    }

    /// Asks with the cookies of this reader, or `None` when nobody answers.
    pub fn ask(&self, method: &str, path: &str, form: &str) -> Option<Answer> {
        self.ask_as(&self.cookies, method, path, form)
    }

    /// The same with the cookies of somebody else.
    pub fn ask_as(&self, cookies: &str, method: &str, path: &str, form: &str) -> Option<Answer> {
        let (address, length) = (&self.address, form.len());
        let (head, body) = self.send(&format!(
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nCookie: {cookies}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\
             Connection: close\r\n\r\n{form}"
        ))?;
        answer_of(&head, body)
    }

    /// Sends a body with these header lines (each ending in a line break) and no cookies.
    pub fn send_body(&self, path: &str, headers: &str, body: &str) -> Option<Answer> {
        let (address, length) = (&self.address, body.len());
        let (head, body) = self.send(&format!(
            "POST {path} HTTP/1.1\r\nHost: {address}\r\n{headers}Content-Length: {length}\r\n\
             Connection: close\r\n\r\n{body}"
        ))?;
        answer_of(&head, body)
    }

    /// Announces a body of so many bytes and waits to be told whether to send it, as clients do with large ones.
    pub fn announce_body(&self, path: &str, headers: &str, bytes: usize) -> Option<Answer> {
        let (head, body) = self.send(&format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\n{headers}Content-Length: {bytes}\r\nExpect: 100-continue\r\n\
             Connection: close\r\n\r\n",
            self.address
        ))?;
        answer_of(&head, body)
    }

    /// Ends the process at once, as a power cut would.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The same while somebody else waits for its answer.
    #[cfg(unix)]
    pub fn signal_kill(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-KILL", &id]).status().unwrap().success());
    }

    /// Asks the process to stop and waits for its end.
    #[cfg(unix)]
    pub fn stop(mut self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success(), "the server did not end well");
    }

    /// Sends a request, and again when the program says that it is too busy at the moment: many tests
    /// share the machine.
    fn send(&self, request: &str) -> Option<(String, String)> {
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            let mut stream = TcpStream::connect(&self.address).ok()?;
            stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
            stream.write_all(request.as_bytes()).ok()?;
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).ok()?;
            let answer = String::from_utf8_lossy(&answer);
            let (head, body) = answer.split_once("\r\n\r\n")?;
            let busy = head.starts_with("HTTP/1.1 503") && head.to_ascii_lowercase().contains("retry-after");
            if !busy || Instant::now() > until {
                let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
                let body = if chunked { join_chunks(body)? } else { body.to_owned() };
                return Some((head.to_owned(), body));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

fn answer_of(head: &str, body: String) -> Option<Answer> {
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    Some(Answer { status, headers, body })
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The text of a body sent in chunks; `None` when it is not one.
fn join_chunks(mut body: &str) -> Option<String> {
    let mut text = String::new();
    loop {
        let (size, rest) = body.split_once("\r\n")?;
        let size = usize::from_str_radix(size, 16).ok()?;
        if size == 0 {
            return Some(text);
        }
        text.push_str(rest.get(..size)?);
        body = rest.get(size..)?.strip_prefix("\r\n")?;
    }
}

/// A single number from the database.
pub fn number(reader: &mut Reader<'_>, sql: &str) -> i64 {
    reader.query_one(sql, &[], |row| row.get(0)).unwrap()
}

/// What a program printed.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A small pack: one agency, one CSV source, one indicator of all villages.
pub const PACK: [(&str, &str); 5] = [
    (
        "pack.toml",
        "format = 1\ncode = \"uji\"\nname = \"Kabupaten Uji\"\nregion = \"33.16\"\ntime_zone = \"Asia/Jakarta\"\nsample_data = true\n\n[[sector]]\ncode = \"uji\"\nname = \"Uji\"\n",
    ),
    ("agencies.toml", "[[agency]]\ncode = \"uji\"\nname = \"Dinas Uji\"\nshort = \"Uji\"\n"),
    (
        "sources/angka.toml",
        "code = \"angka\"\nname = \"Berkas angka\"\nagency = \"uji\"\nfresh_every = \"1 day\"\n\n[connection]\nkind = \"csv\"\nlocation = { path = \"angka.csv\" }\n\n[mapping]\nregion = { column = \"kode\" }\nperiod = { column = \"bulan\" }\n\n[[mapping.value]]\nindicator = \"angka\"\ncolumn = \"nilai\"\n",
    ),
    (
        "indicators/uji.toml",
        "# komentar yang harus selamat\n[[indicator]]\ncode = \"angka\"\nname = \"Angka\"\nsector = \"uji\"\nagency = \"uji\"\nunit = \"orang\"\ndecimals = 0\ndirection = \"higher\"\ncadence = \"month\"\nlevel = \"village\"\nregion_aggregation = \"sum\"\ntime_aggregation = \"sum\"\n\n[[indicator.case]]\nname = \"dua desa\"\ngiven = [\n  { region = \"33.16.01.2001\", period = \"2026-01\", value = 2 },\n  { region = \"33.16.01.2002\", period = \"2026-01\", value = 3 },\n]\nexpect = { region = \"33.16\", period = \"2026-01\", value = 5 }\n",
    ),
    (
        "boards/pimpinan.toml",
        "code = \"pimpinan\"\ntitle = \"Papan pimpinan\"\n\n[[section]]\nsector = \"uji\"\nindicators = [\"angka\"]\n",
    ),
];
