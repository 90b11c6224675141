"""MinHash LSH over bigrams of ready tokens, 128 permutations, Jaccard 0.5; greedy in input order."""

from datasketch import MinHash, MinHashLSH
from protocol import answer, bigrams


def find(rows):
    index = MinHashLSH(threshold=0.5, num_perm=128)
    dropped = []
    sets = [[gram.encode("utf-8", "surrogatepass") for gram in bigrams(row["tokens"])] for row in rows]
    for i, hashed in enumerate(MinHash.generator(sets, num_perm=128)):
        if not sets[i]:
            continue
        if index.query(hashed):
            dropped.append(i)
        else:
            index.insert(i, hashed)
    return dropped

answer(find, warm=100)
