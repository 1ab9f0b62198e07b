"""The gateway: text in, typed entities out.

Rooms, each standing on those below it (a contract of import-linter keeps it so):

=============  ==================================================================================
``app``        puts routes and middleware over the parts
``parts``      makes the parts, once: what is configured meets what it configures
``routes``     a file for each family of routes; a new route goes there
``doors``      routes of other services, for their clients; a new door is a file there
``mcp``        tools for agents, imported only when they are asked for
``readiness``  whether the service can do its work
``extraction`` the use case: text to entities, long, many, streamed, redacted
``openai``     the pass-through of OpenAI's routes
``models``     adapters, their manifests and names; a new key of a manifest goes there
``engine``     the only client of vLLM
``guard``      what is refused before work begins: keys, limits, deadlines, bodies
``observe``    metrics, traces, the access log; a new metric goes there
``wire``       requests and answers as callers see them; a new dialect goes there
``ner``        the pure core; a new answer format goes to ``ner.formats``
=============  ==================================================================================

``settings`` has every setting, ``errors`` the tree of every error that a caller can get.
"""
