"""Cookies are for nobody here."""

import time

from tests.conftest import Gateway


def test_a_cookie_of_backslashes_costs_no_more_than_another(gateway: Gateway) -> None:
    """Some Pythons take a second of everybody's for it."""
    cookie = {"cookie": 'a="' + "\\" * 31_000 + '"'}
    started = time.process_time()
    for path in ("/live", "/v1/models", "/metrics"):
        assert gateway.client.get(path, headers=cookie).status_code == 200
    assert time.process_time() - started < 1
