#!/usr/bin/env python3
"""Measures Pendopo against named peers and writes docs/benchmarks.md.

Every figure is a ratio of two measurements of the same run on the same machine: absolute times say more about the
machine than about the program. Run it by `make bench`. `--only import,board,footprint,engine,audit` runs a part and keeps
the other parts of the page as they are. Peers come from PyPI into `.bench/`, which git ignores.
"""
import argparse, csv, json, os, pathlib, random, re, shutil, signal, statistics, subprocess, sys, time
import urllib.parse, urllib.request, venv

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORK = ROOT / ".bench"
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
PENDOPO = TARGET / "release" / "pendopo"
PAGE = ROOT / "docs" / "benchmarks.md"
ROWS = 1_000_000
MONTHS = [f"2025-{month:02}" for month in range(1, 13)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="import,engine,board,footprint,audit")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    WORK.mkdir(exist_ok=True)
    run(["cargo", "build", "--release", "--bin", "pendopo"])
    python = peers(WORK / "venv", ["duckdb", "sqlite-utils", "datasette", "XlsxWriter", "openpyxl"])
    parts = {
        "import": lambda: bench_import(python, arguments.rounds),
        "engine": lambda: bench_engine(python),
        "board": lambda: bench_board(python),
        "footprint": bench_footprint,
        "audit": bench_audit,
    }
    for name in arguments.only.split(","):
        write_part(name, parts[name]())


def run(command, **options):
    print("$", " ".join(map(str, command)), flush=True)
    return subprocess.run(command, check=True, cwd=ROOT, **options)


