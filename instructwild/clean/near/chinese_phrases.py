"""The Chinese words of the lexicon as a tree of their characters, for compiled code: which characters they may cover.

A character that no such word covers where it stands, save one that keeps its characters as terms, is a term of its text, and
another text has that term only where it holds the character: two texts each of which has such a character that the other
lacks ask for different things.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from instructwild.clean.near import lexicon

CHARACTERS = {char: number for number, char in enumerate(sorted({*"".join(lexicon.CHINESE_PHRASES)}), 1)}
"""A character that stands in a word of the lexicon -> its number, from 1."""
OTHERWISE_A_TERM = frozenset(term for term in lexicon.CHINESE_PHRASES.values() if len(term) == 1)
"""Characters that are terms of texts that do not hold them."""


class Tree(NamedTuple):
    """The words from the root, node 0, on.

    Attributes:
        after: for each node and number of a character the next node, 0 where no word goes on so; int16 [nodes, characters].
        ends: whether a word ends at a node, bool [nodes].
        whole: whether it is one that keeps its characters as terms beside a mark that weighs two, bool [nodes].
    """

    after: NDArray[np.int16]
    ends: NDArray[np.bool_]
    whole: NDArray[np.bool_]


@cache
def tree() -> Tree:
    """The words of the lexicon."""
    nodes: list[dict[int, int]] = [{}]
    ends: dict[int, bool] = {}
    for word, term in lexicon.CHINESE_PHRASES.items():
        node = 0
        for char in word:
            if (number := CHARACTERS[char]) not in nodes[node]:
                nodes[node][number] = len(nodes)
                nodes.append({})
            node = nodes[node][number]
        ends[node] = term == lexicon.WORD + word
    after = np.zeros((len(nodes), len(CHARACTERS) + 1), np.int16)
    for node, edges in enumerate(nodes):
        after[node, list(edges)] = list(edges.values())
    return Tree(after, np.array([node in ends for node in range(len(nodes))]),
                np.array([ends.get(node, False) for node in range(len(nodes))]))
