"""A bar chart of ratios as SVG, readable on light and dark pages."""
from xml.sax.saxutils import escape

WIDTH, LEFT, BAR, GAP, HEAD = 760, 170, 16, 6, 34
COLOURS = {"osbatch": "#0969da"}


def chart(title, groups):
    """`groups` is a list of (heading, [(client, ratio, label)]); bars begin at 0 and end at the ratio."""
    most = max(ratio for _, bars in groups for _, ratio, _ in bars)
    scale = (WIDTH - LEFT - 130) / min(most, 12)
    top, body = 40, []
    for heading, bars in groups:
        body.append(f'<text x="0" y="{top + 18}" class="h">{escape(heading)}</text>')
        top += HEAD
        for client, ratio, label in bars:
            width = max(2, min(ratio, 12) * scale)
            colour = COLOURS.get(client, "#8b949e")
            body.append(f'<text x="{LEFT - 8}" y="{top + 12}" text-anchor="end">{escape(client)}</text>')
            body.append(f'<rect x="{LEFT}" y="{top}" width="{width:.0f}" height="{BAR}" rx="2" fill="{colour}"/>')
            body.append(f'<text x="{LEFT + width + 6:.0f}" y="{top + 12}">{escape(label)}</text>')
            top += BAR + GAP
        top += 8
    style = ("text{font:13px -apple-system,'Segoe UI',sans-serif;fill:#57606a}.h{font-weight:600}"
             "@media(prefers-color-scheme:dark){text{fill:#c9d1d9}}")
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{top}" viewBox="0 0 {WIDTH} {top}">'
            f'<title>{escape(title)}</title><style>{style}</style>'
            f'<text x="0" y="18" class="h">{escape(title)}</text>{"".join(body)}</svg>\n')
