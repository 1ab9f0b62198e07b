"""From a recipe to LoRA weights, with the engine's Python."""
