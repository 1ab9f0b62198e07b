"""``nerve up``: what has to lie on disk, then engine and gateway, watched over."""
