"""The readers: labelled files of many tools, one ``Example`` a row; a family of files, a file here.

===================  =============================================================================
``auto``             as the file's name and its first rows tell
``cluener``          ``{"text", "label": {label: {surface: [[start, end inclusive], …]}}}``
``spans``            ``{"text", "entities": [{"label", "start", "end"}, …]}``, end exclusive
``chinese_ner_sft``  ``{"text", "entities": [{"start_idx", "end_idx", "entity_text",
                     "entity_label"}, …]}``, end inclusive or exclusive as the surface fits
``alpaca``           ``{"instruction", "input", "output"}``: the text is ``input``, the output an
                     answer in any of our formats; places are found by alignment
``doccano``          ``{"text", "label": [[start, end, label], …]}``, ``labels`` in older ones, or
                     ``entities`` with ``start_offset`` and ``end_offset``
``label_studio``     tasks with ``data`` and ``annotations``, or the short form (JSON-MIN)
``spacy``            ``[text, {"entities": [[start, end, label], …]}]``, ``{"text", "ents"}``, or a
                     DocBin (``.spacy``, which needs spaCy)
``brat``             a folder, or one ``.txt`` of it, with its ``.ann`` beside it
``columns``          CoNLL: 2 to 4 columns, the word first, its tag last; a blank line between texts
===================  =============================================================================

The kinds in JSON may be one array, or an object a line. A label may be given by its name, else by
its written form. Where no labels are given, every label is taken as it stands (not in ``alpaca``,
whose outputs can only be read with the labels).
"""

from adapters.data.readers.errors import DataError
from adapters.data.readers.kinds import KINDS, Kind
from adapters.data.readers.read import Read, read

__all__ = ["KINDS", "DataError", "Kind", "Read", "read"]
