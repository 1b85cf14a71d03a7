"""A hundred pages of PDF: seconds and peak memory of the whole process, beside two peers that set the same tables."""
import os, pathlib, re, statistics, subprocess, time

from board_bench import ROOT, WORK

REPORTLAB = """
import sys
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.platypus import PageBreak, SimpleDocTemplate, Table, TableStyle
sections = {}
for line in open(sys.argv[1], encoding="utf-8"):
    section, *cells = line.rstrip("\\n").split("\\t")
    sections.setdefault(section, []).append(cells)
style = TableStyle([("LINEBELOW", (0, 0), (-1, -1), 0.4, colors.grey), ("FONTSIZE", (0, 0), (-1, -1), 8)])
story = []
for rows in sections.values():
    story += [Table([["No", "Wilayah", "Keadaan", "Nilai", "Catatan"]] + rows, repeatRows=1, style=style), PageBreak()]
SimpleDocTemplate(sys.argv[2], pagesize=A4).build(story)
"""


def measure(python, version, measured, rounds):
    """Text of the part. `measured` gives seconds and peak MiB of a command."""
    folder = WORK / "paper"
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cargo", "build", "--release", "--quiet", "-p", "pendopo-paper", "--example", "hundred_pages"], cwd=ROOT, check=True)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    ours, rows = folder / "pendopo.pdf", folder / "rows.tsv"
    program = target / "release/examples/hundred_pages"
    subprocess.run([program, ours, rows], check=True)
    ours_all = [measured([program, ours]) for _ in range(rounds)]
    lab = folder / "reportlab.pdf"
    lab_all = [measured([python, "-c", REPORTLAB, rows, lab]) for _ in range(rounds)]
    page = folder / "page.html"
    page.write_text(html(rows), encoding="utf-8")
    chromium_all = [chromium(page, folder / "chromium.pdf") for _ in range(rounds)]
    seconds = lambda all_: statistics.median(one[0] for one in all_)
    peak = max(one[1] for one in ours_all)
    table = [
        ("Pendopo: figures, charts and tables, tagged for screen readers", ours, seconds(ours_all), f"{peak:.0f}"),
        (f"ReportLab {version(python, 'reportlab')}, the tables alone", lab, seconds(lab_all), f"{max(one[1] for one in lab_all):.0f}"),
        (f"{chromium_version()}, the tables alone as HTML", folder / "chromium.pdf", seconds(chromium_all), "–"),
    ]
    return "\n".join([
        "## A hundred pages of paper", "",
        "A document with 48 sections of figures, a chart and a table each, set as A4 by the program's own press. Whole processes from start to",
        "the written file, median of the rounds. The peers set the rows of the same tables, without figures and charts.",
        "", "| | pages | seconds | peak MiB |", "| --- | ---: | ---: | ---: |",
        *(f"| {name} | {pages(file)} | {took:.2f} | {mib} |" for name, file, took, mib in table),
        "", "| | measured | goal |", "| --- | ---: | ---: |",
        f"| {pages(ours)} pages | {seconds(ours_all):.2f} s | ≤ 5 s |",
        f"| peak memory | {peak:.0f} MiB | ≤ 200 MiB |",
    ])


def html(rows):
    parts, last = [], None
    for line in rows.read_text(encoding="utf-8").splitlines():
        section, *cells = line.split("\t")
        if section != last:
            parts.append(("</table>" if last is not None else "") + "<table style='page-break-after: always; width: 100%; font: 8pt sans-serif'>")
            last = section
        parts.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    return "<!doctype html><meta charset='utf-8'>" + "".join(parts) + "</table>"


def chromium(page, file):
    """Seconds; what its processes hold together is not one process's peak."""
    began = time.perf_counter()
    subprocess.run(["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", f"--print-to-pdf={file}", page.as_uri()],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return (time.perf_counter() - began,)


def chromium_version():
    said = subprocess.run(["chromium", "--version"], capture_output=True, text=True, check=True).stdout
    return " ".join(said.split()[:2])


def pages(file):
    said = subprocess.run(["pdfinfo", file], capture_output=True, text=True, check=True).stdout
    return int(re.search(r"Pages: +(\d+)", said)[1])
