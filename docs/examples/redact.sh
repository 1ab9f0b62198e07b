#!/bin/sh
# The text with its names masked.
curl -sS --fail-with-body "${NERVE_URL:-http://127.0.0.1:8080}/redact" \
  -H 'content-type: application/json' \
  -d '{"text": "浙商银行的叶老桂", "labels": ["name"], "mask": "<{label}>"}'
