"""The real Label Studio in a real browser, with predictions of a gateway: ``make label-studio``."""
