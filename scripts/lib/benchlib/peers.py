"""osbatch beside its peers, uploading the same files to a sink on this machine."""
import json
import os
import pathlib
import shutil
import statistics
import tempfile
import time
import urllib.request

from . import readme
from .chart import chart
from .clients import Peers, available, environment_of
from .tools import BINARIES, Server, build, fail, install_with_apt, machine, measured, progress
from .workloads import Data, workloads


def add_arguments(parser):
    parser.add_argument("--rounds", type=int, default=5, help="how often each client runs (default 5)")
    parser.add_argument("--scale", type=float, default=1.0, help="less work: 0.1 is a tenth of it")
    parser.add_argument("--work", action="append", default=[], help="only this work: big, small, mixed or one")
    parser.add_argument("--client", action="append", default=[], help="only this client, by its name in the table")
    parser.add_argument("--data", type=pathlib.Path, help="where the files lie (default: memory, if it has room)")
    parser.add_argument("--svg", type=pathlib.Path, help="write the chart to this file")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    parser.add_argument("--readme", action="store_true",
                        help="put table and chart into the README of this checkout, in place of those that are there")


def ask(url):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=60) as reply:
        return json.load(reply)


def data_directory(wanted, needed):
    if wanted:
        return wanted
    memory = pathlib.Path("/dev/shm")
    if memory.is_dir() and shutil.disk_usage(memory).free > needed * 1.3:
        return memory / f"osbatch-bench-{os.getuid()}"
    return pathlib.Path(tempfile.gettempdir()) / f"osbatch-bench-{os.getuid()}"


def once(client, work, data, sink, scratch):
    """One run; it counts only if every object has arrived whole and no upload is left open."""
    with tempfile.TemporaryDirectory(dir=scratch) as directory:
        directory = pathlib.Path(directory)
        command = client.command(work, data, sink.url, directory)
        ask(f"{sink.url}/__reset")
        measure = measured(command, environment_of(client, directory), directory)
        sums = ask(f"{sink.url}/__stats")
    if sums["objects"] != len(work.sizes) or sums["object_bytes"] != data.bytes or sums["open_uploads"] != 0:
        raise RuntimeError(f"{sums['objects']} objects of {sums['object_bytes']} bytes arrived, "
                           f"{sums['open_uploads']} uploads are open")
    return measure


def rounds(clients, work, data, sink, scratch, count):
    """The clients take turns, so that whatever the machine does meets all alike. The first round is not counted."""
    results = {client.name: [] for client in clients}
    dropped = set()
    for number in range(count + 1):
        turn = number % len(clients)
        for client in clients[turn:] + clients[:turn]:
            if client.name in dropped:
                continue
            try:
                measure = once(client, work, data, sink, scratch)
            except RuntimeError as error:
                if client.name == "osbatch":
                    fail(f"osbatch, {work.name}: {error}")
                progress(f"bench: {client.name} is left out of {work.name}: {error}")
                dropped.add(client.name)
                continue
            if number > 0:
                results[client.name].append(measure)
        progress(f"{work.name}: round {number} of {count}")
    return {name: measures for name, measures in results.items() if measures and name not in dropped}


def rows(results):
    """(client, wall, processor, peak, wall ratio, processor ratio) by medians; the ratios are to osbatch, medians of the
    rounds' own."""
    base = results.get("osbatch")
    for name, measures in results.items():
        pairs = list(zip(measures, base)) if base else []
        yield (name, *(statistics.median(getattr(measure, field) for measure in measures)
                       for field in ("wall", "processor", "peak")),
               statistics.median(own.wall / other.wall for own, other in pairs) if pairs else 1,
               statistics.median(own.processor / max(other.processor, 1e-3) for own, other in pairs) if pairs else 1)


def print_table(work, table, markdown):
    columns = ["client", "seconds", "x", "processor s", "x", "peak MB"]
    lines = [[name, f"{wall:.3f}", f"{wall_ratio:.2f}", f"{processor:.2f}", f"{processor_ratio:.2f}", f"{peak:.0f}"]
             for name, wall, processor, peak, wall_ratio, processor_ratio in table]
    if markdown:
        print(f"\n| {work.title} | " + " | ".join(columns[1:]) + " |\n|" + "---|" * len(columns))
        for line in lines:
            print("| " + " | ".join(line) + " |")
        return
    print(f"\n{work.title}, {work.concurrency} requests at once")
    widths = [max(len(line[index]) for line in [columns, *lines]) for index in range(len(columns))]
    for line in [columns, *lines]:
        print("  ".join(cell.ljust(width) if index == 0 else cell.rjust(width)
                        for index, (cell, width) in enumerate(zip(line, widths))))


def heading(peers, clients, options):
    """Where the figures come from."""
    versions = [f"{client.name} {peers.versions[client.package]}" for client in clients if client.name != "osbatch"]
    return (f"{machine()}; {time.strftime('%Y-%m-%d')}; medians of {options.rounds} rounds in turn"
            + (f"; beside {', '.join(versions)}" if versions else ""))


def run(options):
    if options.readme:
        readme.check()
    build("oss-sink")
    install_with_apt("time", "time")
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "osbatch" / "bench"
    peers = Peers(cache)
    peers.install()
    clients = available(peers, options.client)
    works = [work for work in workloads(options.scale) if not options.work or work.name in options.work]
    if not works or not clients:
        fail("--work or --client leaves nothing to measure")
    directory = data_directory(options.data, sum(sum(work.sizes) for work in works))
    groups = []
    results = []
    print(f"{heading(peers, clients, options)}; "
          + ", ".join(f"{client.name}: checks {client.checks}" for client in clients))
    with tempfile.TemporaryDirectory(prefix="osbatch-bench.") as scratch, Server(BINARIES / "oss-sink", "--crc64") as sink:
        for work in works:
            data = Data(work, directory)
            table = sorted(rows(rounds(clients, work, data, sink, scratch, options.rounds)), key=lambda row: row[1])
            print_table(work, table, options.markdown)
            results.append((work, table))
            groups.append((work.title, [(row[0], row[4], f"{row[4]:.2f} x, {row[1]:.2f} s") for row in table]))
    picture = chart("Time to upload, osbatch = 1", groups)
    if options.svg:
        options.svg.write_text(picture)
    if options.readme:
        readme.write(heading(peers, clients, options) + ". In brackets: times osbatch.", clients, results, picture)
