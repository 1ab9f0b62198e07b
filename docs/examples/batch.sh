#!/bin/sh
# Any number of texts, a request a line both ways: curl sends and reads at the same time.
printf '%s\n' '{"text": "浙商银行的叶老桂"}' '"没有"' |
  curl -sSN -X POST -T - "${NERVE_URL:-http://127.0.0.1:8080}/extract/batch"
