"""What the state costs: bytes written for one object of 10,000 parts and for N small objects, small-object throughput with
the state on disk and in memory in turn, and what a rerun of N done entries costs."""
import pathlib
import re
import resource
import statistics
import subprocess
import tempfile

from .tools import BINARIES, Server, build, environment, install_with_apt, measured

PART = 102400


def add_arguments(parser):
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--disk", default=None, help="where the state on disk lies (default: the temporary directory)")
    parser.add_argument("--memory", default="/dev/shm", help="a tmpfs")


class Bench:
    """Manifests in a directory, for a server that keeps nothing: so the client alone is measured."""

    def __init__(self, work, server):
        self.work = work
        self.endpoint = server.url

    def manifest(self, name, entries):
        text = ["version: 1", f'target: {{bucket: bench, endpoint: "{self.endpoint}", region: cn-hangzhou}}']
        text += ["concurrency: 32", "defaults: {part_size: 100KiB, multipart_threshold: 100KiB}", "entries:"]
        text += [f"  - {{file: {file}, key: {key}}}" for file, key in entries]
        path = self.work / name
        path.write_text("\n".join(text) + "\n")
        return path

    def run(self, manifest, state):
        """One run."""
        command = [BINARIES / "osbatch", "run", "-q", "--state-dir", state, manifest]
        return measured(command, environment(), self.work)

    def state_bytes(self, manifest, state):
        """Bytes written to files of the state, as strace sees them, and what is left of it at the end."""
        trace = self.work / "trace"
        command = ["strace", "-f", "-y", "-qqq", "-e", "trace=write", "-e", "signal=none", "-o", trace]
        command += [BINARIES / "osbatch", "run", "-q", "--state-dir", state, manifest]
        subprocess.run(command, env=environment(), stdout=subprocess.DEVNULL, check=True)
        written = 0
        for line in trace.open(errors="replace"):
            match = re.search(r"write\(\d+<([^>]*)>.* = (\d+)$", line)
            if match and match[1].startswith(str(state)):
                written += int(match[2])
        left = sum(file.stat().st_size for file in state.rglob("*") if file.is_file())
        return written, left


def measure(bench, options, disk, memory):
    large = bench.work / "large"
    with large.open("wb") as file:
        file.truncate(10_000 * PART)
    written, left = bench.state_bytes(bench.manifest("large.yaml", [("large", "large")]), disk / "large")
    print(f"one object of 10,000 parts: {written} bytes written, {written / 10_000:.1f} per part, {left} left")
    (bench.work / "small").write_bytes(b"0123456789" * 100)
    few = bench.manifest("few.yaml", [("small", f"few/{n}") for n in range(10_000)])
    written, left = bench.state_bytes(few, disk / "traced")
    print(f"10,000 small objects: {written} bytes written, {written / 10_000:.1f} per object, {left} left")
    rates = {"disk": [], "memory": []}
    for number in range(options.rounds):
        for name, place in (("disk", disk), ("memory", memory)):
            rates[name].append(10_000 / bench.run(few, place / f"few-{number}").wall)
    medians = {name: statistics.median(values) for name, values in rates.items()}
    print(f"10,000 small objects: {medians['disk']:.0f}/s with the state on disk, {medians['memory']:.0f}/s in "
          f"memory, ratio of medians {medians['disk'] / medians['memory']:.3f}")
    many = bench.manifest("many.yaml", [("small", f"many/{n}") for n in range(options.entries)])
    first = bench.run(many, disk / "many")
    left = sum(file.stat().st_size for file in (disk / "many").rglob("*") if file.is_file())
    print(f"{options.entries} small objects: {first.wall:.1f} s, {options.entries / first.wall:.0f}/s, "
          f"{first.processor:.1f} s of processor, {first.peak:.0f} MB, {left} bytes of state, "
          f"{left / options.entries:.1f} per object")
    for _ in range(2):
        again = bench.run(many, disk / "many")
        print(f"rerun of {options.entries} done entries: {again.wall:.2f} s, {again.processor:.2f} s of processor, "
              f"{again.peak:.0f} MB")
    start = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([BINARIES / "osbatch", "validate", many], env=environment(),
                   stdout=subprocess.DEVNULL, check=True)
    end = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"of it reading the manifest: {end.ru_utime + end.ru_stime - start.ru_utime - start.ru_stime:.2f} s of processor")


def run(options):
    build("oss-sink")
    install_with_apt("time", "time")
    install_with_apt("strace", "strace")
    with tempfile.TemporaryDirectory(prefix="osbatch-bench.") as work, \
            tempfile.TemporaryDirectory(prefix="osbatch-bench.", dir=options.disk) as disk, \
            tempfile.TemporaryDirectory(prefix="osbatch-bench.", dir=options.memory) as memory, \
            Server(BINARIES / "oss-sink", "--crc64") as server:
        measure(Bench(pathlib.Path(work), server), options, pathlib.Path(disk), pathlib.Path(memory))
