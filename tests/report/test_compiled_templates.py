"""Compiled templates are kept beside their texts, and never taken for another text."""

import jinja2
import pytest

from instructwild.report import template


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(template, "FOLDER", tmp_path)
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    template.environment.cache_clear()
    yield tmp_path
    template.environment.cache_clear()


def rendered_anew(text, folder, **values):
    (folder / "t.html.j2").write_text(text)
    template.environment.cache_clear()
    return template.render("t.html.j2", **values)


def test_a_template_is_compiled_once_and_again_when_its_text_changes(folder, monkeypatch):
    assert rendered_anew("{{ name }} & co", folder, name="<Ada>") == "&lt;Ada&gt; & co"
    kept, = (folder / "__pycache__").iterdir()
    with monkeypatch.context() as patched:
        patched.setattr(jinja2.Environment, "compile", lambda *args, **kwargs: pytest.fail("compiled again"))
        assert rendered_anew("{{ name }} & co", folder, name="Bo") == "Bo & co"
    assert rendered_anew("Dear {{ name }}", folder, name="Bo") == "Dear Bo"
    assert list((folder / "__pycache__").iterdir()) == [kept]


@pytest.mark.parametrize("content", [b"", b"no code", None])
def test_what_is_no_kept_template_is_compiled_anew(folder, content):
    assert rendered_anew("{{ n }}", folder, n=1200) == "1,200"
    kept, = (folder / "__pycache__").iterdir()
    kept.write_bytes(kept.read_bytes()[:-9] if content is None else content)
    assert rendered_anew("{{ n }}", folder, n=1200) == "1,200"


def test_a_folder_that_cannot_be_written_is_no_hindrance(folder):
    (folder / "__pycache__").write_text("a file in its way")
    assert rendered_anew("{{ n }}", folder, n=None) == "–"
