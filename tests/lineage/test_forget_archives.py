"""Archives of the user's own: named, rewritten only when asked for, and where that cannot be, said so."""

import io
import json
import tarfile
import zipfile

import pytest
from lineage_chain import SALT, TIE, build

from instructwild.lineage.forget import Forgetting


@pytest.fixture
def root(tmp_path, tmp_path_factory, monkeypatch):
    monkeypatch.setenv("INSTRUCTWILD_SALT", SALT)
    monkeypatch.setenv("INSTRUCTWILD_CACHE", str(tmp_path_factory.mktemp("cache")))
    build(tmp_path / "all")
    return tmp_path / "all"


def test_an_archive_of_the_users_own_is_named_and_rewritten_only_when_asked(root):
    archive = root / "exports" / "x-2026.zip"
    archive.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("tweets.js", json.dumps([{"full_text": TIE.prompt[0].content}], ensure_ascii=False))
    result = Forgetting.begin(TIE.id, root).run()
    assert "exports/x-2026.zip" in result.left
    assert not result.complete
    assert "--originals" in "\n".join(result.lines())
    result = Forgetting.begin(TIE.id, root).run(originals=True)
    assert result.complete, result.lines()
    assert "exports/x-2026.zip" in result.files_rewritten
    assert result.searched["exports/x-2026.zip"] == ["zip", "text"]


def test_what_no_option_rewrites_is_not_advised_to_be_rewritten(root):
    with tarfile.open(root / "posts.tar.gz", "w:gz") as packed:
        text = TIE.prompt[0].content.encode()
        member = tarfile.TarInfo("a.txt")
        member.size = len(text)
        packed.addfile(member, io.BytesIO(text))
    result = Forgetting.begin(TIE.id, root).run(originals=True)
    assert result.left == ["posts.tar.gz"]
    assert "--originals" not in "\n".join(result.lines())
