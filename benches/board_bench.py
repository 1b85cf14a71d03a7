"""The board at ten million observations: as kept, rendered anew, under a scope, and the peers beside it."""
import json, pathlib, re, shutil, subprocess, sys, time, urllib.parse, urllib.request

from center import Center, wrk

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORK = ROOT / ".bench"
PORT, PEER_PORT = 8611, 8612
CONNECTIONS = 16
INDICATORS = [f"i{number}" for number in range(1, 50)]
SQL = ("select i.code, l.period, l.value, l.target, l.status, l.previous, l.last_year from indicator i cross join latest l on "
       "l.indicator_id = i.indicator_id and l.breakdown_id = 0 and l.region_id = (select region_id from rollup_root) order by l.status, i.position")


def engine_center(pendopo):
    """A data folder with the engine part's database and a board over its 49 indicators: half of them are internal
    figures of one agency, half are public ones of another, so that a reader of the first sees them all."""
    source, folder, pack = WORK / "engine" / "pendopo-24.db", WORK / "engine-data", WORK / "engine-pack"
    if not source.exists():
        source = WORK / "engine" / "pendopo.db"
    if not source.exists():
        sys.exit("run the engine part first: it makes the database of ten million figures")
    if (folder / "ready").exists() and (folder / "ready").stat().st_mtime >= source.stat().st_mtime:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    shutil.copy(source, folder / "pendopo.db")
    shutil.rmtree(pack, ignore_errors=True)
    (pack / "indicators").mkdir(parents=True)
    (pack / "boards").mkdir()
    (pack / "pack.toml").write_text((ROOT / "benches/pack/pack.toml").read_text().replace('region = "00"', 'region = "33"'))
    (pack / "agencies.toml").write_text('[[agency]]\ncode = "opd"\nname = "Dinas Uji Ukur"\nshort = "Uji"\n\n'
                                        '[[agency]]\ncode = "lain"\nname = "Dinas Lain"\nshort = "Lain"\n')
    owner = lambda code: ("opd", "internal") if int(code[1:]) % 2 else ("lain", "public")
    (pack / "indicators" / "uji.toml").write_text("".join(
        f'[[indicator]]\ncode = "{code}"\nname = "Indikator {code[1:]}"\nsector = "uji"\nagency = "{owner(code)[0]}"\nunit = "%"\ndecimals = 1\n'
        f'sensitivity = "{owner(code)[1]}"\ndirection = "lower"\ncadence = "month"\nlevel = "village"\nregion_aggregation = "mean"\n'
        'time_aggregation = "mean"\n\n' for code in INDICATORS))
    (pack / "targets.toml").write_text("".join(f'[[target]]\nindicator = "{code}"\nperiod = "{year}"\nvalue = 500\n\n'
                                               for code in INDICATORS for year in (2020, 2021)))
    (pack / "boards" / "pimpinan.toml").write_text('code = "pimpinan"\ntitle = "Papan uji ukur"\nmap = "i1"\n\n[[section]]\nsector = "uji"\n'
                                                   f"indicators = {json.dumps(INDICATORS)}\n")
    print("$ pendopo apply", pack, flush=True)
    subprocess.run([pendopo, "--data", folder, "apply", pack, "--yes", "--reason", "measurement"], check=True, stdout=subprocess.DEVNULL)
    (folder / "ready").touch()
    return folder


