"""The instructions of the program's hot parts, counted by callgrind and compared with what they were. Unlike seconds they
are the same on a busy machine, so a regression shows anywhere."""
import os
import pathlib
import re
import subprocess
import tempfile

from .tools import BINARIES, build, environment, fail, install_with_apt

BASELINE = pathlib.Path(__file__).resolve().parent / "speed-baseline.txt"
# Another compiler or C library moves the figures by some percent; a regression worth looking at is larger.
TOLERANCE = 0.05
# How many of each part are counted: enough that one costs the same whatever the number.
COUNTS = {"checksum": 16, "sign": 1000, "manifest": 4000, "journal": 4000, "replay": 4000, "machine": 4000}


def add_arguments(parser):
    parser.add_argument("--record", action="store_true", help="make the figures of now the baseline")


def instructions(part, count, directory):
    """All instructions of one process that does `count` of a part."""
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={directory}/out",
               f"{directory}/osbatch-benchmarks", part, str(count)]
    # Hashes seeded at random would make tables of other shapes in every process.
    result = subprocess.run(command, env=environment(SWIFT_DETERMINISTIC_HASHING="1"), capture_output=True, text=True,
                            check=False)
    found = re.search(r"Collected : (\d+)", result.stderr)
    if result.returncode != 0 or not found:
        fail(f"{part} could not be counted: {result.stderr.strip()[-400:]}")
    return int(found[1])


def count_all():
    """Instructions for one of each part."""
    figures = {}
    with tempfile.TemporaryDirectory(prefix="osbatch-bench.") as directory:
        # Valgrind gives up on the debugging information of a program that is linked with Swift's libraries.
        subprocess.run(["strip", "-o", f"{directory}/osbatch-benchmarks", BINARIES / "osbatch-benchmarks"], check=True)
        for part, count in COUNTS.items():
            twice, once = (instructions(part, times * count, directory) for times in (2, 1))
            figures[part] = round((twice - once) / count)
    return figures


def read_baseline():
    lines = [line.split() for line in BASELINE.read_text().splitlines() if line and not line.startswith("#")]
    return {part: int(figure) for part, figure in lines}


def record(figures):
    swift = subprocess.run(["swift", "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]
    text = ["# Instructions for one of each part; renewed by: scripts/bench speed --record", f"# {swift}, {os.uname().machine}"]
    BASELINE.write_text("\n".join(text + [f"{part} {figure}" for part, figure in figures.items()]) + "\n")


def run(options):
    build("osbatch-benchmarks")
    install_with_apt("valgrind", "valgrind")
    figures = count_all()
    if options.record:
        return record(figures)
    slower = []
    baseline = read_baseline()
    print(f"{'part':10} {'baseline':>12} {'now':>12} {'ratio':>7}")
    for part, now in figures.items():
        ratio = now / baseline[part]
        mark = "  slower" if ratio > 1 + TOLERANCE else "  faster: renew the baseline" if ratio < 1 - TOLERANCE else ""
        print(f"{part:10} {baseline[part]:12,} {now:12,} {ratio:7.3f}{mark}")
        if ratio > 1 + TOLERANCE:
            slower.append(part)
    if slower:
        fail(f"more instructions than the baseline and {TOLERANCE:.0%}: {', '.join(slower)}")
