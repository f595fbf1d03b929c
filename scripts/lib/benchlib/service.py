"""How a run treats a service whose capacity changes, and how it keeps a bandwidth: the share of the capacity that is used
(of a service that takes so many at once: of what so many connections reach when nothing is refused), the share of requests
that are throttled, how long it takes to find a new capacity, and the accuracy and evenness of a rate."""
import json
import os
import pathlib
import signal
import socket
import statistics
import subprocess
import tempfile
import threading
import time
import urllib.request

from .tools import BINARIES, MEBIBYTE, Server, build, environment, machine

# What the service carries (so many at once, or a second), in three steps, and how many milliseconds a request takes.
CAPACITIES = [("capacity", (24, 6, 24), 20), ("capacity", (6, 2, 5), 20), ("rate", (300, 60, 300), 20),
              ("rate", (400, 150, 400), 1), ("rate", (250, 700, 250), 1)]
PHASE = 20
SETTLED = 10
REFERENCE = 5
CONNECTIONS = 64


def add_arguments(parser):
    parser.add_argument("--binaries", type=pathlib.Path, default=None, help="programs that are built already")
    parser.add_argument("--only", choices=("capacity", "bandwidth"), default=None)


def write_manifest(directory, url, entries, more="", connections=CONNECTIONS):
    lines = ["version: 1", f'target: {{bucket: bench, endpoint: "{url}", region: cn-hangzhou}}', f"concurrency: {connections}"]
    lines += ["defaults: {multipart_threshold: 1GiB, retries: 100}", more, "entries:"]
    lines += [f"  - {{file: body, key: k{number}}}" for number in range(entries)]
    path = directory / "manifest.yaml"
    path.write_text("\n".join(lines) + "\n")
    return path


class Run:
    """osbatch with its events, each with the moment at which it was read."""

    def __init__(self, binaries, manifest, state):
        command = [binaries / "osbatch", "run", "--json", "--state-dir", state, manifest]
        self.process = subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.moments = {"done": [], "throttled": []}
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            event = json.loads(line)
            if event["type"] == "done":
                self.moments["done"].append(time.monotonic())
            elif event["type"] == "retry" and "SlowDown" in json.dumps(event):
                self.moments["throttled"].append(time.monotonic())

    def count(self, kind, start, end):
        return sum(start <= moment < end for moment in self.moments[kind])

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)
        self.reader.join()


def control(url, method, name, text=None):
    request = urllib.request.Request(f"{url}/__devserver/{name}", method=method, data=text and text.encode())
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request).read()


def step(url, kind, value, milliseconds):
    control(url, "DELETE", "faults")
    control(url, "POST", "faults", f"put always delay={milliseconds}\nput {kind}={value}\n")


def seconds_to_settle(run, start, carried):
    """Until the first whole second in which nine tenths of the capacity were used, and no tenth more than that refused."""
    for second in range(PHASE):
        begin = start + second
        done, refused = (run.count(kind, begin, begin + 1) for kind in ("done", "throttled"))
        if done >= 0.9 * carried and refused <= 0.1 * carried:
            return second
    return None


def carried_with(connections, binaries, place, milliseconds):
    """Requests a second that so many connections carry: the most that a service can, which takes so many at once."""
    (place / "root").mkdir(parents=True)
    (place / "body").write_bytes(b"0123456789" * 10)
    with Server(binaries / "oss-devserver", "--root", place / "root") as server:
        control(server.url, "POST", "faults", f"put always delay={milliseconds}\n")
        run = Run(binaries, write_manifest(place, server.url, 100_000, connections=connections), place / "state")
        time.sleep(2)
        start = time.monotonic()
        time.sleep(REFERENCE)
        run.end()
        return run.count("done", start, start + REFERENCE) / REFERENCE


def capacities(binaries, work):
    print("| capacity | step | used | throttled | settled after |\n|---|---|---|---|---|")
    for number, (kind, steps, milliseconds) in enumerate(CAPACITIES):
        place = work / f"capacity-{number}"
        (place / "root").mkdir(parents=True)
        (place / "body").write_bytes(b"0123456789" * 10)
        per_second = [value if kind == "rate" else carried_with(value, binaries, place / f"reference-{index}", milliseconds)
                      for index, value in enumerate(steps)]
        with Server(binaries / "oss-devserver", "--root", place / "root") as server:
            manifest = write_manifest(place, server.url, int(1.3 * PHASE * sum(per_second)) + 1000)
            step(server.url, kind, steps[0], milliseconds)
            run = Run(binaries, manifest, place / "state")
            while not run.moments["done"]:
                time.sleep(0.01)
            for index, (value, carried) in enumerate(zip(steps, per_second)):
                start = time.monotonic()
                if index:
                    step(server.url, kind, value, milliseconds)
                time.sleep(PHASE)
                end = start + PHASE
                done, refused = (run.count(what, end - SETTLED, end) for what in ("done", "throttled"))
                settled = seconds_to_settle(run, start, carried)
                text = "never" if settled is None else f"{settled} s"
                unit = "a second" if kind == "rate" else "at once"
                print(f"| {unit}, {milliseconds} ms | {steps[index - 1] if index else 0} → {value} "
                      f"| {done / SETTLED / carried:.1%} | {refused / max(1, done + refused):.2%} | {text} |", flush=True)
            run.end()


