#!/bin/sh
# Entities with curl.
curl -sS --fail-with-body "${NERVE_URL:-http://127.0.0.1:8080}/extract" \
  -H 'content-type: application/json' \
  -d '{"text": "浙商银行的叶老桂", "labels": ["company", "name"]}'
