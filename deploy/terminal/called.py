"""How ``nerve`` is called from where a person stands, so that what is printed can be pasted."""

import os
import shlex
import shutil
import sys
from pathlib import Path


def called() -> str:
    """``nerve`` where that is this one, else its path: from here where it is below here."""
    script = Path(sys.executable).with_name("nerve")
    found = shutil.which("nerve")
    if not script.is_file() or (found and script.samefile(found)):
        return "nerve"
    is_below = script.is_relative_to(Path.cwd())
    return shlex.quote(os.path.relpath(script) if is_below else str(script))
