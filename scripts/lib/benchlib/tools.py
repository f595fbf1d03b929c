"""What every benchmark needs: the built programs, a server, and whole processes timed by the system's own accounting."""
import dataclasses
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
BINARIES = ROOT / ".build" / "release"
MEBIBYTE = 1 << 20


def fail(sentence):
    raise SystemExit(f"bench: {sentence}")


def build(*products):
    """The release build of this checkout with further products, and what it needs."""
    subprocess.run([ROOT / "scripts" / "build", *products], check=True, stdin=subprocess.DEVNULL, stdout=sys.stderr)


def install_with_apt(package, command):
    """Debian's package, when its command is missing."""
    if shutil.which(command):
        return
    install = ["apt-get", "-qq", "install", "--yes", "--no-install-recommends", package]
    if os.geteuid() != 0:
        install.insert(0, "sudo")
    subprocess.run(install, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def environment(**more):
    """The caller's, without what would send a client elsewhere."""
    kept = {name: value for name, value in os.environ.items()
            if not name.lower().endswith("_proxy")
            and not name.startswith(("AWS_", "OSS_", "OSBATCH_", "RCLONE_", "ALIBABA_CLOUD_"))}
    return dict(kept, NO_PROXY="*", OSS_ACCESS_KEY_ID="bench", OSS_ACCESS_KEY_SECRET="bench", **more)


class Server:
    """A program of this package that says where it listens."""

    def __init__(self, *command):
        self.process = subprocess.Popen([str(word) for word in command], env=environment(),
                                        stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("listening on "):
            fail(f"{pathlib.Path(command[0]).name} did not start")
        self.url = line.split()[-1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


@dataclasses.dataclass
class Measure:
    """One process from start to end: seconds, processor seconds of all its threads, peak memory in MB."""
    wall: float
    processor: float
    peak: float


def measured(command, env, directory, limit=900):
    """Runs a command to its end. GNU time stands between: a process's peak never reads below that of the one it was
    started from, and this one is large."""
    report = pathlib.Path(directory) / "time"
    command = ["time", "--quiet", "--format", "%U %S %M", "--output", str(report)] + [str(word) for word in command]
    start = time.monotonic()
    with (pathlib.Path(directory) / "output").open("w+b") as output:
        status = subprocess.run(command, env=env, cwd=directory, stdin=subprocess.DEVNULL, stdout=output,
                                stderr=output, timeout=limit, check=False).returncode
        wall = time.monotonic() - start
        if status != 0:
            output.seek(0)
            tail = output.read().decode(errors="replace").strip()[-400:]
            raise RuntimeError(f"it ended with {status}: {tail}")
    user, system, peak = report.read_text().split()[-3:]
    return Measure(wall, float(user) + float(system), int(peak) / 1024)


def machine():
    """One line that says where a figure comes from."""
    model = "unknown processor"
    for line in open("/proc/cpuinfo", encoding="utf-8"):
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    return f"{os.cpu_count()} cores of {model}, {memory:.0f} GiB, Linux {platform.release()}"


def progress(text):
    print(text, file=sys.stderr, flush=True)
