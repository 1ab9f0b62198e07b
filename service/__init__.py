"""The gateway: text in, typed entities out."""
