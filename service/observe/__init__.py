"""What operators see: metrics, traces, where the time of a request went, the access log."""
