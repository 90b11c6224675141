"""A step that is recorded once and played again: the device gets one launch instead of a thousand."""

from collections.abc import Callable

import torch

Work = Callable[[], None]


def cuda_graphs() -> Callable[[Work], Work]:
    """A recorder of work on CUDA: it takes what works on fixed tensors in place, and gives what does the same as one graph.

    Recording does the work for nobody: the first playing is the first time. Graphs of one recorder share their memory, since
    no two of them run at once.
    """
    pool = torch.cuda.graph_pool_handle()

    def record(work: Work) -> Work:
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=pool):
            work()
        return graph.replay

    return record
