"""vLLM plugin: ``--quantization nerve_int8`` multiplies a bf16 base model in 8 bits on the CPU.

Every frozen matrix is rounded to int8 while it is loaded, one scale a row, and activations at run
time, one scale a token (W8A8, as in LLM.int8() without its outlier part, arXiv 2208.07339); LoRA
matrices, norms and attention stay as they are. vLLM has the products for checkpoints that were
quantised beforehand; this applies them to one that was not, the output head included. The trainer's
``frozen = "int8"`` rounds in the same way, so an adapter is served by the arithmetic it learned in.

vLLM has two kernels. Where the CPU has AMX it takes SGLang's, which multiplies bfloat16 only (a
few rows of float16 end the process); a model of another type gets oneDNN's everywhere. On CPUs
that cannot add products of 8-bit numbers without saturating both are wrong without a word: a known
product is asked for before a model is loaded, and where it is wrong FBGEMM takes their place.
"""

import logging
from collections.abc import Callable
from functools import cache
from typing import Any

import nerve_cpu_fbgemm as fbgemm
import torch
from torch.nn import Parameter
from vllm.model_executor.kernels.linear import init_int8_linear_kernel
from vllm.model_executor.layers.linear import LinearBase, UnquantizedLinearMethod
from vllm.model_executor.layers.quantization import register_quantization_config
from vllm.model_executor.layers.quantization.base_config import QuantizationConfig
from vllm.model_executor.layers.vocab_parallel_embedding import (
    ParallelLMHead,
    UnquantizedEmbeddingMethod,
    VocabParallelEmbedding,
)
from vllm.utils.torch_utils import set_default_torch_dtype

NAME = "nerve_int8"
DTYPES = (torch.bfloat16, torch.float16, torch.float32)

log = logging.getLogger("vllm.nerve_cpu_int8")


class VllmProduct:
    """x W' + bias in int8 by vLLM's own CPU kernel; ``weight`` is [out, in] in floating point."""

    def __init__(self, weight: torch.Tensor) -> None:
        scale = weight.float().abs().amax(dim=1, keepdim=True).clamp_min(1e-20) / 127
        layer: Any = torch.nn.Module()
        layer.weight = Parameter((weight / scale).round().to(torch.int8), requires_grad=False)
        layer.weight_scale = Parameter(scale, requires_grad=False)
        layer.input_scale = layer.input_zero_point = layer.azp_adj = layer.bias = None
        layer.logical_widths = [len(weight)]
        self.layer = layer
        self.kernel = init_int8_linear_kernel(
            is_channelwise=True,
            is_static_input_scheme=False,
            input_symmetric=True,
            module_name=NAME,
        )
        with set_default_torch_dtype(weight.dtype):  # oneDNN's kernel answers in it
            self._pack(weight.dtype)

    def _pack(self, dtype: torch.dtype) -> None:
        if dtype != torch.bfloat16:
            self.kernel.process_weights_for_onednn(self.layer)
            self.kernel.linear_method = self.kernel._apply_weights_onednn
        else:
            self.kernel.process_weights_after_loading(self.layer)

    def __call__(self, x: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
        product = self.kernel.apply_weights(self.layer, x.contiguous())
        return product if bias is None else product + bias


Product = VllmProduct | fbgemm.FbgemmProduct


def int8_product(weight: torch.Tensor) -> Product:
    """By the kernel that is right on this CPU."""
    return VllmProduct(weight) if vllm_is_right(weight.dtype) else fbgemm.FbgemmProduct(weight)


class Int8Linear(UnquantizedLinearMethod):
    """Loads as an unquantised layer does, then keeps the int8 form only."""

    def process_weights_after_loading(self, layer: Any) -> None:
        layer.int8 = int8_product(layer.weight.data)
        # The LoRA layers ask a base layer's weight for its device.
        layer.weight = Parameter(torch.empty(0, dtype=layer.weight.dtype), requires_grad=False)

    def apply(self, layer: Any, x: torch.Tensor, bias: torch.Tensor | None = None) -> torch.Tensor:
        return layer.int8(x, bias)


class Int8Head(UnquantizedEmbeddingMethod):
    """The output head; its weight stays where it is shared with the embedding."""

    def process_weights_after_loading(self, layer: Any) -> None:
        layer.int8 = int8_product(layer.weight.data)

    def apply(self, layer: Any, x: torch.Tensor, bias: torch.Tensor | None = None) -> torch.Tensor:
        return layer.int8(x, bias)


class Lookup(UnquantizedEmbeddingMethod):
    """The input embedding: rows are looked up, so no copy packed for products is made."""

    def process_weights_after_loading(self, layer: Any) -> None:
        pass


class Int8Config(QuantizationConfig):
    """Which method a layer gets. Raises RuntimeError on a CPU whose 8-bit products are wrong."""

    def __init__(self) -> None:
        super().__init__()
        wrong = [] if fbgemm_is_right() else [str(d) for d in DTYPES if not vllm_is_right(d)]
        if wrong:
            raise RuntimeError(
                f"--quantization {NAME}: this CPU's 8-bit products are wrong in "
                f"{', '.join(wrong)}; take --weights checkpoint"
            )

    @classmethod
    def get_name(cls) -> Any:
        return NAME

    @classmethod
    def get_supported_act_dtypes(cls) -> list[torch.dtype]:
        return [*DTYPES]

    @classmethod
    def get_min_capability(cls) -> int:
        return 0

    @staticmethod
    def get_config_filenames() -> list[str]:
        return []

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Int8Config":
        return cls()

    def get_quant_method(self, layer: torch.nn.Module, prefix: str) -> Any:
        if isinstance(layer, LinearBase):
            return Int8Linear()
        if isinstance(layer, ParallelLMHead):
            return Int8Head()
        return Lookup() if isinstance(layer, VocabParallelEmbedding) else None


@cache
def vllm_is_right(dtype: torch.dtype) -> bool:
    """Is a product of the largest 8-bit numbers by vLLM's kernel what it should be?"""
    return _is_right(VllmProduct, dtype)


@cache
def fbgemm_is_right() -> bool:
    """The same of FBGEMM, which multiplies all types alike."""
    return fbgemm.is_there() and _is_right(fbgemm.FbgemmProduct, torch.float32)


def _is_right(kernel: Callable[[torch.Tensor], Product], dtype: torch.dtype) -> bool:
    """The largest numbers have the sums that saturate first."""
    ones = torch.ones(64, 256, dtype=dtype)
    product = kernel(ones)(ones[:3], None)
    return torch.allclose(
        product.float(), torch.full((3, 64), 256.0, dtype=torch.float32), rtol=0.02
    )


def register() -> None:
    """Called by vLLM in each of its processes, before a model is loaded."""
    from vllm.platforms import current_platform

    if current_platform.is_cpu():
        register_quantization_config(NAME)(Int8Config)
        log.info("--quantization %s multiplies a bf16 model in 8 bits.", NAME)
