"""Forgetting a seed: everything made from it leaves every file, the manifests stay true, and a search proves it.

The work is written down first, in `ROOT/.forget/plan.json`, so that an interrupted run goes on; that file holds what it is
looking for and is the last thing to go.
"""

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from instructwild.clean.edit_file import is_edits
from instructwild.console.terminal import tracked
from instructwild.errors import InputError, OutputError
from instructwild.lineage import rewrite
from instructwild.lineage.erase import erase, files, repositories, unwalked
from instructwild.lineage.forget_plan import Plan, models_in_words, planned
from instructwild.lineage.gone import Gone
from instructwild.lineage.graph import Graph
from instructwild.lineage.indexes import remove_indexes
from instructwild.lineage.search import WEIGHTS, Search, search, search_repository
from instructwild.stage.atomic import write_atomic
from instructwild.stage.folder import SCRATCH, sha256_of
from instructwild.stage.remote import is_url
from instructwild.text.quantity import quantity

FOLDER, PLAN = ".forget", "plan.json"
PUBLISHED, CARD = "lineage.json", "README.md"
"""What tells a folder that `publish` wrote."""


@dataclass(frozen=True)
class ForgetResult:
    """What the search saw after the work: which files, how, where the text is left, and what could not be looked into."""

    name: str
    rows: int
    files_rewritten: list[str]
    files_searched: int
    searched: dict[str, list[str]]
    left: list[str]
    unsearched: list[str]
    models: list[dict[str, Any]]
    elsewhere: list[str] = field(default_factory=list)
    """What may hold it outside the root, each with what takes it out there."""
    originals: bool = False
    """Whether the user's own files and archives were to be rewritten too."""

    @property
    def complete(self) -> bool:
        """Whether nothing is left and everything could be searched."""
        return not self.left and not self.unsearched

    def to_json(self) -> str:
        """Readable JSON."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=2) + "\n"

    def lines(self) -> list[str]:
        """The result for people."""
        kinds = Counter(kind for how in self.searched.values() for kind in how)
        counts = ", ".join(f"{kind} {count:,}" for kind, count in kinds.most_common())
        shown = [f"{quantity(self.rows, 'row')} forgotten, {quantity(len(self.files_rewritten), 'file')} rewritten",
                 f"{quantity(self.files_searched, 'file')} searched ({counts})"]
        if self.left:
            shown += ["still there in:", *(f"  {path}" for path in self.left), STILL_THERE[self.originals]]
        if self.unsearched:
            shown += ["could not be looked into:", *(f"  {part}" for part in self.unsearched),
                      "remedy: look into these yourself, or move them out of the root, then run the command again"]
        if self.complete:
            shown.append("no text of it in any of them; what pictures show and what weights know cannot be searched")
        if self.elsewhere:
            shown += ["not searched, for it lies elsewhere:", *(f"  {home}" for home in self.elsewhere)]
        return shown + models_in_words(self.models)


STILL_THERE = {
    False: "remedy: these are your own files and archives; the same command with --originals rewrites them, or take the "
           "text out of them and run it again; earlier versions in git go with git filter-repo",
    True: "remedy: files of this kind are not rewritten (an archive in an archive, .tar.gz and the like); take the text out "
          "of them, or move them out of the root, and run it again; earlier versions in git go with git filter-repo",
}
"""By whether the user's own files were to be rewritten."""


