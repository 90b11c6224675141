"""What the benchmarks measured: one JSON file each under `results/`, all of them rendered into RESULTS.md."""

import json
import platform
from pathlib import Path

HERE = Path(__file__).parent
RESULTS = HERE / "results"


def save(name: str, title: str, lead: str, tables: list[dict], notes: list[str]) -> None:
    """Store one benchmark's section and render the page anew; other sections stay.

    A table is {"caption", "columns", "rows"}; a cell is a string or a number.
    """
    RESULTS.mkdir(exist_ok=True)
    section = {"title": title, "lead": lead, "machine": machine(), "tables": tables, "notes": notes}
    (RESULTS / f"{name}.json").write_text(json.dumps(section, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    render()


def machine() -> str:
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line.partition(":")[2].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
        cpu = f"{names[0]}, {len(names)} cores" if names else cpu
    return f"{cpu}; Python {platform.python_version()}"


def render() -> None:
    page = ["# Results", "", "Written by `make bench`; every figure is of that run, on the machine named in its section."]
    for path in sorted(RESULTS.glob("*.json")):
        section = json.loads(path.read_text(encoding="utf-8"))
        page += ["", f"## {section['title']}", "", section["lead"], "", f"Machine: {section['machine']}."]
        for table in section["tables"]:
            page += ["", f"**{table['caption']}**", "", _row(table["columns"]), _row(["---"] * len(table["columns"]))]
            page += [_row(row) for row in table["rows"]]
        page += ["", *(f"- {note}" for note in section["notes"])] if section["notes"] else []
    (HERE / "RESULTS.md").write_text("\n".join(page) + "\n", encoding="utf-8")


def _row(cells: list) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
