"""Validates manifests against manifests/schema.json with a validator that osbatch has no part in.

Every good manifest (the examples, and the whole ones of the reference) must be valid. Every broken
one of the tests must be refused by YAML or by the schema, except those in INVISIBLE, whose error no
JSON Schema can see; and those must really be accepted, so that the list stays honest.

The last line is `N passed, M failed`; the exit code is 1 when one failed.
"""

import pathlib
import re
import sys

import jsonschema
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
MANIFESTS = ROOT / "manifests"
BROKEN = ROOT / "Tests/BatchManifestTests/Broken"

INVISIBLE = {
    line
    for line in (ROOT / "Tests/schema/invisible.txt").read_text().splitlines()
    if line and not line.startswith("#")
}
MAXIMUM_NODES = 100_000


class CoreLoader(yaml.SafeLoader):
    """YAML 1.2's core schema (§10.3.2), as editors and osbatch read it; PyYAML's own is YAML 1.1."""

    yaml_implicit_resolvers = {}


def construct_integer(loader, node):
    text = loader.construct_scalar(node)
    for prefix, base in (("0o", 8), ("0x", 16)):
        if text.startswith(prefix):
            return int(text[2:], base)
    return int(text)


TAG = "tag:yaml.org,2002:"
for tag, expression, first in (
    ("null", r"^(~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"^(true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^([-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$", list("-+0123456789")),
    (
        "float",
        r"^([-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$",
        list("-+0123456789."),
    ),
    ("merge", r"^<<$", ["<"]),
):
    CoreLoader.add_implicit_resolver(TAG + tag, re.compile(expression), first)
CoreLoader.add_constructor(TAG + "int", construct_integer)


def expanded(node, known):
    """How many nodes a node is once its aliases stand for what they name."""
    if id(node) not in known:
        known[id(node)] = sys.maxsize  # until it is known: an alias inside itself has no end
        children = []
        if isinstance(node, yaml.MappingNode):
            children = [child for pair in node.value for child in pair]
        elif isinstance(node, yaml.SequenceNode):
            children = node.value
        known[id(node)] = 1 + sum(expanded(child, known) for child in children)
    return known[id(node)]


def load(text):
    loader = CoreLoader(text)
    node = loader.get_single_node()
    if node is not None and expanded(node, {}) > MAXIMUM_NODES:
        raise ValueError("the aliases expand to too much")
    return None if node is None else loader.construct_document(node)


def problem(text, validator):
    """Why a manifest is refused, in a line; None when it is accepted."""
    try:
        document = load(text)
    except (yaml.YAMLError, UnicodeError, ValueError, RecursionError) as error:
        return f"YAML: {error}".splitlines()[0]
    error = jsonschema.exceptions.best_match(validator.iter_errors(document))
    if error is None:
        return None
    place = "/".join(str(step) for step in error.absolute_path)
    return f"{place or 'the manifest'}: {error.message}"[:200]


def good_manifests():
    for path in sorted(MANIFESTS.glob("*.yaml")):
        yield path.name, path.read_bytes()
    reference = (MANIFESTS / "README.md").read_text()
    for number, block in enumerate(re.findall(r"```yaml\n(.*?)```", reference, re.S)):
        if block.startswith("version: 1\n"):
            yield f"block {number} of the reference", block


def main():
    schema = yaml.safe_load((MANIFESTS / "schema.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    failures = []
    passed = 0
    for name, text in good_manifests():
        why = problem(text, validator)
        if why is None:
            passed += 1
        else:
            failures.append(f"{name} is good, but refused: {why}")
    broken = sorted(BROKEN.glob("*.yaml"))
    for path in broken:
        why = problem(path.read_bytes(), validator)
        if (why is None) == (path.stem in INVISIBLE):
            passed += 1
        elif why is None:
            failures.append(f"{path.name} is broken, but accepted")
        else:
            failures.append(f"{path.name} is called invisible, but refused: {why}")
    for name in sorted(INVISIBLE - {path.stem for path in broken}):
        failures.append(f"{name} is called invisible, but is not there")
    for failure in failures:
        print(f"FAILED {failure}")
    print(f"{passed} passed, {len(failures)} failed")
    return 1 if failures else 0


sys.exit(main())
