"""The use case: chunk, prompt, complete, decode, align, respond; for long texts, many, streams."""
