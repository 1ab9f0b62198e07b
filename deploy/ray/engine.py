"""The engine's arguments for Ray's vLLM processor: those that the launcher gives on a command line,
with the same reasons (``deploy/engine/vllm_command.py``)."""

import os
from pathlib import Path
from typing import Any

from ray.data.llm import vLLMEngineProcessorConfig

from deploy.engine import device as devices
from deploy.engine.admission import lora_rank
from deploy.engine.vllm_command import environment
from deploy.ray.extraction import Extraction
from service.ner.prompt import TEMPLATE_ARGUMENTS

# What Ray sets aside for each step but the engine. They are light, and with a whole one each, two
# cores would leave none for the engine: Ray would wait for ever.
STEP_CPUS = 0.25


def processor_config(
    model: Path, extraction: Extraction, replicas: int, rows_at_once: int
) -> vLLMEngineProcessorConfig:
    """``replicas`` engines, each with ``rows_at_once`` in a batch of Ray's."""
    device = devices.here()
    arguments: dict[str, Any] = {
        "max_model_len": extraction.window,
        "structured_outputs_config": {"backend": "guidance"},
        "enable_prefix_caching": True,
        "enable_lora": True,
        "max_lora_rank": lora_rank(extraction.adapter.rank, extraction.adapter.rank),
        "max_loras": 1,
    }
    if device == "cpu":
        arguments |= {"block_size": 32, "enforce_eager": True}
    # The store is the server's: here the adapter's own folder is read.
    wanted = environment(os.environ, device, os.cpu_count() or 1, extraction.adapter.folder.parent)
    return vLLMEngineProcessorConfig(
        model_source=str(model.absolute()),
        engine_kwargs=arguments,
        batch_size=rows_at_once,
        concurrency=replicas,
        # Without this Ray asks for a GPU.
        placement_group_config={"bundles": [{"CPU": 1}]} if device == "cpu" else None,
        runtime_env={"env_vars": wanted},
        chat_template_stage={
            "enabled": True,
            "chat_template_kwargs": dict(TEMPLATE_ARGUMENTS),
            "num_cpus": STEP_CPUS,
        },
        # vLLM does both, as it does behind the gateway.
        tokenize_stage=False,
        detokenize_stage=False,
        should_continue_on_error=True,
        log_engine_metrics=False,
    )
