"""How much one answer may have: each entity takes memory from the model's word to the last byte."""

from service.errors import RequestTooLarge


class Allowance:
    """``most`` entities, with dropped mentions, for all parts of all texts of an answer."""

    def __init__(self, most: int) -> None:
        self._most = self._left = most

    def check(self) -> None:
        """Raises RequestTooLarge when a part had more than was left: the rest is not begun."""
        if self._left < 0:
            raise RequestTooLarge(
                f"text makes an answer of more than {self._most} entities, dropped mentions "
                "counted; send less of it at a time",
                param="text",
            )

    def take(self, number: int) -> None:
        """Raises as ``check``, if so many more are more than is left."""
        self._left -= number
        self.check()
