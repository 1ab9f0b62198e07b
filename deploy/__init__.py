"""How it runs. Rooms, each standing on those below it:

=============  =================================================================================
``site``       the documents as a site, with a reference made from the code
``commands``   the command line
``bench``      measurements: beside other gateways, on a real engine
``ray``        a corpus on a Ray cluster
``doctor``     whether settings, adapters, model, engine and gateway fit together
``factory``    the stages of ``adapters``, run from the command line
``up``         everything brought up and watched over
``gateway``    the gateway's process
``bulk``       files of any size through a running gateway
``report``     an evaluation as a page
``pull``       base models: found, downloaded, converted
``engine``     vLLM: its environment, its command line, our plugin
``terminal``   what a person at a terminal sees
=============  =================================================================================

``client``, ``remote_gateway`` and ``spacy_component`` ask a running gateway: for commands, for the
tools of agents, for spaCy.
Beside them, as files of others: ``grafana``, ``kubernetes``, ``prometheus``.
"""

GATEWAY_URL = "http://127.0.0.1:8080"
