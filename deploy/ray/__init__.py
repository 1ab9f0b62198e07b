"""``python -m deploy.ray.job``: a corpus beyond one machine, through vLLM's own batch inference.

Runs in the engine's environment with Ray beside it (``requirements.txt``), without a gateway. Of
``service`` it imports the manifest and the pure core alone: prompt, answer format, grammar and
alignment are those of the gateway.
"""
