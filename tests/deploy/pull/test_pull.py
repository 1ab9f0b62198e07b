"""`nerve pull`: sources in order, checked, installed as a whole or not at all.

Everything is real: files come over HTTP from the loopback, and the kernel refuses to write.
"""

import os
import random
import re
import socket
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.pull import download
from deploy.pull.catalogue import BaseModel, Catalogue, Folder, ModelFile
from deploy.pull.errors import CatalogueError, DiskFull, PullError, SourceFailed
from deploy.pull.pull import pull
from tests.deploy.pull.pulling import (
    AT_SCOPE,
    FILES,
    HUB,
    NOWHERE,
    SCOPE,
    Told,
    assert_whole,
    catalogue,
    run,
)
from tests.support.file_server import FileServer, serving
from tests.support.serving import free_port

pytestmark = pytest.mark.slow


def test_a_model_is_pulled_once(tmp_path: Path, hub: FileServer) -> None:
    """The second pull looks at the disk only."""
    known = catalogue(HUB, hub=hub.url)
    assert_whole(tmp_path, run(tmp_path, known))
    hub.requests.clear()
    told = Told()
    assert_whole(tmp_path, run(tmp_path, known, told))
    assert (hub.requests, told.phases) == ([], [])


def test_a_damaged_model_is_pulled_again(tmp_path: Path, hub: FileServer) -> None:
    known = catalogue(HUB, hub=hub.url)
    pulled = run(tmp_path, known)
    os.truncate(pulled.path / "weights.bin", 1000)
    assert_whole(tmp_path, run(tmp_path, known))


def test_sources_are_tried_in_order(tmp_path: Path) -> None:
    """Each that fails says why in one line; files it did bring are kept."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "tokenizer.json").write_bytes(FILES["tokenizer.json"])
    with serving(FileServer({})) as empty, serving(FileServer(dict(AT_SCOPE))) as scope:
        known = catalogue(Folder(), HUB, SCOPE, modelscope=scope.url)
        told = Told()
        folder = str(tmp_path / "mine")
        pulled = run(tmp_path, known, told, NERVE_MODEL_FOLDER=folder, HF_ENDPOINT=empty.url)
    assert_whole(tmp_path, pulled)
    assert told.lines == [
        f"folder {folder}: there is no weights.bin",
        f"o/m at {empty.url}: {empty.url}/o/m/resolve/main/weights.bin answered 404",
    ]
    assert scope.requests == [("/models/o/m/resolve/master/weights.bin", None)]


@pytest.mark.parametrize("inside", ["", "m.1", "m___1"])
def test_a_folder_may_be_named_as_modelscope_does(tmp_path: Path, inside: str) -> None:
    """Where the files lie: in it, or in one of the model's name, dots written as `___`."""
    place = tmp_path / "mine" / inside
    place.mkdir(parents=True)
    for name, body in FILES.items():
        (place / name).write_bytes(body)
    only = replace(catalogue(Folder()).models["m"], name="m.1")
    known = Catalogue({"m.1": only}, {"hub": NOWHERE, "modelscope": NOWHERE})
    environ = {"NERVE_MODEL_FOLDER": str(tmp_path / "mine")}
    pulled = pull("m.1", tmp_path, Path(sys.executable), catalogue=known, environ=environ)
    assert (pulled.path / "weights.bin").read_bytes() == FILES["weights.bin"]


def test_no_source_gives_the_model(tmp_path: Path) -> None:
    """The error lists every source with its reason, soon, and leaves nothing to be used."""
    started = time.monotonic()
    with pytest.raises(PullError) as caught:
        run(tmp_path, catalogue(Folder(), HUB, SCOPE))
    assert time.monotonic() - started < 3
    first, hub, scope, advice = str(caught.value).splitlines()
    assert first == "no source gave m:"
    assert hub.startswith(f"- o/m at {NOWHERE}: cannot be reached: ")
    assert scope.startswith(f"- o/m at {NOWHERE}: cannot be reached: ")
    assert "NERVE_MODEL_FOLDER" in advice
    assert not (tmp_path / "models" / "m").exists()


def test_a_host_that_never_answers_is_left_soon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "REACH", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        known = catalogue(HUB, hub=f"http://127.0.0.1:{deaf.getsockname()[1]}")
        with pytest.raises(PullError, match=r"cannot be reached: no answer within 0\.2 s"):
            run(tmp_path, known)


