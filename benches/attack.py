"""Attacks the API of a center with Schemathesis and opens its CSV files in LibreOffice: a part of `make attack`.

Makes a center of its own with a generated pack and files, serves it, and lets Schemathesis generate requests
from `/api/v1/openapi.json` – right and wrong ones, with an administrator's token, an officer's and none – until there
are at least `--cases` of them or `--minutes` are over. Counts server errors, answers that the document does not describe
and requests that were let through or refused against it; any of them, too few cases, a round that did not end or a
missing LibreOffice makes it fail.

    benches/attack.py [--cases 20000] [--minutes 20] [--seed 1] [--at-once 2]
"""
import argparse, collections, concurrent.futures, csv, itertools, json, os, pathlib, re, shutil, signal, socket, subprocess, sys, tempfile, time
import urllib.error, urllib.parse, urllib.request, venv

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORK = ROOT / ".bench" / "attack"
PENDOPO = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug" / "pendopo"
SCHEMATHESIS = "schemathesis==4.32.5"
# Dates that do not exist and codes of nothing fit a pattern and are refused all the same, as they should be.
LEFT_OUT = "positive_data_acceptance"
TRIGGERS = ["=1+1", "+1+1", "-1+1", "@SUM(1;1)", "\t=1+1", "\r=1+1", "\n=1+1", "＝1+1", "x;=1+1;y", '"=1+1"', "=cmd|' /C calc'!A0"]
PASSWORD = "jati randu kapas"
# Who asks, round by round.
ASKERS = ["administrator", "officer", "administrator", "visitor"]

PACK = {
    "pack.toml": 'format = 1\ncode = "uji"\nname = "Kabupaten Uji"\nregion = "33.16"\ntime_zone = "Asia/Jakarta"\n'
                 'sample_data = true\n\n[[sector]]\ncode = "uji"\nname = "Uji"\n',
    "agencies.toml": '[[agency]]\ncode = "uji"\nname = "Dinas Uji"\nshort = "Uji"\n',
    "sources/angka.toml": 'code = "angka"\nname = "Berkas angka"\nagency = "uji"\nfresh_every = "1 day"\nmax_refused_percent = 100\n\n'
                          '[connection]\nkind = "csv"\nlocation = { path = "angka.csv" }\n\n[mapping]\nregion = { column = "kode" }\n'
                          'period = { column = "bulan" }\n\n[[mapping.value]]\nindicator = "angka"\ncolumn = "nilai"\n',
    "indicators/uji.toml": '[[indicator]]\ncode = "angka"\nname = "Angka"\nsector = "uji"\nagency = "uji"\nunit = "ton"\n'
                           'decimals = 0\ndirection = "higher"\ncadence = "month"\nlevel = "village"\n'
                           'region_aggregation = "sum"\ntime_aggregation = "sum"\n',
    "boards/pimpinan.toml": 'code = "pimpinan"\ntitle = "Papan"\n\n[[section]]\nsector = "uji"\nindicators = ["angka"]\n',
}


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--cases", type=int, default=20_000, help="generated requests wanted")
    options.add_argument("--minutes", type=float, default=20, help="time after which no further round begins")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--at-once", type=int, default=os.cpu_count() or 2, help="rounds that run side by side")
    options = options.parse_args()
    if shutil.which("soffice") is None:
        sys.exit("LibreOffice is not installed, so no CSV file can be opened: apt-get install libreoffice-calc")
    tool = install()
    with tempfile.TemporaryDirectory() as folder:
        with Center(pathlib.Path(folder)) as center:
            counts = attack(tool, center, options)
            formulas = spreadsheets(center)
    tried = all(counts[f"cases of {asker}"] for asker in ASKERS)
    faults = counts["failures"] + counts["unfinished"] + counts["5xx"] + formulas
    good = counts["cases"] >= options.cases and tried and faults == 0
    print("all well" if good else "NOT well")
    sys.exit(0 if good else 1)


