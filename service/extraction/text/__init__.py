"""One text, whatever its length: folded, cut, asked of the engine chunk by chunk, joined."""
