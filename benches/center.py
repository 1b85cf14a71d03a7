"""A served center for the benchmarks: makes its accounts, signs in, gives the cookies.

Accounts are made as people make them: the first by the link of `pendopo account first`, others by the form and an
invitation. The limits on requests of one address are lifted, since all readers here have the same.
"""
import os, pathlib, re, signal, subprocess, time, urllib.error, urllib.parse, urllib.request

PASSWORD = "jati randu kapas melati"
MANY = "1000000000"
LIFTED = {
    "PENDOPO__ACCOUNTS__SECOND_FACTOR": "optional", "PENDOPO__LOG__LEVEL": "warn",
    "PENDOPO__LIMITS__REQUESTS_PER_MINUTE": MANY, "PENDOPO__LIMITS__COSTLY_REQUESTS_PER_MINUTE": MANY,
    "PENDOPO__LIMITS__CONNECTIONS_PER_ADDRESS": "4000",
}


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Visitor:
    """Somebody with cookies of their own."""

    def __init__(self, address):
        self.address, self.cookies = address, {}
        self.opener = urllib.request.build_opener(Stay)

    def ask(self, path, form=None, headers=()):
        """Status and bytes of an answer."""
        body = None if form is None else urllib.parse.urlencode(form).encode()
        request = urllib.request.Request(f"http://{self.address}{path}", body, dict(headers))
        if self.cookies:
            request.add_header("Cookie", self.cookie())
        try:
            answer = self.opener.open(request, timeout=60)
        except urllib.error.HTTPError as error:
            answer = error
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, value = cookie.split(";")[0].split("=", 1)
            self.cookies[name] = value
        return answer.status, answer.read()

    def cookie(self):
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def page(self, path, form=None):
        """Text of a page that must be there."""
        status, text = self.ask(path, form)
        if status >= 400:
            raise SystemExit(f"{path} answered {status}:\n{text.decode(errors='replace')[:2000]}")
        return text.decode()

    def send(self, form_page, path, form):
        """Sends a form with the token of the page that it stands on."""
        token = re.search(r'name="_token" value="([^"]+)"', self.page(form_page))
        return self.page(path, form | {"_token": token[1]})


class Center:
    """`with Center(pendopo, folder, port) as center:` serves the center in a data folder."""

    def __init__(self, pendopo, folder, port, environment=(), command=("serve", "--no-schedule")):
        self.pendopo, self.folder = pathlib.Path(pendopo), pathlib.Path(folder)
        self.address, self.command = f"127.0.0.1:{port}", command
        self.environment = os.environ | LIFTED | dict(environment)

    def run(self, *arguments):
        done = subprocess.run([self.pendopo, "--data", self.folder, *map(str, arguments)], env=self.environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"pendopo {' '.join(map(str, arguments))} failed:\n{done.stderr}")
        return done.stdout

    def __enter__(self):
        self.log = open(self.folder / "serve.log", "w")
        command = [self.pendopo, "--data", self.folder, *self.command, "--listen", self.address]
        self.process = subprocess.Popen(command, env=self.environment, stdout=self.log, stderr=self.log)
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                urllib.request.urlopen(f"http://{self.address}/healthz", timeout=2).read()
                return self
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.02)
        self.process.kill()
        raise SystemExit(f"the center does not answer at {self.address}; see {self.folder / 'serve.log'}")

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()

    def administrator(self):
        """Signed in with everything in view."""
        login = "pengelola"
        there = re.search(rf"\b{login}\b", self.run("account", "list"))
        said = self.run("account", "link", login) if there else self.run("account", "first")
        return self.by_invitation(said, {"nama": "Pengelola", "login": login})

    def reader(self, administrator, login, role, agency="", region="", sensitivity="internal"):
        """Signed in as a new account with a scope of its own; an account by this name gets a new link."""
        if re.search(rf"\b{login}\b", self.run("account", "list")):
            return self.by_invitation(self.run("account", "link", login), {"nama": login, "login": login})
        page = administrator.page("/pengguna/baru")
        options = dict((text.strip(), value) for value, text in re.findall(r'<option value="([^"]*)"[^>]*>([^<]*)<', page))
        opd = next((value for text, value in options.items() if agency and agency in text), "")
        form = {"nama": login, "login": login, "peran": role, "opd": opd, "wilayah": region, "kerahasiaan": sensitivity}
        return self.by_invitation(administrator.send("/pengguna/baru", "/pengguna", form), {"nama": login, "login": login})

    def by_invitation(self, said, form):
        path = re.search(r"/undangan/[A-Za-z0-9_-]+", said)[0]
        visitor = Visitor(self.address)
        visitor.send(path, path, form | {"sandi": PASSWORD, "ulang": PASSWORD})
        return visitor

    def resident_mib(self):
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) / 1024


def wrk(url, cookie=None, anew=False, connections=16, seconds=10, folder=pathlib.Path("/tmp")):
    """Requests per second, p50 and p99 in milliseconds; `anew` asks for another address each time, which no cache
    of pages has. Fails when an answer is an error."""
    script = folder / "wrk.lua"
    head = f'wrk.headers["Cookie"] = {cookie!r}\n'.replace("'", '"') if cookie else ""
    path = urllib.parse.urlsplit(url)
    target = path.path + (f"?{path.query}" if path.query else "")
    join = "&" if path.query else "?"
    # Several threads run the script, each with a state of its own.
    each = (f'local n, id = 0, 0\nfunction setup(thread) id = id + 1; thread:set("id", id) end\n'
            f'request = function()\n  n = n + 1\n  return wrk.format("GET", "{target}{join}n=" .. id .. "-" .. n .. "-{time.time_ns()}")\nend\n') if anew else ""
    script.write_text(head + each)
    command = ["wrk", f"-t{min(2, connections)}", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "--latency", "-s", script, url]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in text or "Socket errors" in text:
        raise SystemExit(f"{url} answered with errors:\n{text}")
    milliseconds = lambda percent: (lambda found: float(found[1]) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000}[found[2]])(
        re.search(rf"{percent}%\s+([\d.]+)(us|ms|s|m)", text))
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]), milliseconds(50), milliseconds(99)