def install():
    """Schemathesis in a virtual environment of its own; gives its command."""
    tool = WORK / "bin" / "schemathesis"
    wanted = SCHEMATHESIS.split("==")[1]
    if not (WORK / "bin" / "python").exists():
        venv.create(WORK, with_pip=True)
    if not tool.exists() or wanted not in subprocess.run([tool, "--version"], capture_output=True, text=True).stdout:
        subprocess.run([WORK / "bin" / "python", "-m", "pip", "install", "--quiet", SCHEMATHESIS], check=True)
    return tool


class Center:
    """A served center with figures, refused rows and tokens that may do all that their owners may; none for visitors."""

    def __init__(self, folder):
        self.folder, self.data = folder, folder / "data"
        self.cookies = {}
        many = "1000000000"
        self.environment = os.environ | {
            "PENDOPO__ACCOUNTS__SECOND_FACTOR": "optional", "PENDOPO__LOG__LEVEL": "warn",
            "PENDOPO__LIMITS__REQUESTS_PER_MINUTE": many, "PENDOPO__LIMITS__COSTLY_REQUESTS_PER_MINUTE": many,
            "PENDOPO__LIMITS__SIGN_INS_PER_MINUTE": many,
        }

    def run(self, *arguments, **options):
        command = [PENDOPO, "--data", self.data, *arguments]
        return subprocess.run(command, check=True, env=self.environment, capture_output=True, **options).stdout

    def __enter__(self):
        for path, text in PACK.items():
            (self.folder / "pack" / path).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / "pack" / path).write_text(text)
        self.run("apply", self.folder / "pack", "--yes", "--reason", "attack")
        (self.data / "files").mkdir(exist_ok=True)
        with open(self.data / "files" / "angka.csv", "w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["kode", "bulan", "nilai", "catatan"])
            for month in range(1, 11):
                rows.writerows([f"33.16.01.{2001 + village}", f"2026-{month:02}", 7 + village, ""] for village in range(12))
            for text in TRIGGERS:
                # In what says why, and in the row as it came.
                rows.writerows([[text, "2026-01", 1, ""], ["33.16.01.2001", text, 1, text], ["99", "2026-01", -5, text]])
        self.run("--author==1+1", "run", "angka", "--reason", "@SUM(1;1)")
        for text in TRIGGERS:
            self.run(f"--author={text}", "query", f"select 1 as x /* {text} */")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        self.log = open(WORK / "server.log", "w")
        command = [PENDOPO, "--data", self.data, "serve", "--no-schedule", "--listen", self.address]
        self.process = subprocess.Popen(command, env=self.environment, stdout=self.log, stderr=self.log)
        for _ in range(300):
            try:
                urllib.request.urlopen(f"http://{self.address}/healthz")
                break
            except OSError:
                time.sleep(0.1)
        self.tokens = {"administrator": self.sign_in(), "officer": self.add_officer(), "visitor": None}
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)

    def ask(self, path, form=None):
        """Text of a page, with the cookies of the administrator."""
        class Stay(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *_):
                return None

        body = None if form is None else urllib.parse.urlencode(form).encode()
        request = urllib.request.Request(f"http://{self.address}{path}", body)
        request.add_header("Cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        try:
            answer = urllib.request.build_opener(Stay).open(request)
        except urllib.error.HTTPError as error:
            if error.code >= 400:
                raise
            answer = error
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, value = cookie.split(";")[0].split("=", 1)
            self.cookies[name] = value
        return answer.read()

    def send(self, page, path, form):
        """Text that answers a form, whose token stands in a page."""
        token = re.search(r'name="_token" value="([^"]+)"', self.ask(page).decode())[1]
        return self.ask(path, form | {"_token": token}).decode()

    def make_token(self):
        page = self.send("/profil", "/profil/token", {"nama": "serangan", "hari": "30", "tulis": "1", "kini": PASSWORD})
        return re.search(r"pdp_[A-Za-z0-9_-]+", page)[0]

    def sign_in(self):
        path = re.search(r"/undangan/\S+", self.run("account", "first", text=True))[0]
        self.send(path, path, {"nama": "Pengelola", "login": "pengelola", "sandi": PASSWORD, "ulang": PASSWORD})
        return self.make_token()

    def add_officer(self):
        form = {"nama": "Petugas", "login": "petugas", "peran": "officer", "wilayah": "33.16.01"}
        path = re.search(r"/undangan/[A-Za-z0-9_-]+", self.send("/pengguna/baru", "/pengguna", form))[0]
        administrator, self.cookies = self.cookies, {}
        try:
            self.send(path, path, {"sandi": PASSWORD, "ulang": PASSWORD})
            return self.make_token()
        finally:
            self.cookies = administrator


def attack(tool, center, options):
    """Rounds of Schemathesis with seeds of their own, several at once, until there are enough cases."""
    # Sent away with `Retry-After` because the machine is busy is no fault; each is looked at below.
    (WORK / "schemathesis.toml").write_text('[checks]\nnot_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", 503]\n')
    counts, by_status = collections.Counter(), collections.Counter()
    began = time.monotonic()
    until = began + options.minutes * 60
    rounds_to_come = zip(itertools.count(options.seed), itertools.cycle(ASKERS))
    untried = set(ASKERS)
    with concurrent.futures.ThreadPoolExecutor(options.at_once) as pool:
        while (counts["cases"] < options.cases or untried) and time.monotonic() < until and not counts["failures"]:
            left = max(0, options.cases - counts["cases"]) // options.at_once + 1
            # A round sends about twenty cases for each example, among them all limits of all parameters.
            examples = max(20, min(200, left // 18))
            next_ones = list(itertools.islice(rounds_to_come, options.at_once))
            rounds = [(asker, pool.submit(one_round, tool, center, seed, asker, examples, until)) for seed, asker in next_ones]
            for asker, done in rounds:
                cases, statuses = done.result()
                counts.update(cases)
                counts[f"cases of {asker}"] += cases["cases"]
                untried.discard(asker)
                by_status.update(statuses)
            print(f"{counts['cases']} cases in {time.monotonic() - began:.0f} s", flush=True)
    counts["5xx"] = sum(count for status, count in by_status.items() if status >= 500) - counts["sent away"]
    print(f"{counts['cases']} cases in {time.monotonic() - began:.0f} s: {counts['5xx']} server errors, {counts['mismatches']} failed checks, "
          f"{counts['failures']} rounds with failures, {counts['unfinished']} not finished")
    print("cases by who asked: " + ", ".join(f"{asker} {counts[f'cases of {asker}']}" for asker in dict.fromkeys(ASKERS)))
    print("answers by status: " + ", ".join(f"{status} {count}" for status, count in sorted(by_status.items())))
    return counts


def one_round(tool, center, seed, asker, examples, until):
    """Counts of one round and its answers by status; prints what Schemathesis said when something failed."""
    report = WORK / f"report-{seed}.ndjson"
    report.unlink(missing_ok=True)
    # How long an answer takes says more of the machine than of the program here; two minutes are a hanging one.
    # One worker: its threads share the state of Python's parser, and generating fails now and then with more.
    token = center.tokens[asker]
    header = ["--header", f"Authorization: Bearer {token}"] if token else []
    command = [tool, "--config-file", WORK / "schemathesis.toml", "run", f"http://{center.address}/api/v1/openapi.json",
               *header, "--checks", "all", "--exclude-checks", LEFT_OUT, "--max-response-time", "120",
               "--max-examples", str(examples), "--seed", str(seed), "--workers", "1", "--continue-on-failure",
               "--suppress-health-check", "all", "--warnings", "off", "--report", "ndjson", "--report-ndjson-path", report, "--no-color"]
    unfinished = False
    try:
        done = subprocess.run(command, capture_output=True, text=True, cwd=WORK, timeout=max(30, until - time.monotonic()) + 60)
        output, code = done.stdout + done.stderr, done.returncode
    except subprocess.TimeoutExpired as late:
        # What was found until then stands in the report.
        output, code, unfinished = (late.stdout or b"").decode(), 0, True
    counts, by_status = read_report(report)
    counts["unfinished"] += unfinished
    if code != 0 or counts["mismatches"] or counts["errors"]:
        counts["failures"] += 1
        print(f"seed {seed}, as {asker}:\n{output}")
    return counts, by_status


def read_report(path):
    """Cases of one round with their failed checks, operations that could not be tried, answers by status."""
    counts, by_status = collections.Counter(), collections.Counter()
    if not path.exists():
        return counts, by_status
    with open(path) as lines:
        for line in lines:
            try:
                event = json.loads(line)
            except json.JSONDecodeError:
                continue
            counts["errors"] += "NonFatalError" in event or "FatalError" in event
            for body in event.values():
                recorder = (body.get("recorder") if isinstance(body, dict) else None) or {}
                for checks in (recorder.get("checks") or {}).values():
                    counts["mismatches"] += sum(check.get("status") == "failure" for check in checks)
                for interaction in (recorder.get("interactions") or {}).values():
                    response = interaction.get("response")
                    counts["cases"] += 1
                    if response:
                        headers = {name.lower() for name in response.get("headers", {})}
                        counts["sent away"] += response["status_code"] == 503 and "retry-after" in headers
                        by_status[response["status_code"]] += 1
    return counts, by_status


def spreadsheets(center):
    """Opens every CSV of the center in LibreOffice, with commas and with semicolons; counts formulas."""
    folder = center.folder / "csv"
    folder.mkdir()
    for name, path in {"refused": "/penarikan/1/ditolak.csv", "audit": "/audit.csv", "record": "/data-pribadi/catatan.csv"}.items():
        (folder / f"{name}.csv").write_bytes(center.ask(path))
    columns = ", ".join(f"'{text}' as \"{text.replace(chr(34), '')}\"" for text in (t.replace("'", "''") for t in TRIGGERS))
    (folder / "query.csv").write_bytes(center.run("query", f"select -5 as angka, {columns}", "--format", "csv"))
    (folder / "control.csv").write_text("=1+1,+1+1\n")
    found = {}
    for separator in (44, 59):
        # 44: comma, 34: quotation mark, 76: UTF-8; the last: formulas are read as such, as Excel does.
        options = f"CSV:{separator},34,76,1,,0,false,true,false,false,false,-1,true"
        subprocess.run(["soffice", "--headless", f"-env:UserInstallation=file://{center.folder}/office", "--infilter=" + options,
                        "--convert-to", "fods", "--outdir", folder / str(separator), *folder.glob("*.csv")],
                       check=True, capture_output=True, timeout=300)
        for sheet in (folder / str(separator)).glob("*.fods"):
            text = sheet.read_text()
            found[f"{sheet.stem}, {chr(separator)}"] = len(re.findall(r"table:formula=", text))
    control = sum(count for name, count in found.items() if name.startswith("control"))
    formulas = sum(count for name, count in found.items() if not name.startswith("control"))
    if control == 0:
        sys.exit("LibreOffice saw no formula in a file that has some: the check sees nothing")
    numbers = (folder / "44" / "query.fods").read_text()
    kept = 'office:value="-5"' in numbers
    print(f"{len(found) - 2} openings of 4 CSV files with {len(TRIGGERS)} triggers: {formulas} formulas (the control has {control}); "
          f"-5 is {'a number' if kept else 'NOT a number'}; {found}")
    return formulas + (not kept)


if __name__ == "__main__":
    main()
