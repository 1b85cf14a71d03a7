#!/usr/bin/env python3
"""Pendopo's questions against DuckDB's own file, on the same figures in the same run.

    python3 benches/engine_bench.py [--indicators 49] [--months 24,72] [--folder .bench/engine]

8,563 villages x 49 indicators x 24 months are 10 million figures; with `--months 24,72` the questions are asked
once more when there are 30 million. Needs
`pip install duckdb` (a virtual environment in .bench/venv does). Prints a table in Markdown and fails when
the two do not give the same answers.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

import duckdb

ROOT = pathlib.Path(__file__).resolve().parent.parent
RUNS = 31


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--indicators", type=int, default=49)
    parser.add_argument("--months", default="24", help="how many, or several numbers parted by commas")
    parser.add_argument("--folder", type=pathlib.Path, default=ROOT / ".bench/engine")
    options = parser.parse_args()
    stages = [int(months) for months in options.months.split(",")]
    run_pendopo(options)
    said = [compare(options, months) for months in stages]
    if len(said) > 1:
        grown(*said[0], *said[-1])


def compare(options, months):
    """Prints one table; gives the number of figures and what our questions took."""
    ours = json.loads((options.folder / f"pendopo-{months}.json").read_text())
    theirs, load_secs, size = run_duckdb(options, months)
    print(f"{ours['rows']:,} figures; {os.cpu_count()} cores; DuckDB {duckdb.__version__}; medians of warm runs in ms\n")
    print("| question | rows | Pendopo (SQLite) | DuckDB | ratio |")
    print("|---|---:|---:|---:|---:|")
    wrong = []
    for name, found in ours["questions"].items():
        rows, total, millis = theirs[name]
        print(f"| {name} | {rows:,} | {found['p50_ms']:.3f} | {millis:.3f} | {millis / found['p50_ms']:.1f}x |")
        if rows != found["rows"] or abs(total - found["sum"]) > 1e-6 * max(1.0, abs(total)):
            wrong.append(f"{name}: Pendopo {found['rows']} rows, sum {found['sum']}; DuckDB {rows} rows, sum {total}")
    print()
    print(f"Recorded in {ours['load_secs']:.1f} s as {months} monthly runs with revisions, latest and roll-ups "
          f"({ours['rows'] / ours['load_secs']:,.0f} figures/s; first run {ours['first_run_secs']:.2f} s), peak memory "
          f"{ours['peak_rss_kib'] / 1024:.0f} MiB, {ours['bytes'] / ours['rows']:.0f} bytes per figure on disk. "
          f"DuckDB's bare load took {load_secs:.1f} s, {size / ours['rows']:.0f} bytes per figure.")
    if wrong:
        sys.exit("The answers differ:\n" + "\n".join(wrong))
    print("\nBoth gave the same answers.\n")
    return ours["rows"], ours["questions"]


def grown(few, small, many, large):
    """Prints how the questions grew with the figures."""
    times = many / few
    print(f"With {times:.0f} times the figures our questions took (no worse than linear is {times:.1f}x):\n")
    print("| question | times as long |\n|---|---:|")
    for name, found in large.items():
        print(f"| {name} | {found['p50_ms'] / small[name]['p50_ms']:.1f}x |")


def run_pendopo(options):
    command = ["cargo", "run", "--release", "--quiet", "-p", "pendopo-figures", "--example", "engine_bench", "--",
               str(options.folder), str(options.indicators), options.months]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def run_duckdb(options, months):
    file = options.folder / "duck.db"
    file.unlink(missing_ok=True)
    con = duckdb.connect(str(file))
    con.execute("create table village as select * from read_csv(?)", [str(options.folder / "villages.csv")])
    start = time.perf_counter()
    con.execute(f"""
        create table observation as
        select i.range + 1 as indicator_id, v.region as region_id,
               cast((2020 + m.range // 12) * 100000 + (m.range % 12 + 1) * 1000 + 13 as integer) as period,
               ((v.number * 7919 + i.range * 104729 + m.range * 1299709 + v.number * i.range * (m.range + 1)) % 10007)
                   / 10.0::double as value,
               1::bigint as commit_no, v.number + 1 as row_no
        from village v, range({options.indicators}) i, range({months}) m
        order by period, indicator_id, region_id""")  # as it arrives: month by month
    con.execute("create table target as select i.range + 1 as indicator_id, 500.0::double as value from "
                f"range({options.indicators}) i")
    con.execute("checkpoint")
    load_secs = time.perf_counter() - start
    newest = con.execute("select max(period) from observation").fetchone()[0]
    past = con.execute("select distinct period from observation order by 1").fetchall()[months // 2][0]
    known = [row[0] for row in con.execute("select distinct period from observation order by 1").fetchall()]
    before, year_before = known[-2], known[-13]
    indicator = options.indicators // 2 + 1
    villages = con.execute("select region from village order by number").fetchall()
    village = villages[len(villages) // 2][0]
    regency = "region_id between 3316000000 and 3316999999"
    latest = "select indicator_id, region_id, max(period) as period, arg_max(value, period) as value from observation"
    questions = {
        "latest of a regency": f"{latest} where {regency} group by 1, 2",
        # The newest value of each with the one before and the one a year before, as a board compares them.
        "latest of a regency, with comparisons":
            "select n.indicator_id, n.region_id, n.period, n.value + 2 * p.value + 3 * y.value as value "
            f"from ({latest} where {regency} group by 1, 2) n "
            f"join observation p on p.indicator_id = n.indicator_id and p.region_id = n.region_id and p.period = {before} "
            f"join observation y on y.indicator_id = n.indicator_id and y.region_id = n.region_id and y.period = {year_before} "
            f"where p.{regency} and y.{regency}",
        "trend of a village": f"select period, value from observation where indicator_id = {indicator} "
                              f"and region_id = {village} order by 1",
        "trend of a regency": f"select period, avg(value) as value from observation where indicator_id = {indicator} "
                              f"and {regency} group by 1 order by 1",
        "roll-up to regencies": f"select region_id // 1000000 as region, avg(value) as value from observation "
                                f"where indicator_id = {indicator} and period = {newest} group by 1 order by 1",
        "top 20 villages": f"select region_id, value from observation where indicator_id = {indicator} "
                           f"and period = {newest} order by value desc, region_id desc limit 20",
        "top 20 villages of a past month": f"select region_id, value from observation where indicator_id = {indicator} "
                                           f"and period = {past} order by value desc, region_id desc limit 20",
        "against target: 50 worst of the province":
            f"select l.indicator_id, l.region_id, l.value from ({latest} group by 1, 2) l join target t using (indicator_id) "
            "where l.value > t.value * 1.1 order by l.value - t.value desc, l.region_id desc, l.indicator_id desc limit 50",
        "against target: counts in a regency":
            "select indicator_id, sum(case when l.value > t.value * 1.1 then 1 when l.value > t.value then 2 else 3 end)"
            f" as value from ({latest} where {regency} group by 1, 2) l join target t using (indicator_id) group by 1",
    }
    answers = {}
    for name, sql in questions.items():
        times = []
        for _ in range(RUNS + 3):
            start = time.perf_counter()
            found = con.execute(sql).fetchnumpy()
            times.append((time.perf_counter() - start) * 1e3)
        answers[name] = (len(found["value"]), float(found["value"].sum()), statistics.median(times[3:]))
    con.close()
    return answers, load_secs, file.stat().st_size


if __name__ == "__main__":
    main()
