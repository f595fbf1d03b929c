"""The table of the README: printed by a benchmark, never by hand."""
from .tools import ROOT, fail

BEGIN, END = "<!-- scripts/bench peers --readme: begin -->", "<!-- scripts/bench peers --readme: end -->"
README = ROOT / "README.md"
CHART = ROOT / "scripts" / "bench-chart.svg"


def check():
    """Before anything is measured: the markers are there, once each and in their order."""
    text = README.read_text()
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        fail(f"{README.name} does not have the lines {BEGIN!r} and {END!r}")


def cell(value, ratio):
    return value if ratio is None else f"{value} ({ratio:.1f} ×)"


def table(clients, results):
    """`results` is a list of (work, rows) with rows as `peers.rows` gives them. One column for each client, three rows
    for each work; what a client could not do is a dash."""
    names = [client.name for client in clients]
    lines = ["| | " + " | ".join(names) + " |", "|---|" + "---:|" * len(names),
             "| checks | " + " | ".join(client.checks for client in clients) + " |"]
    for work, rows in results:
        found = {row[0]: row for row in rows}
        measures = [(f"**{work.title}**: seconds", 1, 4, "{:.2f}"), ("CPU seconds", 2, 5, "{:.2f}"),
                    ("peak MB", 3, None, "{:.0f}")]
        for title, value, ratio, form in measures:
            cells = []
            for name in names:
                row = found.get(name)
                own = name == "osbatch" or ratio is None
                cells.append("–" if row is None else cell(form.format(row[value]), None if own else row[ratio]))
            lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def write(heading, clients, results, chart):
    """Puts the table between the markers, and the chart beside the scripts."""
    CHART.write_text(chart)
    text = README.read_text()
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    picture = f"![Time to upload, by client]({CHART.relative_to(ROOT)})"
    README.write_text(f"{before}{BEGIN}\n{heading}\n\n{picture}\n\n{table(clients, results)}\n{END}{after}")
