"""`instructwild serve`: one model, or two side by side, behind OpenAI's API and a web chat."""

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from instructwild.text.quantity import quantity
from instructwild.web.loopback import is_loopback_host

KEY = "INSTRUCTWILD_API_KEY"
MOST_MODELS = 2


class Runner(StrEnum):
    """What answers."""

    AUTO = "auto"
    OWN = "own"
    VLLM = "vllm"


def serve(
    models: Annotated[list[str], typer.Argument(metavar="MODEL", show_default=False,
                                                help="Stage folders, model folders, Hub ids, or smollm2; two of them can be "
                                                     "compared in the chat.")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on; 0 takes any that is free.")] = 8000,
    host: Annotated[str, typer.Option(help="The address to listen on; any but this machine's own needs an API "
                                           "key.")] = "127.0.0.1",
    name: Annotated[list[str] | None, typer.Option("--name", help="What to call each model, in their order.",
                                                   show_default=False)] = None,
    api_key: Annotated[str | None, typer.Option("--api-key", metavar="WHERE", show_default=False,
                                                help="The environment variable or the file that holds the key which clients "
                                                     f"must send; {KEY} where that is set. Never the key itself.")] = None,
    votes: Annotated[Path | None, typer.Option(metavar="DIR", help="With two models: keep people's votes in this stage "
                                               "folder.", show_default=False)] = None,
    slots: Annotated[int, typer.Option(min=1, max=1024, help="How many answers each model gives at once.")] = 16,
    waiting: Annotated[int, typer.Option(min=0, max=10000, help="How many calls may wait for a slot; more are told to come "
                                                                "back later (429).")] = 64,
    max_tokens: Annotated[int, typer.Option(min=1, help="The longest answer, in tokens.")] = 2048,
    max_prompt: Annotated[int | None, typer.Option(min=1, help="The longest prompt, in tokens; by default the model's "
                                                               "context.", show_default=False)] = None,
    grace: Annotated[float, typer.Option(min=0, help="Seconds that answers under way get to finish when the server is "
                                                     "stopped.")] = 10,
    engine: Annotated[Runner, typer.Option(help="auto is vLLM's own server where it is installed and has a GPU (one model, "
                                                "no chat page), else our own.")] = Runner.AUTO,
) -> None:
    """Serve a model: an OpenAI-compatible API and a chat in the browser, on this machine only unless told otherwise.

    With two models the chat shows their answers side by side, and --votes keeps which one people prefer: `instructwild
    convert DIR --to preference` and `instructwild train reward DIR` read it.
    """
    from instructwild.errors import ConfigError
    from instructwild_trainer.serve import vllm
    from instructwild_trainer.serve.loaded_model import named, sources

    if len(models) > MOST_MODELS:
        raise ConfigError(f"{quantity(len(models), 'model')} are more than the {MOST_MODELS} that one server "
                          "holds", where="MODEL",
                          remedy="start another server on another --port")
    if votes is not None and len(models) < 2:
        raise ConfigError("votes are between two models, and one was named", where="--votes", remedy="name another model")
    names, key = named(models, name), key_of(api_key)
    if key is None and not is_loopback_host(host):
        raise ConfigError(f"{host} can be reached by others, and there is no API key to keep them out", where="--host",
                          remedy=f"set {KEY} to a long random text, or leave --host out")
    result = sources(models)
    whole = len(models) == 1 and (result[0].folder / "config.json").is_file()
    if engine is Runner.VLLM or (engine is Runner.AUTO and whole and votes is None and vllm.is_here()):
        if not whole:
            raise ConfigError("vLLM's server holds one whole model, no second one and no adapter on its base",
                              where="--engine", remedy="name one merged model, or leave --engine out")
        context = max_prompt + max_tokens if max_prompt is not None else None
        vllm.become(result[0].folder, names[0], host=host, port=port, slots=slots, context=context, key=key)
    _serve(result, names, host, port, key, votes, slots, waiting, max_tokens, max_prompt, grace)


def _serve(result: list, names: list[str], host: str, port: int, key: str | None, votes: Path | None, slots: int,  # type: ignore[type-arg]
           waiting: int, max_tokens: int, max_prompt: int | None, grace: float) -> None:
    from instructwild.console.terminal import console
    from instructwild_trainer.serve.app import RequestLimits, Service
    from instructwild_trainer.serve.engine import BatchEngine
    from instructwild_trainer.serve.loaded_model import opened
    from instructwild_trainer.serve.server import address, run, taken
    from instructwild_trainer.serve.votes import Votes

    listening = taken(host, port)
    kept = Votes(votes, [source.record for source in result]) if votes is not None else None
    with console.status(f"loading {' and '.join(names)}"):
        loaded_models = [opened(source, label) for source, label in zip(result, names, strict=True)]
    engine = BatchEngine({loaded.name: loaded.local for loaded in loaded_models}, slots=slots, waiting=waiting)
    service = Service(loaded_models, engine, key=key, votes=kept, limits=RequestLimits(prompt=max_prompt, answer=max_tokens),
                      open_to_network=not is_loopback_host(host))
    url = address(listening, host)
    console.print(f"[bold]{' and '.join(names)}[/]: chat at [link={url}/]{url}/[/], OpenAI's API at {url}/v1"
                  + (", with the API key" if key else "") + (f"; votes go to {votes}" if votes else "") + ". Ctrl-C stops.",
                  highlight=False)
    for loaded in loaded_models:
        if loaded.chat is None:
            console.print(f"[yellow]{loaded.name} has no chat template[/]: it can only continue texts (/v1/completions)")
    run(service, listening, grace)


def key_of(where: str | None) -> str | None:
    """The API key from the environment variable or file that is named, or from the usual variable.

    Raises:
        ConfigError: there is none. What was given is not repeated: it may be the key itself.
    """
    from instructwild.errors import ConfigError

    if where is None:
        return os.environ.get(KEY) or None
    if os.environ.get(where):
        return os.environ[where]
    try:
        text = Path(where).read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        text = ""
    if not text:
        raise ConfigError("names neither an environment variable that is set nor a file that holds a key", where="--api-key",
                          remedy=f"set {KEY} and leave --api-key out; a key itself does not belong on a command line, where "
                          "everyone on this machine can read it")
    return text