def measure(pendopo, python, version, seconds=10):
    """Text of the part."""
    folder = engine_center(pendopo)
    rows, first, page = ours(pendopo, folder, seconds)
    peers, why = [], []
    peers.append((f"Datasette {version(python, 'datasette')}, one query of the board's figures as JSON", *datasette(folder, seconds)))
    superset, said = superset_row(folder)
    if superset:
        peers.append((said, superset[0], None, superset[1]))
    else:
        why.append(said)
    kept, anew, few, scoped = (rows[name] for name in ("kept", "anew", "few", "scoped"))
    milliseconds = lambda value: "" if value is None else f"{value:.1f}"
    line = lambda name, rps, p50, p99: f"| {name} | {rps:.0f} | {milliseconds(p50)} | {milliseconds(p99)} |"
    text = ["## The board at ten million observations", "",
            f"The leader's board ({len(page) / 1024:.0f} KiB of HTML, 49 tiles, seven exceptions, a map) over the database of the engine part, for a signed-in",
            f"reader. `wrk`, {CONNECTIONS} connections for everyone, {seconds} s, same machine. Datasette and Superset answer only the query of the board's newest",
            "figures. *Rendered anew*: every request is for an address that no cache of pages has; definitions and series that were read",
            "since the data last changed are at hand, as they are for every further reader, language and minute.", "",
            "| | requests/s | p50 ms | p99 ms |", "| --- | ---: | ---: | ---: |",
            line("Pendopo, board page as kept until the next run or minute", *kept),
            line("Pendopo, board page rendered anew each time", *anew),
            line("Pendopo, rendered anew, one connection: the time in the server", *few),
            line("Pendopo, rendered anew for a reader with a scope (one agency, one region, internal) who sees the same figures", *scoped)]
    text += [line(*peer) for peer in peers]
    text += ["", "| ratio | measured | goal |", "| --- | ---: | ---: |",
             f"| Pendopo as kept / Datasette | {kept[0] / peers[0][1]:.0f}× | ≥ 10× |",
             f"| Pendopo rendered anew / Datasette | {anew[0] / peers[0][1]:.1f}× | – |"]
    if superset:
        text += [f"| Pendopo as kept / Superset | {kept[0] / superset[0]:.0f}× | ≥ 100× |",
                 f"| Pendopo rendered anew / Superset | {anew[0] / superset[0]:.0f}× | – |"]
    text += [f"| time in the server, p99, rendered anew | {few[2]:.1f} ms | ≤ 20 ms |",
             f"| first page after a start, nothing read before | {first:.0f} ms | – |",
             f"| what the scope costs: (full scope − scoped) / full scope, requests rendered anew | {100 * (1 - scoped[0] / anew[0]):.0f} % | ≤ 10 % |"]
    return "\n".join(text + ([""] + why if why else []))


def ours(pendopo, folder, seconds):
    """What wrk measured of our own, the milliseconds of the first page, and the page."""
    with Center(pendopo, folder, PORT) as center:
        leader = center.administrator()
        began = time.perf_counter()
        page = leader.page("/")
        first = (time.perf_counter() - began) * 1000
        scoped = center.reader(leader, "operator", "operator", agency="Uji")
        plain = lambda text: re.sub(r"<nav.*?</nav>", "", text, flags=re.S)
        tiles = [len(re.findall(r'href="/indikator/', plain(text))) for text in (page, scoped.page("/"))]
        if tiles[0] != tiles[1]:
            raise SystemExit(f"the scoped reader sees {tiles[1]} figures of {tiles[0]}: the two boards cannot be compared")
        url = f"http://{center.address}/"
        ask = lambda who, **options: wrk(url, who.cookie(), seconds=seconds, folder=WORK, **options)
        rows = {"kept": ask(leader), "few": ask(leader, anew=True, connections=1)}
        # In turn, twice: what the machine does besides falls on both.
        turns = [(ask(leader, anew=True), ask(scoped, anew=True)) for _ in range(2)]
        best = lambda which: max((turn[which] for turn in turns), key=lambda row: row[0])
        return rows | {"anew": best(0), "scoped": best(1)}, first, page


def datasette(folder, seconds):
    server = subprocess.Popen([WORK / "venv/bin/datasette", folder / "pendopo.db", "-p", str(PEER_PORT), "--setting", "sql_time_limit_ms", "10000"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{PEER_PORT}"
    query = urllib.parse.urlencode({"sql": SQL, "_shape": "array"})
    try:
        wait_for(f"{address}/-/versions.json")
        url = f"{address}/pendopo/-/query.json?{query}"
        try:
            urllib.request.urlopen(url, timeout=10).read()
        except OSError:
            url = f"{address}/pendopo.json?{query}"
        return wrk(url, seconds=seconds, connections=CONNECTIONS, folder=WORK)
    finally:
        server.terminate()
        server.wait()


def wait_for(url, seconds=60):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                return answer.read()
        except OSError:
            time.sleep(0.05)
    sys.exit(f"{url} does not answer")


def superset_row(folder):
    """Superset's chart data API over the same SQLite file; or the reason why it was not measured."""
    script = ROOT / "benches" / "superset_bench.py"
    try:
        result = subprocess.run([sys.executable, script, str(folder / "pendopo.db"), SQL], capture_output=True, text=True, timeout=600)
    except subprocess.TimeoutExpired:
        return None, "Apache Superset was not measured in this run: it was not ready within ten minutes."
    if result.returncode != 0:
        last = (result.stderr or result.stdout).strip().splitlines()[-1:] or ["no message"]
        return None, f"Apache Superset was not measured in this run: {last[0]}"
    answer = json.loads(result.stdout.strip().splitlines()[-1])
    return (answer["rps"], answer["p99_ms"]), f"Apache Superset {answer['version']}, chart data API, cache off"