def peers(folder, packages):
    """A virtual environment with the peers; returns its interpreter."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
    return python


def version(python, package):
    code = f"import importlib.metadata as m; print(m.version({package!r}))"
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def measured(command, **options):
    """Wall seconds and peak resident MiB of one process."""
    started = time.perf_counter()
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **options)
    error = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    if status != 0:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{error.decode(errors='replace')}")
    return seconds, usage.ru_maxrss / 1024


def median_of(rounds, command, prepare=lambda: None):
    results = []
    for _ in range(rounds):
        prepare()
        results.append(measured(command))
    return statistics.median(r[0] for r in results), max(r[1] for r in results)


# --- import: one million observation rows -------------------------------------------------------------------------

def village_codes(data):
    answer = subprocess.run([PENDOPO, "--data", data, "query", "select code from region where level = 4 order by code", "--format", "csv"],
                            capture_output=True, text=True, check=True).stdout.split()
    return answer[1:]


def bench_import(python, rounds):
    data = WORK / "import-data"
    csv_file, xlsx_file = WORK / "uji.csv", WORK / "uji.xlsx"

    def fresh():
        shutil.rmtree(data, ignore_errors=True)
        subprocess.run([PENDOPO, "--data", data, "apply", ROOT / "benches/pack", "--yes", "--reason", "measurement"], check=True, stdout=subprocess.DEVNULL)

    fresh()
    if not csv_file.exists():
        codes = village_codes(data)
        rng = random.Random(33)
        rows = [(code, month, rng.randint(0, 9999)) for code in codes for month in MONTHS][:ROWS]
        rng.shuffle(rows)
        with csv_file.open("w", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(["kode_desa", "bulan", "jumlah"])
            writer.writerows(rows)
    if not xlsx_file.exists():
        code = ("import csv, sys, xlsxwriter\n"
                "book = xlsxwriter.Workbook(sys.argv[2], {'constant_memory': True})\n"
                "sheet = book.add_worksheet('Data')\n"
                "for r, row in enumerate(csv.reader(open(sys.argv[1]))):\n"
                "    for c, cell in enumerate(row):\n"
                "        (sheet.write_number(r, c, float(cell)) if r and c == 2 else sheet.write_string(r, c, cell))\n"
                "book.close()\n")
        run([python, "-c", code, csv_file, xlsx_file])

    duck = WORK / "duck.db"
    lite = WORK / "lite.db"
    duck_csv = ("import duckdb, sys\n"
                "duckdb.connect(sys.argv[2]).execute(\"create table t as select * from read_csv('\" + sys.argv[1] + \"')\")\n")
    open_xlsx = ("import openpyxl, sqlite3, sys\n"
                 "db = sqlite3.connect(sys.argv[2]); db.execute('create table t (a, b, c)')\n"
                 "rows = openpyxl.load_workbook(sys.argv[1], read_only=True).active.iter_rows(min_row=2, values_only=True)\n"
                 "db.executemany('insert into t values (?, ?, ?)', rows); db.commit()\n")
    remove = lambda path: lambda: path.unlink(missing_ok=True)
    ours_csv = median_of(rounds, [PENDOPO, "--data", data, "import", csv_file, "--source", "uji-csv"], fresh)
    size = (data / "pendopo.db").stat().st_size
    fresh()
    empty = (data / "pendopo.db").stat().st_size
    ours_xlsx = median_of(rounds, [PENDOPO, "--data", data, "import", xlsx_file, "--source", "uji-xlsx"], fresh)
    duck_bare = median_of(rounds, [python, "-c", duck_csv, csv_file, duck], remove(duck))
    utils = median_of(rounds, [WORK / "venv/bin/sqlite-utils", "insert", lite, "t", csv_file, "--csv"], remove(lite))
    openpyxl = median_of(1, [python, "-c", open_xlsx, xlsx_file, lite], remove(lite))

    rows = [
        ("Pendopo, CSV", *ours_csv), (f"DuckDB {version(python, 'duckdb')}, bare table from the same CSV", *duck_bare),
        (f"sqlite-utils {version(python, 'sqlite-utils')}, bare table from the same CSV", *utils),
        ("Pendopo, XLSX", *ours_xlsx), (f"openpyxl {version(python, 'openpyxl')} into bare SQLite, same XLSX", *openpyxl),
    ]
    text = ["## One million rows in", "",
            "A file of 1,000,000 shuffled rows (village, month, number). Pendopo maps, validates, finds duplicates, stores durably with",
            "revisions, keeps the recorded answer and maintains `latest` and the roll-ups to kecamatan, kabupaten, province and country; the peers",
            "load a bare table. Whole processes, median of the rounds. DuckDB reads XLSX only with an extension that it downloads, so its bar is its CSV.",
            "", "| | seconds | peak MiB |", "| --- | ---: | ---: |"]
    text += [f"| {name} | {seconds:.2f} | {mib:.0f} |" for name, seconds, mib in rows]
    text += ["", "| ratio | measured | goal |", "| --- | ---: | ---: |",
             f"| Pendopo CSV / DuckDB bare load | {ours_csv[0] / duck_bare[0]:.1f}× | ≤ 8× |",
             f"| sqlite-utils / Pendopo CSV | {utils[0] / ours_csv[0]:.1f}× | ≥ 3× |",
             f"| Pendopo XLSX / DuckDB bare load of the CSV | {ours_xlsx[0] / duck_bare[0]:.1f}× | ≤ 8× |",
             f"| sqlite-utils (CSV) / Pendopo XLSX | {utils[0] / ours_xlsx[0]:.1f}× | ≥ 3× |",
             f"| peak memory, CSV | {ours_csv[1]:.0f} MiB | ≤ 250 MiB |",
             f"| peak memory, XLSX | {ours_xlsx[1]:.0f} MiB | ≤ 250 MiB |",
             f"| bytes on disk per observation, indexes and the recorded answer included | {(size - empty) / ROWS:.0f} | ≤ 120 |"]
    return "\n".join(text)


# --- engine: the analytic questions at ten million observations ----------------------------------------------------

def bench_engine(python):
    result = subprocess.run([python, ROOT / "benches/engine_bench.py"], cwd=ROOT, check=True, capture_output=True, text=True)
    return "## The questions of a board at ten million figures\n\n" + result.stdout.strip()


def engine_center():
    """A data folder with the engine part's database and a board over its 49 indicators."""
    source, folder, pack = WORK / "engine" / "pendopo.db", WORK / "engine-data", WORK / "engine-pack"
    if not source.exists():
        sys.exit("run the engine part first: it makes the database of ten million figures")
    if (folder / "pendopo.db").exists() and (folder / "pendopo.db").stat().st_mtime >= source.stat().st_mtime:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    shutil.copy(source, folder / "pendopo.db")
    shutil.rmtree(pack, ignore_errors=True)
    (pack / "indicators").mkdir(parents=True)
    (pack / "boards").mkdir()
    base = (ROOT / "benches/pack/pack.toml").read_text().replace('region = "00"', 'region = "33"')
    (pack / "pack.toml").write_text(base)
    (pack / "agencies.toml").write_text('[[agency]]\ncode = "opd"\nname = "Dinas Uji Ukur"\nshort = "Uji"\n')
    codes = [f"i{number}" for number in range(1, 50)]
    (pack / "indicators" / "uji.toml").write_text("".join(
        f'[[indicator]]\ncode = "{code}"\nname = "Indikator {code[1:]}"\nsector = "uji"\nagency = "opd"\nunit = "%"\ndecimals = 1\n'
        'direction = "higher"\ncadence = "month"\nlevel = "village"\nregion_aggregation = "mean"\ntime_aggregation = "mean"\n\n'
        for code in codes))
    (pack / "targets.toml").write_text("".join(f'[[target]]\nindicator = "{code}"\nperiod = "{year}"\nvalue = 500\n\n'
                                               for code in codes for year in (2020, 2021)))
    (pack / "boards" / "pimpinan.toml").write_text('code = "pimpinan"\ntitle = "Papan uji ukur"\nmap = "i1"\n\n[[section]]\nsector = "uji"\n'
                                                   f"indicators = {json.dumps(codes)}\n")
    run([PENDOPO, "--data", folder, "apply", pack, "--yes", "--reason", "measurement"], stdout=subprocess.DEVNULL)
    return folder


