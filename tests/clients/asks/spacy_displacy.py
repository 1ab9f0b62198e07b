"""spaCy's displacy draws ``/extract?format=displacy``."""

import json
import urllib.request

from asking import ASKED, case, run
from spacy import displacy


@case("displacy.render(…, manual=True)")
def _(url, model):
    body = json.dumps({"text": ASKED}).encode()
    request = urllib.request.Request(
        f"{url}/extract?format=displacy", body, {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:
        assert ASKED[:2] in displacy.render(json.load(answer), style="ent", manual=True)


run()
