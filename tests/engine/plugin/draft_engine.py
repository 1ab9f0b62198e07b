"""Run with the engine's Python: are a real vLLM's answers with drafts those without?

``python draft_engine.py MODEL``: one engine in this process, the drafts switched off and on.
Standard output says what was checked; any failure is an AssertionError.
"""

import json
import os
import sys
from typing import Any

os.environ |= {
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "VLLM_NO_USAGE_STATS": "1",
    "HF_HUB_OFFLINE": "1",
    "OMP_NUM_THREADS": "1",
}

TEXTS = ("叶老桂在浙商银行工作，浙商银行在杭州。", "王小明去北京大学参观国家图书馆。", "没有")
Said = list[tuple[list[int], list[float]]]


def engine(model: str) -> Any:
    """vLLM with the drafting scheduler, as ``--speculative-config`` makes it."""
    from vllm import LLM

    drafts = {"method": "custom_class", "model": "nerve_cpu_draft.Proposer"}
    return LLM(
        model,
        dtype="bfloat16",
        block_size=32,
        enforce_eager=True,
        max_model_len=512,
        max_num_seqs=8,
        structured_outputs_config={"backend": "guidance"},
        speculative_config={**drafts, "num_speculative_tokens": 4},
        disable_log_stats=False,
    )


def grounded(text: str) -> str:
    """A grammar as the gateway writes it."""
    return f"""start: "无" | line ("\\n" line)*
line: LABEL "：" SPAN
LABEL: "姓名" | "公司" | "组织机构"
SUB: %regex {{"substring_chars": {json.dumps(text)}}}
SPAN: SUB & /[^\\n]+/"""


def said(llm: Any, *, constrained: bool = True, **asked: Any) -> Said:
    """Tokens and log-probabilities for all texts at once; ``asked`` of the first and the last."""
    from vllm import SamplingParams
    from vllm.sampling_params import StructuredOutputsParams

    def sampling(place: int, text: str) -> Any:
        grammar = StructuredOutputsParams(grammar=grounded(text)) if constrained else None
        more = {"temperature": 0, **(asked if place != 1 else {})}
        return SamplingParams(max_tokens=24, logprobs=1, structured_outputs=grammar, **more)

    llm.reset_prefix_cache()
    each = [sampling(place, text) for place, text in enumerate(TEXTS)]
    outputs = llm.generate([*TEXTS], each, use_tqdm=False)
    first = [output.outputs[0] for output in outputs]
    return [
        (
            list(one.token_ids),
            [at[token].logprob for at, token in zip(one.logprobs, one.token_ids, strict=True)],
        )
        for one in first
    ]


def accepted(llm: Any) -> int:
    """Drafted tokens that the model would have written itself, so far."""
    values = {metric.name: getattr(metric, "value", 0) for metric in llm.get_metrics()}
    return int(values["vllm:spec_decode_num_accepted_tokens"])


def check(llm: Any, drafts: Any) -> None:
    """Token by token, and drafts were taken; none without a grammar, none for what is sampled."""
    _same(llm, drafts)
    plain = said(llm)
    biased = _same(llm, drafts, logit_bias=dict.fromkeys(plain[0][0][:2], -3.0))
    assert biased[0][0] != plain[0][0], "the bias did nothing"
    assert biased[1][0] == plain[1][0], "another request's bias"
    _same(llm, drafts, temperature=0.9, seed=7, min_p=0.2)
    taken = accepted(llm)
    said(llm, constrained=False)
    assert accepted(llm) == taken, "something without a grammar was drafted"


def _same(llm: Any, drafts: Any, **asked: Any) -> Said:
    """What is said with drafts, after it was compared with what is said without."""
    before, draft = accepted(llm), drafts.draft
    drafts.draft = lambda *_: []
    without = said(llm, **asked)
    assert accepted(llm) == before
    drafts.draft = draft
    drafted = said(llm, **asked)
    taken = accepted(llm) - before
    assert taken > 0, "no draft was taken"
    assert [tokens for tokens, _ in drafted] == [tokens for tokens, _ in without]
    for (_, ours), (_, theirs) in zip(drafted, without, strict=True):
        assert max(abs(a - b) for a, b in zip(ours, theirs, strict=True)) < 0.05
    print(asked, taken, "of", sum(len(tokens) for tokens, _ in drafted), "tokens were drafted")
    return drafted


if __name__ == "__main__":
    running = engine(sys.argv[1])
    import nerve_cpu_draft  # type: ignore[import-not-found]

    check(running, nerve_cpu_draft)
    print("all right")
