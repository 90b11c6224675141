"""What the toolkit installs may be used under Apache-2.0: permissive licences, and weak copyleft that is only imported."""

import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

tomllib = pytest.importorskip("tomllib")
packaging = pytest.importorskip("packaging.requirements")

ROOT = Path(__file__).resolve().parents[1]
PERMISSIVE = re.compile(r"\b(MIT|BSD|0BSD|Apache|ISC|PSF|Python Software Foundation|PSF-2\.0|Zlib|Unlicense|CC0|HPND|MIT-0|"
                        r"MIT-CMU|CNRI-Python|Public Domain|Python-2\.0|NCSA|BSL-1\.0)\b", re.IGNORECASE)
WEAK = re.compile(r"\b(MPL|Mozilla Public|LGPL(v?\d[\w.+]*)?|Lesser General)(?![A-Za-z])", re.IGNORECASE)
STRONG = re.compile(r"(?<!L)\b(A?GPL(v?\d[\w.+]*)?|GNU (Affero )?General|SSPL(-[\d.]+)?|EUPL[\w.-]*|OSL-[\d.]+|"
                    r"CeCILL(-[\d.]+)?)(?![A-Za-z])|"
                    r"non-?commercial|CC[- ]BY[- ](ND|NC)|BUSL|Business Source|Commons Clause|Elastic License|"
                    r"Server Side Public|research[- ]only|proprietary", re.IGNORECASE)
ONLY_IMPORTED = {"certifi", "pathspec", "tqdm", "argilla", "hypothesis", "chardet", "fqdn"}
"""Weak copyleft (MPL, LGPL): imported as it is, never copied or changed."""
STATED_ELSEWHERE = {"numba": "BSD-2-Clause", "fasttext-predict": "MIT", "robust-downloader": "MIT",
                    "torchao": "BSD-3-Clause"}
"""Packages whose metadata names no licence, as their repositories state it."""


def requirements(lines, extras=("",)):
    """Names of the requirements that apply here, with the extras that they ask for."""
    for line in lines:
        requirement = packaging.Requirement(line)
        if requirement.marker is None or any(requirement.marker.evaluate({"extra": extra}) for extra in extras):
            yield re.sub(r"[-_.]+", "-", requirement.name).lower(), tuple(requirement.extras)


def closure():
    """Every distribution that `instructwild[all]` brings, as far as it is installed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    optional = project["optional-dependencies"]
    lines = [*project["dependencies"], *(line for name, extra in optional.items() if name != "dev" for line in extra)]
    queue, seen = [item for item in requirements(lines) if item[0] != "instructwild"], {}
    while queue:
        name, extras = queue.pop()
        if name in seen and set(extras) <= seen[name][1]:
            continue
        try:
            package = distribution(name)
        except PackageNotFoundError:
            continue
        seen[name] = package, set(extras) | (seen[name][1] if name in seen else set())
        queue += requirements(package.requires or (), ("", *extras))
    return {name: package for name, (package, _) in sorted(seen.items())}


def licence(name, package):
    classifiers = [line.rpartition("::")[2] for line in package.metadata.get_all("Classifier") or () if "License ::" in line]
    stated = package.metadata.get("License-Expression") or " ".join(classifiers).strip()
    return stated or STATED_ELSEWHERE.get(name) or (package.metadata.get("License") or "")[:400]


def verdict(name, text):
    if STRONG.search(text) and not (re.search(r"\bOR\b", text) and PERMISSIVE.search(text)):
        return "refused"
    if WEAK.search(text) and not PERMISSIVE.search(text):
        return "weak" if name in ONLY_IMPORTED else "refused"
    return "permissive" if PERMISSIVE.search(text) else "unknown"


def test_no_dependency_has_a_licence_that_apache_2_cannot_live_with():
    verdicts = {name: (verdict(name, text), text) for name, package in closure().items()
                if (text := licence(name, package)) is not None}
    assert len(verdicts) > 60
    assert {name: text for name, (kind, text) in verdicts.items() if kind in ("refused", "unknown")} == {}


@pytest.mark.parametrize(("text", "expected"), [
    ("GPL-3.0-only", "refused"), ("GNU General Public License v3 (GPLv3)", "refused"), ("AGPL-3.0", "refused"),
    ("CC BY-NC 4.0", "refused"), ("LGPL-2.1", "refused"), ("MIT OR GPL-2.0", "permissive"), ("Apache-2.0", "permissive"),
    ("GPLv3", "refused"), ("GPLv2+", "refused"), ("AGPLv3", "refused"), ("GPL3", "refused"), ("MIT AND GPLv3", "refused"),
    ("SSPL-1.0", "refused"), ("BUSL-1.1", "refused"), ("Apache 2.0 with Commons Clause", "refused"),
    ("Apache 2.0, non-commercial use only", "refused"), ("CeCILL-2.1", "refused"), ("LGPLv3+", "refused"),
    ("Proprietary", "refused"), ("Llama Community License", "unknown"), ("", "unknown")])
def test_a_licence_is_judged(text, expected):
    assert verdict("anything", text) == expected


def test_every_bundled_file_of_others_is_named_with_its_licence():
    """Nothing of others is bundled but the demo's own invented exports: model files are fetched, never shipped."""
    heavy = [path for path in (ROOT / "instructwild").rglob("*")
             if path.suffix in (".gguf", ".safetensors", ".bin", ".ftz", ".onnx")]
    assert heavy == []
