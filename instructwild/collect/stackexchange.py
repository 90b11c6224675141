"""Stack Exchange: `Posts.xml` of the data dump, one `<row .../>` a post, attributes only.

Questions have PostTypeId 1; their bodies are HTML; `ContentLicense` names each post's licence. The XML is read element by
element, and entity definitions, which could blow it up, are refused.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from instructwild.collect.export import Member, members
from instructwild.collect.post import Post, moment, person
from instructwild.errors import InputError
from instructwild.text.html_markdown import markdown

FILES = ("posts.xml", "posts*.xml")
KINDS = {"1": "question", "2": "answer", "3": "wiki", "4": "tag wiki excerpt", "5": "tag wiki", "6": "moderator nomination",
         "7": "wiki placeholder", "8": "privilege wiki"}
DEEPEST = 100
LONGEST_ELEMENT = 32 * 2**20
REMEDY = "take the file from archive.org/details/stackexchange"
SITE = re.compile(r"(?:[a-z0-9-]+\.)+(?:com|net)")


def posts(path: Path, encoding: str | None = None) -> Iterator[Post]:
    """Every row of a dump; only questions can become prompts.

    Raises:
        InputError: the dump cannot be read.
    """
    for member in members(path, FILES):
        site = SITE.search(f"{member.path.parent.name} {member.path.name}")
        for number, row in _rows(member):
            yield _post(row, f"{member.name}#{number}", site.group() if site else None)


def _rows(member: Member) -> Iterator[tuple[int, Mapping[str, str]]]:
    with member.opened() as handle:
        source = _Bounded(handle, member.where)
        try:
            number = 0
            open_elements: list[Element] = []
            for event, element in iterparse(source, events=("start", "end"), forbid_dtd=True):
                source.since_element = 0
                if event == "start":
                    open_elements.append(element)
                    if len(open_elements) > DEEPEST:
                        raise InputError(f"is nested more than {DEEPEST} deep", where=member.where, remedy=REMEDY)
                    continue
                open_elements.pop()
                if element.tag == "row":
                    number += 1
                    yield number, dict(element.attrib)
                if open_elements:
                    open_elements[-1].clear()  # the tree would grow with the file otherwise
        except ParseError as error:
            raise InputError(f"is not whole XML ({error})", where=member.where, remedy="unpack or fetch it again") from None
        except (LookupError, ValueError) as error:
            if isinstance(error, InputError):
                raise
            if isinstance(error, DefusedXmlException):
                raise InputError(f"holds XML that a dump has not ({type(error).__name__})", where=member.where,
                                 remedy=REMEDY) from None
            raise InputError(f"is in an encoding that cannot be read ({error})", where=member.where, remedy=REMEDY) from None


class _Bounded:
    """A file of which the parser gets no more than an element's share before it has to show one."""

    def __init__(self, handle: IO[bytes], where: str) -> None:
        self._handle, self._where = handle, where
        self.since_element = 0

    def read(self, size: int = -1) -> bytes:
        data = self._handle.read(size)
        self.since_element += len(data)
        if self.since_element > LONGEST_ELEMENT:
            raise InputError(f"holds an element of more than {LONGEST_ELEMENT >> 20} MiB", where=self._where, remedy=REMEDY)
        return data


def _post(row: Mapping[str, str], where: str, site: str | None) -> Post:
    kind = KINDS.get(row.get("PostTypeId", ""))
    if kind is None or "Body" not in row:
        return Post(where, problem="no post with a PostTypeId and a Body")
    author = row.get("OwnerUserId") or row.get("OwnerDisplayName")
    return Post(where, "\n\n".join(filter(None, (row.get("Title", ""), markdown(row["Body"])))), author=author,
                people=person(row.get("OwnerDisplayName")), presented=True, created=moment(row.get("CreationDate")),
                url=f"https://{site}/questions/{row.get('Id')}" if site else None,
                license=row.get("ContentLicense", "CC BY-SA").replace(" ", "-"),
                skip=None if kind == "question" else f"{'an' if kind == 'answer' else 'a'} {kind}")
