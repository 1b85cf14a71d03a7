#!/usr/bin/env python3
"""Measures Apache Superset's chart data API over one SQLite file, for benches/bench.py.

    superset_bench.py DATABASE SQL      prints {"version", "rps", "p99_ms"} as its last line

Superset is installed from PyPI into `.bench/superset`; results are not cached, as the peer's own figures should be."""
import json, os, pathlib, re, secrets, shutil, subprocess, sys, time, urllib.error, urllib.request, venv

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".bench" / "superset"
HOME = ROOT / ".bench" / "superset-home"
PORT = 8614
BASE = f"http://127.0.0.1:{PORT}"


def main(database, sql):
    python = FOLDER / "bin" / "python"
    if not (FOLDER / "bin" / "superset").exists():
        venv.create(FOLDER, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "apache-superset", "gunicorn", "rich", "cachetools", "flask-caching<2.4", "marshmallow<4"], check=True)
    shutil.rmtree(HOME, ignore_errors=True)
    HOME.mkdir(parents=True)
    password = secrets.token_urlsafe(12)
    (HOME / "superset_config.py").write_text(
        f"SECRET_KEY = {secrets.token_urlsafe(42)!r}\n"
        f"SQLALCHEMY_DATABASE_URI = 'sqlite:///{HOME}/superset.db'\n"
        "PREVENT_UNSAFE_DB_CONNECTIONS = False\nWTF_CSRF_ENABLED = False\nTALISMAN_ENABLED = False\nRATELIMIT_ENABLED = False\n"
        "CACHE_CONFIG = {'CACHE_TYPE': 'NullCache'}\nDATA_CACHE_CONFIG = {'CACHE_TYPE': 'NullCache'}\n")
    environment = {**os.environ, "SUPERSET_CONFIG_PATH": str(HOME / "superset_config.py"), "SUPERSET_HOME": str(HOME), "FLASK_APP": "superset.app:create_app()"}
    superset = FOLDER / "bin" / "superset"
    log = (HOME / "log").open("wb")
    for command in (["db", "upgrade"],
                    ["fab", "create-admin", "--username", "bench", "--firstname", "b", "--lastname", "b", "--email", "b@example.org", "--password", password],
                    ["init"], ["set-database-uri", "-d", "peer", "-u", f"sqlite:///{database}"]):
        subprocess.run([superset, *command], env=environment, check=True, stdout=log, stderr=log)
    server = subprocess.Popen([FOLDER / "bin" / "gunicorn", "-w", "2", "-b", f"127.0.0.1:{PORT}", "superset.app:create_app()"],
                              env=environment, stdout=log, stderr=log)
    try:
        wait()
        token = call("/api/v1/security/login", {"username": "bench", "password": password, "provider": "db"})["access_token"]
        dataset = call("/api/v1/dataset/", {"database": 1, "table_name": "board", "sql": sql}, token)
        body = json.dumps({"datasource": {"id": dataset["id"], "type": "table"}, "force": True,
                           "queries": [{"columns": ["code", "period", "value", "target", "status", "previous", "last_year"], "metrics": [], "row_limit": 1000}]})
        first = call("/api/v1/chart/data", json.loads(body), token)
        rows = first["result"][0]["rowcount"]
        if not rows:
            raise SystemExit("Superset's chart data API gave no rows")
        script = HOME / "post.lua"
        script.write_text(f"wrk.method = 'POST'\nwrk.body = [==[{body}]==]\nwrk.headers['Content-Type'] = 'application/json'\nwrk.headers['Authorization'] = 'Bearer {token}'\n")
        text = subprocess.run(["wrk", "-t2", "-c16", "-d10s", "--timeout", "10s", "--latency", "-s", script, f"{BASE}/api/v1/chart/data"], check=True, capture_output=True, text=True).stdout
        if "Non-2xx" in text:
            raise SystemExit("Superset answered with errors under load")
        number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", text).groups()
        package = subprocess.run([python, "-c", "import importlib.metadata as m; print(m.version('apache-superset'))"], check=True, capture_output=True, text=True).stdout.strip()
        print(json.dumps({"version": package, "rows": rows, "rps": float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]),
                          "p99_ms": float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]}))
    finally:
        server.terminate()
        server.wait()


def wait():
    for _ in range(240):
        try:
            urllib.request.urlopen(f"{BASE}/health", timeout=2).read()
            return
        except OSError:
            time.sleep(0.5)
    raise SystemExit("Superset does not answer")


def call(path, body, token=None):
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(BASE + path, json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise SystemExit(f"Superset {path}: {error.code} {error.read()[:300].decode(errors='replace')}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
