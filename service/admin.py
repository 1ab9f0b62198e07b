"""The admin key: who may change which adapters are served."""

import hmac

from pydantic import SecretStr

from service.errors import AuthenticationFailed, PermissionDenied

_SCHEME = "bearer"


def require(key: SecretStr | None, authorization: str | None) -> None:
    """``authorization`` is the header's value, ``Bearer <key>``.

    Raises PermissionDenied without a ``key``, AuthenticationFailed for any other than it.
    """
    if key is None:
        raise PermissionDenied("adapters cannot be changed here: NERVE_ADMIN_KEY is not set")
    scheme, _, given = (authorization or "").partition(" ")
    expected = key.get_secret_value()
    # In a time that does not tell how much of it was right.
    if not hmac.compare_digest(given.strip().encode(), expected.encode()) or (
        scheme.lower() != _SCHEME
    ):
        said = "a wrong admin key" if given else "no admin key"
        raise AuthenticationFailed(f"{said}; expected the header authorization: Bearer <admin key>")
