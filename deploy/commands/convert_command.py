"""``nerve convert``: what ``nerve extract --out`` wrote, in another format; nobody is asked."""

from deploy.commands.options import Answers, FormatOption, NewFile
from deploy.commands.running import clear_errors, tell
from deploy.commands.taken import refuse_taken


def convert(answers: Answers, out: NewFile, to: FormatOption = None) -> None:
    """Convert what `nerve extract --out` wrote to CSV, CoNLL, brat, HTML, doccano, Label Studio."""
    with clear_errors():
        from deploy.bulk.convert import convert as write
        from deploy.bulk.errors import BulkFailed
        from deploy.bulk.files import format_of
        from deploy.bulk.formats.brat import is_unfinished

        chosen = to or format_of(out)
        if chosen == "jsonl":
            raise BulkFailed(f"{answers} has JSON lines already; expected another format")
        refuse_taken(out, is_unfinished if chosen == "brat" else None)
        write(answers, out, chosen, tell)
