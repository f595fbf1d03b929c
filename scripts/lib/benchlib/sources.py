"""Sources on a slow disk: a file system that gives 50 MB/s in all and takes 20 ms for every read of 128 KiB, however many
wait at once. How fast one large file and many small ones come from it, and how long the files of a fast disk take
with and without slow ones beside them. Needs /dev/fuse and the right to mount."""
import contextlib
import datetime
import os
import pathlib
import statistics
import subprocess
import tempfile
import time
import urllib.request
import json

from .tools import BINARIES, MEBIBYTE, ROOT, Server, build, environment, fail, install_with_apt, machine, measured

PROGRAM = ROOT / "scripts" / "lib" / "slow-files"


def add_arguments(parser):
    parser.add_argument("--rounds", type=int, default=3, help="how often each case runs (default 3)")
    parser.add_argument("--rate", type=float, default=50.0, help="MB a second of the slow disk (default 50)")
    parser.add_argument("--latency", type=float, default=20.0, help="milliseconds of each of its reads (default 20)")
    parser.add_argument("--concurrency", type=int, default=16)


@contextlib.contextmanager
def slow_files(directory, mountpoint, options):
    """The files of `directory` on the slow disk; a fresh one has nothing in the kernel's memory."""
    command = [PROGRAM, directory, mountpoint, "--rate", str(options.rate * 1e6), "--latency", str(options.latency / 1e3)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        if process.stdout.readline() != "mounted\n":
            fail("the slow disk could not be mounted: as root, where /dev/fuse is, it can")
        yield
    finally:
        process.terminate()
        process.wait()


def make(directory, count, size):
    directory.mkdir(exist_ok=True)
    noise = os.urandom(MEBIBYTE)
    for number in range(count):
        with (directory / f"f{number:05}").open("wb") as file:
            left = size
            while left > 0:
                left -= file.write(noise[:min(left, MEBIBYTE)])


def manifest(path, server, options, sets):
    """`sets`: (directory where the files are now, directory that has their names, prefix of the keys)."""
    lines = ["version: 1", f'target: {{bucket: bench, endpoint: "{server.url}", region: cn-hangzhou}}',
             f"concurrency: {options.concurrency}", "entries:"]
    for place, names, prefix in sets:
        lines += [f"  - {{file: {place / file.name}, key: {prefix}/{file.name}}}" for file in sorted(names.iterdir())]
    path.write_text("\n".join(lines) + "\n")
    return path


def timed(work, path):
    """Seconds of one run with a state of its own."""
    with tempfile.TemporaryDirectory(dir=work) as state:
        return measured([BINARIES / "osbatch", "run", "-q", "--state-dir", state, path], environment(), work)


def until_fast_are_done(work, path, count):
    """Seconds until every file of the fast disk is done, by the times in the run's own events (which come some at a time);
    the run goes on to its end."""
    with tempfile.TemporaryDirectory(dir=work) as state:
        command = [BINARIES / "osbatch", "run", "--json", "--progress", "none", "--state-dir", state, path]
        start = time.time()
        process = subprocess.Popen(command, cwd=work, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                   text=True)
        seconds = None
        for line in process.stdout:
            if '"type":"done"' in line and (event := json.loads(line))["key"].startswith("fast/"):
                count -= 1
                if count == 0:
                    seconds = datetime.datetime.fromisoformat(event["time"]).timestamp() - start
        if process.wait() != 0 or seconds is None:
            fail("a run with slow files beside fast ones has failed")
        return seconds


def reset(server):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    opener.open(f"{server.url}/__reset", timeout=60).read()


def measure(work, server, options):
    mountpoint = work / "slow"
    mountpoint.mkdir()
    large, small, fast = work / "large", work / "small", work / "fast"
    make(large, 1, 256 * MEBIBYTE)
    make(small, 400, 48 << 10)
    make(fast, 2_000, 256 << 10)

    def alone(directory):
        reset(server)
        path = manifest(work / "alone.yaml", server, options, [(mountpoint, directory, "slow")])
        with slow_files(directory, mountpoint, options):
            return timed(work, path)

    for directory in (large, small):
        sizes = [file.stat().st_size for file in directory.iterdir()]
        runs = [alone(directory) for _ in range(options.rounds)]
        seconds = statistics.median(run.wall for run in runs)
        peak = max(run.peak for run in runs)
        print(f"slow alone, {len(sizes)} x {sizes[0] >> 10} KiB: {seconds:.2f} s, {sum(sizes) / seconds / 1e6:.1f} MB/s, "
              f"{seconds / len(sizes) * 1e3:.1f} ms a file, peak {peak:.0f} MB")

    def without():
        reset(server)
        return until_fast_are_done(work, manifest(work / "fast.yaml", server, options, [(fast, fast, "fast")]), 2_000)

    def beside(directory):
        reset(server)
        path = manifest(work / "both.yaml", server, options, [(mountpoint, directory, "slow"), (fast, fast, "fast")])
        with slow_files(directory, mountpoint, options):
            return until_fast_are_done(work, path, 2_000)

    def while_copied():
        """The slow disk is a program on the same processors: what it takes of them when somebody else reads it."""
        with slow_files(large, mountpoint, options):
            copies = [subprocess.Popen(["dd", f"if={mountpoint}/f00000", "of=/dev/null", "bs=128k", "count=512",
                                        f"skip={512 * number}", "status=none"]) for number in range(4)]
            seconds = without()
            for copy in copies:
                copy.wait()
            return seconds

    without()
    cases = {"alone": without, "while another program reads the slow disk": while_copied,
             "beside a large slow file": lambda: beside(large), "beside 400 small slow files": lambda: beside(small)}
    # In turn, so that what else the machine does meets all alike.
    runs = [[case() for case in cases.values()] for _ in range(options.rounds)]
    for name, seconds in zip(cases, zip(*runs)):
        ratio = statistics.median(own / alone for own, (alone, *_) in zip(seconds, runs))
        print(f"fast disk, 2000 x 256 KiB, {name}: {statistics.median(seconds):.2f} s ({ratio:.2f} x)")


def run(options):
    build("oss-sink")
    install_with_apt("time", "time")
    print(f"{machine()}; the slow disk: {options.rate:.0f} MB/s, {options.latency:.0f} ms a read; medians of {options.rounds}")
    with tempfile.TemporaryDirectory(prefix="osbatch-bench.") as work, Server(BINARIES / "oss-sink", "--crc64") as server:
        measure(pathlib.Path(work), server, options)
