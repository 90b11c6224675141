"""Which folder a model name means: a local folder, `tiny`, `smollm2`, or a model of the Hub."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from instructwild.errors import MissingExtraError, ModelError
from instructwild.llm.model_files import ADAPTER_CONFIG, WHOLE_MODEL, check_weights, read_json
from instructwild.llm.name import check_path
from instructwild.llm.tokenizer_growth import check_tokenizer

WANTED = ("*.json", "*.safetensors", "*.jinja", "*.txt", "*.model")
BASE = "base.json"
"""Beside an adapter: where its base is, as this toolkit noted it."""


def resolve(name: str | Path) -> Path:
    """The folder that holds the named model, fetched or made if need be.

    Args:
        name: `tiny`, `smollm2`, a folder (of a model, of an adapter, or a stage folder that holds `model/`), or a Hub id.

    Raises:
        ModelError: the folder is no model, or the name can be found nowhere.
    """
    own = _own().get(str(name))
    if own is not None and not Path(name).is_dir():
        return own()
    path = Path(name).expanduser()
    if path.is_dir():
        return model_folder(path)
    if path.exists():
        raise ModelError("is a file, not a model folder", where=str(name), remedy="give the folder that holds config.json")
    check_path(str(name))
    return _from_hub(str(name))


def model_folder(path: Path) -> Path:
    """The same folder, or the `model/` inside it, once it is known to hold a model that can be loaded safely.

    Raises:
        ModelError: it does not.
    """
    folder = _model_within(path)
    if not any((folder / name).is_file() for name in (ADAPTER_CONFIG, "config.json")):
        raise ModelError("is no model folder: it has no config.json", where=str(path),
                         remedy="give the folder of a model, of an adapter, or of a train or export stage")
    check_weights(folder)
    check_tokenizer(folder)
    return folder


def _model_within(path: Path) -> Path:
    """The folder of the model in the folder of a stage; any other folder itself."""
    return path / "model" if (path / "model").is_dir() and not (path / "config.json").exists() else path


def is_adapter(folder: Path) -> bool:
    """Whether a folder holds an adapter and no weights of a whole model; some tools leave a `config.json` beside either."""
    return (folder / ADAPTER_CONFIG).is_file() and not any((folder / name).is_file() for name in WHOLE_MODEL)


def base_of(adapter: Path) -> Path | str:
    """The base of an adapter: where `base.json` beside it says, else what its config names; paths start at the adapter.

    Raises:
        ModelError: neither names one.
    """
    noted, named = read_json(adapter / BASE), read_json(adapter / ADAPTER_CONFIG).get("base_model_name_or_path")
    for path in (noted.get("path"), named):
        if isinstance(path, str) and path and (beside := (adapter / path).resolve()).is_dir():
            return beside
    name = noted.get("name") or named
    if not (isinstance(name, str) and name):
        raise ModelError("names no base model", where=str(adapter / ADAPTER_CONFIG),
                         remedy="write its path or its name on the Hub there as base_model_name_or_path")
    return name


def base_on_hub(name: str) -> str | None:
    """The model of the Hub that a local adapter is put on, where its base is not on this machine; nothing is sent."""
    path = Path(name).expanduser()
    folder = _model_within(path)
    if not is_adapter(folder):
        return None
    base = base_of(folder)
    if isinstance(base, Path) or base in _own() or Path(base).is_dir() or cached_from_hub(base) is not None:
        return None
    return base


def _own() -> dict[str, Callable[[], Path]]:
    def tiny() -> Path:
        from instructwild.llm.tiny import tiny as make

        return make()

    def smollm2() -> Path:
        from instructwild.llm.smollm2 import smollm2 as make

        return make()

    return {"tiny": tiny, "smollm2": smollm2}


def _need_hub_client() -> None:
    """Say which extra brings models of the Hub, where it is missing."""
    if find_spec("huggingface_hub") is None:
        raise MissingExtraError.named("local", "huggingface_hub")


def cached_from_hub(name: str) -> Path | None:
    """The folder of a model of the Hub that was fetched before; nothing is sent. None where it is not on this machine.

    Raises:
        ModelError: it is there, and cannot be loaded safely.
    """
    _need_hub_client()
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return model_folder(Path(snapshot_download(name, allow_patterns=list(WANTED), local_files_only=True)))
    except (HFValidationError, LocalEntryNotFoundError, OSError):
        return None


def _from_hub(name: str) -> Path:
    _need_hub_client()
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import (
        GatedRepoError,
        HFValidationError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
    )

    nearby = "`smollm2` needs no Hub, `tiny` needs nothing"
    try:
        return model_folder(Path(snapshot_download(name, allow_patterns=list(WANTED))))
    except HFValidationError:
        raise ModelError("is neither a folder nor a model id", where=name,
                         remedy="check the path, or give OWNER/NAME as the Hub spells it") from None
    except GatedRepoError:
        raise ModelError("is gated on the Hub", where=name,
                         remedy="accept its terms on the Hub and set HF_TOKEN") from None
    except RepositoryNotFoundError:
        raise ModelError("is not on the Hub, or is private", where=name,
                         remedy="check the spelling; for a private model set HF_TOKEN") from None
    except (LocalEntryNotFoundError, OSError):
        raise ModelError("is no folder here, and the Hub cannot be reached to look for it", where=name,
                         remedy=f"check the path or the connection (HF_ENDPOINT, HF_HUB_OFFLINE); {nearby}") from None