# --- board: pages per second ------------------------------------------------------------------------------------------

def wait_for(url, seconds=60):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                return answer.read()
        except OSError:
            time.sleep(0.05)
    sys.exit(f"{url} does not answer")


def wrk(url, script=None):
    """Requests per second and p99 in milliseconds of sixteen connections for ten seconds."""
    command = ["wrk", "-t2", "-c16", "-d10s", "--latency"] + (["-s", script] if script else []) + [url]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in text:
        sys.exit(f"{url} answered with errors:\n{text}")
    rps = float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", text).groups()
    return rps, float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def bench_board(python):
    folder = engine_center()
    port, peer_port = 8611, 8612
    server = subprocess.Popen([PENDOPO, "--data", folder, "serve", "--no-schedule", "--listen", f"127.0.0.1:{port}"], stderr=subprocess.DEVNULL)
    rows = []
    try:
        page = wait_for(f"http://127.0.0.1:{port}/")
        script = WORK / "uncached.lua"
        script.write_text("local n = 0\nrequest = function()\n  n = n + 1\n  return wrk.format('GET', '/?n=' .. n .. '-' .. math.random(1e9))\nend\n")
        cached, rendered = wrk(f"http://127.0.0.1:{port}/"), wrk(f"http://127.0.0.1:{port}/", script)
    finally:
        server.terminate(); server.wait()
    rows += [("Pendopo, board page as served (cache valid until the next run)", *cached), ("Pendopo, board page rendered anew each time", *rendered)]
    sql = ("select i.code, l.period, l.value, l.target, l.status, l.previous, l.last_year from indicator i cross join latest l on "
           "l.indicator_id = i.indicator_id and l.breakdown_id = 0 and l.region_id = (select region_id from rollup_root) order by l.status, i.position")
    datasette = subprocess.Popen([WORK / "venv/bin/datasette", folder / "pendopo.db", "-p", str(peer_port), "--setting", "sql_time_limit_ms", "10000"],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{peer_port}/pendopo/-/query.json?" + urllib.parse.urlencode({"sql": sql, "_shape": "array"})
    try:
        wait_for(f"http://127.0.0.1:{peer_port}/-/versions.json")
        try:
            urllib.request.urlopen(url, timeout=10).read()
        except OSError:
            url = f"http://127.0.0.1:{peer_port}/pendopo.json?" + urllib.parse.urlencode({"sql": sql, "_shape": "array"})
        peer = wrk(url)
    finally:
        datasette.terminate(); datasette.wait()
    rows.append((f"Datasette {version(python, 'datasette')}, one query of the board's figures as JSON", *peer))
    superset = bench_superset(sql, folder)
    text = ["## The board at ten million observations", "",
            f"The leader's board ({len(page) / 1024:.0f} KiB of HTML) over the database of the engine part. `wrk`, 16 connections, 10 s, same machine.",
            "Datasette answers only the query of the board's newest figures.", "",
            "| | requests/s | p99 ms |", "| --- | ---: | ---: |"]
    if superset[0]:
        rows.append((superset[1], *superset[0]))
    text += [f"| {name} | {rps:.0f} | {p99:.1f} |" for name, rps, p99 in rows]
    text += ["", "| ratio | measured | goal |", "| --- | ---: | ---: |",
             f"| Pendopo as served / Datasette | {cached[0] / peer[0]:.0f}× | ≥ 10× |",
             f"| Pendopo rendered anew / Datasette | {rendered[0] / peer[0]:.1f}× | – |"]
    if superset[0]:
        text.append(f"| Pendopo as served / Superset | {cached[0] / superset[0][0]:.0f}× | ≥ 100× |")
    else:
        text += ["", superset[1]]
    return "\n".join(text)


def bench_superset(sql, folder):
    """Superset's chart data API over the same SQLite file; or the reason why it was not measured."""
    script = ROOT / "benches" / "superset_bench.py"
    result = subprocess.run([sys.executable, script, str(folder / "pendopo.db"), sql], capture_output=True, text=True)
    if result.returncode != 0:
        last = (result.stderr or result.stdout).strip().splitlines()[-1:] or ["no message"]
        return None, f"Apache Superset was not measured in this run: {last[0]}"
    answer = json.loads(result.stdout.strip().splitlines()[-1])
    return (answer["rps"], answer["p99_ms"]), f"Apache Superset {answer['version']}, chart data API, cache off"


# --- footprint --------------------------------------------------------------------------------------------------------

def resident_mib(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) / 1024


def bench_footprint():
    folder = engine_center() if (WORK / "engine" / "pendopo.db").exists() else WORK / "import-data"
    starts = []
    for _ in range(5):
        started = time.perf_counter()
        server = subprocess.Popen([PENDOPO, "--data", folder, "serve", "--no-schedule", "--listen", "127.0.0.1:8613"], stderr=subprocess.DEVNULL)
        while True:
            try:
                urllib.request.urlopen("http://127.0.0.1:8613/healthz", timeout=1).read()
                break
            except OSError:
                time.sleep(0.005)
        starts.append(time.perf_counter() - started)
        urllib.request.urlopen("http://127.0.0.1:8613/", timeout=30).read()
        time.sleep(3)
        idle = resident_mib(server.pid)
        server.send_signal(signal.SIGTERM); server.wait()
    target = WORK / "clean-target"
    shutil.rmtree(target, ignore_errors=True)
    started = time.perf_counter()
    run(["cargo", "build", "--bin", "pendopo", "--bin", "pendopo-sample"], env={**os.environ, "CARGO_TARGET_DIR": str(target)})
    build = time.perf_counter() - started
    shutil.rmtree(target, ignore_errors=True)
    return "\n".join([
        "## Footprint", "", f"Cold start and idle memory over a database of {(folder / 'pendopo.db').stat().st_size / 2**20:.0f} MiB.", "",
        "| | measured | goal |", "| --- | ---: | ---: |",
        f"| resident memory, idle, after the board was shown | {idle:.0f} MiB | ≤ 60 MiB |",
        f"| cold start of `serve` to the first answer | {statistics.median(starts):.2f} s | ≤ 1 s |",
        f"| binary (release) | {PENDOPO.stat().st_size / 2**20:.0f} MiB | ≤ 60 MiB |",
        f"| clean build for `make demo`, crates already downloaded, {os.cpu_count()} cores | {build / 60:.1f} min | ≤ 10 min |",
    ])


# --- audit log: one million entries verified -----------------------------------------------------------------------

def bench_audit():
    command = ["cargo", "test", "--release", "-p", "pendopo", "--bin", "pendopo", "--", "--exact", "--nocapture",
               "audit::tests::speed::a_verification_streams_through_the_log"]
    seconds = []
    for _ in range(3):
        done = run(command, env={**os.environ, "PENDOPO_AUDIT_ENTRIES": str(ROWS)}, capture_output=True, text=True)
        found = re.search(rf"audit: verified {ROWS} entries in ([0-9.]+) s", done.stderr)
        seconds.append(float(found[1]))
    return "\n".join([
        "## Audit log", "", "Chain, signed head and guards of a log in SQLite, as `pendopo audit verify` checks them.", "",
        "| | measured | goal |", "| --- | ---: | ---: |",
        f"| verification of {ROWS:,} entries | {statistics.median(seconds):.1f} s | ≤ 10 s |",
    ])


# --- the page ---------------------------------------------------------------------------------------------------------

HEAD = """# Benchmarks

Made by `make bench` (`benches/bench.py`); peers from PyPI, all on one machine in one run. Read the ratios: absolute times
belong to the machine."""


def write_part(name, text):
    page = PAGE.read_text() if PAGE.exists() else HEAD
    block = f"<!-- {name} -->\n{text}\n<!-- /{name} -->"
    pattern = re.compile(rf"<!-- {name} -->.*?<!-- /{name} -->", re.S)
    page = pattern.sub(lambda _: block, page) if pattern.search(page) else f"{page.rstrip()}\n\n{block}"
    PAGE.write_text(page.rstrip() + "\n")
    print(text, flush=True)


if __name__ == "__main__":
    main()
