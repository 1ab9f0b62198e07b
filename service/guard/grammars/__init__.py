"""How much a schema, a grammar or a regex asks of the engine, known before the engine sees it.

vLLM compiles them in its server's own process with a recursive compiler: a chain that is deep
enough ends the process, and a repetition that is large enough takes its memory.
"""
