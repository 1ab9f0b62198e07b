"""One text through transformers and peft, without vLLM: to tell a model's fault from a server's."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

from adapters.measuring.trial_answer import Answer
from adapters.training.template import Encoder
from service.models.manifest import Adapter, load
from service.ner.fold import Folded, fold
from service.ner.formats import FORMATS


class Trial:
    """An adapter on its base model, in this process."""

    def __init__(self, adapter: Path, base: Path) -> None:
        """Load the adapter of folder ``adapter`` over the model of folder ``base``."""
        self.adapter: Adapter = load(adapter)
        self._tokenizer: Any = AutoTokenizer.from_pretrained(base, padding_side="left")
        where = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        # The precision that the weights were made in; without support for it, CPUs are faster in
        # float32, and the answers are the same to within a tie.
        kind = torch.bfloat16 if where.type == "cuda" else torch.float32
        model = AutoModelForCausalLM.from_pretrained(base, dtype=kind)
        self._model: Any = PeftModel.from_pretrained(model, adapter).to(where).eval()

    def answer(self, texts: Sequence[str]) -> list[Answer]:
        """The most likely completion of each text, unconstrained, all in one batch."""
        encoder = Encoder(self._tokenizer, self.adapter.template, self.adapter.format)
        labels = self.adapter.labels
        folded = [fold(text) for text in texts]
        prompts = [encoder.prompt(one.text, labels) for one in folded]
        batch = self._tokenizer(
            prompts, return_tensors="pt", padding=True, add_special_tokens=False
        ).to(self._model.device)
        room = FORMATS[self.adapter.format].max_tokens(max(len(text.encode()) for text in texts))
        ends = self._tokenizer.convert_tokens_to_ids(["<|im_end|>", "<|endoftext|>"])
        with torch.no_grad():
            out = self._model.generate(
                **batch,
                max_new_tokens=room,
                do_sample=False,
                eos_token_id=ends,
                pad_token_id=ends[1],
            )
        written = out[:, batch["input_ids"].shape[1] :]
        # Aligned with the text as it stands in the prompt, which has the same length.
        shown = [encoder.render(one.text, labels).text for one in folded]
        rows = zip(folded, shown, written.tolist(), strict=True)
        return [self._read(*row, ends) for row in rows]

    def _read(self, folded: Folded, shown: str, ids: list[int], ends: Sequence[int]) -> Answer:
        end = next((place for place, token in enumerate(ids) if token in ends), None)
        completion = self._tokenizer.decode(ids[:end], skip_special_tokens=False)
        return Answer.read(self.adapter, folded, shown, completion, complete=end is not None)
