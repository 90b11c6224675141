"""Stack Exchange: `Posts.xml` of the data dump, one `<row .../>` a post, attributes only.

Questions have PostTypeId 1; their bodies are HTML; `ContentLicense` names each post's licence. The XML is read element by
element, and entity definitions, which could blow it up, are refused.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from instructwild.collect.export import Member, members
from instructwild.collect.markup import plain_text
from instructwild.collect.post import Post, moment, person
from instructwild.errors import InputError

FILES = ("posts.xml", "posts*.xml")
KINDS = {"1": "question", "2": "answer", "3": "wiki", "4": "tag wiki excerpt", "5": "tag wiki", "6": "moderator nomination",
         "7": "wiki placeholder", "8": "privilege wiki"}
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
        try:
            root, number = None, 0
            for event, element in iterparse(handle, events=("start", "end"), forbid_dtd=True):
                if root is None:
                    root = element
                elif event == "end" and element.tag == "row":
                    number += 1
                    yield number, dict(element.attrib)
                    root.clear()  # the tree would grow with the file otherwise
        except ParseError as error:
            raise InputError(f"is not whole XML ({error})", where=member.where, remedy="unpack or fetch it again") from None
        except DefusedXmlException as error:
            raise InputError(f"holds XML that a dump has not ({type(error).__name__})", where=member.where,
                             remedy="take the file from archive.org/details/stackexchange") from None


def _post(row: Mapping[str, str], where: str, site: str | None) -> Post:
    kind = KINDS.get(row.get("PostTypeId", ""))
    if kind is None or "Body" not in row:
        return Post(where, problem="no post with a PostTypeId and a Body")
    author = row.get("OwnerUserId") or row.get("OwnerDisplayName")
    return Post(where, "\n\n".join(filter(None, (row.get("Title", ""), plain_text(row["Body"])))), author=author,
                people=person(row.get("OwnerDisplayName")), presented=True, created=moment(row.get("CreationDate")),
                url=f"https://{site}/questions/{row.get('Id')}" if site else None,
                license=row.get("ContentLicense", "CC BY-SA").replace(" ", "-"),
                skip=None if kind == "question" else f"{'an' if kind == 'answer' else 'a'} {kind}")
