"""MkDocs' hook: puts into the site what ``sources.py`` names. MkDocs calls ``on_files``."""

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from deploy.site.sources import REFERENCE, documents, linked


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the documents, what they link to, and the reference."""
    root = Path(config.config_file_path or "").resolve().parents[2]
    pages = documents(root)
    for path in (*pages, *linked(root, pages)):
        files.append(File.generated(config, path, abs_src_path=str(root / path)))
    for path, write in REFERENCE.items():
        files.append(File.generated(config, path, content=write()))
    return files
