"""What a job is asked for, checked as launcher and gateway check it, before an engine starts."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from deploy.bulk.errors import BulkFailed
from deploy.engine.admission import LaunchRefused, check_model
from deploy.engine.weights import AWQ_SUFFIX
from deploy.ray.extraction import Extraction
from service.errors import InvalidRequest
from service.models.admission import AdapterRefused, check, model_name
from service.models.manifest import Adapter, ManifestError, load
from service.models.served import Served
from service.ner.control_tokens import QWEN_ADDED_TOKENS
from service.ner.endings import endings, turns
from service.ner.prompt import TEMPLATE_ARGUMENTS
from service.ner.types import Constraint

REFUSALS = (AdapterRefused, BulkFailed, LaunchRefused, ManifestError, OSError)


@dataclass(frozen=True, slots=True)
class Sought:
    """What the command line asks for: ``labels`` by name, all of the adapter's when empty."""

    adapter: Path
    labels: tuple[str, ...] = ()
    constraint: Constraint = "grounded"


def admitted(sought: Sought, model: Path, base: str | None = None) -> Extraction:
    """What is asked of the model in folder ``model``; ``base`` is its name in manifests, left out
    the folder's. Raises REFUSALS."""
    check_model(model)
    adapter = load(sought.adapter.absolute())
    # The engine needs the highest rank of the adapter's matrices.
    adapter = replace(adapter, rank=check(adapter))
    _check_base(adapter, base or model.absolute().name, model)
    labels, wanted = _labels(Served.tuned(adapter), sought.labels)
    return Extraction(
        adapter,
        labels,
        _added_tokens(model),
        sought.constraint,
        wanted=wanted,
        bias=_bias(adapter, model),
    )


def _check_base(adapter: Adapter, base: str, model: Path) -> None:
    served = model_name(base).removesuffix(AWQ_SUFFIX.lower())
    # A folder of the hub's cache has the model's name further up.
    if adapter.base.lower() not in (served, model_name(str(model.absolute()))):
        raise BulkFailed(
            f"adapter {adapter.name} was tuned for {adapter.base}, and --model is {base}; expected "
            "that base, or its name as --base where the folder is called something else"
        )


def _labels(
    served: Served, names: tuple[str, ...]
) -> tuple[tuple[Any, ...], frozenset[str] | None]:
    """Those of the prompt, and the names of those that are wanted: a tuned adapter is asked for all
    that it was tuned on."""
    try:
        chosen = served.choose(names or None)
    except InvalidRequest as exc:
        raise BulkFailed(f"--label: {exc.message}") from exc
    if served.is_open:
        return chosen, None
    return served.labels, frozenset(label.name for label in chosen) if names else None


def _added_tokens(model: Path) -> tuple[str, ...]:
    own = model / "nerve_added_tokens.json"
    return tuple(json.loads(own.read_text("utf-8")) if own.exists() else QWEN_ADDED_TOKENS)


def _bias(adapter: Adapter, model: Path) -> dict[int, float]:
    """token → what is added to its logit, by the ``end_bias`` of the adapter's manifest."""
    empty = Served.tuned(adapter).format.EMPTY
    if not adapter.decoding.end_bias or empty is None:
        return {}
    from transformers import AutoTokenizer  # the engine's; half a minute that most jobs do without

    tokenizer = AutoTokenizer.from_pretrained(str(model.absolute()), local_files_only=True)
    written = tokenizer.apply_chat_template(
        [*turns(empty)], tokenize=False, add_generation_prompt=False, **TEMPLATE_ARGUMENTS
    )
    answer, whole = (tokenizer.encode(one, add_special_tokens=False) for one in (empty, written))
    found = endings(answer, whole)
    if found is None:
        raise BulkFailed(f"the tokenizer in {model} does not tell what ends an answer")
    return dict.fromkeys(found, adapter.decoding.end_bias)
