"""Training commands in several processes that share a run, as torchrun or accelerate launch them, forked from one process.

accelerate takes FSDP for plain DDP where there is no GPU; here its state is told otherwise, so that FSDP2 itself runs, with
gloo, on CPUs. Everything else is the product's own way.
"""

import atexit
import json
import os
import socket
import subprocess
import sys
import traceback
from functools import cache

SHARDED = {"ACCELERATE_USE_FSDP": "true", "FSDP_VERSION": "2", "FSDP_AUTO_WRAP_POLICY": "TRANSFORMER_BASED_WRAP",
           "FSDP_RESHARD_AFTER_FORWARD": "true", "FSDP_STATE_DICT_TYPE": "FULL_STATE_DICT"}
"""What `accelerate launch` makes of configs/accelerate/fsdp.yaml."""
KILLED = 9


def launched(world, *words, sharded=False, mixed="no", killed_at=None):
    """`instructwild train WORDS` in each of `world` processes; the exit codes.

    Args:
        world: how many processes.
        words: of the command.
        sharded: by FSDP2.
        mixed: accelerate's mixed precision, as its file gives it.
        killed_at: the update at whose end every process is killed.
    """
    server = _server()
    server.stdin.write(json.dumps([world, [str(word) for word in words], sharded, mixed, killed_at]) + "\n")
    server.stdin.flush()
    return json.loads(server.stdout.readline())


@cache
def _server():
    """A process without threads, which has imported what training needs, to fork from: a test's own may hold locks."""
    server = subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                              env={**os.environ, "OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"})
    atexit.register(server.kill)
    return server


def _serve():
    """Fork what each line of stdin asks for, and write the exit codes as a line."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    _imported()
    for line in sys.stdin:
        world, *rest = json.loads(line)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        children = [_forked(rank, world, port, *rest) for rank in range(world)]
        codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        print(json.dumps(codes), file=answers, flush=True)


def _imported():
    """Everything that the children would otherwise import, each for itself."""
    import peft  # noqa: F401
    from trl import DPOTrainer, RewardTrainer, SFTTrainer  # noqa: F401

    import instructwild_trainer.dpo.command
    import instructwild_trainer.dpo.trainer
    import instructwild_trainer.reward.command
    import instructwild_trainer.reward.trainer
    import instructwild_trainer.sft  # noqa: F401


def _forked(rank, world, port, words, sharded, mixed, killed_at):
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        if world > 1:
            os.environ.update(RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE=str(world), LOCAL_WORLD_SIZE=str(world),
                              MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
        if sharded:
            os.environ.update(SHARDED, ACCELERATE_MIXED_PRECISION=mixed)
            _shard_on_cpus()
        if killed_at:
            _kill_at(killed_at)
        from instructwild_trainer.cli import train

        train(words, prog_name="train", standalone_mode=False)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _shard_on_cpus():
    from accelerate import PartialState
    from accelerate.state import AcceleratorState
    from accelerate.utils import DistributedType

    own = AcceleratorState.__init__

    def begin(self, *values, fsdp_plugin=None, **named):
        own(self, *values, fsdp_plugin=fsdp_plugin, **named)
        if fsdp_plugin is not None:
            self.distributed_type = PartialState._shared_state["distributed_type"] = DistributedType.FSDP
            self.fsdp_plugin = fsdp_plugin
            if self._mixed_precision != "no":
                fsdp_plugin.set_mixed_precision(self._mixed_precision)

    AcceleratorState.__init__ = begin


def _kill_at(update):
    from transformers.trainer_callback import CallbackHandler

    own = CallbackHandler.on_step_end

    def step_end(self, args, state, control):
        if state.global_step == update:
            os._exit(KILLED)
        return own(self, args, state, control)

    CallbackHandler.on_step_end = step_end


if __name__ == "__main__":
    _serve()
