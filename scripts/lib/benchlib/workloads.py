"""The work that is measured: sets of files with their keys, made once and kept."""
import dataclasses
import math
import os
import pathlib
import random

from .tools import MEBIBYTE

PART = 8 * MEBIBYTE


@dataclasses.dataclass
class Workload:
    name: str
    title: str
    sizes: list
    concurrency: int
    # Files at a time, and parts of one file at a time, for clients that count them apart.
    files: int
    parts: int


def mixed_sizes(count, total):
    """Log-normal sizes from 1 KiB to 64 MiB with this sum, the same on every machine."""
    source = random.Random(20240601)
    shape = [source.gauss(0, 2.0) for _ in range(count)]
    low, high = 1e3, 1e7
    for _ in range(60):
        median = math.sqrt(low * high)
        sizes = [int(min(max(median * math.exp(value), 1024), 64 * MEBIBYTE)) for value in shape]
        low, high = (median, high) if sum(sizes) < total else (low, median)
    return sizes


def workloads(scale):
    """All of them; `scale` makes fewer or smaller files of each."""
    large = max(PART, int(512 * MEBIBYTE * scale))
    small, mixed = max(100, int(20_000 * scale)), max(50, int(5_000 * scale))
    return [
        Workload("big", f"8 files of {large // MEBIBYTE} MiB", [large] * 8, 16, 8, 2),
        Workload("small", f"{small:,} files of 4 KiB", [4096] * small, 64, 64, 1),
        Workload("mixed", f"{mixed:,} files of 1 KiB to 64 MiB", mixed_sizes(mixed, 4e9 * scale), 32, 16, 2),
        Workload("one", "one file of 1 byte", [1], 16, 8, 2),
    ]


class Data:
    """The files of a workload below a directory: `list` has lines PATH tab SIZE tab KEY."""

    def __init__(self, workload, directory):
        self.directory = pathlib.Path(directory) / f"{workload.name}-{len(workload.sizes)}-{sum(workload.sizes)}"
        self.list = self.directory.with_suffix(".tsv")
        self.bytes = sum(workload.sizes)
        if not self.list.exists():
            self._make(workload)

    def _make(self, workload):
        noise = os.urandom(2 * MEBIBYTE)
        lines = []
        for number, size in enumerate(workload.sizes):
            folder = self.directory / f"d{number // 1000:04}"
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"f{number:07}.bin"
            with path.open("wb") as file:
                start = number * 4099 % MEBIBYTE
                while size > 0:
                    size -= file.write(noise[start:start + min(size, MEBIBYTE)])
            lines.append(f"{path}\t{workload.sizes[number]}\t{workload.name}/{folder.name}/{path.name}\n")
        partial = self.list.with_suffix(".part")
        partial.write_text("".join(lines))
        partial.rename(self.list)
