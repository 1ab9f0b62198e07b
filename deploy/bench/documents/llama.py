"""llama.cpp's server with the base model's GGUF: what many would run in place of vLLM."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.bench.environment import bench_python
from deploy.bench.errors import BenchError
from deploy.bench.processes import free_port, running
from deploy.pull.catalogue import read_catalogue
from deploy.pull.progress import Silent
from deploy.pull.pull import bring_files

_SERVER = Path(__file__).with_name("llama_server.py")
# The long prompt, a sentence and its answer have fewer.
_TOKENS = 1024
_START_S = 300.0


@contextmanager
def llama_server(base: str, slots: int, home: Path) -> Iterator[str]:
    """Up, with room for so many requests at a time; yields its address.

    The file is the one that ``nerve pull`` makes its checkpoint of, fetched once more where it is
    not in ``home/bench-models`` yet. Raises BenchError, PullError.
    """
    model = read_catalogue().model(base)
    if model.format != "gguf":
        raise BenchError(f"{base} does not come as GGUF; llama.cpp reads nothing else")
    folder = home.absolute() / "bench-models"
    folder.mkdir(parents=True, exist_ok=True)
    bring_files(model, folder, Silent())
    port = free_port()
    command = [bench_python(home), _SERVER, folder / model.files[0].name, port, slots, _TOKENS]
    words = [str(word) for word in command]
    url, log = f"http://127.0.0.1:{port}", folder / "llama-server.log"
    with running(words, None, f"{url}/health", log, within_s=_START_S):
        yield url
