"""Run with the engine's Python: what vLLM makes of a command line on a GPU that is not there.

Each line of standard input is a JSON list, the words after ``vllm``; each line of output what
vLLM's own parser and configuration make of it. The platform is vLLM's for CUDA, which is told of an
H100; no kernel is loaded and no weight read.
"""

import json
import sys
from types import ModuleType
from typing import Any

for _kernels in ("vllm._C_stable_libtorch", "vllm._moe_C_stable_libtorch"):
    sys.modules[_kernels] = ModuleType(_kernels)

import vllm.model_executor.model_loader  # noqa: E402
import vllm.platforms  # noqa: E402
from vllm import _custom_ops  # noqa: E402
from vllm.model_executor.models import registry  # noqa: E402
from vllm.platforms.cuda import CudaPlatformBase  # noqa: E402
from vllm.platforms.interface import DeviceCapability  # noqa: E402

MODEL = "Qwen2ForCausalLM"


class H100(CudaPlatformBase):  # type: ignore[misc]
    """What the configuration asks of a GPU, answered as two H100 would."""

    @classmethod
    def get_device_capability(cls, device_id: int = 0) -> DeviceCapability:
        return DeviceCapability(9, 0)

    @classmethod
    def get_device_name(cls, device_id: int = 0) -> str:
        return "NVIDIA H100 80GB HBM3"

    @classmethod
    def get_device_total_memory(cls, device_id: int = 0) -> int:
        return 80 * 2**30

    @classmethod
    def device_count(cls) -> int:
        return 2

    @classmethod
    def is_fully_connected(cls, device_ids: list[int]) -> bool:
        return True

    @classmethod
    def import_kernels(cls) -> None:
        pass


# vLLM imports a model's class to look at it, kernels and all: here it does so as for a CPU, and
# what reads weights is imported likewise.
registry._try_inspect_model_cls(MODEL, registry.ModelRegistry.models[MODEL])
vllm.platforms._current_platform = H100()
_custom_ops.cutlass_scaled_mm_supports_block_fp8 = lambda capability: True
_custom_ops.cutlass_scaled_mm_supports_fp8 = lambda capability: True


def main() -> None:
    from vllm.engine.arg_utils import AsyncEngineArgs
    from vllm.entrypoints.cli.serve import ServeSubcommand
    from vllm.usage.usage_lib import UsageContext
    from vllm.utils.argparse_utils import FlexibleArgumentParser

    command = ServeSubcommand()
    parser = FlexibleArgumentParser()
    command.subparser_init(parser.add_subparsers(dest="subparser"))
    for line in sys.stdin:
        words = json.loads(line)
        sys.argv = ["vllm", *words]  # vLLM looks there, too
        options = parser.parse_args(words)
        command.validate(options)
        options.model = options.model_tag
        arguments = AsyncEngineArgs.from_cli_args(options)
        config = arguments.create_engine_config(UsageContext.OPENAI_API_SERVER)
        print("MADE", json.dumps(_told(options, config)), flush=True)


def _told(options: Any, config: Any) -> dict[str, Any]:
    model, lora = config.model_config, config.lora_config
    return {
        "dtype": str(model.dtype),
        "quantization": model.quantization,
        "served": model.served_model_name,
        "window": model.max_model_len,
        "generation": model.override_generation_config,
        "rank": lora.max_lora_rank,
        "slots": lora.max_loras,
        "kept": lora.max_cpu_loras,
        "grammar": config.structured_outputs_config.backend,
        "prefix_caching": config.cache_config.enable_prefix_caching,
        "memory": config.cache_config.gpu_memory_utilization,
        "batch": config.scheduler_config.max_num_seqs,
        "eager": model.enforce_eager,
        "gpus": config.parallel_config.tensor_parallel_size,
        "shutdown_timeout": options.shutdown_timeout,
    }


if __name__ == "__main__":
    main()