class CountingServer:
    """Takes every Put, and counts the bytes as they come."""

    def __init__(self):
        self.received = 0
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            connection, _ = self.listener.accept()
            # Little is in buffers: what has been sent is counted soon.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 << 10)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        data = b""
        while True:
            while b"\r\n\r\n" not in data:
                more = connection.recv(1 << 16)
                if not more:
                    return
                data += more
            head, data = data.split(b"\r\n\r\n", 1)
            left = next((int(line.split(b":")[1]) for line in head.split(b"\r\n")
                         if line.lower().startswith(b"content-length:")), 0)
            while True:
                with self.lock:
                    self.received += min(left, len(data))
                left, data = max(0, left - len(data)), data[left:]
                if not left:
                    break
                data = connection.recv(1 << 16)
                if not data:
                    return
            connection.sendall(b'HTTP/1.1 200 OK\r\nx-oss-request-id: 1\r\nETag: "1"\r\nContent-Length: 0\r\n\r\n')


def samples(server, seconds):
    """Bytes of each tenth of a second."""
    counts, before, start = [], server.received, time.monotonic()
    for number in range(1, 10 * seconds + 1):
        time.sleep(max(0, start + number / 10 - time.monotonic()))
        now = server.received
        counts.append(now - before)
        before = now
    return counts


class LimitedRun:
    """Uploads bodies of `size` bytes to a counting server, which prints what came."""

    def __init__(self, binaries, place, size, entries, limit):
        place.mkdir()
        with (place / "body").open("wb") as file:
            file.truncate(size)
        self.size, self.place, self.entries = size, place, entries
        self.server = CountingServer()
        self.run = Run(binaries, self.write(limit), place / "state")
        while not self.server.received:
            time.sleep(0.01)

    def write(self, limit):
        return write_manifest(self.place, self.server.url, self.entries, f"bandwidth: {limit}")

    def change(self, limit):
        self.write(limit)
        os.kill(self.run.process.pid, signal.SIGHUP)

    def show(self, rate, how):
        counts = samples(self.server, SETTLED)
        wanted = rate * MEBIBYTE
        print(f"| {rate} MiB/s {how} | {sum(counts) / SETTLED / wanted:.1%} | {statistics.median(counts) * 10 / wanted:.0%}, "
              f"{max(counts) * 10 / wanted:.0%} | {self.size} bytes |", flush=True)


def bandwidth(binaries, work):
    print("\n| rate | sent over 10 s | a tenth of a second: median, most | bodies |\n|---|---|---|---|")
    rates = (8, 24, 4)
    for size in (40_000, 8 * MEBIBYTE):
        entries = int(15 * sum(rates) * MEBIBYTE / size) + 64
        limited = LimitedRun(binaries, work / f"bandwidth-{size}", size, entries, f"{rates[0]}MiB/s")
        for index, rate in enumerate(rates):
            if index:
                limited.change(f"{rate}MiB/s")
            time.sleep(2)
            limited.show(rate, "after SIGHUP" if index else "")
        limited.run.end()
    timetable(binaries, work)


def timetable(binaries, work):
    """A change by the clock, which counts whole minutes."""
    change = (int(time.time()) // 60 + 1) * 60
    if change - time.time() < SETTLED + 5:
        change += 60
    before, after = 6, 18
    spans = ((change - 120, change, before), (change, change + 600, after))
    clock = [(time.strftime("%H:%M", time.localtime(start)), time.strftime("%H:%M", time.localtime(end)), rate)
             for start, end, rate in spans]
    limit = "[" + ", ".join(f'{{from: "{start}", to: "{end}", rate: {rate}MiB/s}}' for start, end, rate in clock) + "]"
    limited = LimitedRun(binaries, work / "timetable", MEBIBYTE, 2_000, limit)
    time.sleep(max(0, change - SETTLED - 1 - time.time()))
    limited.show(before, "until a full minute")
    time.sleep(max(0, change + 2 - time.time()))
    limited.show(after, "from then on")
    limited.run.end()


def run(options):
    if options.binaries is None:
        build()
    binaries = (options.binaries or BINARIES).resolve()
    print(machine() + "\n")
    with tempfile.TemporaryDirectory(prefix="osbatch-bench.", dir="/dev/shm") as work:
        if options.only != "bandwidth":
            capacities(binaries, pathlib.Path(work))
        if options.only != "capacity":
            bandwidth(binaries, pathlib.Path(work))
