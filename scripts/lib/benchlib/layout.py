"""The functions that runs of osbatch take, of all that the program has: scripts/build puts those in its list beside each other
(scripts/lib/layout/functions), so that a run has little else in memory. Tells how well the list still fits."""
import pathlib
import re
import subprocess
import tempfile

from .tools import BINARIES, ROOT, Server, build, environment, fail, install_with_apt, progress
from .workloads import Data, workloads

LIST = ROOT / "scripts" / "lib" / "layout" / "functions"
# A list that lacks more of the code that runs is to be renewed.
TOLERANCE = 0.05


def add_arguments(parser):
    parser.add_argument("--record", action="store_true", help="make the functions of now the list")


def manifest(place, work, data, url):
    lines = ["version: 1", "name: layout", "target:", f'  endpoint: "{url}"', "  region: cn-hangzhou", "  bucket: bench",
             "  addressing: path", "  signature: v4", f"concurrency: {work.concurrency}", "defaults:", "  part_size: 1MiB",
             "  multipart_threshold: 1MiB", "  headers: {Cache-Control: no-cache}", "entries:"]
    for line in data.list.read_text().splitlines():
        path, _, key = line.split("\t")
        lines += [f'  - file: "{path}"', f'    key: "{key}"']
    path = place / f"{work.name}.yaml"
    path.write_text("\n".join(lines) + "\n")
    return path


def taken(program, command, place):
    """The functions of the program that a command calls."""
    out = place / "callgrind"
    counted = ["valgrind", "--tool=callgrind", "--demangle=no", "--compress-strings=no", f"--callgrind-out-file={out}",
               program, *command]
    result = subprocess.run(counted, env=environment(), capture_output=True, text=True, check=False)
    if result.returncode != 0:
        fail(f"a run under callgrind failed: {result.stderr.strip()[-400:]}")
    names, ours = set(), False
    for line in out.open(errors="replace"):
        if line.startswith("ob="):
            ours = line[3:].strip() == str(program)
        elif line.startswith("fn=") and ours:
            # Of a recursion each level has a name of its own.
            names.add(re.sub(r"'\d+$", "", line[3:].strip()))
    return {name for name in names if not name.startswith(("0x", "("))}


# First runs, as people and as jobs call them, and reruns that find everything done.
COMMANDS = (["run", "-q", "--progress", "none"], ["run", "-j", "8"], ["status"])


def functions_of_runs(place):
    """Those of runs with one, small, middling and large files of this directory, each with the number of the command that
    took it first."""
    program = place / "osbatch"
    # Valgrind gives up on the debugging information of a program that is linked with Swift's libraries.
    subprocess.run(["strip", "--strip-debug", "-o", program, BINARIES / "osbatch"], check=True)
    names, commands = {}, 0
    with Server(BINARIES / "oss-devserver", "--root", place / "objects") as server:
        for work in sorted(workloads(0.01), key=lambda work: work.name != "one"):
            progress(f"{work.title} under callgrind, in {place}")
            path = manifest(place, work, Data(work, place), server.url)
            for command in COMMANDS:
                for name in taken(program, [*command, "--state-dir", place / f"{work.name}.state", path], place):
                    names.setdefault(name, commands)
                commands += 1
    return names


def sizes():
    """Bytes of every function of the program."""
    lines = subprocess.run(["nm", "--print-size", "--radix=d", BINARIES / "osbatch"], capture_output=True, text=True,
                           check=True).stdout.splitlines()
    words = [line.split() for line in lines]
    return {word[3]: int(word[1]) for word in words if len(word) == 4 and word[2] in "tTwW"}


def run(options):
    build()
    install_with_apt("valgrind", "valgrind")
    now = {}
    # Files on a disk and files in memory are read in different ways (Sources/CurlTransport/README.md).
    for parent in (None, "/dev/shm"):
        with tempfile.TemporaryDirectory(prefix="osbatch-bench.", dir=parent) as directory:
            for name, command in functions_of_runs(pathlib.Path(directory).resolve()).items():
                now[name] = min(command, now.get(name, command))
    if not now:
        fail("callgrind has seen no function of osbatch")
    if options.record:
        # What every run takes stands together, and what larger ones take besides behind it.
        ordered = sorted(now, key=lambda name: (now[name], name))
        text = ["# The functions that runs take; renewed by: scripts/bench layout --record", *ordered]
        LIST.write_text("\n".join(text) + "\n")
        return
    listed = {line for line in LIST.read_text().splitlines() if not line.startswith("#")}
    size = sizes()
    unlisted = now.keys() - listed
    code, missing = (sum(size.get(name, 0) for name in names) for names in (now, unlisted))
    print(f"{len(now):,} functions run, {code / 1024:,.0f} KiB of {sum(size.values()) / 1024:,.0f} KiB of code; "
          f"{len(unlisted):,} of them, {missing / 1024:,.0f} KiB, are not in the list")
    print(f"{len(listed):,} functions are in the list; {len(listed - size.keys()):,} of them are not in the program, "
          f"and {len(listed & size.keys() - now.keys()):,} did not run")
    if missing > TOLERANCE * code:
        fail("the list lacks too much of what runs: scripts/bench layout --record")
