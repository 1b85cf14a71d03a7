"""Bytes on the wire: what a browser fetches of the demo's pages, compressed as it asks for them."""
import json, os, pathlib, re, shutil, signal, subprocess, time, urllib.request, gzip

from board_bench import ROOT, WORK, wait_for
from center import LIFTED, Visitor

PORT, SAMPLE_PORT = 8617, 8720
KB = 1000
GEO = pathlib.Path(os.environ.get("PENDOPO_GEO", ROOT.parent / "shared" / "data" / "geo"))


def measure(pendopo):
    """Text of the part."""
    profile = [] if "/debug/" in str(pendopo) else ["--release"]
    subprocess.run(["cargo", "build", "--quiet", *profile, "--bin", "pendopo-sample"], cwd=ROOT, check=True)
    subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund"], cwd=ROOT / "e2e", check=True)
    folder = WORK / "weights-data"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with open(folder / "said", "w") as said:
        demo = subprocess.Popen([pendopo, "--data", folder / "center", "demo", ROOT / "packs/blora", "--listen", f"127.0.0.1:{PORT}", "--sample-port", str(SAMPLE_PORT)],
                                stdout=said, stderr=said, env=os.environ | LIFTED, cwd=ROOT)
    try:
        accounts = ready(pendopo, folder, demo)
        drawn = boundaries(pendopo, folder)
        found = json.loads(subprocess.run(["node", ROOT / "benches/weights.mjs", f"http://127.0.0.1:{PORT}", accounts["pimpinan"]],
                                          check=True, capture_output=True, text=True, cwd=ROOT).stdout)
    finally:
        demo.send_signal(signal.SIGTERM)
        demo.wait(60)
    kb = lambda count: f"{count / KB:.1f} kB"
    page = lambda name: found[name]
    return "\n".join([
        "## Bytes on the wire", "",
        "What Chromium fetches of the demo with an empty cache (bodies as sent, compressed, heads included), by its own count.",
        drawn, "", "| | measured | goal |", "| --- | ---: | ---: |",
        f"| scripts of a public page | {kb(page('public')['script'])} | ≤ 60 KB |",
        f"| public page in all | {kb(page('public')['all'])} | – |",
        f"| leader's page on a phone, first load in all | {kb(page('phone')['all'])} | ≤ 100 KB |",
        f"| map page without its map | {kb(page('map')['all'] - page('map')['drawing'])} | ≤ 120 KB |",
        f"| map of the kecamatan, in the page | {kb(page('map')['drawing'])} | – |",
        f"| map of all 295 desa, in the page | {kb(page('villages')['drawing'])} | ≤ 60 KB |",
    ])


def ready(pendopo, folder, demo):
    """Waits for the demo's first figures; its accounts, as `login=password`."""
    until = time.monotonic() + 300
    while time.monotonic() < until and demo.poll() is None:
        said = (folder / "said").read_text()
        accounts = dict(re.findall(r"^    ([a-z]+) +([a-z0-9]+(?:-[a-z0-9]+)+) ", said, re.M))
        if "pengawas" in accounts:
            ask = ["query", "select count(*) from run where status = 'done'", "--format", "csv"]
            done = subprocess.run([pendopo, "--data", folder / "center", *ask], capture_output=True, text=True).stdout.split()
            if done and done[-1].isdigit() and int(done[-1]) >= 12:
                return {login: f"{login}={password}" for login, password in accounts.items()}
        time.sleep(1)
    raise SystemExit("the demo has no figures after five minutes:\n" + (folder / "said").read_text()[-2000:])


def boundaries(pendopo, folder):
    """Imports boundaries when they are at hand; says what maps are made of."""
    for level, name in [("desa", "blora_desa.geojson"), ("kecamatan", "blora_kecamatan.geojson")]:
        file = GEO / name
        if not file.exists():
            return f"Maps are tile maps: there are no boundaries in {GEO.name}/ (PENDOPO_GEO names a folder with {name})."
        subprocess.run([pendopo, "--data", folder / "center", "boundaries", "import", file], check=True, capture_output=True, text=True)
    time.sleep(3)
    return "Maps are drawn from imported boundaries."
