"""Our grammars in the compiler that the engine uses."""

from llguidance import LLMatcher, LLTokenizer

# One token a byte: the hardest tokenizer, every character is split.
_BYTES = LLTokenizer("byte")


def accepts(grammar: str | None, completion: str) -> bool:
    """Whether ``completion`` is a whole sentence of ``grammar``; fails on a broken grammar."""
    assert grammar is not None
    matcher = LLMatcher(_BYTES, grammar)
    assert not matcher.is_error(), matcher.get_error()
    tokens = _BYTES.tokenize_str(completion)
    return matcher.try_consume_tokens(tokens) == len(tokens) and bool(matcher.is_accepting())
