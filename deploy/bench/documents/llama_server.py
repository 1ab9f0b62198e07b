"""llama.cpp's own server, from the wheel that has it, until it is killed.

Run by the benchmark's Python, which has none of our packages:
``python llama_server.py GGUF PORT SLOTS TOKENS``, the last of each slot.
"""

import sys
import threading

import xllamacpp


def main() -> None:
    """What its defaults do not say: which file, where, and how many at a time."""
    gguf, port, slots, tokens = sys.argv[1], *map(int, sys.argv[2:])
    params = xllamacpp.CommonParams()
    params.model.path = gguf
    params.hostnames, params.port = ["127.0.0.1"], port
    params.n_parallel, params.n_ctx = slots, slots * tokens
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
