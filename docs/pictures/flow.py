"""Draws docs/pictures/flow.svg: `python docs/pictures/flow.py`. Light or dark follows the reader."""

from pathlib import Path
from xml.sax.saxutils import escape

ROWS = [
    [("collect", "收集", "questions from posts"), ("expand", "扩写", "more like them"),
     ("clean", "清洗", "every drop explained"), ("respond", "回答", "K answers a prompt"),
     ("annotate", "标注", "people rank them")],
    [("train", "训练", "SFT · RM · PPO+PTX"), ("evaluate", "评测", "pairwise, benchmarks"),
     ("export", "导出", "GGUF, 4 bit, merged"), ("serve", "服务", "an API and a web chat"),
     ("publish", "发布", "data and model cards")],
]
WIDTH, HEIGHT, GAP, BOX, TALL = 860, 236, 28, 148, 84
STYLE = """
text { text-anchor: middle;
  font-family: system-ui, -apple-system, "Segoe UI", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif }
.box { fill: #ffffff; stroke: #2b6ca3; stroke-width: 1.5 } .name { fill: #1f2328; font-weight: 650; font-size: 17px }
.note, .zh { fill: #5a626c; font-size: 12px }
.arrow { stroke: #8a929b; stroke-width: 1.8; fill: none } .head { fill: #8a929b }
@media (prefers-color-scheme: dark) {
  .box { fill: #1c2026; stroke: #6aaee6 } .name { fill: #e6e4df } .note, .zh { fill: #a3abb5 }
  .arrow { stroke: #7c858f } .head { fill: #7c858f }
}
"""


def picture() -> str:
    """The flow as SVG text."""
    drawn = []
    for row, boxes in enumerate(ROWS):
        top = 18 + row * (TALL + 32)
        left = (WIDTH - len(boxes) * BOX - (len(boxes) - 1) * GAP) / 2
        for place, (name, chinese, note) in enumerate(boxes):
            x = left + place * (BOX + GAP)
            drawn.append(f'<rect class="box" x="{x:g}" y="{top}" width="{BOX}" height="{TALL}" rx="10"/>'
                         f'<text class="name" x="{x + BOX / 2:g}" y="{top + 31}">{escape(name)}</text>'
                         f'<text class="zh" x="{x + BOX / 2:g}" y="{top + 49}">{escape(chinese)}</text>'
                         f'<text class="note" x="{x + BOX / 2:g}" y="{top + 69}">{escape(note)}</text>')
            if place:
                drawn.append(arrow(f"M{x - GAP + 3:g} {top + TALL / 2:g}H{x - 8:g}", x - 3, top + TALL / 2))
    first = (WIDTH - len(ROWS[1]) * BOX - (len(ROWS[1]) - 1) * GAP) / 2 + BOX / 2
    last = WIDTH - (WIDTH - len(ROWS[0]) * BOX - (len(ROWS[0]) - 1) * GAP) / 2 - BOX / 2
    bottom, middle, top = 18 + TALL + 3, 18 + TALL + 16, 18 + TALL + 32
    drawn.append(f'<path class="arrow" d="M{last:g} {bottom}V{middle}H{first:g}V{top - 8}"/>'
                 f'<path class="head" d="M{first - 5:g} {top - 10}h10l-5 8z"/>')
    names = " → ".join(name for row in ROWS for name, _, _ in row)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{names}">'
            f"<style>{STYLE}</style>\n" + "\n".join(drawn) + "\n</svg>\n")


def arrow(path: str, x: float, y: float) -> str:
    """A line with a head at (x, y) that points right."""
    return f'<path class="arrow" d="{path}"/><path class="head" d="M{x - 7:g} {y - 5:g}v10l8 -5z"/>'


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(picture(), encoding="utf-8")
