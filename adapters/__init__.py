"""The factory: how an adapter is made and recorded; the adapters themselves lie beside it.

Rooms, each standing on those below it:

===============  ==============================================================================
``calibrating``  scores made confidences
``registering``  trained weights into this folder, with manifest, card and figures; promotion
``measuring``    F1 through the live service, with intervals and errors
``training``     from a recipe to weights; needs the engine's Python
``mixing``       which rows a step learns from, and with which labels
``draft``        a recipe made from rows
``recipe``       everything that decides what an adapter learns
``data``         labelled rows: a new kind of file is a reader there
===============  ==============================================================================
"""