def only(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """Of all variables that the HTTP client reads, this one."""
    known = (*download._PROXIES, *download._CERTIFICATES, "NO_PROXY")
    for other in (*known, *map(str.lower, known)):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(name, value)


def test_certificates_are_not_blamed_for_a_host_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many machines have the variable set."""
    only(monkeypatch, "SSL_CERT_DIR", str(tmp_path))
    with pytest.raises(SourceFailed, match=r"cannot be reached: .*refused$"):
        download.check_reachable(f"http://127.0.0.1:{free_port()}")


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("ALL_PROXY", "socks5://me:hunter2@127.0.0.1:9", "ImportError: Using SOCKS proxy, but"),
        ("https_proxy", "foo://me:hunter2@127.0.0.1:9", "ValueError: Unknown scheme for proxy"),
        ("SSL_CERT_FILE", "/no/such/file", "FileNotFoundError: .*No such file or directory"),
        ("SSL_CERT_FILE", "/dev/null", "SSLError: "),
        ("HTTP_PROXY", "http://127.0.0.1:9", "Connection refused"),
    ],
)
def test_a_variable_that_the_http_client_cannot_use_is_named(
    name: str, value: str, says: str, tmp_path: Path, hub: FileServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """With what is wrong, for each source; neither a traceback nor a value with its password."""
    only(monkeypatch, name, value)
    with pytest.raises(PullError) as caught:
        run(tmp_path, catalogue(HUB, SCOPE, hub=hub.url, modelscope=hub.url))
    reasons = str(caught.value).splitlines()[1:3]
    for reason in reasons:
        assert re.search(rf"cannot be reached: .*{says}.* \({name} is set\)$", reason), reason
    assert "hunter2" not in str(caught.value) and hub.requests == []
    if "refused" not in says:
        with pytest.raises(SourceFailed, match=rf"cannot be asked: {says}.* \({name} is set\)$"):
            download.client()


@pytest.mark.parametrize(
    ("served", "reason"),
    [
        (random.Random(3).randbytes(1 << 20), "weights.bin has 1,048,576 bytes and sha256"),
        (b"<html>please log in</html>", "has 26 bytes, expected 1,048,576"),
    ],
)
def test_another_file_is_never_used(
    tmp_path: Path, hub: FileServer, served: bytes, reason: str
) -> None:
    """The next source is tried, from the start; without one, the error says what came."""
    hub.files["/o/m/resolve/main/weights.bin"] = served
    with pytest.raises(PullError) as caught:
        run(tmp_path, catalogue(HUB, hub=hub.url))
    assert reason in str(caught.value)
    assert not (tmp_path / "models" / "m").exists()
    with serving(FileServer(dict(AT_SCOPE))) as scope:
        pulled = run(tmp_path, catalogue(HUB, SCOPE, hub=hub.url, modelscope=scope.url))
    assert_whole(tmp_path, pulled)


def test_a_cut_connection_is_taken_up_again(tmp_path: Path, hub: FileServer) -> None:
    hub.cut_at = 1 << 19
    assert_whole(tmp_path, run(tmp_path, catalogue(HUB, hub=hub.url)))
    assert hub.requests[-1] == ("/o/m/resolve/main/weights.bin", f"bytes={1 << 19}-")


@pytest.mark.parametrize("ranges", [True, False])
def test_a_bad_half_from_an_earlier_try_is_replaced(
    tmp_path: Path, hub: FileServer, ranges: bool
) -> None:
    """Whether the server knows byte ranges or not."""
    hub.ranges = ranges
    work = tmp_path / "models" / ".work" / "m"
    work.mkdir(parents=True)
    (work / "weights.bin.part").write_bytes(bytes(1 << 19))
    assert_whole(tmp_path, run(tmp_path, catalogue(HUB, hub=hub.url)))


def test_a_full_disk_is_said(tmp_path: Path, hub: FileServer) -> None:
    """The kernel refuses the write, as on a full disk: /dev/full stands where the file grows."""
    work = tmp_path / "models" / ".work" / "m"
    work.mkdir(parents=True)
    (work / "weights.bin.part").symlink_to("/dev/full")
    with pytest.raises(DiskFull, match=r"no room left for .*models: No space left"):
        run(tmp_path, catalogue(HUB, hub=hub.url))
    assert not (tmp_path / "models" / "m").exists()


def test_too_small_a_disk_is_said_before_the_download(tmp_path: Path, hub: FileServer) -> None:
    known = catalogue(HUB, hub=hub.url)
    model = known.models["m"]
    huge = ModelFile("huge.bin", 10**18, "0" * 64)
    known.models["m"] = BaseModel("m", "checkpoint", (*model.files, huge), model.sources, 0)
    with pytest.raises(DiskFull, match=r"m needs 1000000000\.2 GB more room, .* has \d+\.\d GB"):
        run(tmp_path, known)
    assert hub.requests == []


def test_an_unknown_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"no base model 'x'; models\.toml has: m"):
        pull("x", tmp_path, Path(sys.executable), catalogue=catalogue(HUB))
    assert list(tmp_path.iterdir()) == []