class Forgetting:
    """One request to be forgotten, at work."""

    def __init__(self, root: Path, plan: Plan, *, resumed: bool) -> None:
        self.root = root
        self.plan = plan
        self.resumed = resumed

    @classmethod
    def begin(cls, name: str, root: str | Path) -> "Forgetting":
        """Plan the work, or find the plan of an interrupted run.

        Raises:
            InputError: nothing here has that name, or another request is not finished.
            OutputError: a stage is being written.
        """
        path = Path(root)
        journal = path / FOLDER / PLAN
        if journal.exists():
            plan = Plan(**json.loads(journal.read_text(encoding="utf-8")))
            if plan.name != name:
                raise InputError(f"forgetting {plan.name} was interrupted here", where=str(path),
                                 remedy=f"finish it first: instructwild forget {plan.name} --root {path}")
            return cls(path, plan, resumed=True)
        return cls(path, planned(name, Graph(path)), resumed=False)

    def run(self, originals: bool = False) -> ForgetResult:
        """Do the work, or go on with it, and search every file afterwards.

        Args:
            originals: rewrite the user's own files and archives under the root as well, not only what this program wrote.

        Raises:
            InputError: an archive that is to be rewritten holds a member that cannot be opened.
            OutputError: a stage is being written.
        """
        _nobody_writes(self.root)
        self._keep_plan()
        rewrite.note_marks(self.root, self.plan.marks)
        what = self.plan.what
        rewritten: list[str] = []
        graph = Graph(self.root)
        for node in tracked(graph.nodes, "stages rewritten"):
            if rewrite.rewrite_stage(node, what, self._renamed):
                rewritten.append(node.name)
        own = list(self._own_files())
        others = [path for path in files(self.root) if path.suffix not in WEIGHTS and path.name != "manifest.json"
                  and self.root / FOLDER not in path.parents and path not in own] if originals else []
        for path in tracked([*own, *others], "files rewritten"):
            before = sha256_of(path) if is_edits(path) else ""
            if erase(path, what):
                rewritten.append(os.path.relpath(path, self.root))
                if before:      # `clean --edits` read it, and its manifest knows it by its content
                    self._renamed(before, sha256_of(path))
        remove_indexes()
        for node in Graph(self.root).nodes:
            rewrite.rename_inputs(node, self.plan.renamed, self.root)
        rewrite.mark_models(self.root, (model["folder"] for model in self.plan.models))
        return self._result(what, rewritten, originals)

    def _own_files(self) -> Iterable[Path]:
        """Files of ours beside the stages' own: unfinished work, caches, edits, exports, pages, what was published."""
        from instructwild.stage.cache import cache_dir

        stages = [node.folder for node in Graph(self.root).nodes]
        stages += [path.parent for path in files(self.root)
                   if path.name == PUBLISHED and (path.parent / CARD).is_file()]
        journal = self.root / FOLDER
        for path in files(self.root):
            ours = path.name in ("index.html", "chain.json") or SCRATCH in path.parts or \
                any(folder in path.parents for folder in stages) or is_edits(path)
            if ours and journal not in path.parents and path.name != "manifest.json" and path.suffix not in WEIGHTS:
                yield path
        if cache_dir().is_dir():
            yield from (path for path in files(cache_dir()) if path.suffix in (".sqlite", ".db", ".sqlite3", ".jsonl"))

    def _renamed(self, before: str, after: str) -> None:
        if before != after:
            self.plan.renamed[before] = after
            self._keep_plan()

    def _keep_plan(self) -> None:
        folder = self.root / FOLDER
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            write_atomic(folder / PLAN, json.dumps(asdict(self.plan), ensure_ascii=False))
        except OSError as error:
            raise OutputError(f"cannot be written ({error.strerror})", where=str(folder), remedy="check its permissions") \
                from None

    def _result(self, what: Gone, rewritten: list[str], originals: bool) -> ForgetResult:
        journal = self.root / FOLDER
        searched: dict[str, list[str]] = {}
        left: list[str] = []
        unsearched: list[str] = []
        for name, path, searching in self._searches(what):
            searched[name] = searching.how
            left += [name] if searching.holds else []
            unsearched += [f"{name}: {part}" if not part.startswith(f"{path.name}:") else
                           f"{name}{part.removeprefix(path.name)}" for part in searching.unsearched]
        unsearched += [f"{os.path.relpath(path, self.root)}: {why}" for path, why in unwalked(self.root)]
        result = ForgetResult(self.plan.name, len(self.plan.rows), rewritten, len(searched), searched, left, unsearched,
                              self.plan.models, self._elsewhere(), originals)
        if result.complete:
            (journal / PLAN).unlink()
            journal.rmdir()
        return result

    def _searches(self, what: Gone) -> Iterator[tuple[str, Path, Search]]:
        """(name, path, outcome) of every file under the root, of the repositories there, and of the user's cache."""
        from instructwild.stage.cache import cache_dir

        journal = self.root / FOLDER
        under = [(os.path.relpath(path, self.root), path, search)
                 for path in files(self.root) if journal not in path.parents]
        under += [(os.path.relpath(path, self.root), path, search_repository) for path in repositories(self.root)]
        cache, inside = cache_dir().resolve(), self.root.resolve()
        if cache.is_dir() and inside not in (cache, *cache.parents):
            under += [(str(path), path, search) for path in files(cache) if path.suffix not in WEIGHTS]
        for name, path, look in tracked(under, "files searched"):
            yield name, path, look(path, what)

    def _elsewhere(self) -> list[str]:
        """What a provider still holds of it, and where candidates that people rank have a second home."""
        batches = [*self._batches(), *self._remote()]
        stages = {node.manifest.stage.partition(" ")[0] for node in Graph(self.root).nodes}
        if not stages & {"respond", "annotate"}:
            return batches
        return [*batches, f"a ranking page: instructwild annotate page --forget {self.root}",
                f"an Argilla server: instructwild annotate pull --root {self.root} deletes the records there"]


    def _remote(self) -> Iterator[str]:
        """What stages read behind a URL, where a copy of it stays."""
        urls = {record.path for node in Graph(self.root).nodes for record in node.manifest.inputs if is_url(record.path)}
        return (f"{url}: take it out there" for url in sorted(urls))

    def _batches(self) -> Iterator[str]:
        """The provider batches of the runs here, open and closed: their files lie with the provider, prompts and all."""
        from instructwild.llm.batches.record import batches_in
        from instructwild.stage.cache import cache_dir

        caches = files(cache_dir()) if cache_dir().is_dir() else ()
        for path in (path for path in (*files(self.root), *caches) if path.suffix in (".sqlite", ".db", ".sqlite3")):
            for batch, address in batches_in(path):
                yield f"a provider's batch: delete {batch} and its files at {address}"


def _nobody_writes(root: Path) -> None:
    """Refuse while a stage under the root is being written."""
    from filelock import FileLock, Timeout

    for lock in (path for path in files(root) if path.name == "lock" and path.parent.name == SCRATCH):
        try:
            with FileLock(lock, timeout=0):
                pass
        except Timeout:
            raise OutputError("is being written by another instructwild process", where=str(lock.parent.parent),
                              remedy="wait for it to end") from None
