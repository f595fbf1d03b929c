"""What reading a manifest costs: entries in YAML, rows of CSV and of NDJSON, and the matches of a glob, each from 10,000 to
a million, as `osbatch validate` reads them."""
import pathlib
import tempfile

from .tools import BINARIES, build, environment, install_with_apt, measured

HEAD = "version: 1\nvars: {day: monday}\ntarget: {bucket: bench, region: cn-hangzhou}\n"
DEFAULTS = "defaults: {storage_class: IA, metadata: {source: bench}}\n"


def yaml(folder, count):
    with open(folder / "manifest.yaml", "w") as out:
        out.write(HEAD + DEFAULTS + "entries:\n")
        for index in range(count):
            out.write(
                f"  - file: data/part-{index % 1000}/file-{index}.bin\n"
                f"    key: archive/part-{index % 1000}/file-{index}.bin\n"
                f"    retries: {index % 10}\n")
    return folder / "manifest.yaml"


def variables(folder, count):
    with open(folder / "manifest.yaml", "w") as out:
        out.write(HEAD + DEFAULTS + "entries:\n")
        for index in range(count):
            out.write(f"  - file: data/file-{index}.bin\n    key: ${{vars.day}}/${{file.stem}}-{index}\n")
    return folder / "manifest.yaml"


def listed(folder, name, rows):
    with open(folder / name, "w") as out:
        out.writelines(rows)
    manifest = folder / "manifest.yaml"
    manifest.write_text(HEAD + DEFAULTS + f"entries:\n  - list: {name}\n")
    return manifest


def csv(folder, count):
    def rows():
        yield "file,key,retries,tags.part\n"
        for index in range(count):
            yield f"data/file-{index}.bin,archive/part-{index % 1000}/file-{index}.bin,{index % 10},{index % 5}\n"
    return listed(folder, "rows.csv", rows())


def ndjson(folder, count):
    rows = (
        f'{{"file": "data/file-{index}.bin", "key": "archive/part-{index % 1000}/file-{index}.bin",'
        f' "retries": {index % 10}, "tags": {{"part": "{index % 5}"}}}}\n' for index in range(count))
    return listed(folder, "rows.ndjson", rows)


def glob(folder, count):
    for index in range(count):
        if index % 1000 == 0:
            part = folder / "data" / f"part-{index // 1000}"
            part.mkdir(parents=True)
        (part / f"file-{index}.bin").touch()
    manifest = folder / "manifest.yaml"
    manifest.write_text(HEAD + DEFAULTS + "entries:\n  - {glob: 'data/**/*.bin', key: '${file.path}'}\n")
    return manifest


KINDS = {"yaml": yaml, "variables": variables, "csv": csv, "ndjson": ndjson, "glob": glob}


def add_arguments(parser):
    parser.add_argument("--counts", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--kinds", choices=KINDS, nargs="+", default=list(KINDS))


def run(options):
    build()
    install_with_apt("time", "time")
    print(f"{'kind':<10} {'entries':>9} {'MB':>7} {'CPU s':>7} {'MB peak':>7} {'us each':>8}")
    for kind in options.kinds:
        for count in options.counts:
            with tempfile.TemporaryDirectory(prefix="osbatch-bench.") as work:
                folder = pathlib.Path(work)
                manifest = KINDS[kind](folder, count)
                size = sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
                cost = measured([BINARIES / "osbatch", "validate", manifest], environment(), folder)
            print(f"{kind:<10} {count:>9,} {size / 1e6:>7.1f} {cost.processor:>7.2f} {cost.peak:>7.0f}"
                  f" {cost.processor / count * 1e6:>8.2f}", flush=True)
