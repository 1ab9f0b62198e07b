"""OpenAI's routes: what may be asked of the engine, passed through byte by byte."""
