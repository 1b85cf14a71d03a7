"""What protection costs: a storm of guesses at sign-in beside a reader's pages, and a hundred thousand anonymous hits."""
import concurrent.futures, pathlib, re, sqlite3, subprocess, time

from center import Center, Visitor, wrk
from board_bench import WORK, engine_center

PORT = 8614
GUESSES = 10_000
HITS = 100_000
# Guesses come from as many addresses as there are guesses, so that no limit of one address stops them.
PROXY = {"PENDOPO__SERVER__TRUSTED_PROXIES": "127.0.0.1/32"}


def measure(pendopo, seconds=15):
    """Text of the part."""
    with Center(pendopo, engine_center(pendopo), PORT, PROXY) as center:
        reader = center.administrator()
        reader.page("/")
        page = lambda: wrk(f"http://{center.address}/", reader.cookie(), connections=8, seconds=seconds, folder=WORK)
        anew = lambda: wrk(f"http://{center.address}/", reader.cookie(), anew=True, connections=8, seconds=seconds, folder=WORK)
        quiet = page(), anew()
        guessed, stormy = storm(center, lambda: (page(), anew()))
        hits, disk, sessions = anonymous(center)
    rows = [("kept page, quiet", *quiet[0]), ("kept page, during the storm", *stormy[0]),
            ("page rendered anew, quiet", *quiet[1]), ("page rendered anew, during the storm", *stormy[1])]
    return "\n".join([
        "## Under attack", "",
        f"A signed-in reader's board at ten million observations (`wrk`, 8 connections), alone and while {guessed:,} guesses at passwords come in,",
        "each from an address of its own and at one of 500 logins; then anonymous visitors without cookies.", "",
        "| | requests/s | p50 ms | p99 ms |", "| --- | ---: | ---: | ---: |",
        *(f"| {name} | {rps:.0f} | {p50:.1f} | {p99:.1f} |" for name, rps, p50, p99 in rows), "",
        "| | measured | goal |", "| --- | ---: | ---: |",
        f"| guesses answered while the reader was measured | {guessed:,} | ≥ {GUESSES:,} |",
        f"| p99 of the kept page, storm / quiet | {stormy[0][2] / quiet[0][2]:.1f}× | ≤ 2× |",
        f"| p99 of the page rendered anew, storm / quiet | {stormy[1][2] / quiet[1][2]:.1f}× | ≤ 2× |",
        f"| sessions after {hits:,} anonymous hits | {sessions} | 0 |",
        f"| disk after {hits:,} anonymous hits | {disk / 2**20:+.1f} MiB | ≤ 5 MB |",
    ])


def storm(center, work):
    """Runs `work` while guesses come, as fast as they are answered; how many came meanwhile, and what `work` gave."""
    visitor = Visitor(center.address)
    token = re.search(r'name="_token" value="([^"]+)"', visitor.page("/masuk"))[1]
    script = WORK / "storm.lua"
    script.write_text(f'''local n, id = 0, 0
function setup(thread) id = id + 1; thread:set("id", id) end
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
wrk.headers["Cookie"] = "{visitor.cookie()}"
request = function()
  n = n + 1
  wrk.headers["X-Forwarded-For"] = "10." .. (math.floor(n / 65536) % 256) .. "." .. (math.floor(n / 256) % 256) .. "." .. (n % 256)
  return wrk.format("POST", "/masuk", nil, "_token={token}&lanjut=&nama=tamu" .. (n % 500) .. "&sandi=tebakan" .. n)
end
''')
    command = ["wrk", "-t1", "-c16", "-d600s", "-s", script, f"http://{center.address}/masuk"]
    guessing = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        time.sleep(1)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            found = pool.submit(work).result()
    finally:
        # Interrupted, it still says what it did.
        guessing.send_signal(2)
        said = guessing.communicate(timeout=30)[0]
    return int(re.search(r"(\d+) requests in", said)[1]), found


def anonymous(center):
    """Hits, bytes of disk that they took and sessions that they left."""
    def size():
        return sum(path.stat().st_size for path in center.folder.rglob("*") if path.is_file())

    def sessions():
        with sqlite3.connect(f"file:{center.folder / 'pendopo.db'}?mode=ro", uri=True) as database:
            return database.execute("select count(*) from session").fetchone()[0]

    before, had = size(), sessions()
    hits, seconds = 0, 5
    while hits < HITS:
        command = ["wrk", "-t2", "-c16", f"-d{seconds}s", f"http://{center.address}/"]
        hits += int(re.search(r"(\d+) requests in", subprocess.run(command, check=True, capture_output=True, text=True).stdout)[1])
    return hits, size() - before, sessions() - had
