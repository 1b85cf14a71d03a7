"""How fast a change reaches 2,000 open pages, against axum's own server-sent events with nothing around them."""
import json, os, pathlib, resource, shutil, statistics, subprocess, time

from center import Center
from board_bench import ROOT, WORK, wait_for

PORT, PEER_PORT = 8615, 8616
PAGES, ROUNDS = 2000, 7


def measure(pendopo):
    """Text of the part."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard != resource.RLIM_INFINITY and hard < 2 * PAGES:
        raise SystemExit(f"{PAGES} open pages need as many open files; the limit is {hard} (ulimit -Hn)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    subprocess.run(["cargo", "build", "--release", "--quiet", "-p", "pendopo", "--example", "live_bench"], cwd=ROOT, check=True)
    tool = pathlib.Path(pendopo).parent / "examples" / "live_bench"
    ours, idle, busy = center(pendopo, tool)
    bare = peer(tool)
    rate = lambda rounds: statistics.median(one["pages_per_second"] for one in rounds)
    spread = lambda rounds: statistics.median(one["spread_ms"] for one in rounds)
    return "\n".join([
        "## Open pages", "",
        f"{PAGES:,} streams of server-sent events held open by a client in Rust on the same machine; {ROUNDS} changes, medians. *Spread* is the time from the",
        "first page that hears of a change to the last. The peer is axum's `Sse` over a broadcast channel, without routing,",
        "rights, limits, compression or a pulse.", "",
        "| | spread ms | pages told a second |", "| --- | ---: | ---: |",
        f"| Pendopo | {spread(ours):.0f} | {rate(ours):,.0f} |", f"| bare axum | {spread(bare):.0f} | {rate(bare):,.0f} |", "",
        "| | measured | goal |", "| --- | ---: | ---: |",
        f"| rate against bare axum | {100 * rate(ours) / rate(bare):.0f} % | ≥ 70 % |",
        f"| memory of the process, idle → with {PAGES:,} open pages | {idle:.0f} → {busy:.0f} MiB | – |",
        f"| memory of one open page | {(busy - idle) * 1024 / PAGES:.1f} KiB | – |",
        f"| opening all {PAGES:,} | {ours[0]['opened_secs']:.1f} s | – |",
    ])


def center(pendopo, tool):
    """Rounds, and resident memory before and during them."""
    folder = WORK / "live-data"
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([pendopo, "--data", folder, "apply", ROOT / "benches/pack", "--yes", "--reason", "measurement"], check=True, stdout=subprocess.DEVNULL)
    # Each run of the command brings another value of one village, as another process would.
    change = WORK / "live-change.sh"
    row = WORK / "live-row.csv"
    change.write_text(f"#!/bin/sh\nprintf 'kode_desa,bulan,jumlah\\n33.16.01.2001,2025-01,%s\\n' \"$(date +%N | sed 's/^0*//')\" > {row}\n"
                      f"exec {pendopo} --data {folder} import {row} --source uji-csv\n")
    change.chmod(0o755)
    with Center(pendopo, folder, PORT) as served:
        reader = served.administrator()
        reader.page("/")
        time.sleep(2)
        idle = served.resident_mib()
        rounds, busy = listen(tool, served.address, "/langsung", reader.cookie(), [str(change)], served.resident_mib)
    return rounds, idle, busy


def peer(tool):
    server = subprocess.Popen([tool, "serve", f"127.0.0.1:{PEER_PORT}"])
    try:
        wait_for(f"http://127.0.0.1:{PEER_PORT}/send")
        return listen(tool, f"127.0.0.1:{PEER_PORT}", "/events", "", ["/send"], lambda: 0)[0]
    finally:
        server.terminate()
        server.wait()


def listen(tool, address, path, cookie, trigger, memory):
    """What the client says of each round, and the most memory of the server meanwhile."""
    client = subprocess.Popen([tool, "listen", address, path, str(PAGES), str(ROUNDS), cookie, *trigger], stdout=subprocess.PIPE, text=True)
    rounds, most = [], 0
    for line in client.stdout:
        rounds.append(json.loads(line))
        most = max(most, memory())
    if client.wait() != 0 or len(rounds) < ROUNDS:
        raise SystemExit(f"the client of {address} stopped after {len(rounds)} of {ROUNDS} changes")
    return rounds, most
