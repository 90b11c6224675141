"""A figure as a picture file of its own: SVG with its colours and its legend inside, for cards and notebooks."""

import re

from markupsafe import escape

from instructwild.report.blocks import Figure

COLOURS = ("#2b6ca3", "#c96a15", "#2f8464", "#a3436f", "#6b5bb5", "#7d7420", "#4a8fa8", "#8a5a44")
DASHES = ("none", "7 3", "2 3", "8 3 2 3")
ROW, BESIDE = 18, 12
_STYLE = ("text{font:12px system-ui,'Noto Sans CJK SC',sans-serif;fill:#555}.grid{stroke:#e3e3df}.axis{stroke:#999}"
          ".line{fill:none;stroke-width:1.8}.under{opacity:.55}.title{font-weight:600;fill:#222;font-size:13px}")


def standalone(figure: Figure) -> str:
    """The SVG of a figure that `figures.lines` or `figures.histogram` drew.

    Raises:
        ValueError: the figure is no plot.
    """
    drawn = re.search(r'<svg class="plot" viewBox="0 0 ([\d.]+) ([\d.]+)"[^>]*?aria-label="([^"]*)">(.*?)</svg>',
                      str(figure.picture), re.DOTALL)
    if drawn is None:
        raise ValueError(f"{figure.title or 'the figure'} is no plot")
    width, height = float(drawn[1]), float(drawn[2])
    legend = re.findall(r'<li><svg[^>]*><\w+ class="[^"]*?([sf])(\d)[^"]*"[^>]*/?></svg>([^<]*)</li>', str(figure.picture))
    top = ROW if figure.title else 0
    keys = "".join(f'<rect class="f{colour}" x="{BESIDE}" y="{top + height + row * ROW + 2}" width="14" height="8"/>'
                   f'<text x="{BESIDE + 20}" y="{top + height + row * ROW + 10}">{name}</text>'
                   for row, (_, colour, name) in enumerate(legend))
    whole = top + height + ROW * len(legend) + 4
    style = _STYLE + "".join(f".f{i}{{fill:{c}}}.s{i}{{stroke:{c}}}" for i, c in enumerate(COLOURS)) + \
        "".join(f".d{i}{{stroke-dasharray:{dash}}}" for i, dash in enumerate(DASHES))
    title = f'<text class="title" x="{BESIDE}" y="14">{escape(figure.title)}</text>' if figure.title else ""
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {whole:g}" width="{2 * width:g}" role="img" '
            f'aria-label="{drawn[3]}"><style>{style}</style><rect width="100%" height="100%" fill="#fff"/>{title}'
            f'<g transform="translate(0 {top})">{drawn[4].strip()}</g>{keys}</svg>\n')
