#!/usr/bin/env python3
"""Measures Pendopo against named peers and writes docs/benchmarks.md.

Every figure is a ratio of two measurements of the same run on the same machine: absolute times say more about the
machine than about the program. Run it by `make bench`. `--only import,board` runs these parts and keeps the others of the
page as they are. Peers come from PyPI into `.bench/`, which git ignores.

A part that fails or takes longer than it may leaves its old figures on the page; the run goes on and fails in the end.
"""
import argparse, csv, os, pathlib, random, re, shutil, signal, statistics, subprocess, sys, time, traceback
import urllib.request, venv

import board_bench, live_bench, paper_bench, protect_bench, weights_bench
from board_bench import engine_center
from center import Center

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORK = ROOT / ".bench"
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
PENDOPO = TARGET / "release" / "pendopo"
PAGE = ROOT / "docs" / "benchmarks.md"
ROWS = 1_000_000
MONTHS = [f"2025-{month:02}" for month in range(1, 13)]
# Minutes that a part may take at most, several times what it takes on a quiet machine with two cores.
MOST_MINUTES = {"import": 8, "engine": 15, "board": 10, "protect": 6, "live": 8, "weights": 8, "paper": 10, "audit": 8, "footprint": 15}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default=",".join(MOST_MINUTES), metavar="PART,PART", help="import, engine, board, protect, live, weights, paper, audit, footprint")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--program", type=pathlib.Path, help="a built `pendopo` instead of a release build, for a quick look: nothing is written to the page")
    arguments = parser.parse_args()
    wanted = arguments.only.split(",")
    if unknown := set(wanted) - set(MOST_MINUTES):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(MOST_MINUTES)}")
    WORK.mkdir(exist_ok=True)
    global PENDOPO
    if arguments.program:
        PENDOPO = arguments.program.resolve()
    else:
        run(["cargo", "build", "--release", "--bin", "pendopo"])
    python = peers(WORK / "venv", ["duckdb", "numpy", "sqlite-utils", "datasette", "XlsxWriter", "openpyxl", "reportlab"])
    parts = {
        "import": lambda: bench_import(python, arguments.rounds),
        "engine": lambda: bench_engine(python),
        "board": lambda: board_bench.measure(PENDOPO, python, version),
        "protect": lambda: protect_bench.measure(PENDOPO),
        "live": lambda: live_bench.measure(PENDOPO),
        "weights": lambda: weights_bench.measure(PENDOPO),
        "paper": lambda: paper_bench.measure(python, version, measured, arguments.rounds),
        "audit": bench_audit,
        "footprint": bench_footprint,
    }
    signal.signal(signal.SIGALRM, too_long)
    failed, took = [], []
    for name in wanted:
        began = time.monotonic()
        signal.alarm(MOST_MINUTES[name] * 60)
        try:
            text = parts[name]()
            signal.alarm(0)
            print(text, flush=True)
            if not arguments.program:
                write_part(name, text)
        except (Exception, SystemExit):
            traceback.print_exc()
            failed.append(name)
        finally:
            signal.alarm(0)
        took.append(f"{name} {(time.monotonic() - began) / 60:.1f}")
        print(f"[{took[-1]} min]", flush=True)
    print("minutes: " + ", ".join(took))
    if failed:
        sys.exit(f"not measured: {', '.join(failed)}")


def too_long(*_):
    raise TimeoutError("the part took longer than it may")


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
    # Ten times as slow as the others: once says enough.
    utils = median_of(1, [WORK / "venv/bin/sqlite-utils", "insert", lite, "t", csv_file, "--csv"], remove(lite))
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
    command = [python, ROOT / "benches/engine_bench.py", "--months", "24,72"]
    result = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    text = "## The questions of a board at ten million figures\n\n" + result.stdout.strip()
    return text.replace("\n\n30,", "\n\n### At thirty million\n\n30,", 1)


# --- footprint --------------------------------------------------------------------------------------------------------

def bench_footprint():
    folder = engine_center(PENDOPO) if (WORK / "engine" / "pendopo.db").exists() else WORK / "import-data"
    starts = []
    for _ in range(5):
        started = time.perf_counter()
        with Center(PENDOPO, folder, 8613) as center:
            starts.append(time.perf_counter() - started)
            center.administrator().page("/")
            time.sleep(3)
            idle = center.resident_mib()
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
        f"| binary (release) | {PENDOPO.stat().st_size / 2**20:.0f} MiB | ≤ 90 MiB |",
        f"| clean build for `make demo`, crates already downloaded, {os.cpu_count()} cores | {build / 60:.1f} min | ≤ 15 min |",
    ])


# --- audit log: one million entries verified -----------------------------------------------------------------------

def bench_audit():
    # By the program as it is built for tests, less optimised than a release: the bound holds all the more.
    command = ["cargo", "test", "--quiet", "-p", "pendopo", "--bin", "pendopo", "--", "--exact", "--nocapture",
               "audit::tests::speed::a_verification_streams_through_the_log"]
    seconds = []
    for _ in range(3):
        done = run(command, env={**os.environ, "PENDOPO_AUDIT_ENTRIES": str(ROWS)}, capture_output=True, text=True)
        found = re.search(rf"audit: verified {ROWS} entries in ([0-9.]+) s", done.stderr + done.stdout)
        if not found:
            raise SystemExit(f"the test of the audit log did not say how long it took:\n{done.stdout}{done.stderr}")
        seconds.append(float(found[1]))
    return "\n".join([
        "## Audit log", "", "Chain, signed head and guards of a log in SQLite, as `pendopo audit verify` checks them, by the program as built for tests.", "",
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


if __name__ == "__main__":
    main()
