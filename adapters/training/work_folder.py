"""What a training leaves, by name: for those, too, who look for it without torch."""

CHECKPOINT, LOG = "checkpoint.pt", "log.jsonl"
# The adapter takes its name when it is whole; till then its folder has the other, and the recipe.
ADAPTER, UNFINISHED = "adapter", "adapter.part"
# PEFT's.
WEIGHTS, CONFIG = "adapter_model.safetensors", "adapter_config.json"
